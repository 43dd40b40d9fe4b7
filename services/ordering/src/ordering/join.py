"""Joining another order: what a group asks of a producer moves to a cycle of other groups, or to its own next one.

Where one group misses the minimum of a producer, and another cycle that delivers on the same day still takes orders for
it, the lines go there: that cycle takes the group in, and each household has an order in it like everybody's, at its
prices and under its rules. So they can go to the next cycle of the same rhythm, where that is open for all the groups.
Here they get nothing, and are told where it is. Until the other order is closed they can come back (moved_line.py).

One that is not open yet cannot be joined: it has no prices, and nothing says that it will offer the goods. What is put
off to it is proposed to the households (proposal.py), who see the price before they order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from chassis.database import Reader, Transaction, Writer
from contracts.catalog import Minimum
from contracts.event import Moment, Part
from ordering import announcing, cycle, moved_line, order_book
from ordering.allocation import Choice, Option, Share
from ordering.cycle import Cycle, State
from ordering.cycle_offer import offers_of
from ordering.minimum import Goods, Vat, reached
from ordering.moved_line import MovedLine
from ordering.offer import Offer
from ordering.offer_sheet import OfferSheets
from ordering.order import EnteredBy, Order, Slip
from ordering.order_line import gross_cents, order_line
from ordering.pickup import write_pickups
from ordering.placing import locked_homes, place_orders
from ordering.rhythm_book import rhythm_turn
from ordering.wanted import Wanted
from ordering.why import Moved


class Join(Part):
    """An order that lines could move to, as a decision keeps it. `delivers_on`: where that is another day."""

    cycle_id: str
    name: str
    closes_at: Moment
    delivers_on: date | None = None

    @property
    def choice(self) -> Choice:
        day = self.delivers_on.isoformat() if self.delivers_on else ""
        return Choice(Option.JOIN, cycle_id=self.cycle_id, cycle_name=self.name, delivers_on=day)


@dataclass(frozen=True)
class Target:
    """Another cycle that takes orders, with what it offers, by product. `later`: it delivers on another day."""

    of: Cycle
    offers: Mapping[str, Offer]
    now: datetime
    later: bool = False

    @property
    def join(self) -> Join:
        day = self.of.delivers_on if self.later else None
        return Join(cycle_id=self.of.id, name=self.of.name, closes_at=self.of.closes_at, delivers_on=day)

    def takes(self, goods: Iterable[Offer]) -> bool:
        """Whether all of these goods can be ordered there, in the same unit."""
        return all(self._takes(offer) for offer in goods)

    def _takes(self, offer: Offer) -> bool:
        theirs = self.offers.get(offer.product_id)
        if theirs is None or theirs.article.unit is not offer.article.unit:
            return False
        return self.of.shut_to(offer.producer_id, self.now) is None

    def cents(self, product_id: str, quantity_thousandths: int) -> int:
        """What a quantity costs there."""
        return gross_cents(self.offers[product_id].article, quantity_thousandths)


async def targets(reader: Reader, of: Cycle) -> tuple[Target, ...]:
    """The cycles that lines of this one could move to, the one that closes first first."""
    open_now = [one for one in await cycle.in_state(reader, State.OPEN) if one.takes_orders(reader.now)]
    others = [one for one in open_now if one.id != of.id and one.delivers_on == of.delivers_on]
    others.sort(key=lambda one: (one.closes_at, one.id))
    others += await _next(reader, of, open_now)
    found = []
    for one in others:
        offers = {offer.product_id: offer for offer in await offers_of(reader, one.id)}
        found.append(Target(one, offers, reader.now, one.delivers_on != of.delivers_on))
    return tuple(found)


async def _next(reader: Reader, of: Cycle, open_now: Iterable[Cycle]) -> list[Cycle]:
    """The next cycle of the same rhythm, where it is open for all the groups: each collects there on a day of its
    own."""
    turn = rhythm_turn.c
    mine = select(turn.rhythm_id).where(turn.cycle_id == of.id).scalar_subquery()
    rows = await reader.all(select(turn.cycle_id).where(turn.rhythm_id == mine))
    of_rhythm = {row["cycle_id"] for row in rows}
    later = [one for one in open_now if one.id in of_rhythm and one.delivers_on > of.delivers_on]
    first = min(later, key=lambda one: one.delivers_on, default=None)
    return [first] if first is not None and of.group_ids <= first.group_ids else []


async def would_reach(
    reader: Reader, target: Target, minimum: Minimum, moved: Mapping[str, int], vat: Vat
) -> int | None:
    """What comes together there of the goods of the producer of `moved` (product -> thousandths), those included: in
    the unit of the minimum. None where that cannot be told: of cases, or where a weight is not known."""
    producers = {target.offers[product].producer_id for product in moved if product in target.offers}
    line = order_line.c
    sums = select(line.product_id, func.sum(line.quantity_thousandths).label("quantity"))
    theirs = sums.where(line.cycle_id == target.of.id, line.producer_id.in_(producers)).group_by(line.product_id)
    quantities: dict[str, int] = defaultdict(int, moved)
    for row in await reader.all(theirs):
        quantities[row["product_id"]] += int(row["quantity"])
    goods = [
        Goods(target.offers[product].article, quantity, target.cents(product, quantity))
        for product, quantity in quantities.items()
        if product in target.offers
    ]
    return None if minimum.kind == "cases" else reached(minimum, goods, vat=vat)


async def move(writer: Writer, held: Cycle, shares: Iterable[Share], by: str) -> set[str]:
    """Put the lines of these shares into the orders they move to; `by`: the name of who decided it. The caller holds
    the locks of `held` and of the cycles that are joined. The lines (`Asked.id`) that could not be moved: there is not
    as much left there, for example."""
    by_cycle: dict[str, list[Share]] = defaultdict(list)
    for share in shares:
        if isinstance(share.why, Moved) and share.asked.quantity_thousandths:
            by_cycle[share.why.cycle_id].append(share)
    refused: set[str] = set()
    households = {share.asked.household_id for its in by_cycle.values() for share in its}
    if len(by_cycle) > 1:
        # Of all cycles at once: one after the other they would be taken in no order.
        await writer.connection.run_sync(lambda connection: locked_homes(Transaction(connection, writer), households))
    for cycle_id, its in sorted(by_cycle.items()):
        before = await cycle.by_id(writer, cycle_id)
        orders = await _move_to(writer, held, cycle_id, its, by)
        refused |= {share.asked.id for share in its if share.asked.order_id in orders}
        there = before.group_ids if before else frozenset()
        await moved_line.note(writer, held.id, [_moved(share, cycle_id, refused, there) for share in its])
    return refused


def _moved(share: Share, cycle_id: str, refused: Collection[str], there: Collection[str]) -> MovedLine:
    """`there`: the groups that took part before."""
    asked = share.asked
    quantity = 0 if asked.id in refused else asked.quantity_thousandths
    taken_in = bool(quantity) and asked.group_id not in there
    return MovedLine(asked.order_id, asked.product_id, asked.household_id, asked.group_id, cycle_id, quantity, taken_in)


async def _move_to(writer: Writer, held: Cycle, cycle_id: str, shares: list[Share], by: str) -> set[str]:
    target = await cycle.by_id(writer, cycle_id)
    if target is None or not target.takes_orders(writer.now):
        return {share.asked.order_id for share in shares}
    target = await _taken_in(writer, held, target, {share.asked.group_id for share in shares})
    moved: dict[str, list[Share]] = defaultdict(list)
    for share in shares:
        moved[share.asked.household_id].append(share)
    entered_by = EnteredBy("", by, on_behalf=True)
    slips = []
    for household_id, theirs in sorted(moved.items()):
        there = await order_book.of_household(writer, cycle_id, household_id)
        # It was ordered already, and let through then: it only moves.
        slips.append(Slip(cycle_id, household_id, _together(there, theirs), entered_by, despite_gate=True))

    def place(connection: Connection) -> list[Order | Exception]:
        # With sheets of its own: those in memory are for what is committed.
        return place_orders(Transaction(connection, writer), slips, OfferSheets())

    outcomes = await writer.connection.run_sync(place)
    return {
        share.asked.order_id
        for slip, outcome in zip(slips, outcomes, strict=True)
        if isinstance(outcome, Exception)
        for share in moved[slip.household_id]
    }


async def _taken_in(writer: Writer, held: Cycle, target: Cycle, group_ids: set[str]) -> Cycle:
    """The target with these groups, which collect there when they would have here."""
    fresh = [pickup for pickup in held.pickups if pickup.group_id in group_ids - target.group_ids]
    if not fresh:
        return target
    pickups = tuple(sorted([*target.pickups, *fresh], key=lambda one: (one.starts_at, one.group_name)))
    joined = replace(target, version=target.version + 1, pickups=pickups)
    await cycle.keep(writer, joined)
    await write_pickups(writer, joined.id, pickups)
    await writer.announce(announcing.cycle_changed(joined, await offers_of(writer, joined.id)))
    return joined


def _together(there: Order | None, shares: list[Share]) -> list[Wanted]:
    """What is ordered there already, and what comes to it."""
    quantities, terms = (there.quantities, there.terms) if there else ({}, {})
    wanted = {product: Wanted(product, quantity, terms=terms[product]) for product, quantity in quantities.items()}
    for share in shares:
        asked = share.asked
        before = wanted.get(asked.product_id, Wanted(asked.product_id, 0))
        wanted[asked.product_id] = Wanted(
            asked.product_id,
            before.quantity_thousandths + asked.quantity_thousandths,
            terms=before.terms or asked.terms,
        )
    return list(wanted.values())
