"""What a group asks before a household orders again, and the households that are let through. For coordinators."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import group, household, late_order, payment_exception
from ordering.conflict import AlreadySent, ChangedMeanwhile, Missing
from ordering.household_balance import account_of, today
from ordering.pages.forms import id_of, sent
from ordering.pages.payment_words import AtGate, rule, why_barred
from ordering.payment_exception import Wish
from ordering.payment_gate import Barred, Gate, gate_of
from ui import Pages
from ui.decimals import typed_money
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

COORDINATES: Any = serves(Role.COORDINATOR)
MOST_DAYS = 365
LABELS = {
    "days": _("Days after a delivery by which it is paid"),
    "limit": _("Most that may be ordered and not paid"),
    "caution": _("Caution that has to be held"),
}


async def at_gate(request: Request, reader: Reader, home: RowMapping, cycle_id: str = "") -> AtGate | None:
    """How a household stands before it orders in a cycle; None where its group asks nothing."""
    row = await group.find(reader, home["group_id"])
    gate = gate_of(row) if row else Gate()
    if not gate.asks:
        return None
    account = await account_of(reader, home["id"], cycle_id)
    return AtGate(gate, account, today(reader.now, Pages.of(request).zone))


async def before_ordering(
    request: Request, home: RowMapping, cycle_id: str, refused: Barred | None = None
) -> tuple[AtGate | None, str]:
    """What a page with a basket says before one orders, and the sentence for what has to be paid first. `refused`: why
    the order that was just sent was not taken."""
    async with Service.of(request).database.read() as reader:
        at = await at_gate(request, reader, home, cycle_id)
        contacts = await late_order.contacts(reader) if at else ()
    if at is None:
        return None, ""
    at = replace(at, why=refused)
    return at, why_barred(at.now, request.state.translate, words(request), contacts) if at.now else ""


def may_despite(asker: Person, home: RowMapping) -> bool:
    """A coordinator can order for any household but its own, whatever there is to pay."""
    return asker.has(Role.COORDINATOR) and home["id"] not in asker.household_ids


# What a group asks


@router.get("/ordering/groups/{group_id}/payment")
async def ask(request: Request, group_id: str, asker: Person = COORDINATES) -> Response:
    row = await _group(request, group_id)
    return _render(request, row, _form_of(request, gate_of(row)))


@router.post("/ordering/groups/{group_id}/payment")
async def say(request: Request, group_id: str, asker: Person = COORDINATES) -> Response:
    row, form, t = await _group(request, group_id), await sent(request), request.state.translate
    days = form.integer("days", minimum=0, maximum=MOST_DAYS)
    limit, caution = form.cents("limit"), form.cents("caution", minimum=1)
    if not form.ok:
        return _render(request, row, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            await group.ask(writer, group_id, _seen(form), Gate(days, limit, caution))
    except Missing as error:
        raise NotFound from error
    except ChangedMeanwhile as error:
        now = gate_of(error.now)
        said = rule(now, t, words(request)) or [t(_("Nothing has to be paid first."))]
        sentence = t(_("Somebody else changed this while you were typing. What you typed is still here."))
        form.error("", " ".join([sentence, *said, t(_("Check, then send it again."))]))
        form.values["seen"] = _written(now)
        return _render(request, error.now, form, 409)
    return Pages.of(request).go(f"/ordering/groups/{group_id}", t("Saved."))


def _form_of(request: Request, gate: Gate) -> Form:
    language = request.state.reading.language
    cents = {"limit": gate.limit_cents, "caution": gate.caution_cents}
    values = {name: "" if value is None else typed_money(value, language) for name, value in cents.items()}
    values |= {"days": "" if gate.days is None else str(gate.days), "seen": _written(gate)}
    return Form(None, request.state.translate, values=values)


def _written(gate: Gate) -> str:
    """What a form showed, for its way back."""
    return ",".join("" if value is None else str(value) for value in (gate.days, gate.limit_cents, gate.caution_cents))


def _seen(form: Form) -> Gate:
    parts = form.value("seen").split(",")
    known = len(parts) == 3 and all(not part or (part.isascii() and part.isdecimal()) for part in parts)
    return Gate(*(int(part) if part else None for part in parts)) if known else Gate(-1)


async def _group(request: Request, group_id: str) -> RowMapping:
    async with Service.of(request).database.read() as reader:
        row = await group.find(reader, group_id)
    if row is None:
        raise NotFound
    return row


def _render(request: Request, row: RowMapping, form: Form, status: int = 200) -> Response:
    labels = {name: request.state.translate(label) for name, label in LABELS.items()}
    return Pages.of(request).render(request, "group_payment.html", status, group=row, form=form, labels=labels)


# Who is let through


@router.get("/ordering/households/{household_id}/payment")
async def standing(request: Request, household_id: str, asker: Person = COORDINATES) -> Response:
    fresh = {"id": Service.of(request).ids.new()}
    return await _standing(request, household_id, Form(None, request.state.translate, values=fresh))


@router.post("/ordering/households/{household_id}/payment")
async def let_through(request: Request, household_id: str, asker: Person = COORDINATES) -> Response:
    form, t = await sent(request), request.state.translate
    reason = form.text("reason", required=True, max_length=500)
    now = Service.of(request).clock.now()
    until = form.date("until", required=True, minimum=today(now, Pages.of(request).zone))
    if not form.ok or until is None:
        return await _standing(request, household_id, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            wish = Wish(household_id, reason, until)
            await payment_exception.let_through(writer, id_of(request, form), wish, asker.name)
    except Missing as error:
        raise NotFound from error
    except AlreadySent:
        form.error("", t(_("This form was sent before, with other words: the exception is there as it was then.")))
        form.values["id"] = Service.of(request).ids.new()
        return await _standing(request, household_id, form, 409)
    said = t(_("The household can order until %(day)s.")) % {"day": words(request).day(until)}
    return Pages.of(request).go(f"/ordering/households/{household_id}/payment", said)


@router.post("/ordering/households/{household_id}/payment/{exception_id}/end")
async def end(request: Request, household_id: str, exception_id: str, asker: Person = COORDINATES) -> Response:
    try:
        async with Service.of(request).database.write() as writer:
            await payment_exception.end(writer, household_id, exception_id, asker.name)
    except Missing as error:
        raise NotFound from error
    said = request.state.translate(_("The exception is ended."))
    return Pages.of(request).go(f"/ordering/households/{household_id}/payment", said)


async def _standing(request: Request, household_id: str, form: Form, status: int = 200) -> Response:
    async with Service.of(request).database.read() as reader:
        home = await household.find(reader, household_id)
        row = await group.find(reader, home["group_id"]) if home else None
        if home is None or row is None:
            raise NotFound
        account = await account_of(reader, household_id)
        exceptions = await payment_exception.of_household(reader, household_id)
        day = today(reader.now, Pages.of(request).zone)
    gate = gate_of(row)
    return Pages.of(request).render(
        request,
        "household_payment.html",
        status,
        household=home,
        group=row,
        account=account,
        at=AtGate(gate, account, day),
        asked=rule(gate, request.state.translate, words(request)),
        exceptions=exceptions,
        today=day,
        form=form,
    )
