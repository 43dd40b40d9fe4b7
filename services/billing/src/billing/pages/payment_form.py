"""Noting a payment of a household: typed, shared out by producer, kept."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing.debit.register import Batch, Debit, announced_to
from billing.household import find_household
from billing.ledger.chart import HUB
from billing.pages.payment_words import TYPED
from billing.pages.today import today_of
from billing.payment import noting, owing, register
from billing.payment.cash_rounding import in_cash, settled
from billing.payment.life import Kind
from billing.payment.noting import Noted
from billing.payment.owing import Owing
from billing.payment.reference import is_reference, reference_of
from billing.payment.register import Payment
from billing.seller import sellers
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.decimals import typed_money
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

NOTES: Any = serves(Role.COORDINATOR, Role.BOOKKEEPER)
OTHER_THERE = _("This form was sent before, with other words: the payment is noted as it was then.")
TOO_MUCH_CASH = _("The law allows 1,000 € in cash at most for one debt.")
SHARE = "share-"
LABELS = {
    "kind": _("Paid by"),
    "payee": _("Paid to"),
    "amount": _("Amount"),
    "day": _("Day"),
    "promised": _("The cheque is promised, not here yet"),
    "cheque_number": _("Number of the cheque"),
    "bank": _("Bank"),
    "reference": _("Reference"),
}


@dataclass(frozen=True)
class Choices:
    """What a household can pay: `names` of producers by id, what it owes, and for whom the hub collects that day,
    itself among them. `coming`: debits it was told of. `countries`: of whom one can pay, by id."""

    held: RowMapping
    names: Mapping[str, str]
    owing: list[Owing]
    collected: frozenset[str]
    coming: list[tuple[Batch, Debit]]
    countries: Mapping[str, str]

    def shared(self) -> list[Owing]:
        """Whom a sum for the hub can go to: those it collects for that the household owes or paid, or where there is
        none, all producers it collects for."""
        mine = [each for each in self.owing if each.producer_id in self.collected]
        ids = sorted(self.collected & self.names.keys(), key=lambda each: self.names[each].casefold())
        return mine or [Owing(each, self.names[each], (), 0, 0) for each in ids]

    def left_to(self, payee: str) -> int:
        """Cents left to pay to a producer itself, or to the hub for all it collects for."""
        among = self.shared() if payee == HUB else [each for each in self.owing if each.producer_id == payee]
        return sum(each.left_cents for each in among)

    def rounded(self) -> dict[str, int]:
        """What is left where it is rounded in cash, by payee."""
        sums = {each: in_cash(self.left_to(each), country) for each, country in self.countries.items()}
        return {each: cents for each, cents in sums.items() if cents != self.left_to(each)}


async def choices_of(reader: Reader, household_id: str, day: date, hub_name: str, country: str = "") -> Choices:
    """`country`: of the hub, for cash. Raises NotFound."""
    held = await find_household(reader, household_id)
    if held is None:
        raise NotFound
    known = sorted((await sellers(reader)).values(), key=lambda each: each.name.casefold())
    owed = (await owing.owing_of(reader, [household_id], hub_name))[household_id]
    collected = await noting.collects_for(reader, day) | {HUB}
    coming = await announced_to(reader, [household_id])
    countries = {HUB: country} | {each.id: each.country for each in known}
    return Choices(held, {each.id: each.name for each in known}, owed, collected, coming, countries)


def url_of(household_id: str) -> str:
    return f"/billing/households/{quote(household_id, safe='')}"


@router.get("/billing/households/{household_id}/payments/new")
async def new(request: Request, household_id: str, producer_id: str = "", person: Person = NOTES) -> Response:
    service, today = Service.of(request), today_of(request)
    async with service.database.read() as reader:
        choices = await choices_of(reader, household_id, today, service.settings.hub_name, _country(request))
    left = [each.left_cents for each in choices.owing if not producer_id or each.producer_id == producer_id]
    values = {
        "id": service.ids.new(),
        "kind": Kind.CHEQUE.value,
        "payee": HUB if producer_id in choices.collected else producer_id,
        "amount": typed_money(sum(left), request.state.reading.language) if producer_id and sum(left) else "",
        "day": today.isoformat(),
    }
    return _page(request, Form(None, request.state.translate, values=values), choices)


@router.post("/billing/households/{household_id}/payments/new")
async def take(request: Request, household_id: str, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    payment_id, promised, today = id_of(form), form.boolean("promised"), today_of(request)
    day = form.date("day", required=True, maximum=None if promised else today)
    async with service.database.read() as reader:
        known_until = min(day or today, today)
        choices = await choices_of(reader, household_id, known_until, service.settings.hub_name, _country(request))
        there = await register.find(reader, payment_id)
    said = _read(form, choices, day or today, promised, there, t)
    if said is None:
        return _page(request, form, choices, status=422)
    if not said.shares:
        return _propose(request, form, choices, said.cents)
    one = await note_typed(request, form, payment_id, said, person, choices.names)
    return _page(request, form, choices, status=422) if one is None else await _done(request, one)


async def note_typed(
    request: Request, form: Form, payment_id: str, said: Noted, person: Person, names: Mapping[str, str] | None = None
) -> Payment | None:
    """Note what was typed; None where it cannot be, which is told at its field. `names`: of producers, by id. Raises
    NotFound, Refused."""
    t = request.state.translate
    try:
        async with Service.of(request).database.write() as writer:
            return await noting.note_payment(writer, payment_id, said, person, Pages.of(request).zone)
    except noting.NoHousehold as error:
        raise NotFound from error
    except noting.NotCollected as error:
        form.error("payee", why_not(names or {}, error.producer_ids, t))
    except noting.TooMuchCash:
        form.error("amount", t(TOO_MUCH_CASH))
    except noting.SameCheque:
        form.error("cheque_number", t(_("This cheque is noted already: look at the payments of this household.")))
    except noting.FeeThere:
        form.error("year", t(_("The fee of this year is noted already: look at the payments of this household.")))
    except noting.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    return None


async def _done(request: Request, one: Payment) -> Response:
    """On to the household's page, which says what is beyond its debts."""
    service = Service.of(request)
    async with service.database.read() as reader:
        after = (await owing.owing_of(reader, [one.household_id], service.settings.hub_name))[one.household_id]
    return Pages.of(request).go(url_of(one.household_id), _said(request, one, after))


