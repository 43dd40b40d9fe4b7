"""Noting that a household paid its membership fee of a year."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.household import find_household
from billing.pages.cautions import received
from billing.pages.payment_form import LABELS as PAYMENT_LABELS
from billing.pages.payment_form import NOTES, OTHER_THERE, TOO_MUCH_CASH, id_of, url_of
from billing.pages.payment_words import TYPED
from billing.pages.today import today_of
from billing.payment import noting
from billing.payment.life import Kind
from billing.payment.register import fee_of
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

NEW = "/billing/households/{household_id}/membership/new"
FIRST_YEAR = 2000


@router.get(NEW)
async def new(request: Request, household_id: str, person: Person = NOTES) -> Response:
    today = today_of(request)
    fresh = {"id": Service.of(request).ids.new(), "day": today.isoformat(), "year": str(today.year)}
    values = {**fresh, "kind": Kind.CHEQUE.value}
    return await _show(request, household_id, Form(None, request.state.translate, values=values))


@router.post(NEW)
async def take(request: Request, household_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    payment_id = id_of(form)
    year = form.integer("year", required=True, minimum=FIRST_YEAR, maximum=today_of(request).year + 1)
    said = received(form, household_id, request, fee_of(year or 0))
    if said is None:
        return await _show(request, household_id, form, status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await noting.note_payment(writer, payment_id, said, person, Pages.of(request).zone)
    except noting.NoHousehold as error:
        raise NotFound from error
    except noting.TooMuchCash:
        form.error("amount", t(TOO_MUCH_CASH))
    except noting.SameCheque:
        form.error("cheque_number", t(_("This cheque is noted already: look at the payments of this household.")))
    except noting.FeeThere:
        form.error("year", t(_("The fee of this year is noted already: look at the payments of this household.")))
    except noting.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        return Pages.of(request).go(url_of(household_id), t(_("The membership fee is noted.")))
    return await _show(request, household_id, form, status=422)


async def _show(request: Request, household_id: str, form: Form, status: int = 200) -> Response:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        home = await find_household(reader, household_id)
    if home is None:
        raise NotFound
    return Pages.of(request).render(
        request,
        "membership_form.html",
        status,
        form=form,
        held=home,
        back=url_of(household_id),
        kinds=[(kind.value, t(label)) for kind, label in TYPED.items()],
        labels={name: t(label) for name, label in (PAYMENT_LABELS | {"year": _("Year")}).items()},
    )
