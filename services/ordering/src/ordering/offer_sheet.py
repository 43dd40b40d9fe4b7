"""The offer sheet of an open cycle: what may be ordered and by which groups, read once and kept in memory.

What is on it changes only with the cycle's version, under the lock on the cycle's row. Whoever reads the version under
that lock, or in one snapshot with the offers, and asks for the sheet of just this version has the right one. How much
of the scarce goods is spoken for is not on it: that changes with every order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, select

from chassis.database import Reader
from coldchain.described import Early
from coldchain.early import Refusal
from contracts import Sale
from ordering.cycle import Cycle, State, cycle, offers_for
from ordering.cycle_offer import cycle_offer
from ordering.cycle_pool import left_of_pools, with_left
from ordering.hours import ALWAYS, OfProducers, read, shut
from ordering.mandate import contracts_of
from ordering.offer import Offer, by_producer_and_name, columns_of, offer_from
from ordering.pickup import cycle_pickup
from ordering.reception import early_of, minutes_between, never_received
from ordering.stock import Draws, draws_of
from ordering.wanted import Wrong, WrongLine

if TYPE_CHECKING:
    from ordering.order import Line
    from ordering.wanted import Terms

MOST_KEPT = 8
"""Sheets in memory. Two or three cycles are open at a time."""


@dataclass(frozen=True)
class OfferSheet:
    """`offers`: by product, in the order of producers and names. `group_ids`: the groups that take part. `pools`: those
    of which there is only so much. `hours`: of producers that have some of their own; `extended_for`: the one it is
    open again for. `lines`: those made of it so far, by product, quantity and terms; `order.lines_of` keeps them
    here. `early`: who judges what can never be received, None while nothing is refused; `collected_in`: by group,
    minutes that it collects. `unreceived`: what was judged so far, by group."""

    offers: Mapping[str, Offer]
    group_ids: frozenset[str]
    pools: frozenset[str] = frozenset()
    hours: OfProducers = field(default_factory=dict)
    extended_for: str = ""
    lines: dict[tuple[str, int, "Terms"], "Line"] = field(default_factory=dict, compare=False)
    early: Early | None = field(default=None, compare=False)
    collected_in: Mapping[str, int | None] = field(default_factory=dict)
    unreceived: dict[str, Mapping[str, Refusal]] = field(default_factory=dict, compare=False)

    @cached_property
    def place(self) -> dict[str, int]:
        """Product -> its place on the sheet, to sort lines by."""
        return {product: place for place, product in enumerate(self.offers)}

    @cached_property
    def scarce(self) -> Mapping[str, Draws]:
        """The products of which there is only so much, and what each draws on."""
        return draws_of(self.offers.values(), self.pools)

    @cached_property
    def lacking(self) -> frozenset[str]:
        """The products that are sold under mandate, and that no contract covers (any more) on the day of delivery."""
        return frozenset(p for p, offer in self.offers.items() if offer.lack is not None)

    def uncovered_lines(self, before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, WrongLine]:
        """Lines that would take more of what no mandate covers; what was ordered stays, and may become less. `before`,
        `after`: product -> the most that it asks for, in thousandths."""
        more = (p for p in self.lacking if after.get(p, 0) > before.get(p, 0))
        return {p: WrongLine(Wrong.NO_MANDATE, self.offers[p].article, lack=self.offers[p].lack) for p in more}

    def never_at(self, group_id: str) -> Mapping[str, Refusal]:
        """Product -> why the group can never receive it. Judged once for a group."""
        if self.early is None:
            return {}
        found = self.unreceived.get(group_id)
        if found is None:
            minutes = self.collected_in.get(group_id)
            found = self.unreceived[group_id] = never_received(self.early, self.offers.values(), group_id, minutes)
        return found

    def unreceived_lines(
        self, group_id: str, before: Mapping[str, int], after: Mapping[str, int]
    ) -> dict[str, WrongLine]:
        """Lines that would take more of what the group can never receive, as in `uncovered_lines`."""
        never = self.never_at(group_id)
        more = (p for p in never if after.get(p, 0) > before.get(p, 0))
        return {p: WrongLine(Wrong.NEVER_RECEIVED, self.offers[p].article, never=never[p]) for p in more}

    @cached_property
    def first_come(self) -> frozenset[str]:
        """The products of which it matters who asked first."""
        return frozenset(p for p, offer in self.offers.items() if offer.counts_arrival)

    def shut_lines(self, products: Iterable[str], now: datetime) -> dict[str, WrongLine]:
        """Which of these products cannot be ordered or changed at this hour, though the cycle takes orders."""
        found: dict[str, WrongLine] = {}
        for product in products:
            offer = self.offers[product]
            wrong = shut(self.hours, self.extended_for, offer.producer_id, now)
            if wrong is not None:
                its = self.hours.get(offer.producer_id, ALWAYS)
                at = its.opens_at if wrong is Wrong.PRODUCER_NOT_OPEN else its.closes_at
                found[product] = WrongLine(wrong, offer.article, at=at)
        return found


class OfferSheets:
    """The sheets read so far, the one that was not asked for the longest is forgotten first. The desk asks from a
    thread of its own, pages from the event loop's."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], OfferSheet] = {}
        # Never held while the database is asked: the thread of the event loop would wait for itself.
        self._lock = Lock()

    def of(self, connection: Connection, cycle_id: str, version: int) -> OfferSheet:
        """The sheet of a cycle that has this version, by a locked row or in the snapshot of `connection`."""
        key = (cycle_id, version)
        with self._lock:
            sheet = self._kept.pop(key, None)
        sheet = sheet or _read(connection, cycle_id)
        with self._lock:
            self._kept[key] = sheet
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return sheet

    async def offers(self, reader: Reader, of: Cycle, group_id: str = "") -> list[Offer]:
        """`offers_for` without reading again what does not change: only what is spoken for is read anew. `group_id`:
        as they are offered to this group, with what it can never receive."""
        if of.state in (State.DRAFT, State.PLANNED):
            return await offers_for(reader, of)
        sheet = await reader.connection.run_sync(self.of, of.id, of.version)
        found = await reader.connection.execute(_RESERVED, {"cycle": of.id})
        reserved: dict[str, int] = {row.product_id: row.reserved_thousandths for row in found}
        left = await reader.connection.run_sync(left_of_pools, of.id) if sheet.pools else {}
        offers = [
            replace(offer, reserved_thousandths=reserved[product]) if product in reserved else offer
            for product, offer in sheet.offers.items()
        ]
        never = sheet.never_at(group_id)
        if never:
            offers = [replace(o, never=never[o.product_id]) if o.product_id in never else o for o in offers]
        return with_left(offers, left)


