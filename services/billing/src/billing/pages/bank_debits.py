"""A line of the bank that tells of direct debits: what a person makes of it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.bank import debits
from billing.debit.returned import CODES
from billing.pages.bank_lines import done, show_line
from billing.pages.payment_form import NOTES
from chassis.database import Writer
from chassis.identity import Person
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()


@router.post("/billing/bank/{account_id}/lines/{line_id}/debits")
async def taken(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """The bank took a debit of a batch, or all of them in one line."""
    zone = Pages.of(request).zone
    form = Form(await request.form(), request.state.translate)
    batch_id = form.text("batch", required=True, max_length=36)
    debit_id = form.text("debit", max_length=36)
    if not form.ok:
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await debits.TAKEN.join(writer, line_id, batch_id, debit_id, person, zone)

    return await done(request, account_id, line_id, person, form, take, _("The line is matched with the debits."))


@router.post("/billing/bank/{account_id}/lines/{line_id}/returned")
async def returned(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """The bank gave a debit back."""
    zone = Pages.of(request).zone
    form = Form(await request.form(), request.state.translate)
    batch_id, _colon, debit_id = form.text("returned", required=True, max_length=73).partition(":")
    why = form.choice("why", CODES)
    if not form.ok:
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await debits.TAKEN.give_back(writer, line_id, batch_id, debit_id, why, person, zone)

    said = _("Taken back: the household owes it again.")
    return await done(request, account_id, line_id, person, form, take, said)
