"""Payments as they came: the list, cheques in hand and their moves, the till, and the page of one payment."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.bank.register import line_of_payment
from billing.debit.register import batch_of
from billing.ledger.chart import CAUTIONS, FUND, WALLETS
from billing.pages.cycles import MOST_PAGES, READS_BOOKS
from billing.pages.payment_form import NOTES, why_not
from billing.pages.payment_words import OF_CAUTIONS, OF_FEE, OF_FUND, OF_WALLETS, WORDS, names_of
from billing.payment import noting, register, till
from billing.payment.life import Kind, Move, OutOfTurn, Stage
from billing.payment.register import NoPayment, Payment
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.decimals import typed_money
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/payments"
PER_PAGE = 30
MOST_LETTERS = 100

BUTTONS = {
    Move.RECEIVE: _("It is here"),
    Move.HAND_OVER: _("Handed over to the producer"),
    Move.DEPOSIT: _("Brought to the bank"),
    Move.BOUNCE: _("The bank refused it"),
    Move.TAKE_BACK: _("Take back"),
}
WHAT = {"noted": _("Noted")} | {
    Move.RECEIVE.value: _("Received"),
    Move.HAND_OVER.value: _("Handed over to the producer"),
    Move.DEPOSIT.value: _("Brought to the bank"),
    Move.BOUNCE.value: _("Refused by the bank"),
    Move.TAKE_BACK.value: _("Undone"),
}
GIVEN_OUT = _(
    "This caution was refunded or kept already: take that back first, on the page of the household’s caution."
)
USED_UP = _(
    "What was paid into this wallet was used or paid back already: take that back first. "
    "The page of the wallet tells of it."
)
OUT_OF_TURN = _("This cannot be done any more: somebody was faster. Look at how the payment stands now.")

ON_STATEMENT = _("The bank’s statement tells of this payment: undo the line of the bank, on its page.")


@router.get(URL)
async def payments(request: Request, q: str = "", page: int = 1, person: Person = READS_BOOKS) -> HTMLResponse:
    service = Service.of(request)
    q = " ".join(q.split())[:MOST_LETTERS]
    async with service.database.read() as reader:
        last = max(1, -(-await register.count(reader, q) // PER_PAGE))
        page = min(max(page, 1), last, MOST_PAGES)
        found = await register.newest(reader, (page - 1) * PER_PAGE, PER_PAGE, q)
        names = await names_of(reader, service.settings.hub_name)
    context = WORDS | {"payments": found, "names": names, "q": q, "page": page, "last": last}
    context["url"] = f"{URL}?q={quote(q, safe='')}" if q else URL
    return Pages.of(request).render(request, "payments.html", **context)


@router.get(URL + "/cheques")
async def cheques(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    return await show_cheques(request, person)


async def show_cheques(request: Request, person: Person, form: Form | None = None, status: int = 200) -> HTMLResponse:
    service = Service.of(request)
    async with service.database.read() as reader:
        held = await register.cheques_in_hand(reader)
        names = await names_of(reader, service.settings.hub_name)
    piles: dict[tuple[str, Stage], list[Payment]] = {}
    for each in held:
        piles.setdefault((each.payee, each.stage), []).append(each)
    # What lies here before what is promised; by name of the payee.
    ordered = sorted(piles, key=lambda pile: (pile[1] is Stage.PROMISED, names.get(pile[0], pile[0]).casefold()))
    slip_id = (form.value("id") if form else "") or service.ids.new()
    context = WORDS | {"slip_id": slip_id, "piles": [(payee, stage, piles[payee, stage]) for payee, stage in ordered]}
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    return Pages.of(request).render(
        request,
        "cheques.html",
        status,
        **context,
        names=names,
        form=form or Form(),
        buttons=BUTTONS,
        may_note=may_note,
    )


@router.post(URL + "/cheques")
async def move_cheques(request: Request, person: Person = NOTES) -> Response:
    """One move of the cheques of a pile that are ticked: all of them, or none."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    do = form.choice("do", (Move.RECEIVE, Move.HAND_OVER, Move.DEPOSIT))
    chosen = sorted(set(form.chosen("cheque")))
    if not do:
        raise NotFound
    if not chosen:
        form.error("cheque", t(_("Tick at least one cheque.")))
        return await show_cheques(request, person, form, status=422)
    try:
        async with service.database.write() as writer:
            # In the order of their ids: two people who move the same cheques would wait for each other.
            for payment_id in chosen:
                await noting.move(writer, payment_id, Move(do), person, Pages.of(request).zone)
    except NoPayment as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except noting.NotCollected as error:
        raise Refused(await _why_not(request, error)) from error
    said = t.plural("%(num)s cheque: %(what)s.", "%(num)s cheques: %(what)s.", len(chosen))
    return Pages.of(request).go(URL + "/cheques", said % {"num": len(chosen), "what": t(WHAT[do])})


