"""Drawing up a payout: what can be sent to each producer is proposed, and can be lessened; bills of suppliers and
claims of volunteers are ticked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.bank_day import open_from
from billing.iban import BankAccount
from billing.instruction.approval import OtherThere
from billing.pages.bank_day_words import moved
from billing.pages.payment_form import NOTES
from billing.pages.payout_words import NOT_COVERED, OWN_MONEY, REFUNDS, URL, WORDS
from billing.pages.today import today_of
from billing.payout import batch
from billing.payout.account import is_paid
from billing.payout.due import Due, at_bank, dues
from billing.payout.refund import Key, Refund, refunds
from billing.payout.register import What
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.decimals import typed_money
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

PAY = "pay-"
TICKS = {What.EXPENSE: "claim", What.SUPPLIER: "bill"}
"""Fields in which what is sent whole is ticked."""
SOON = timedelta(days=7)
"""Bills that are due within it are proposed."""
FURTHEST = timedelta(days=30)
NO_HUB_ACCOUNT = _("The hub’s own account is not set: ask the operator for CABAS_HUB_IBAN.")
TOO_LITTLE = {
    What.WALLET: _("Of the wallets’ money only %(sum)s lies at the bank: deposit cheques and cash first."),
    What.CAUTION: _("Of the cautions’ money only %(sum)s lies at the bank: deposit cheques and cash first."),
    What.EXPENSE: _(
        "Of the hub’s own money only %(sum)s lies at the bank: nothing is paid out of what it holds for others."
    ),
}
OTHER_THERE = _("This form was sent before, with other words: the payout is drawn up as it was then.")


@dataclass(frozen=True)
class Choices:
    """`at_bank_cents`: what lies there in all and is not reserved; `refunds`: what is sent to others than producers,
    and is not this person's own."""

    dues: list[Due]
    at_bank_cents: int
    hub: BankAccount | None
    refunds: list[Refund]

    @property
    def offered(self) -> list[Due]:
        return [due for due in self.dues if due.sendable_cents]

    @property
    def left_out(self) -> list[Due]:
        return [due for due in self.dues if not due.sendable_cents]

    @property
    def sums_back(self) -> list[Refund]:
        """Of wallets and cautions: nothing is proposed, somebody asks for it."""
        return [each for each in self.refunds if each.whole_cents is None and each.sendable_cents]

    @property
    def claims(self) -> list[Refund]:
        return [each for each in self.refunds if each.claim is not None and each.sendable_cents]

    @property
    def bills(self) -> list[Refund]:
        return [each for each in self.refunds if each.bill is not None and each.sendable_cents]

    @property
    def without_account(self) -> list[Refund]:
        return [each for each in self.refunds if each.whole_cents is not None and each.account is None]

    def due(self, until: date) -> set[str]:
        """What is ticked at first: all claims, and bills to be paid until then."""
        return {each.of for each in self.claims} | {
            each.of for each in self.bills if each.bill is not None and each.bill.due_on <= until
        }


async def _choices(request: Request, person: Person) -> Choices:
    async with Service.of(request).database.read() as reader:
        found = await dues(reader)
        others = [each for each in await refunds(reader) if not is_paid(each.payee, person)]
        return Choices(found, await at_bank(reader, found), request.app.state.hub_account, others)


@router.get(URL + "/new")
async def new(request: Request, person: Person = NOTES) -> Response:
    choices = await _choices(request, person)
    language = request.state.reading.language
    values: dict[str, Any] = {"id": Service.of(request).ids.new(), "day": open_from(today_of(request)).isoformat()}
    values |= {PAY + due.producer_id: typed_money(due.sendable_cents, language) for due in choices.offered}
    form = Form(None, request.state.translate, values=values)
    return _page(request, form, choices, ticked=choices.due(today_of(request) + SOON))


@router.post(URL + "/new")
async def draw_up(request: Request, person: Person = NOTES) -> Response:
    service, t, today = Service.of(request), request.state.translate, today_of(request)
    form, choices = Form(await request.form(), t), await _choices(request, person)
    payout_id = _id(form)
    day = form.date("day", required=True, minimum=today, maximum=today + FURTHEST)
    sums, back = _sums(form, choices), _refunds(form, choices)
    if choices.hub is None:
        form.error("", t(NO_HUB_ACCOUNT))
    if not form.ok or day is None or choices.hub is None:
        return _page(request, form, choices, status=422)
    try:
        async with service.database.write() as writer:
            one = await batch.draw_up(writer, payout_id, day, sums, choices.hub, person, back)
    except batch.NothingToSend:
        form.error("", t(_("Say for at least one how much is sent.")))
    except NOT_COVERED as error:
        _say_not_covered(request, form, error)
    except batch.OwnMoney as error:
        raise Refused(t(OWN_MONEY)) from error
    except OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        done = t(_("The payout is drawn up: another person approves it."))
        return Pages.of(request).go(f"{URL}/{one.id}", f"{done} {moved(request, day, one.day)}".strip())
    return _page(request, form, await _choices(request, person), status=422)


