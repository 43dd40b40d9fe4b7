"""Joining another order of the same week: what a group asks of a producer moves to a cycle of other groups.

Where one group misses the minimum of a producer, and another cycle that delivers on the same day still takes orders for
it, the lines go there: that cycle takes the group in, and each household has an order in it like everybody's, at its
prices and under its rules. Here they get nothing, and are told where it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from chassis.database import Reader, Transaction, Writer
from contracts.catalog import Minimum
from contracts.event import Moment, Part
from ordering import announcing, cycle, order_book
from ordering.allocation import Share
from ordering.cycle import Cycle, State
from ordering.cycle_offer import offers_of
from ordering.minimum import Goods, Vat, reached
from ordering.offer import Offer
from ordering.offer_sheet import OfferSheets
from ordering.order import EnteredBy, Order, Slip
from ordering.order_line import gross_cents, order_line
from ordering.pickup import write_pickups
from ordering.placing import locked_homes, place_orders
from ordering.wanted import Wanted
from ordering.why import Moved


class Join(Part):
    """An order that lines could move to, as a decision keeps it."""

    cycle_id: str
    name: str
    closes_at: Moment


@dataclass(frozen=True)
class Target:
    """Another cycle that delivers on the same day and takes orders, with what it offers, by product."""

    of: Cycle
    offers: Mapping[str, Offer]
    now: datetime

    @property
    def join(self) -> Join:
        return Join(cycle_id=self.of.id, name=self.of.name, closes_at=self.of.closes_at)

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
    others = [
        one
        for one in await cycle.in_state(reader, State.OPEN)
        if one.id != of.id and one.delivers_on == of.delivers_on and one.takes_orders(reader.now)
    ]
    others.sort(key=lambda one: (one.closes_at, one.id))
    return tuple(
        [
            Target(one, {offer.product_id: offer for offer in await offers_of(reader, one.id)}, reader.now)
            for one in others
        ]
    )


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
    the locks of `held` and of the cycles that are joined. The orders of which nothing could be moved: there is not as
    much left there, for example."""
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
        refused |= await _move_to(writer, held, cycle_id, its, by)
    return refused


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
        slips.append(Slip(cycle_id, household_id, _together(there, theirs), entered_by))

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