async def _why_not(request: Request, error: noting.NotCollected) -> str:
    service = Service.of(request)
    async with service.database.read() as reader:
        names: Mapping[str, str] = await names_of(reader, service.settings.hub_name)
    return why_not(names, error.producer_ids, request.state.translate)


@router.get(URL + "/till")
async def cash(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    return await show_till(request, person)


async def show_till(request: Request, person: Person, form: Form | None = None, status: int = 200) -> HTMLResponse:
    service = Service.of(request)
    async with service.database.read() as reader:
        held = await till.held_for(reader)
        days = await till.by_day(reader, sum(held.values()))
        brought = await till.brought(reader)
        names = await names_of(reader, service.settings.hub_name)
    t = request.state.translate
    names |= {"": service.settings.hub_name, CAUTIONS: t(OF_CAUTIONS), FUND: t(OF_FUND), WALLETS: t(OF_WALLETS)}
    values = {"id": service.ids.new(), "amount": typed_money(sum(held.values()), request.state.reading.language)}
    return Pages.of(request).render(
        request,
        "till.html",
        status,
        held=held,
        days=days,
        brought=brought,
        names=names,
        form=form or Form(None, values=values),
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
    )


@router.get(URL + "/{payment_id}")
async def payment(request: Request, payment_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _show(request, payment_id, person)


async def _show(
    request: Request, payment_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    service = Service.of(request)
    async with service.database.read() as reader:
        one = await register.find(reader, payment_id)
        if one is None:
            raise NotFound
        past = await register.history_of(reader, payment_id)
        told = await line_of_payment(reader, payment_id)
        batch = await batch_of(reader, payment_id) if one.kind is Kind.DEBIT else None
        names = await names_of(reader, service.settings.hub_name)
    t = request.state.translate
    names |= {CAUTIONS: t(OF_CAUTIONS), FUND: t(OF_FUND), WALLETS: t(OF_WALLETS)} | {
        each: t(OF_FEE) % {"year": one.fee_year} for each in one.shares if one.fee_year
    }
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    by_hand = may_note and one.kind is not Kind.DEBIT
    return Pages.of(request).render(
        request,
        "payment.html",
        status,
        **WORDS,
        one=one,
        past=past,
        names=names,
        form=form or Form(),
        buttons=BUTTONS,
        what=WHAT,
        moves=[each for each in one.moves if each is not Move.TAKE_BACK] if by_hand else [],
        may_take_back=by_hand and Move.TAKE_BACK in one.moves and told is None,
        told=told,
        batch=batch,
    )


@router.post(URL + "/{payment_id}/move")
async def move(request: Request, payment_id: str, person: Person = NOTES) -> Response:
    """One button of the payment's page."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    do = form.choice("do", Move)
    reason = form.text("reason", max_length=500, required=do == Move.TAKE_BACK)
    if not do:
        raise NotFound
    if not form.ok:
        return await _show(request, payment_id, person, form, status=422)
    try:
        async with service.database.write() as writer:
            await noting.move(writer, payment_id, Move(do), person, Pages.of(request).zone, reason)
    except NoPayment as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except noting.GivenOut as error:
        raise Refused(t(GIVEN_OUT)) from error
    except noting.UsedUp as error:
        raise Refused(t(USED_UP)) from error
    except noting.OnStatement as error:
        raise Refused(t(ON_STATEMENT)) from error
    except noting.NotCollected as error:
        raise Refused(await _why_not(request, error)) from error
    return Pages.of(request).go(f"{URL}/{payment_id}", t(WHAT[do]) + ".")
