"""The shop: the open cycles of a household, its basket, and the same basket filled by somebody who looks after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping
from starlette.datastructures import FormData

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from contracts.fee import FeeSet
from contracts.goods import Article
from ordering import cycle, fee, group, late_order, order_book, producer, proposal
from ordering.conflict import Missing
from ordering.cycle import Cycle, State
from ordering.cycle_pool import PoolLeft, scarce_pools
from ordering.filling import BegunCase, begun_cases, comes_in_cases
from ordering.offer import Offer
from ordering.offer_sheet import OfferSheets
from ordering.order import Changed, CycleNotOpen, EmptyBasket, EnteredBy, NotInCycle, Order, Slip, TooLate
from ordering.order_desk import RETRY_AFTER, Busy
from ordering.pages import basket, kept, refusals
from ordering.pages.assets import asset
from ordering.pages.chance import chances
from ordering.pages.forms import sent
from ordering.pages.payment_gate import before_ordering, may_despite
from ordering.pages.provenance import Origin, minimum_in_words, origins
from ordering.pages.reach import ORDERERS, basket_url, cycle_in_reach, household_in_reach
from ordering.pages.tags import Tags
from ordering.pages.terms import term
from ordering.payment_gate import Barred, PaymentDue
from ordering.wanted import Terms, Wrong, WrongLines
from ui import Pages
from ui.forms import Form
from ui.pages import words

router = APIRouter()

URL = "/ordering/shop"
BASKET = URL + "/{cycle_id}/{household_id}"
BEHALF = "/ordering/cycles/{cycle_id}/orders/{household_id}"


_members = Depends(kept.TakesBaskets(frozenset({Role.MEMBER}), public=False))
_orderers = Depends(kept.TakesBaskets(frozenset(ORDERERS), public=False))


@dataclass(frozen=True)
class Counter:
    """What the page of one basket is about. `refusal`: why nobody can fill it now; None where somebody can.
    `beginnings`: by producer, where its goods come from. `crates`: the cases being filled, `pools_left`: the pools of
    which there is only so much; None and none where nothing of that can be. `last`: what the household ordered last,
    without its lines, while nothing is ordered here. `shut`: by producer, why it is. `unpaid`: why the order that was
    just sent was refused. `fees`: what comes to the goods."""

    of: Cycle
    home: RowMapping
    offers: list[Offer]
    order: Order | None
    refusal: TooLate | CycleNotOpen | NotInCycle | None
    beginnings: dict[str, Origin]
    crates: list[BegunCase] | None = None
    last: Order | None = None
    pools_left: Sequence[PoolLeft] = ()
    shut: Mapping[str, Wrong] = field(default_factory=dict)
    unpaid: Barred | None = None
    fees: Sequence[FeeSet] = ()


@dataclass(frozen=True)
class Repeated:
    """An earlier order that was put into the fields, and what of it cannot be had now."""

    order: Order
    gone: list[Article]


@router.get(URL)
async def enter(request: Request, asker: Person = serves(Role.MEMBER)) -> Response:
    """Straight to the basket where there is one to fill; else the choice, or what comes next."""
    async with Service.of(request).database.read() as reader:
        found = await chances(reader, sorted(asker.household_ids))
        mine = asker.group_ids(Role.MEMBER)
        coming = [of for of in await cycle.in_state(reader, State.PLANNED) if of.group_ids & mine]
    if len(found) == 1:
        return Pages.of(request).go(basket_url(asker, found[0].of.id, found[0].home["id"]))
    coming.sort(key=lambda of: of.opens_at)
    now = Service.of(request).clock.now()
    return Pages.of(request).render(request, "shop_choice.html", chances=found, coming=coming, now=now)


@router.get(BASKET)
async def look(request: Request, cycle_id: str, household_id: str, asker: Person = serves(Role.MEMBER)) -> Response:
    return await _look(request, asker, cycle_id, household_id, own=True)


@router.post(BASKET)
async def save(request: Request, cycle_id: str, household_id: str, asker: Person = _members) -> Response:
    return await _save(request, asker, cycle_id, household_id, own=True)


@router.get(BEHALF)
async def look_on_behalf(
    request: Request, cycle_id: str, household_id: str, asker: Person = serves(*ORDERERS)
) -> Response:
    return await _look(request, asker, cycle_id, household_id, own=False)


@router.post(BEHALF)
async def save_on_behalf(request: Request, cycle_id: str, household_id: str, asker: Person = _orderers) -> Response:
    return await _save(request, asker, cycle_id, household_id, own=False)


def _sheets(request: Request) -> OfferSheets:
    sheets: OfferSheets = request.app.state.desk.sheets
    return sheets


async def _counter(
    request: Request, reader: Reader, asker: Person, cycle_id: str, household_id: str, *, own: bool
) -> Counter:
    """Raises NotFound for what is not the asker's."""
    home = await household_in_reach(reader, asker, household_id)
    if not home["active"] or (own and household_id not in asker.household_ids):
        raise NotFound
    of = await cycle.by_id(reader, cycle_id)
    if of is None or home["group_id"] not in of.group_ids or of.state is State.DRAFT:
        if of is None or own:
            raise NotFound
        of = await cycle_in_reach(reader, asker, cycle_id)
    order = await order_book.of_household(reader, cycle_id, household_id)
    offers, refusal = await _sheets(request).offers(reader, of, home["group_id"]), await _refusal(reader, of, home)
    beginnings = origins(of.pickup_of(home["group_id"]), await producer.all_producers(reader))
    crates = None
    pools_left = scarce_pools(offers) if refusal is None else []
    if pools_left or (refusal is None and any(comes_in_cases(offer) for offer in offers)):
        crates = await begun_cases(reader, of.id, offers)
    nothing_yet = order is None or not order.lines
    last = await order_book.last_before(reader, household_id, cycle_id) if nothing_yet and not refusal else None
    producers = {offer.producer_id for offer in offers}
    shut = {one: why for one in producers if (why := of.shut_to(one, reader.now)) is not None}
    fees = await fee.fees_of(reader, of, home["group_id"])
    return Counter(of, home, offers, order, refusal, beginnings, crates, last, pools_left, shut, fees=fees)


