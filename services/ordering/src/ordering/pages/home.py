"""The first page, by role: what runs, what closes when, what needs doing; what to collect, what to order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from chassis import dead_letter
from chassis.database import Reader
from chassis.identity import PUBLIC, TOKEN_COOKIE, Person, serves
from chassis.service import Service
from chassis.web import SESSION_URL
from contracts import Role
from contracts.ordering import CyclePickup
from ordering import cycle, decision, group, household, late_order, offer, order_book, rhythm_book, totals
from ordering.cycle import Cycle, State
from ordering.order import Order
from ordering.pages.assets import asset
from ordering.pages.chance import Chance, chances
from ordering.pages.reach import goods_in_reach
from ui import Pages
from ui.pages import words

router = APIRouter()

URL = "/ordering/home"
NOT_OVER = (State.OPEN, State.COMPLETING, State.DECIDING)
PLANNED = 20
"""So many of those that open next are looked at. A year of them can be planned, and years of closed ones lie behind: a
first page that read them all would grow for ever."""
LARGEST = 6
"""So many producers are named of a cycle that runs."""


@dataclass(frozen=True)
class Running:
    """`largest`: the names and cents of the producers with the largest orders."""

    of: Cycle
    households: int
    sums: totals.Sums
    largest: list[tuple[str, int]]


@dataclass(frozen=True)
class Doing:
    """Something that needs doing: a sentence, and where to do it."""

    sentence: str
    url: str


@dataclass(frozen=True)
class Beginning:
    """How far a fresh hub has come."""

    groups: int
    households: int
    products: int
    cycles: int

    @property
    def over(self) -> bool:
        return self.cycles > 0


BEGUN = Beginning(1, 1, 1, 1)


@dataclass(frozen=True)
class ToCollect:
    """`deposit_cents`: beside the sum of the order."""

    order: Order
    of: Cycle
    pickup: CyclePickup
    deposit_cents: int


@router.get(URL)
async def show(request: Request, asker: Person | None = serves(PUBLIC)) -> Response:
    pages = Pages.of(request)
    if asker is None and TOKEN_COOKIE in request.cookies:
        # Their token ran out, their session perhaps not; its cookie is not sent to "/".
        return RedirectResponse(f"{SESSION_URL}?next=/", status_code=303)
    if asker is None or not asker.grants:
        return pages.render(request, "welcome.html", known=asker is not None, asset=asset)
    coordinates = asker.has(Role.COORDINATOR)
    async with Service.of(request).database.read() as reader:
        planned = await cycle.opening_next(reader, PLANNED)
        to_come = [*planned, *await cycle.in_state(reader, *NOT_OVER)]
        members = await household.count_by_group(reader) if coordinates else {}
        running = await _running(reader, to_come, members) if coordinates else []
        beginning = await _beginning(reader, to_come, members) if coordinates else BEGUN
        doing = await _doing(request, reader, to_come) if coordinates or asker.has(Role.OPERATOR) else []
        if not doing and (mine := goods_in_reach(asker)):
            doing = await _to_decide(request, reader, to_come, mine)
        open_now: list[Chance] = await chances(reader, sorted(asker.household_ids), to_come)
        to_collect = await _to_collect(reader, asker)
        now = reader.now
    return pages.render(
        request,
        "home.html",
        asker=asker,
        coordinates=coordinates,
        running=running,
        coming=planned[:3],
        doing=doing if beginning.over else [],
        beginning=beginning,
        chances=open_now,
        to_collect=to_collect,
        member=bool(asker.household_ids),
        shows_goods=asker.has(Role.COORDINATOR, Role.PRODUCER, Role.DRIVER) or bool(asker.group_ids(Role.REFERENT)),
        shows_money=asker.has(Role.COORDINATOR, Role.BOOKKEEPER, Role.MEMBER),
        now=now,
        asset=asset,
    )


async def _running(reader: Reader, to_come: Sequence[Cycle], members: Mapping[str, int]) -> list[Running]:
    """The open cycles, the one that closes first first. `members`: active households by group."""
    found = sorted((of for of in to_come if of.state in (State.OPEN, State.COMPLETING)), key=lambda of: of.closes_at)
    return [
        Running(
            of,
            sum(members.get(group_id, 0) for group_id in of.group_ids),
            *await totals.sums_and_largest(reader, of.id, LARGEST),
        )
        for of in found
    ]


async def _beginning(reader: Reader, to_come: Sequence[Cycle], members: Mapping[str, int]) -> Beginning:
    if to_come or await cycle.in_state(reader, State.DRAFT, State.CLOSED, limit=1):
        return BEGUN
    return Beginning(
        groups=len([row for row in await group.all_groups(reader) if row["active"]]),
        households=sum(members.values()),
        products=await offer.count_on_offer(reader),
        cycles=0,
    )


async def _doing(request: Request, reader: Reader, to_come: Sequence[Cycle]) -> list[Doing]:
    """What a coordinator should look at, the most pressing first. Of closed cycles only the last is looked at."""
    _, plural = request.state.translate, request.state.translate.plural
    found: list[Doing] = []
    letters = await dead_letter.count_unresolved(reader)
    if letters:
        sentence = plural(
            "%(num)d event could not be taken in: look at it.",
            "%(num)d events could not be taken in: look at them.",
            letters,
        )
        found.append(Doing(sentence % {"num": letters}, "/ordering/operations"))
    for of in to_come:
        if of.state is State.PLANNED and of.opens_at <= reader.now:
            sentence = _("“%(name)s” should have opened, but nothing of it is on offer.") % {"name": of.name}
            found.append(Doing(sentence, f"/ordering/cycles/{of.id}/edit"))
    for row in await rhythm_book.stuck(reader):
        sentence = _("The rhythm “%(name)s” cannot make its cycle for %(day)s: nothing is on offer, or a group rests.")
        named = {"name": row["name"], "day": words(request).day(row["stuck_on"])}
        found.append(Doing(sentence % named, "/ordering/rhythms"))
    if all(of.state is State.DECIDING for of in to_come):
        found.append(Doing(_("No cycle is open or planned: members cannot order."), "/ordering/cycles/new"))
    found += [await _undecided(request, reader, of) for of in to_come if of.state is State.DECIDING]
    for of in await cycle.in_state(reader, State.CLOSED, limit=1):
        late = len(await late_order.of_cycle(reader, of.id))
        if late:
            sentence = plural("%(num)d household came too late.", "%(num)d households came too late.", late)
            found.append(Doing(sentence % {"num": late}, f"/ordering/cycles/{of.id}"))
    unpriced = await offer.without_price(reader)
    if unpriced:
        sentence = plural(
            "%(num)d product has no price: nobody can order it.",
            "%(num)d products have no price: nobody can order them.",
            unpriced,
        )
        found.append(Doing(sentence % {"num": unpriced}, "/catalog/products"))
    members = await household.count_by_group(reader)
    empty = [row["name"] for row in await group.all_groups(reader) if row["active"] and row["id"] not in members]
    if empty:
        sentence = _("Groups without a household: %(names)s.") % {"names": ", ".join(empty)}
        found.append(Doing(sentence, "/ordering/households"))
    return found


async def _to_decide(
    request: Request, reader: Reader, to_come: Sequence[Cycle], producers: frozenset[str]
) -> list[Doing]:
    """What the referent of these producers has to decide, and what is open again for one of them."""
    deciding = [of for of in to_come if of.state is State.DECIDING]
    found = [
        await _undecided(request, reader, of, producers)
        for of in deciding
        if await decision.count_open(reader, of.id, producers)
    ]
    for of in to_come:
        if of.state is State.OPEN and of.extended_for in producers:
            sentence = request.state.translate("“%(name)s” is open again for your goods until %(when)s.")
            named = {"name": of.name, "when": words(request).short_moment(of.orders_until)}
            found.append(Doing(sentence % named, f"/ordering/cycles/{of.id}/decisions"))
    return found


async def _undecided(request: Request, reader: Reader, of: Cycle, producers: frozenset[str] | None = None) -> Doing:
    _, plural = request.state.translate, request.state.translate.plural
    undecided = await decision.count_open(reader, of.id, producers)
    sentence = _("“%(name)s”: all is decided, it can be closed.")
    if undecided:
        sentence = plural("“%(name)s”: %(num)d decision to make.", "“%(name)s”: %(num)d decisions to make.", undecided)
    return Doing(sentence % {"name": of.name, "num": undecided}, f"/ordering/cycles/{of.id}/decisions")


async def _to_collect(reader: Reader, asker: Person) -> list[ToCollect]:
    """What the asker's household has ordered and not collected yet, the next pickup first."""
    found = []
    mine = await order_book.of_households(reader, asker.household_ids, limit=10)
    cycles = await cycle.shown_to(reader, {one.cycle_id for one in mine}, {one.group_id for one in mine})
    deposits = await order_book.deposits_of(reader, [order.id for order in mine])
    for order in mine:
        of = cycles[order.cycle_id]
        pickup = of.pickup_of(order.group_id)
        if pickup and order.gross_cents and pickup.ends_at >= reader.now:
            found.append(ToCollect(order, of, pickup, deposits[order.id]))
    return sorted(found, key=lambda one: one.pickup.starts_at)
