"""`python -m counter`: the tests' little service as a process of its own, to be killed."""

from chassis.serve import main
from chassis.settings import Settings
from counter.app import create_app

if __name__ == "__main__":
    main(create_app, Settings)