def why_not(names: Mapping[str, str], producer_ids: list[str], t: Any) -> str:
    """Why the hub may not receive money for these producers."""
    named = ", ".join(names.get(each, each) for each in producer_ids)
    sentence = _(
        "The hub may not receive money for %(producers)s: no signed mandate says so for that day. "
        "Let the household pay the producer itself, and choose the producer here."
    )
    return str(t(sentence) % {"producers": named})


def id_of(form: Form) -> str:
    """The id the form was given, so that sending it twice notes one payment. Raises NotFound."""
    try:
        return str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error


def _read(form: Form, choices: Choices, day: date, promised: bool, there: Payment | None, t: Any) -> Noted | None:
    """What was typed; None where a field is wrong. Without shares where they are to be proposed. `there`: what the form
    noted already, sent again."""
    kind = form.choice("kind", TYPED)
    payee = form.choice("payee", [HUB, *choices.names])
    cents = form.cents("amount", required=True, minimum=1)
    rounding = 0
    if kind == Kind.CASH and payee and cents:
        cents, rounding = _in_cash(choices, payee, cents, there)
    number, bank, reference = means_typed(form, kind, choices.held["id"], t, promised)
    if promised and kind and kind != Kind.CHEQUE:
        form.error("promised", t(_("Only a cheque can be promised: note cash or a transfer when it is here.")))
    shares = {payee: cents} if payee and cents else {}
    if payee == HUB and cents:
        shares = _shares(form, choices, cents, t)
    if not form.ok or cents is None:
        return None
    return Noted(choices.held["id"], Kind(kind), payee, cents, day, shares, number, bank, reference, promised, rounding)


def _in_cash(choices: Choices, payee: str, typed: int, there: Payment | None) -> tuple[int, int]:
    """What is paid of the debt, and by how much more is taken."""
    if there is not None and typed in (there.cents, there.cents + there.rounding_cents):
        return there.cents, there.rounding_cents
    return settled(typed, choices.left_to(payee), choices.countries[payee])


