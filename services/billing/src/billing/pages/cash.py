"""Cash of the till that goes to the bank; the till's own page shows what lies there."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.pages.payment_form import NOTES, OTHER_THERE
from billing.pages.payments import URL, show_till
from billing.pages.today import today_of
from billing.payment import till
from billing.payment.noting import OtherThere
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

TILL = URL + "/till"


def _id(form: Form) -> str:
    """The id the form was given. Raises NotFound."""
    try:
        return str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error


@router.post(TILL + "/bring")
async def bring(request: Request, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    form_id, cents = _id(form), form.cents("amount", required=True, minimum=1)
    if cents is None:
        return await show_till(request, person, form, status=422)
    try:
        async with service.database.write() as writer:
            await till.bring(writer, form_id, cents, today_of(request), person)
    except till.NotInTill as error:
        money = request.state.reading.words.money
        form.error("amount", t(_("There is only %(sum)s in the till.")) % {"sum": money(error.cents)})
        return await show_till(request, person, form, status=422)
    except OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    return Pages.of(request).go(TILL, t(_("The cash is at the bank.")))


@router.post(TILL + "/back")
async def take_back(request: Request, person: Person = NOTES) -> Response:
    """It was noted by mistake."""
    form = Form(await request.form(), request.state.translate)
    form_id = _id(form)
    try:
        async with Service.of(request).database.write() as writer:
            await till.take_back(writer, form_id, today_of(request), person)
    except KeyError as error:
        raise NotFound from error
    return Pages.of(request).go(TILL, request.state.translate(_("Taken back: it lies in the till again.")))
