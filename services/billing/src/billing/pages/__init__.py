"""The pages of billing."""

from billing.pages import cycles, home, households, ledger

ROUTERS = (households.router, cycles.router, home.router, ledger.router)
