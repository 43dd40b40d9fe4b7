"""The pages of billing."""

from billing.pages import (
    accounts,
    bank,
    bank_files,
    bank_lines,
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
)

# Signing and drafts before the contracts: their addresses would be taken for one of them.
ROUTERS = (
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
    bank_files.router,
    bank_lines.router,
    bank.router,
)
