"""Noting that a household paid its membership fee of a year."""

from fastapi import APIRouter

from billing.pages.paid_in import PaidIn
from ui.i18n import marked as _

router = APIRouter()

PaidIn(
    path="membership",
    back="",
    share=None,
    above=("/billing/cycles", _("Amounts due")),
    title=_("Membership fee"),
    hint=_("It is income of the hub, without VAT: a fee for which nothing is given in return."),
    button=_("Note the membership fee"),
    said=_("The membership fee is noted."),
).serve(router)
