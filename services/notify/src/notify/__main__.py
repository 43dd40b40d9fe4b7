"""`python -m notify`: the notify service as a process of its own."""

from chassis.serve import main
from notify.app import NotifySettings, create_app

if __name__ == "__main__":
    main(create_app, NotifySettings)