async def _refusal(reader: Reader, of: Cycle, home: RowMapping) -> TooLate | CycleNotOpen | NotInCycle | None:
    """What would be said of an order now, told before anything is typed."""
    if of.state in (State.DRAFT, State.PLANNED):
        return CycleNotOpen(of.opens_at if of.state is State.PLANNED else None)
    if not of.takes_orders(reader.now):
        return TooLate(of.ended_at)
    if home["group_id"] not in of.group_ids:
        held = await group.find(reader, home["group_id"])
        return NotInCycle(held["name"] if held else "")
    return None


async def _look(request: Request, asker: Person, cycle_id: str, household_id: str, *, own: bool) -> Response:
    async with Service.of(request).database.read() as reader:
        counter = await _counter(request, reader, asker, cycle_id, household_id, own=own)
        contacts = await late_order.contacts(reader)
        proposed = await proposal.proposed_to(reader, household_id, counter.of) if counter.order is None else []
    left = kept.taken_up(request)
    if left is not None:
        typed = basket.read(left, counter.offers)
        if counter.refusal is not None:
            response = _closed(request, counter, contacts, typed=typed)
        else:
            response = await _render(request, asker, counter, typed, unsaved=True)
        kept.forget(request, response)
        return response
    if counter.refusal is not None:
        if counter.order is not None and isinstance(counter.refusal, TooLate):
            return Pages.of(request).go(f"/ordering/orders/{counter.order.id}")
        return _closed(request, counter, contacts)
    language = request.state.reading.language
    if counter.order is None:
        put_off = basket.of_proposal(proposed, counter.offers, language, counter.shut)
        return await _render(request, asker, counter, put_off, put_off=bool(put_off.wanted))
    return await _render(request, asker, counter, basket.of_order(counter.order, language))


async def _save(request: Request, asker: Person, cycle_id: str, household_id: str, *, own: bool) -> Response:
    try:
        async with Service.of(request).database.read() as reader:
            counter = await _counter(request, reader, asker, cycle_id, household_id, own=own)
            contacts = await late_order.contacts(reader) if counter.refusal else ()
    except NotFound as error:
        raise kept.of_earlier_session(request) or error from None
    form = await sent(request)
    if form.value("do") == "again" and counter.last is not None:
        return await _again(request, asker, counter, form)
    typed = basket.read(form, counter.offers)
    answer = await _shown_again(request, asker, counter, contacts, typed)
    return answer or await _place(request, asker, counter, typed, own=own)


