"""What the hub buys and sells again: what came, at what cost, with what margin; what is owed to suppliers."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping, select

from billing.cycle import COMPUTED, cycle, find_cycle
from billing.ledger.chart import HUB
from billing.pages.households import STAFF
from billing.pages.payment_form import NOTES
from billing.pages.today import today_of
from billing.producer_sums import producer_due
from billing.purchase import booking, register
from billing.purchase.booking import Purchasing
from billing.purchase.came import Supplied, by_rate, came_in, costs_of
from billing.purchase.register import Bill, Came, Cost, Purchase
from billing.seller import sellers
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role, Unit
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.forms import Form, Translate
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

URL = "/billing/purchases"
OF_CYCLE = URL + "/cycles/{cycle_id}"
OF_SUPPLIER = OF_CYCLE + "/{supplier_id}"
BOOKS: Any = serves(*STAFF)
MOST_CYCLES = 12
NEWEST = 30
STATES = {
    "cost": _("Costs are missing"),
    "book": _("To be booked"),
    "changed": _("Something else came: to be booked anew"),
    "waiting": _("The bill is to come"),
    "billed": _("Billed"),
    "after": _("Billed; something else came since: the difference goes on a bill or credit note"),
}
WRONG: dict[type[Exception], str] = {
    booking.NotYet: _("It is booked once the cycle is delivered."),
    booking.NoCost: _("Say first what each product costs."),
    booking.Billed: _("It is billed already: type in what changed as a bill or a credit note."),
}


def state_of(one: Supplied, booked: Purchase | None) -> str:
    """A key of STATES."""
    if booked is not None:
        if booked.bill_id:
            # What it costs is what was billed, whatever is said of it later.
            return "billed" if _quantities(booked.lines) == _quantities(one.lines) else "after"
        return "waiting" if costs_of(booked.lines) == costs_of(one.lines) else "changed"
    return "book" if one.known else "cost"


def _quantities(lines: Iterable[Came]) -> set[tuple[str, int]]:
    return {(each.product_id, each.thousandths) for each in lines if each.thousandths}


@router.get(URL)
async def purchases(request: Request, person: Person = BOOKS) -> Response:
    """The newest cycles with goods of the hub, by supplier; what is owed to suppliers, by how long it is due."""
    today = today_of(request)
    async with Service.of(request).database.read() as reader:
        cycles = await _cycles(reader, today)
        booked = {(each.cycle_id, each.supplier_id): each for each in await register.purchases(reader)}
        came = [(held, await came_in(reader, held)) for held in cycles]
        owed = await register.to_pay(reader)
        newest = await register.newest_bills(reader, NEWEST)
        names = {each.id: each.name for each in (await sellers(reader)).values()}
    rows = [
        (held, one, state_of(one, booked.get((held["id"], one.supplier_id)))) for held, mine in came for one in mine
    ]
    return Pages.of(request).render(
        request,
        "purchases.html",
        rows=rows,
        states=STATES,
        owed=_aged(owed, names, today),
        bills=newest,
        names=names,
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        url=URL,
    )


async def _cycles(reader: Reader, today: Any) -> list[RowMapping]:
    of_hub = select(producer_due.c.cycle_id).where(producer_due.c.producer_id == HUB)
    mine = select(cycle).where(cycle.c.id.in_(of_hub), cycle.c.state == COMPUTED, cycle.c.delivers_on <= today)
    return await reader.all(mine.order_by(cycle.c.delivers_on.desc(), cycle.c.id).limit(MOST_CYCLES))


def _aged(owed: Iterable[Bill], names: dict[str, str], today: Any) -> list[tuple[str, list[int]]]:
    """By supplier: not due yet, due for up to 30 days, and longer; and in all."""
    sums: dict[str, list[int]] = {}
    for each in owed:
        late = (today - each.due_on).days
        mine = sums.setdefault(each.supplier_id, [0, 0, 0, 0])
        mine[0 if late <= 0 else 1 if late <= 30 else 2] += each.owed_cents
        mine[3] += each.owed_cents
    return sorted(((names.get(each, each), cents) for each, cents in sums.items()), key=lambda one: one[0].casefold())


# Margins of a cycle


@router.get(OF_CYCLE)
async def margins(request: Request, cycle_id: str, person: Person = BOOKS) -> Response:
    held, came = await _came(request, cycle_id)
    return Pages.of(request).render(request, "purchase_margins.html", cycle=held, came=came, url=URL)


@router.get(URL + "/margins.csv")
async def margins_file(request: Request, cycle: str, person: Person = BOOKS) -> Response:
    held, came = await _came(request, cycle)
    rows = _rows(came, request.state.translate)
    return csv_file(f"cabas-{held['delivers_on'].isoformat()}", rows, words(request).language)


def _rows(came: Iterable[Supplied], t: Translate) -> Iterable[tuple[Cell, ...]]:
    """Whole numbers are cents."""
    heads = (_("Supplier"), _("Product"), _("Quantity"), _("Unit"), _("Sold, without VAT"), _("Cost"), _("Margin"))
    yield tuple(t(each) for each in heads)
    for one in came:
        for each in one.lines:
            count = f"{each.thousandths / 1000:g}"
            yield one.supplier_name, each.name, count, each.unit, each.sold_cents, each.cost_cents, each.margin_cents


async def _came(request: Request, cycle_id: str) -> tuple[RowMapping, list[Supplied]]:
    """Raises NotFound."""
    async with Service.of(request).database.read() as reader:
        held = await find_cycle(reader, cycle_id)
        if held is None or held["state"] != COMPUTED:
            raise NotFound
        return held, await came_in(reader, held)


# One supplier of a cycle


@router.get(OF_SUPPLIER)
async def of_supplier(request: Request, cycle_id: str, supplier_id: str, person: Person = BOOKS) -> Response:
    return await _show(request, cycle_id, supplier_id, person, None)


@router.post(OF_SUPPLIER)
async def keep_costs(request: Request, cycle_id: str, supplier_id: str, person: Person = NOTES) -> Response:
    """Keep what products cost from the day of this delivery on; those that are left empty stay unknown."""
    service, purchasing = Service.of(request), _purchasing(request)
    form = Form(await request.form(), request.state.translate)
    held, one = await _found(request, cycle_id, supplier_id)
    said: dict[str, Cost] = {}
    for each in one.lines:
        key = each.product_id
        if not form.value(f"net-{key}") and key not in one.costs:
            continue
        net = form.cents(f"net-{key}", required=True, minimum=0)
        per = form.quantity(f"per-{key}", Unit(each.unit), required=True)
        rate = form.choice(f"rate-{key}", [str(rate) for rate in purchasing.rates])
        if net is not None and per and rate:
            said[key] = Cost(net, per, int(rate))
    if not form.ok:
        return await _show(request, cycle_id, supplier_id, person, form, status=422)
    changed = {key: cost for key, cost in said.items() if one.costs.get(key) != cost}
    async with service.database.write() as writer:
        await register.keep_costs(writer, supplier_id, held["delivers_on"], changed, person.name)
    return Pages.of(request).go(place_of(cycle_id, supplier_id), request.state.translate(_("The costs are kept.")))


@router.post(OF_SUPPLIER + "/book")
async def book(request: Request, cycle_id: str, supplier_id: str, person: Person = NOTES) -> Response:
    """Book what came as still to be billed."""
    t = request.state.translate
    _held, one = await _found(request, cycle_id, supplier_id)
    buying = _purchasing(request).buying(one.country)
    try:
        async with Service.of(request).database.write() as writer:
            await booking.book_what_came(writer, cycle_id, supplier_id, buying, today_of(request), person)
    except tuple(WRONG) as error:
        form = Form(None, t)
        form.error("", t(WRONG[type(error)]))
        return await _show(request, cycle_id, supplier_id, person, form, status=422)
    return Pages.of(request).go(place_of(cycle_id, supplier_id), t(_("It is booked; the bill is to come.")))


def place_of(cycle_id: str, supplier_id: str) -> str:
    return f"{URL}/cycles/{quote(cycle_id, safe='')}/{quote(supplier_id, safe='')}"


def _purchasing(request: Request) -> Purchasing:
    found: Purchasing = request.app.state.purchasing
    return found


async def _found(request: Request, cycle_id: str, supplier_id: str) -> tuple[RowMapping, Supplied]:
    """Raises NotFound."""
    held, came = await _came(request, cycle_id)
    one = next((each for each in came if each.supplier_id == supplier_id), None)
    if one is None:
        raise NotFound
    return held, one


async def _show(
    request: Request, cycle_id: str, supplier_id: str, person: Person, form: Form | None, status: int = 200
) -> Response:
    t, said, purchasing = request.state.translate, words(request), _purchasing(request)
    held, one = await _found(request, cycle_id, supplier_id)
    async with Service.of(request).database.read() as reader:
        booked = next(iter(await register.purchases(reader, supplier_id, [cycle_id])), None)
    if form is None or not form.errors or "" in form.errors:
        errors = form.errors if form else {}
        form = Form(None, t, values=_typed(one, said.language))
        form.errors.update(errors)
    named = {each.product_id: each.name for each in one.lines}
    labels = {f"{field}-{key}": f"{t(label)}, {name}" for key, name in named.items() for field, label in FIELDS.items()}
    return Pages.of(request).render(
        request,
        "purchase.html",
        status,
        form=form,
        cycle=held,
        one=one,
        expected=by_rate(one.lines),
        booked=booked,
        state=state_of(one, booked),
        states=STATES,
        abroad=purchasing.buying(one.country).reverse,
        rates=[(str(rate), said.percent(rate) if rate else t(_("no VAT"))) for rate in purchasing.rates],
        labels=labels,
        delivered=held["delivers_on"] <= today_of(request),
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        place=place_of(cycle_id, supplier_id),
        url=URL,
    )


FIELDS = {"net": _("Cost without VAT"), "per": _("For so much"), "rate": _("VAT rate")}


def _typed(one: Supplied, language: str) -> dict[str, str]:
    """What is known, as people type it."""
    mark, found = "," if language == "fr" else ".", {}
    for key, cost in one.costs.items():
        found[f"net-{key}"] = f"{cost.net_cents // 100}{mark}{cost.net_cents % 100:02d}"
        found[f"per-{key}"] = f"{cost.per_thousandths / 1000:g}".replace(".", mark)
        found[f"rate-{key}"] = str(cost.rate_hundredths)
    return found