_OFFERS = select(*columns_of(cycle_offer)).where(cycle_offer.c.cycle_id == bindparam("cycle"))
_RESERVED = select(cycle_offer.c.product_id, cycle_offer.c.reserved_thousandths).where(
    cycle_offer.c.cycle_id == bindparam("cycle"), cycle_offer.c.available_thousandths.is_not(None)
)
_GROUPS = select(cycle_pickup.c.group_id, cycle_pickup.c.starts_at, cycle_pickup.c.ends_at).where(
    cycle_pickup.c.cycle_id == bindparam("cycle")
)

_HOURS = select(cycle.c.hours, cycle.c.extended_for, cycle.c.delivers_on).where(cycle.c.id == bindparam("cycle"))


def _read(connection: Connection, cycle_id: str) -> OfferSheet:
    its = {"cycle": cycle_id}
    offers = by_producer_and_name(offer_from(row) for row in connection.execute(_OFFERS, its).mappings())
    collected_in = {
        row.group_id: minutes_between(row.starts_at, row.ends_at) for row in connection.execute(_GROUPS, its)
    }
    pools = left_of_pools(connection, cycle_id)
    hours, extended_for, delivers_on = connection.execute(_HOURS, its).one()
    if any(offer.details.sale is Sale.MANDATE for offer in offers):
        contracts = contracts_of(connection)
        offers = [replace(offer, contracts=contracts) for offer in offers]
        offers = [replace(offer, lack=offer.uncovered(delivers_on), contracts=None) for offer in offers]
    by_product = {offer.product_id: offer for offer in offers}
    return OfferSheet(
        by_product,
        frozenset(collected_in),
        frozenset(pools),
        read(hours),
        extended_for,
        early=early_of(connection),
        collected_in=collected_in,
    )