async def _again(request: Request, asker: Person, counter: Counter, form: Form) -> Response:
    """The page with the household's last order in its fields: nothing is saved yet."""
    assert counter.last is not None
    async with Service.of(request).database.read() as reader:
        last = await order_book.by_id(reader, counter.last.id)
    assert last is not None
    fields, gone = basket.again(last, form, counter.offers, request.state.reading.language, counter.shut)
    filled = FormData([*(await request.form()).multi_items(), *fields.items()])
    typed = basket.read(Form(filled, request.state.translate), counter.offers)
    return await _render(request, asker, counter, typed, repeated=Repeated(last, gone))


async def _shown_again(
    request: Request, asker: Person, counter: Counter, contacts: tuple[late_order.Contact, ...], typed: basket.Basket
) -> Response | None:
    """The page again for a basket that is not to be saved, or cannot be; None for one that can."""
    earlier, only_shown = kept.of_earlier_session(request) is not None, typed.form.value("do") == "show"
    if counter.refusal and (earlier or only_shown or not typed.form.ok):
        # Told at once, not after the last mistake is mended.
        return _closed(request, counter, contacts, typed=typed)
    if earlier:
        return await _render(request, asker, counter, typed, status=403, unsaved=True)
    if only_shown:
        return await _render(request, asker, counter, typed)
    return None if typed.form.ok else await _render(request, asker, counter, typed, status=422)


async def _place(request: Request, asker: Person, counter: Counter, typed: basket.Basket, *, own: bool) -> Response:
    cycle_id, household_id = counter.of.id, counter.home["id"]
    entered_by = EnteredBy(asker.id, asker.name, on_behalf=household_id not in asker.household_ids)
    try:
        despite = may_despite(asker, counter.home) and typed.form.boolean("despite")
        slip = Slip(cycle_id, household_id, typed.wanted, entered_by, typed.base_version, despite_gate=despite)
        order = await request.app.state.desk.place(slip)
    except Missing as error:
        raise NotFound from error
    except WrongLines as wrong:
        return await _wrong(request, asker, counter, typed, wrong)
    except PaymentDue as refusal:
        return await _render(request, asker, replace(counter, unpaid=refusal.barred), typed, status=409)
    except Changed:
        return await _conflict(request, asker, cycle_id, household_id, typed, own=own)
    except EmptyBasket as refusal:
        typed.form.error("", refusals.of_order(refusal, request.state.translate, words(request)))
        return await _render(request, asker, counter, typed, status=422)
    except Busy as refusal:
        typed.form.error("", refusals.of_order(refusal, request.state.translate, words(request)))
        response = await _render(request, asker, counter, typed, status=503)
        response.headers["retry-after"] = str(RETRY_AFTER)
        return response
    except (TooLate, CycleNotOpen, NotInCycle) as refusal:
        return await _refused(request, asker, counter, typed, refusal)
    _ = request.state.translate
    said = _("Your order is saved.") if order.lines else _("Your order is taken back: nothing is ordered any more.")
    return Pages.of(request).go(f"/ordering/orders/{order.id}", said)


def _told(counter: Counter) -> list[fee.Told]:
    lines = counter.order.lines if counter.order else ()
    ordered = [fee.Bought(line.article, line.quantity_thousandths) for line in lines]
    return fee.told(counter.fees, ordered, {offer.producer_id for offer in counter.offers})


async def _wrong(
    request: Request, asker: Person, counter: Counter, typed: basket.Basket, wrong: WrongLines
) -> Response:
    async with Service.of(request).database.read() as reader:
        offers = await _sheets(request).offers(reader, counter.of, counter.home["group_id"])
    for product_id, line in wrong.lines.items():
        sentence = refusals.of_line(line, request.state.translate, words(request))
        typed.form.error(_FIELD_OF.get(line.wrong, basket.PREFIX) + product_id, sentence)
    return await _render(request, asker, replace(counter, offers=offers), typed, status=409)


def _differ(saved: Terms | None, typed: Terms | None) -> bool:
    return saved is not None and typed is not None and saved != typed


_FIELD_OF = {Wrong.TOLERANCE: basket.TOLERANCE, Wrong.LEAST: basket.LEAST}


