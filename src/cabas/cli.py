"""The command `cabas`. Every command is a module with `add` (its arguments) and `run` (its exit status).

Exit status: 0 done, 1 refused or found wanting (the reason is on standard error), 2 wrong arguments.
"""

import argparse
import os
import sys

from cabas import allocate, backup, books, doctor, plan, provision, restore, secret_files, sign_in, up, version
from cabas.demo import command as demo

COMMANDS = (up, demo, doctor, sign_in, backup, restore, secret_files, provision, allocate, plan, books, version)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="cabas", description="Grouped ordering for food co-ops: the hub in one process."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    chosen = parser.parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        # The reader of our output has left; say nothing more, not even at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