def _country(request: Request) -> str:
    """The hub's own."""
    return str(request.app.state.issuer.country)


def means_typed(form: Form, kind: str, household_id: str, t: Any, promised: bool = False) -> tuple[str, str, str]:
    """Number and bank of a cheque; the reference of what is none."""
    if kind != Kind.CHEQUE:
        return "", "", _reference(form, household_id, t)
    number = form.text("cheque_number", required=not promised, max_length=40)
    return number, form.text("bank", required=not promised, max_length=100), ""


def _reference(form: Form, household_id: str, t: Any) -> str:
    """What came with a transfer; one of ours is held against the household it is noted for."""
    typed = form.text("reference", max_length=140)
    letters = "".join(typed.split()).upper()
    if re.fullmatch(r"RF[0-9]{2}[A-Z0-9]+", letters):
        if not is_reference(letters):
            form.error("reference", t(_("A letter or a digit of this reference is wrong or missing.")))
        elif letters != reference_of(household_id).replace(" ", ""):
            form.error("reference", t(_("This is the reference of another household.")))
    return typed


def _shares(form: Form, choices: Choices, cents: int, t: Any) -> dict[str, int]:
    """A sum for the hub by producer, as typed; empty where nothing was typed and there is something to choose."""
    among = choices.shared()
    if not among:
        owed = [each.producer_id for each in choices.owing] or list(choices.names)
        form.error("payee", why_not(choices.names, owed, t))
        return {}
    if len(among) == 1:
        return {among[0].producer_id: cents}
    typed = {each.producer_id: form.cents(SHARE + each.producer_id) or 0 for each in among}
    shares = {producer_id: part for producer_id, part in typed.items() if part}
    if shares and sum(shares.values()) != cents:
        sentence = _("The shares come to another sum than the amount: every cent goes to somebody.")
        form.error(SHARE + next(iter(shares)), t(sentence))
    return shares


def _propose(request: Request, form: Form, choices: Choices, cents: int) -> Response:
    """The form again, with the sum shared out: a person decides."""
    for producer_id, part in owing.proposed(choices.shared(), cents).items():
        form.values[SHARE + producer_id] = typed_money(part, request.state.reading.language)
    return _page(request, form, choices, proposal=True)


def _said(request: Request, one: Payment, after: list[Owing]) -> str:
    t, money = request.state.translate, request.state.reading.words.money
    taken = ""
    if one.rounding_cents:
        sentence = _("%(sum)s are taken in cash: Belgian law rounds it to 5 cents.")
        taken = " " + t(sentence) % {"sum": money(one.cents + one.rounding_cents)}
    return str(t(_("The payment is noted."))) + taken + said_beyond(request, one.shares, after)


def said_beyond(request: Request, producer_ids: Collection[str], after: list[Owing]) -> str:
    """What is paid beyond all debts to these producers, in sentences."""
    t, money = request.state.translate, request.state.reading.words.money
    sentence = _("%(sum)s more than is owed to %(producer)s: it stays as the household’s credit.")
    over = [each for each in after if each.producer_id in producer_ids and each.credit_cents]
    named = ({"sum": money(each.credit_cents), "producer": each.producer_name} for each in over)
    return "".join(" " + t(sentence) % each for each in named)


def _page(request: Request, form: Form, choices: Choices, *, status: int = 200, proposal: bool = False) -> Response:
    t = request.state.translate
    labels = {name: t(label) for name, label in LABELS.items()}
    among = choices.shared() if form.value("payee") == HUB else []
    return Pages.of(request).render(
        request,
        "payment_form.html",
        status,
        form=form,
        held=choices.held,
        back=url_of(choices.held["id"]),
        kinds=[(kind.value, t(label)) for kind, label in TYPED.items()],
        labels=labels | {SHARE + each.producer_id: each.producer_name for each in among},
        choices=choices,
        coming=choices.coming,
        left={each.producer_id: each.left_cents for each in choices.owing},
        in_cash=choices.rounded(),
        among=among
        if len(among) > 1 and (proposal or any(form.value(SHARE + each.producer_id) for each in among))
        else [],
        proposal=proposal,
        hub=HUB,
    )
