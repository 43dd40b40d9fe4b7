"""The pick lists of a cycle in the making: what all its orders come to, by producer, article, group and household."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from chassis.tables import Row
from contracts import Article, Place
from contracts.logistics import PickLine
from contracts.ordering import CyclePickup
from logistics.cycle import Cycle
from logistics.manifest import Sums
from logistics.member_order import Goods, Ordered, lines_in
from logistics.pick_list import PickList, alphabetical, list_id, loading_order, same_goods


@dataclass(slots=True)
class _Share:
    """What goes to one group of some goods, of how many order lines; `households`: to whom, where it has bags."""

    lines: int = 0
    quantity: int = 0
    gross: int = 0
    households: dict[str, int] = field(default_factory=dict)

    def add(self, other: "_Share") -> None:
        self.lines += other.lines
        self.quantity += other.quantity
        self.gross += other.gross
        for household_id, quantity in other.households.items():
            self.households[household_id] = self.households.get(household_id, 0) + quantity


@dataclass(slots=True)
class _Heap:
    """What is wanted of one article: in all, and by group."""

    article: Article
    lines: int = 0
    quantity: int = 0
    gross: int = 0
    shares: dict[str, _Share] = field(default_factory=dict)

    def add(self, group_id: str, share: _Share) -> None:
        self.lines += share.lines
        self.quantity += share.quantity
        self.gross += share.gross
        held = self.shares.setdefault(group_id, share)
        if held is not share:
            held.add(share)


@dataclass
class _Pile:
    """All that is wanted of one producer, by article."""

    producer_name: str
    heaps: dict[object, _Heap] = field(default_factory=dict)

    @property
    def sums(self) -> Sums:
        heaps = self.heaps.values()
        return Sums(sum(h.lines for h in heaps), sum(h.quantity for h in heaps), sum(h.gross for h in heaps))


_lines = TypeAdapter(tuple[PickLine, ...])


class Gathering:
    """The lists of a cycle in the making: `add` the placed orders, oldest first; `sort_out` once; then `list_of`.

    Millions of lines come through `add`, so it only sums by key of goods and group; what the goods are is looked up
    once for each.
    """

    def __init__(self, cycle: Cycle) -> None:
        self.cycle = cycle
        self.orders = 0
        self._pickups = {pickup.group_id: pickup for pickup in cycle.pickups}
        self._bags = {pickup.group_id for pickup in cycle.pickups if pickup.bags}
        self._households: dict[str, str] = {}
        self._shares: dict[str, dict[str, _Share]] = {}
        self._last: dict[str, int] = {}
        self._piles: dict[str, _Pile] = {}
        self._in_order: list[CyclePickup] = []
        self.sums: dict[str, Sums] = {}
        """Once it is sorted out: by producer id, in their order."""

    def add(self, orders: Iterable[Ordered]) -> None:
        bags, pickups, last = self._bags, self._pickups, self._last
        for household_id, household_name, group_id, group_name, lines in orders:
            self.orders += 1
            number, named = self.orders, ""
            if group_id in bags:
                named = household_id
                self._households[named] = household_name
            elif group_id not in pickups:
                pickups[group_id] = _unknown_pickup(self.cycle, group_id, group_name)
            shares = self._shares.setdefault(group_id, {})
            for key, quantity, gross in lines_in(lines):
                last[key] = number
                share = shares.get(key)
                if share is None:
                    share = shares[key] = _Share()
                share.lines += 1
                share.quantity += quantity
                share.gross += gross
                if named:
                    share.households[named] = share.households.get(named, 0) + quantity

    @property
    def keys(self) -> Collection[str]:
        return self._last.keys()

    def sort_out(self, goods: Mapping[str, Goods]) -> None:
        """Put what was added on piles and heaps. Goods run from old to new: what is printed is as the newest order
        has it."""
        heaps = {}
        for key in sorted(self._last, key=self._last.__getitem__):
            article = goods[key].article
            pile = self._piles.setdefault(article.producer_id, _Pile(goods[key].producer_name))
            pile.producer_name = goods[key].producer_name
            heap = heaps[key] = pile.heaps.setdefault(same_goods(article), _Heap(article))
            heap.article = article
        for group_id, shares in self._shares.items():
            for key, share in shares.items():
                heaps[key].add(group_id, share)
        self._shares.clear()
        self.sums = {producer_id: pile.sums for producer_id, pile in sorted(self._piles.items())}
        self._in_order = sorted(
            self._pickups.values(), key=lambda p: (p.starts_at, alphabetical(p.group_name), p.group_id)
        )

    def list_of(self, producer_id: str, issued_at: datetime) -> PickList:
        """KeyError where nothing is wanted of the producer."""
        pile, cycle = self._piles[producer_id], self.cycle
        sums = self.sums[producer_id]
        served = {group_id for heap in pile.heaps.values() for group_id in heap.shares}
        mine = [pickup for pickup in self._in_order if pickup.group_id in served]
        heaps = sorted(pile.heaps.values(), key=lambda heap: loading_order(heap.article))
        return PickList(
            id=list_id(cycle.id, producer_id),
            revision=cycle.revision,
            cycle_id=cycle.id,
            cycle_name=cycle.name,
            delivers_on=cycle.delivers_on,
            producer_id=producer_id,
            producer_name=pile.producer_name,
            issued_at=issued_at,
            # All at once: one by one, the thousands of splits of a large cycle take twice as long.
            lines=_lines.validate_python([_line_of(heap, mine, self._households) for heap in heaps]),
            pickups=tuple(mine),
            order_lines=sums.lines,
            quantity_thousandths=sums.quantity_thousandths,
            gross_cents=sums.gross_cents,
        )


def _unknown_pickup(cycle: Cycle, group_id: str, group_name: str) -> CyclePickup:
    """A group that orders name and the cycle does not must not get lost."""
    at = datetime.combine(cycle.delivers_on, datetime.max.time(), cycle.closes_at.tzinfo)
    return CyclePickup(group_id=group_id, group_name=group_name, place=Place(name=group_name), starts_at=at, ends_at=at)


def _line_of(heap: _Heap, pickups: Sequence[CyclePickup], households: Mapping[str, str]) -> Row:
    """As a PickLine has it."""
    splits = [
        {
            "group_id": pickup.group_id,
            "group_name": pickup.group_name,
            "quantity_thousandths": share.quantity,
            "households": _named(share, households) if share.households else (),
        }
        for pickup in pickups
        if (share := heap.shares.get(pickup.group_id)) is not None
    ]
    return {
        "article": heap.article,
        "quantity_thousandths": heap.quantity,
        "gross_cents": heap.gross,
        "splits": splits,
    }


def _named(share: _Share, households: Mapping[str, str]) -> list[Row]:
    """As PickHousehold has it, by name."""
    by_name = sorted(share.households, key=lambda home: (alphabetical(households[home]), home))
    return [
        {"household_id": home, "household_name": households[home], "quantity_thousandths": share.households[home]}
        for home in by_name
    ]