async def _conflict(
    request: Request, asker: Person, cycle_id: str, household_id: str, typed: basket.Basket, *, own: bool
) -> Response:
    """Somebody saved meanwhile: both are shown, what was typed stays in the fields, saving again is possible."""
    async with Service.of(request).database.read() as reader:
        counter = await _counter(request, reader, asker, cycle_id, household_id, own=own)
    mine, saved = typed.quantities, counter.order.quantities if counter.order else {}
    saved_terms = counter.order.terms if counter.order else {}
    articles = {offer.product_id: offer.article for offer in counter.offers}
    differing = [
        (articles[product], saved.get(product, 0), mine.get(product, 0))
        for product in articles
        if saved.get(product, 0) != mine.get(product, 0) or _differ(saved_terms.get(product), typed.terms.get(product))
    ]
    again = basket.Basket(typed.form, typed.wanted, counter.order.version if counter.order else 0, typed.filter)
    return await _render(request, asker, counter, again, status=409, differing=differing)


async def _refused(
    request: Request, asker: Person, counter: Counter, typed: basket.Basket, refusal: Exception
) -> Response:
    service, noted = Service.of(request), False
    if isinstance(refusal, TooLate):
        # In a transaction of its own: the refused one is gone, and the coordinator shall still hear of it.
        async with service.database.write() as writer:
            noted = await late_order.note(writer, counter.of.id, counter.home["id"], typed.wanted, asker.name)
    async with service.database.read() as reader:
        contacts = await late_order.contacts(reader)
    return _closed(request, counter, contacts, refusal, typed, noted=noted)


def _closed(
    request: Request,
    counter: Counter,
    contacts: tuple[late_order.Contact, ...],
    refusal: Exception | None = None,
    typed: basket.Basket | None = None,
    *,
    noted: bool = False,
) -> Response:
    """The page of a basket that cannot be filled: why, whom to call, and what was typed, so that it can be read out.

    `noted`: the coordinator sees it among the late orders.
    """
    refusal = refusal or counter.refusal
    assert refusal is not None
    articles = {offer.product_id: offer.article for offer in counter.offers}
    lines = [(articles[w.product_id], w.quantity_thousandths) for w in typed.wanted] if typed else []
    return Pages.of(request).render(
        request,
        "shop_closed.html",
        status=200 if typed is None else 409,
        of=counter.of,
        order=counter.order,
        sentence=refusals.of_order(refusal, request.state.translate, words(request), contacts),
        lines=lines,
        noted=noted,
    )


async def _render(
    request: Request,
    asker: Person,
    counter: Counter,
    shown: basket.Basket,
    status: int = 200,
    differing: Sequence[object] = (),
    *,
    unsaved: bool = False,
    put_off: bool = False,
    repeated: Repeated | None = None,
) -> Response:
    """`unsaved`: typed before somebody signed in again. `put_off`: not typed at all, but left over from a cycle."""
    at, why_unpaid = await before_ordering(request, counter.home, counter.of.id, counter.unpaid)
    saved = counter.order.quantities if counter.order else {}
    rows = basket.stalls(shown, counter.offers, saved, counter.shut)
    spoken = words(request)
    tags: Tags = request.app.state.tags
    return Pages.of(request).render(
        request,
        "shop.html",
        status=status,
        of=counter.of,
        home=counter.home,
        order=counter.order,
        pickup=counter.of.pickup_of(counter.home["group_id"]),
        own=counter.home["id"] in asker.household_ids,
        at=at,
        why=why_unpaid,
        may_despite=may_despite(asker, counter.home),
        action=basket_url(asker, counter.of.id, counter.home["id"]),
        stalls=rows,
        anything_shown=any(stall.shown for stall in rows),
        form=shown.form,
        names={
            field + o.product_id: spoken.goods_name(o.article)
            for o in counter.offers
            for field in basket.FIELDS
            if field + o.product_id in shown.form.errors
        },
        crates=counter.crates,
        pools_left=counter.pools_left,
        printed=tags.of(counter.of, counter.offers, spoken.language),
        version=shown.base_version,
        filter=shown.filter,
        labels=sorted({label for offer in counter.offers for label in offer.labels}),
        allergens=sorted({allergen for offer in counter.offers for allergen in offer.allergens}),
        total=basket.total(shown, counter.offers),
        deposits=basket.deposits(shown, counter.offers),
        beginnings=counter.beginnings,
        fees=_told(counter),
        sum_told=bool(saved),
        shut=counter.shut,
        minimum_words=lambda said, rows: minimum_in_words(
            said, request.state.translate, spoken, deposits=any(row.offer.article.deposit_cents for row in rows)
        ),
        count=len(shown.wanted),
        differing=differing,
        unsaved=unsaved,
        put_off=put_off,
        last=counter.last,
        repeated=repeated,
        asset=asset,
        term=term,
    )
