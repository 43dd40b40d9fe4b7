"""The pages of billing."""

from billing.pages import accounts, cycles, home, households, ledger, mandate_drafts, mandate_signing, mandates

# Signing and drafts before the contracts: their addresses would be taken for one of them.
ROUTERS = (
    households.router,
    cycles.router,
    home.router,
    ledger.router,
    accounts.router,
    mandate_signing.router,
    mandate_drafts.router,
    mandates.router,
)
