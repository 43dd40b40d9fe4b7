"""The wallets of households: what is in each, what came in, what it paid, what was paid back."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.household import find_household
from billing.ledger.chart import WALLETS, Account
from billing.pages.cautions import received
from billing.pages.cycles import READS_BOOKS
from billing.pages.households import MEMBER_OR_STAFF, STAFF
from billing.pages.payment_form import LABELS as PAYMENT_LABELS
from billing.pages.payment_form import NOTES, OTHER_THERE, TOO_MUCH_CASH, id_of, url_of
from billing.pages.payment_words import TYPED, WORDS, names_of
from billing.pages.payout_words import IN_PAYOUT
from billing.pages.today import today_of
from billing.payment import compartment, noting, register, wallet
from billing.payment.life import Kind
from billing.payment.wallet import MoreThanHeld, MoreThanOwed, NothingThere, Out
from billing.payout.register import InPayout
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
LABELS = {"how": _("How it is paid back"), "amount": _("Amount"), "day": _("Day"), "reason": _("Reason")}
MOST_PAYMENTS = 50


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


@router.get(HOUSEHOLD)
async def of_household(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> HTMLResponse:
    return await _wallet(request, household_id, person)


async def _wallet(
    request: Request, household_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    _check_own(person, household_id)
    service = Service.of(request)
    async with service.database.read() as reader:
        home = await find_household(reader, household_id)
        sums = await wallet.held_of(reader, household_id)
        owed = await wallet.payable(reader, household_id, today_of(request))
        came = await register.received_for(reader, household_id, WALLETS)
        paid = await register.of_households(reader, [household_id], MOST_PAYMENTS)
        went = await wallet.outs_of(reader, household_id)
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
        status,
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
        return await _wallet(request, household_id, person, form, status=422)
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
    return await _wallet(request, household_id, person, form, status=422)


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


@router.get(HOUSEHOLD + "/new")
async def new(request: Request, household_id: str, person: Person = NOTES) -> Response:
    return await _form(request, household_id, _blank(request, kind=Kind.CHEQUE.value), "wallet_form.html")


@router.post(HOUSEHOLD + "/new")
async def fill(request: Request, household_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    said, payment_id = received(form, household_id, request, WALLETS), id_of(form)
    if said is None:
        return await _form(request, household_id, form, "wallet_form.html", status=422)
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
        return Pages.of(request).go(page_of(household_id), t(_("It is in the wallet.")))
    return await _form(request, household_id, form, "wallet_form.html", status=422)


@router.get(HOUSEHOLD + "/out")
async def ask_out(request: Request, household_id: str, person: Person = NOTES) -> Response:
    return await _form(request, household_id, _blank(request), "wallet_out_form.html")


@router.post(HOUSEHOLD + "/out")
async def pay_back(request: Request, household_id: str, person: Person = NOTES) -> Response:
    t, money = request.state.translate, request.state.reading.words.money
    form = Form(await request.form(), t)
    out_id, how = id_of(form), form.choice("how", HOWS)
    cents = form.cents("amount", required=True, minimum=1)
    day = form.date("day", required=True, maximum=today_of(request))
    reason = form.text("reason", max_length=500)
    if not form.ok or cents is None or day is None:
        return await _form(request, household_id, form, "wallet_out_form.html", status=422)
    try:
        async with Service.of(request).database.write() as writer:
            said = Out(household_id, Kind(how), cents, day, reason)
            await wallet.pay_back(writer, out_id, said, person, Pages.of(request).zone)
    except noting.NoHousehold as error:
        raise NotFound from error
    except MoreThanHeld as error:
        form.error("amount", t(_("%(sum)s can be paid back now.")) % {"sum": money(error.held.free_cents)})
    except noting.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        return Pages.of(request).go(page_of(household_id), t(_("Noted: it is paid back.")))
    return await _form(request, household_id, form, "wallet_out_form.html", status=422)


@router.post(URL + "/{out_id}/undo")
async def undo(request: Request, out_id: str, person: Person = NOTES) -> Response:
    """What was noted as paid back by mistake."""
    t = request.state.translate
    form = Form(await request.form(), t)
    async with Service.of(request).database.read() as reader:
        row = await wallet.find_out(reader, out_id)
    if row is None:
        raise NotFound
    reason = form.text("undo_reason", max_length=500, required=True)
    if not form.ok:
        return await _wallet(request, row["household_id"], person, form, status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await wallet.undo(writer, out_id, person, Pages.of(request).zone, reason)
    except NothingThere as error:
        raise NotFound from error
    except InPayout as error:
        said = t(IN_PAYOUT) % {"number": error.number}
        raise Refused(said) from error
    return Pages.of(request).go(page_of(row["household_id"]), t(_("It is taken back.")))


def _blank(request: Request, **values: str) -> Form:
    fresh = {"id": Service.of(request).ids.new(), "day": today_of(request).isoformat(), **values}
    return Form(None, request.state.translate, values=fresh)


async def _form(request: Request, household_id: str, form: Form, template: str, status: int = 200) -> Response:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        home = await find_household(reader, household_id)
        sums = await wallet.held_of(reader, household_id)
    if home is None:
        raise NotFound
    context: dict[str, Any] = {
        "kinds": [(kind.value, t(label)) for kind, label in TYPED.items()],
        "hows": [(how, t(label)) for how, label in HOWS.items()],
        "labels": {name: t(label) for name, label in (PAYMENT_LABELS | LABELS).items()},
    }
    back = page_of(household_id)
    return Pages.of(request).render(request, template, status, form=form, held=home, sums=sums, back=back, **context)
