"""`python -m logistics`: the service as a process of its own."""

from chassis.serve import main
from logistics.app import create_app
from logistics.settings import LogisticsSettings

if __name__ == "__main__":
    main(create_app, LogisticsSettings)
