"""The pages of billing."""

from billing.pages import (
    accounts,
    cash,
    cheque_sheet,
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
    payout_form,
    payouts,
    producer_accounts,
    slips,
)

# Before the contracts, payments and payouts: addresses of forms, drafts and slips would be taken for one of them.
ROUTERS = (
    households.router,
    cheque_sheet.router,
    deliveries.router,
    cycles.router,
    home.router,
    ledger.router,
    accounts.router,
    mandate_signing.router,
    mandate_drafts.router,
    mandates.router,
    payment_form.router,
    slips.router,
    cash.router,
    payments.router,
    payout_form.router,
    producer_accounts.router,
    payouts.router,
)
