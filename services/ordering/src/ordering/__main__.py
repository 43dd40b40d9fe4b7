"""`python -m ordering`: the service as a process of its own."""

from chassis.serve import main
from ordering.app import create_app
from ordering.settings import OrderingSettings

if __name__ == "__main__":
    main(create_app, OrderingSettings)
