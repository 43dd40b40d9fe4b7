"""`python -m cabas`: the command `cabas`, where no script was installed."""

from cabas.cli import main

main()
