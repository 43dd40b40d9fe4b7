"""The pages of billing."""

from billing.pages import cycles, home, households

ROUTERS = (households.router, cycles.router, home.router)
