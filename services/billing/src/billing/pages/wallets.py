"""The wallets of households: what is in each, what came in, what it paid, what was paid back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.household import find_household
from billing.ledger.chart import HUB, WALLETS, Account
from billing.pages.cycles import READS_BOOKS
from billing.pages.households import MEMBER_OR_STAFF, STAFF
from billing.pages.ledger import NAMES
from billing.pages.paid_back import How, PaidBack
from billing.pages.paid_in import PaidIn
from billing.pages.payment_form import NOTES, OTHER_THERE, id_of, url_of
from billing.pages.payment_words import WORDS, names_of
from billing.pages.today import today_of
from billing.payment import compartment, noting, register, wallet, wallet_control
from billing.payment.held import MoreThanHeld
from billing.payment.life import Kind
from billing.payment.wallet import MoreThanOwed, Out
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.decimals import typed_money
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/wallets"
HOUSEHOLD = "/billing/households/{household_id}/wallet"
USES: Any = serves(Role.MEMBER, Role.COORDINATOR, Role.BOOKKEEPER)
HOWS = {
    Kind.TRANSFER.value: _("Paid back by the bank: a transfer, or a cheque of the hub"),
    Kind.CASH.value: _("Paid back in cash"),
}
ABOVE = URL, _("Wallets")


def _paid_back(kind: Kind) -> Callable[[str, int, date, str], Out]:
    return lambda household_id, cents, day, reason: Out(household_id, kind, cents, day, reason)


OUT = PaidBack(
    "wallet",
    wallet.APART,
    wallet.pay_back,
    {each: How(name, _("Noted: it is paid back."), _paid_back(Kind(each))) for each, name in HOWS.items()},
    above=ABOVE,
    title=_("Pay back out of the wallet"),
    how=_("How it is paid back"),
    held=_("In the wallet"),
    free=_("Can be paid back now"),
    hint=_("Can stay empty."),
    more=_("%(sum)s can be paid back now."),
)
MOST_PAYMENTS = 50


@dataclass(frozen=True)
class Undoing:
    """A form that takes back what was noted as paid back, and of which id that is."""

    form: Form
    of: str


def page_of(household_id: str) -> str:
    return url_of(household_id) + "/wallet"


def _check_own(person: Person, household_id: str) -> None:
    """Raises NotFound for a member of another household."""
    if not person.has(*STAFF) and household_id not in person.household_ids:
        raise NotFound


@router.get(URL)
async def wallets(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    """What is in each."""
    async with Service.of(request).database.read() as reader:
        held = await compartment.held_by_household(reader, Account.WALLET)
    return Pages.of(request).render(request, "wallets.html", held=held, total=sum(row["cents"] for row in held))


@router.get(URL + "/control")
async def controlled(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    """Each held against its account in the books, and all against the money that lies apart for them."""
    async with Service.of(request).database.read() as reader:
        found = await wallet_control.control(reader)
    return Pages.of(request).render(request, "wallet_control.html", control=found, accounts=NAMES, hub=HUB)


@router.get(HOUSEHOLD)
async def of_household(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> HTMLResponse:
    return await _wallet(request, household_id, person)


async def _wallet(
    request: Request, household_id: str, person: Person, form: Form | None = None, undoing: Undoing | None = None
) -> HTMLResponse:
    """`form`, `undoing`: one of them was not in order."""
    _check_own(person, household_id)
    service = Service.of(request)
    async with service.database.read() as reader:
        home = await find_household(reader, household_id)
        sums = await wallet.APART.held_of(reader, household_id)
        owed = await wallet.payable(reader, household_id, today_of(request))
        came = await register.received_for(reader, household_id, WALLETS)
        paid = await register.of_households(reader, [household_id], MOST_PAYMENTS)
        went = await wallet.APART.outs_of(reader, household_id)
        on = await wallet.is_on(reader, household_id)
        names = await names_of(reader, service.settings.hub_name)
    if home is None:
        raise NotFound
    left = sum(each.left_cents for each in owed)
    proposed = typed_money(min(left, sums.free_cents), request.state.reading.language)
    values = {"id": service.ids.new(), "amount": proposed}
    return Pages.of(request).render(
        request,
        "wallet.html",
        422 if form or undoing else 200,
        **(WORDS | {"names": names}),
        held=home,
        sums=sums,
        left=left,
        came=came,
        used=[each for each in paid if each.kind is Kind.WALLET],
        went=went,
        on=on,
        hows=HOWS,
        form=form or Form(None, request.state.translate, values=values),
        undoing=undoing,
        staff=person.has(*STAFF),
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        may_use=household_id in person.household_ids or person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        url=page_of(household_id),
    )


@router.post(HOUSEHOLD + "/use")
async def use(request: Request, household_id: str, person: Person = USES) -> Response:
    """Pay what is owed out of it."""
    _check_own(person, household_id)
    t, money = request.state.translate, request.state.reading.words.money
    form = Form(await request.form(), t)
    payment_id, cents = id_of(form), form.cents("amount", required=True, minimum=1)
    if cents is None or not form.ok:
        return await _wallet(request, household_id, person, form)
    try:
        async with Service.of(request).database.write() as writer:
            await wallet.use(writer, payment_id, household_id, cents, person, Pages.of(request).zone)
    except noting.NoHousehold as error:
        raise NotFound from error
    except MoreThanHeld as error:
        form.error("amount", t(_("%(sum)s can be used now.")) % {"sum": money(error.held.free_cents)})
    except MoreThanOwed as error:
        sentence = _("%(sum)s is left to pay to whom the hub collects for.")
        form.error("amount", t(sentence) % {"sum": money(error.cents)})
    except noting.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        return Pages.of(request).go(page_of(household_id), t(_("Paid out of the wallet, the oldest amounts first.")))
    return await _wallet(request, household_id, person, form)


@router.post(HOUSEHOLD + "/switch")
async def switch(request: Request, household_id: str, person: Person = USES) -> Response:
    """Whether it pays by itself."""
    _check_own(person, household_id)
    t = request.state.translate
    on = Form(await request.form(), t).boolean("by_itself")
    try:
        async with Service.of(request).database.write() as writer:
            await wallet.switch(writer, household_id, on, person)
    except noting.NoHousehold as error:
        raise NotFound from error
    said = _("The wallet pays by itself.") if on else _("The wallet pays when somebody says so.")
    return Pages.of(request).go(page_of(household_id), t(said))


PaidIn(
    path="wallet",
    back="/wallet",
    share=WALLETS,
    above=ABOVE,
    title=_("Note what is paid in"),
    hint=_("It stays the household’s until it is used for what it owes, or paid back."),
    button=_("Note it"),
    said=_("It is in the wallet."),
).serve(router)
OUT.serve(router)


@router.post(URL + "/{out_id}/undo")
async def undo(request: Request, out_id: str, person: Person = NOTES) -> Response:
    """What was noted as paid back by mistake."""
    t = request.state.translate
    form = Form(await request.form(), t)
    async with Service.of(request).database.read() as reader:
        row = await wallet.APART.find_out(reader, out_id)
    if row is None:
        raise NotFound
    reason = form.text("undo_reason", max_length=500, required=True)
    if not form.ok:
        return await _wallet(request, row["household_id"], person, undoing=Undoing(form, out_id))
    return await OUT.take_back(request, out_id, reason, person)