def _id(form: Form) -> str:
    """The id the form was given, so that sending it twice draws up one payout. Raises NotFound."""
    try:
        return str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error


def _sums(form: Form, choices: Choices) -> dict[str, int]:
    """What was typed for each producer that the hub ever held money for; nothing where it is empty or 0."""
    typed = {due.producer_id: form.cents(PAY + due.producer_id) for due in choices.dues}
    return {each: cents for each, cents in typed.items() if cents}


def _refunds(form: Form, choices: Choices) -> dict[Key, int]:
    """What was typed for each wallet and caution, and each claim or bill that was ticked; of one that is not offered
    any more a cent, which nobody is owed."""
    typed = {each.key: form.cents(field_of(each.key)) for each in choices.refunds if each.whole_cents is None}
    whole = {each.key: each.whole_cents for each in choices.refunds if each.whole_cents is not None}
    typed |= {(what, each): whole.get((what, each), 1) for what, name in TICKS.items() for each in form.chosen(name)}
    return {key: cents for key, cents in typed.items() if cents}


def field_of(key: Key) -> str:
    return f"{key[0].value}-{key[1]}"


def _say_not_covered(request: Request, form: Form, error: Exception) -> None:
    """At the fields it concerns, or over the form."""
    t, money = request.state.translate, request.state.reading.words.money
    if isinstance(error, batch.NotCovered):
        _say_beyond(request, form, error.sendable)
    elif isinstance(error, batch.RefundsNotCovered):
        _say_refunds(request, form, error.sendable)
    elif isinstance(error, batch.TooLittleApart):
        for what, cents in error.at_bank.items():
            form.error("", t(TOO_LITTLE[what]) % {"sum": money(cents)})
    elif isinstance(error, batch.TooLittleAtBank):
        sentence = _("All together only %(sum)s lies at the bank: a payment came back after its money was sent.")
        form.error("", t(sentence) % {"sum": money(max(error.cents, 0))})


def _say_refunds(request: Request, form: Form, sendable: Mapping[Key, int]) -> None:
    t, money = request.state.translate, request.state.reading.words.money
    for key, cents in sendable.items():
        if key[0] is What.EXPENSE:
            form.error("claim", t(_("A claim was paid, taken back or put in a payout meanwhile: look again.")))
        elif key[0] is What.SUPPLIER:
            form.error("bill", t(_("A bill was paid, taken back or put in a payout meanwhile: look again.")))
        else:
            sentence = _("At most %(sum)s can be sent: no more is held, and in no payout.")
            form.error(field_of(key), t(sentence) % {"sum": money(cents)})


def _say_beyond(request: Request, form: Form, sendable: Mapping[str, int]) -> None:
    """At the field of each producer, or over the form where it has none any more."""
    t, money = request.state.translate, request.state.reading.words.money
    for producer_id, cents in sendable.items():
        sentence = _("At most %(sum)s can be sent: no more is owed, at the bank, and in no other payout.")
        form.error(PAY + producer_id, t(sentence) % {"sum": money(cents)})


def _page(request: Request, form: Form, choices: Choices, status: int = 200, ticked: Collection[str] = ()) -> Response:
    t = request.state.translate
    labels = {"": t(_("Payout")), "day": t(_("Day on which the bank sends it"))}
    refund_labels = {field_of(each.key): f"{t(REFUNDS[each.what])}, {each.name}" for each in choices.refunds}
    refund_labels |= {"claim": t(_("Expense claims")), "bill": t(_("Bills of suppliers"))}
    # A producer that was typed for and can be sent nothing any more keeps its field, with what is wrong in it.
    among = [due for due in choices.dues if due.sendable_cents or (PAY + due.producer_id) in form.errors]
    return Pages.of(request).render(
        request,
        "payout_form.html",
        status,
        **WORDS,
        form=form,
        choices=choices,
        among=among,
        ticked=ticked or {each for name in TICKS.values() for each in form.chosen(name)},
        fields={each.key: field_of(each.key) for each in choices.refunds},
        labels=labels | refund_labels | {PAY + due.producer_id: due.producer_name for due in among},
        no_hub_account="" if choices.hub else t(NO_HUB_ACCOUNT),
    )
