"""The pages of billing."""

from billing.pages import (
    accounts,
    cautions,
    cycles,
    deliveries,
    home,
    households,
    ledger,
    mandate_drafts,
    mandate_signing,
    mandates,
    memberships,
    payment_form,
    payments,
)

# Signing and drafts before the contracts: their addresses would be taken for one of them.
ROUTERS = (
    cautions.router,
    memberships.router,
    households.router,
    deliveries.router,
    cycles.router,
    home.router,
    ledger.router,
    accounts.router,
    mandate_signing.router,
    mandate_drafts.router,
    mandates.router,
    payment_form.router,
    payments.router,
)
