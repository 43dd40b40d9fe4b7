"""The cautions of households: what is held of each, what came in, what was refunded or kept and why."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import RowMapping

from billing.household import find_household
from billing.ledger.chart import CAUTIONS, HUB, Account
from billing.pages.cycles import READS_BOOKS
from billing.pages.households import MEMBER_OR_STAFF, STAFF
from billing.pages.payment_form import LABELS as PAYMENT_LABELS
from billing.pages.payment_form import NOTES, OTHER_THERE, TOO_MUCH_CASH, id_of, reference_typed, url_of
from billing.pages.payment_words import TYPED, WORDS, names_of
from billing.pages.payout_words import IN_PAYOUT
from billing.pages.today import today_of
from billing.payment import caution, compartment, noting, register
from billing.payment.caution import MoreThanHeld, NothingThere, Out, What
from billing.payment.life import Kind
from billing.payment.noting import Noted
from billing.payout.register import InPayout
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/cautions"
HOWS = {
    Kind.TRANSFER.value: _("Refunded by the bank: a transfer, or a cheque of the hub"),
    Kind.CASH.value: _("Refunded in cash"),
    What.KEPT.value: _("Kept by the hub"),
}
WHATS = {
    "transfer": _("Refunded by the bank"),
    "cash": _("Refunded in cash"),
    "": _("Kept by the hub"),
}
"""By `kind` of what went out."""
LABELS = {"how": _("What becomes of it"), "amount": _("Amount"), "day": _("Day"), "reason": _("Reason")}


@router.get(URL)
async def cautions(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    """What is held, household by household."""
    async with Service.of(request).database.read() as reader:
        held = await compartment.held_by_household(reader, Account.DEPOSITS)
    return Pages.of(request).render(request, "cautions.html", held=held, total=sum(row["cents"] for row in held))


@router.get(URL + "/{out_id}")
async def one(request: Request, out_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _one(request, out_id, person, Form())


async def _one(request: Request, out_id: str, person: Person, form: Form, status: int = 200) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        row = await caution.find(reader, out_id)
        held = await find_household(reader, row["household_id"]) if row else None
    if row is None or held is None:
        raise NotFound
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    context = {"one": row, "held": held, "form": form, "whats": WHATS, "may_note": may_note}
    return Pages.of(request).render(request, "caution_out.html", status, **context)


@router.post(URL + "/{out_id}")
async def undo(request: Request, out_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    reason = form.text("reason", max_length=500, required=True)
    if not form.ok:
        return await _one(request, out_id, person, form, status=422)
    try:
        async with Service.of(request).database.write() as writer:
            row = await caution.undo(writer, out_id, person, Pages.of(request).zone, reason)
    except NothingThere as error:
        raise NotFound from error
    except InPayout as error:
        said = t(IN_PAYOUT) % {"number": error.number}
        raise Refused(said) from error
    return Pages.of(request).go(url_of(row["household_id"]) + "/caution", t(_("It is taken back.")))


# Of one household


@router.get("/billing/households/{household_id}/caution")
async def of_household(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> HTMLResponse:
    if not person.has(*STAFF) and household_id not in person.household_ids:
        raise NotFound
    service = Service.of(request)
    async with service.database.read() as reader:
        home = await _household(reader, household_id)
        sums = await caution.held_of(reader, household_id)
        came = await register.cautions_received(reader, household_id)
        went = await caution.outs_of(reader, household_id)
        names = await names_of(reader, service.settings.hub_name)
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    context = WORDS | {"held": home, "sums": sums, "came": came, "went": went, "names": names, "whats": WHATS}
    staff = person.has(*STAFF)
    return Pages.of(request).render(request, "caution.html", **context, may_note=may_note, staff=staff)


@router.get("/billing/households/{household_id}/caution/new")
async def new(request: Request, household_id: str, person: Person = NOTES) -> Response:
    return await _show(request, household_id, _blank(request, kind=Kind.CHEQUE.value), "caution_form.html")


@router.post("/billing/households/{household_id}/caution/new")
async def receive(request: Request, household_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    said, payment_id = _received(form, household_id, request), id_of(form)
    if said is None:
        return await _show(request, household_id, form, "caution_form.html", status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await noting.note_payment(writer, payment_id, said, person, Pages.of(request).zone)
    except noting.NoHousehold as error:
        raise NotFound from error
    except noting.TooMuchCash:
        form.error("amount", t(TOO_MUCH_CASH))
    except noting.SameCheque:
        form.error("cheque_number", t(_("This cheque is noted already: look at the payments of this household.")))
    except noting.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        return Pages.of(request).go(url_of(household_id) + "/caution", t(_("The caution is noted.")))
    return await _show(request, household_id, form, "caution_form.html", status=422)


def _received(form: Form, household_id: str, request: Request) -> Noted | None:
    return received(form, household_id, request, CAUTIONS)


def received(form: Form, household_id: str, request: Request, what: str) -> Noted | None:
    """A payment to the hub for no producer, as it was typed; None where a field is wrong. `what`: its share."""
    kind, cents = form.choice("kind", TYPED), form.cents("amount", required=True, minimum=1)
    day = form.date("day", required=True, maximum=today_of(request))
    is_cheque = kind == Kind.CHEQUE
    number = form.text("cheque_number", required=True, max_length=40) if is_cheque else ""
    bank = form.text("bank", required=True, max_length=100) if is_cheque else ""
    reference = "" if is_cheque else reference_typed(form, household_id, request.state.translate)
    if not form.ok or cents is None or day is None:
        return None
    return Noted(household_id, Kind(kind), HUB, cents, day, {what: cents}, number, bank, reference)


@router.get("/billing/households/{household_id}/caution/out")
async def ask_out(request: Request, household_id: str, person: Person = NOTES) -> Response:
    return await _show(request, household_id, _blank(request), "caution_out_form.html")


@router.post("/billing/households/{household_id}/caution/out")
async def give_out(request: Request, household_id: str, person: Person = NOTES) -> Response:
    t, money = request.state.translate, request.state.reading.words.money
    form = Form(await request.form(), t)
    said, out_id = _given_out(form, household_id, request), id_of(form)
    if said is None:
        return await _show(request, household_id, form, "caution_out_form.html", status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await caution.give_out(writer, out_id, said, person, Pages.of(request).zone)
    except noting.NoHousehold as error:
        raise NotFound from error
    except MoreThanHeld as error:
        sentence = _("%(sum)s can be refunded or kept now.")
        form.error("amount", t(sentence) % {"sum": money(error.held.free_cents)})
    except noting.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        sentence = _("Noted: the caution is kept.") if said.what is What.KEPT else _("Noted: the caution is refunded.")
        return Pages.of(request).go(url_of(household_id) + "/caution", t(sentence))
    return await _show(request, household_id, form, "caution_out_form.html", status=422)


def _given_out(form: Form, household_id: str, request: Request) -> Out | None:
    """What was typed; None where a field is wrong."""
    how, cents = form.choice("how", HOWS), form.cents("amount", required=True, minimum=1)
    day = form.date("day", required=True, maximum=today_of(request))
    reason = form.text("reason", required=how == What.KEPT, max_length=500)
    if not form.ok or cents is None or day is None:
        return None
    if how == What.KEPT:
        return Out(household_id, What.KEPT, cents, day, None, reason)
    return Out(household_id, What.REFUNDED, cents, day, Kind(how), reason)


def _blank(request: Request, **values: str) -> Form:
    fresh = {"id": Service.of(request).ids.new(), "day": today_of(request).isoformat(), **values}
    return Form(None, request.state.translate, values=fresh)


async def _show(request: Request, household_id: str, form: Form, template: str, status: int = 200) -> Response:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        home = await _household(reader, household_id)
        sums = await caution.held_of(reader, household_id)
    context: dict[str, Any] = {
        "kinds": [(kind.value, t(label)) for kind, label in TYPED.items()],
        "hows": [(how, t(label)) for how, label in HOWS.items()],
        "labels": {name: t(label) for name, label in (PAYMENT_LABELS | LABELS).items()},
    }
    back = url_of(household_id) + "/caution"
    return Pages.of(request).render(request, template, status, form=form, held=home, sums=sums, back=back, **context)


async def _household(reader: Reader, household_id: str) -> RowMapping:
    """Raises NotFound."""
    home = await find_household(reader, household_id)
    if home is None:
        raise NotFound
    return home
