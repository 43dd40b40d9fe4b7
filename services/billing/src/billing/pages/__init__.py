"""The pages of billing."""

from billing.pages import (
    accounts,
    aged_balance,
    cautions,
    cycles,
    deliveries,
    home,
    households,
    ledger,
    mandate_drafts,
    mandate_signing,
    mandates,
    payment_form,
    payments,
    vat,
)

# Signing and drafts before the contracts: their addresses would be taken for one of them.
ROUTERS = (
    cautions.router,
    households.router,
    deliveries.router,
    cycles.router,
    home.router,
    ledger.router,
    accounts.router,
    vat.router,
    mandate_signing.router,
    mandate_drafts.router,
    mandates.router,
    payment_form.router,
    aged_balance.router,
    payments.router,
)
