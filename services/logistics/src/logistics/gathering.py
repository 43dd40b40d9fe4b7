"""The pick lists of a cycle in the making: what all its orders come to, by producer, article, group and household."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import RowMapping

from contracts import Article, Place
from contracts.logistics import PickHousehold, PickLine, PickSplit
from contracts.ordering import CyclePickup
from logistics.cycle import Cycle
from logistics.manifest import Sums
from logistics.member_order import Goods, Line
from logistics.pick_list import PickList, alphabetical, list_id, loading_order, same_goods


@dataclass
class _Heap:
    """What is wanted of one article: in all, and by group and household ("" where the group has no bags)."""

    article: Article
    quantity: int = 0
    gross: int = 0
    groups: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass
class _Pile:
    """All that is wanted of one producer."""

    producer_name: str
    lines: int = 0
    quantity: int = 0
    gross: int = 0
    heaps: dict[object, _Heap] = field(default_factory=dict)

    @property
    def sums(self) -> Sums:
        return Sums(self.lines, self.quantity, self.gross)


@dataclass
class _Share:
    """So much of some goods goes to one group, by household ("" where it has no bags)."""

    lines: int = 0
    gross: int = 0
    households: dict[str, int] = field(default_factory=dict)


class Gathering:
    """The lists of a cycle in the making: `add` every placed order, oldest first; `sort_out` once; then `list_of`.

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

    def add(self, row: RowMapping, lines: Iterable[Line]) -> None:
        """`row`: household_id, household_name, group_id and group_name of the order."""
        self.orders += 1
        group_id, named = row["group_id"], ""
        if group_id in self._bags:
            named = row["household_id"]
            self._households[named] = row["household_name"]
        elif group_id not in self._pickups:
            self._pickups[group_id] = _unknown_pickup(self.cycle, group_id, row["group_name"])
        shares = self._shares.setdefault(group_id, {})
        for key, quantity, gross in lines:
            self._last[key] = self.orders
            share = shares.get(key)
            if share is None:
                share = shares[key] = _Share()
            share.lines += 1
            share.gross += gross
            share.households[named] = share.households.get(named, 0) + quantity

    @property
    def keys(self) -> Collection[str]:
        return self._last.keys()

    @property
    def sums(self) -> dict[str, Sums]:
        """By producer id, in their order."""
        return {producer_id: pile.sums for producer_id, pile in sorted(self._piles.items())}

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
                heap, pile = heaps[key], self._piles[goods[key].article.producer_id]
                quantity = sum(share.households.values())
                pile.lines += share.lines
                pile.quantity += quantity
                pile.gross += share.gross
                heap.quantity += quantity
                heap.gross += share.gross
                held = heap.groups.setdefault(group_id, {})
                for named, wanted in share.households.items():
                    held[named] = held.get(named, 0) + wanted
        self._shares.clear()
        self._in_order = sorted(
            self._pickups.values(), key=lambda p: (p.starts_at, alphabetical(p.group_name), p.group_id)
        )

    def list_of(self, producer_id: str, issued_at: datetime) -> PickList:
        """KeyError where nothing is wanted of the producer."""
        pile, cycle = self._piles[producer_id], self.cycle
        served = {group_id for heap in pile.heaps.values() for group_id in heap.groups}
        mine = [pickup for pickup in self._in_order if pickup.group_id in served]
        lines = [_line_of(heap, mine, self._households) for heap in pile.heaps.values()]
        return PickList(
            id=list_id(cycle.id, producer_id),
            revision=cycle.revision,
            cycle_id=cycle.id,
            cycle_name=cycle.name,
            delivers_on=cycle.delivers_on,
            producer_id=producer_id,
            producer_name=pile.producer_name,
            issued_at=issued_at,
            lines=tuple(sorted(lines, key=lambda line: loading_order(line.article))),
            pickups=tuple(mine),
            order_lines=pile.lines,
            quantity_thousandths=pile.quantity,
            gross_cents=pile.gross,
        )


def _unknown_pickup(cycle: Cycle, group_id: str, group_name: str) -> CyclePickup:
    """A group that orders name and the cycle does not must not get lost."""
    at = datetime.combine(cycle.delivers_on, datetime.max.time(), cycle.closes_at.tzinfo)
    return CyclePickup(group_id=group_id, group_name=group_name, place=Place(name=group_name), starts_at=at, ends_at=at)


def _line_of(heap: _Heap, pickups: Sequence[CyclePickup], households: Mapping[str, str]) -> PickLine:
    splits = []
    for pickup in pickups:
        shares = heap.groups.get(pickup.group_id)
        if shares is None:
            continue
        named = [
            PickHousehold(household_id=key, household_name=households[key], quantity_thousandths=quantity)
            for key, quantity in shares.items()
            if key
        ]
        splits.append(
            PickSplit(
                group_id=pickup.group_id,
                group_name=pickup.group_name,
                quantity_thousandths=sum(shares.values()),
                households=tuple(sorted(named, key=lambda h: (alphabetical(h.household_name), h.household_id))),
            )
        )
    return PickLine(
        article=heap.article, quantity_thousandths=heap.quantity, gross_cents=heap.gross, splits=tuple(splits)
    )
