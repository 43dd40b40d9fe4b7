"""`python -m billing`: the billing service as a process of its own."""

from billing.app import BillingSettings, create_app
from chassis.serve import main

if __name__ == "__main__":
    main(create_app, BillingSettings)
