"""`python -m catalog`: the service as a process of its own."""

from catalog.app import create_app
from catalog.settings import CatalogSettings
from chassis.serve import main

if __name__ == "__main__":
    main(create_app, CatalogSettings)
