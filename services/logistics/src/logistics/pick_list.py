"""Pick lists: what one producer must bring for a closed cycle, over all groups.

A list is made once, when every order of the cycle's manifest is here, and never changes: it copies all that it
prints. There is one for each producer of a cycle (unique key), and its id follows from the two, so that a database
rebuilt from the events holds the same lists under the same ids.
"""

import asyncio
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Article, Cents, Moment, Part, Place, Thousandths
from contracts.logistics import PickHousehold, PickLine, PickSplit
from contracts.ordering import CyclePickup
from logistics.cycle import Cycle
from logistics.manifest import Sums
from logistics.member_order import Goods, Line
from logistics.tables import metadata
from logistics.temperature_class import temperature_class

pick_list = Table(
    "pick_list",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("cycle_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("producer_name", Text, nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("order_lines", Integer, nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("cycle_id", "producer_id"),
)
Index("ix_pick_list_producer_id_delivers_on", pick_list.c.producer_id, pick_list.c.delivers_on)

_OF_PICK_LISTS = UUID("6f1f3a52-0d0c-5e0b-9a57-5f2f0f6f7a11")


class PickList(Part):
    """One producer's list. `lines` run from the coldest class to ambient, then by name; the splits of each line by time
    of pickup, then name of the group. `pickups`: the groups that get something, in the same order. `order_lines`
    counts the members' order lines in it."""

    id: str
    cycle_id: str
    cycle_name: str
    delivers_on: date
    producer_id: str
    producer_name: str
    issued_at: Moment
    lines: tuple[PickLine, ...]
    pickups: tuple[CyclePickup, ...]
    order_lines: int
    quantity_thousandths: Thousandths
    gross_cents: Cents


def list_id(cycle_id: str, producer_id: str) -> str:
    return str(uuid5(_OF_PICK_LISTS, f"{cycle_id}\n{producer_id}"))


def alphabetical(name: str) -> str:
    """Sort key as people expect it: é beside e, capitals beside small letters."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))


# --- making them ---


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
            heap = heaps[key] = pile.heaps.setdefault(_same_goods(article), _Heap(article))
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
        pile, cycle = self._piles[producer_id], self.cycle
        served = {group_id for heap in pile.heaps.values() for group_id in heap.groups}
        mine = [pickup for pickup in self._in_order if pickup.group_id in served]
        lines = [_line_of(heap, mine, self._households) for heap in pile.heaps.values()]
        return PickList(
            id=list_id(cycle.id, producer_id),
            cycle_id=cycle.id,
            cycle_name=cycle.name,
            delivers_on=cycle.delivers_on,
            producer_id=producer_id,
            producer_name=pile.producer_name,
            issued_at=issued_at,
            lines=tuple(sorted(lines, key=_loading_order)),
            pickups=tuple(mine),
            order_lines=pile.lines,
            quantity_thousandths=pile.quantity,
            gross_cents=pile.gross,
        )


def _same_goods(article: Article) -> object:
    """Equal for what goes into one crate: a price that changed makes no second line, a unit that changed does."""
    return (
        article.product_id,
        article.name.fr,
        article.unit,
        article.pack_label,
        article.content_thousandths,
        article.content_unit,
        article.temperature_class,
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


def _loading_order(line: PickLine) -> tuple[int, str, str, str, str]:
    article = line.article
    rank = temperature_class(article.temperature_class).rank
    return (rank, alphabetical(article.name.fr), article.reference, article.product_id, article.pack_label)


# --- keeping and finding them ---


@dataclass(frozen=True)
class Summary:
    """A pick list without what is on it."""

    id: str
    cycle_id: str
    producer_id: str
    producer_name: str
    delivers_on: date
    issued_at: datetime
    lines: int
    order_lines: int
    quantity_thousandths: int
    gross_cents: int


async def keep_list(writer: Writer, made: PickList) -> None:
    """Write a list that was just made. IntegrityError where it exists: lists are issued once."""
    row = {name: getattr(made, name) for name in Summary.__dataclass_fields__}
    row |= {"lines": len(made.lines), "content": await asyncio.to_thread(made.model_dump_json)}
    await writer.execute(pick_list.insert().values(**row))


async def pick_list_of(reader: Reader, wanted: str) -> PickList | None:
    content = await reader.scalar(select(pick_list.c.content).where(pick_list.c.id == wanted))
    return None if content is None else PickList.model_validate_json(content)


def _summaries(rows: Iterable[RowMapping]) -> list[Summary]:
    return [Summary(**row) for row in rows]


_summary = select(*(pick_list.c[name] for name in Summary.__dataclass_fields__))


async def lists_of_cycles(reader: Reader, cycle_ids: Sequence[str]) -> dict[str, list[Summary]]:
    """Lists by cycle, in the order of the producers' names."""
    by_cycle: dict[str, list[Summary]] = {cycle_id: [] for cycle_id in cycle_ids}
    if cycle_ids:
        rows = _summaries(await reader.all(_summary.where(pick_list.c.cycle_id.in_(cycle_ids))))
        for one in sorted(rows, key=lambda row: (alphabetical(row.producer_name), row.producer_id)):
            by_cycle[one.cycle_id].append(one)
    return by_cycle


async def lists_of_producers(
    reader: Reader, producer_ids: frozenset[str], *, offset: int = 0, limit: int = 30
) -> list[Summary]:
    """Lists of these producers, the newest delivery first."""
    mine = _summary.where(pick_list.c.producer_id.in_(sorted(producer_ids)))
    mine = mine.order_by(pick_list.c.delivers_on.desc(), pick_list.c.id)
    return _summaries(await reader.all(mine.offset(offset).limit(limit)))


async def count_of_producers(reader: Reader, producer_ids: frozenset[str]) -> int:
    mine = select(func.count()).select_from(pick_list).where(pick_list.c.producer_id.in_(sorted(producer_ids)))
    return int(await reader.scalar(mine) or 0)


async def next_list(reader: Reader, producer_ids: frozenset[str], today: date) -> PickList | None:
    """The list that is to be brought first, today or later."""
    mine = select(pick_list.c.content).where(
        pick_list.c.producer_id.in_(sorted(producer_ids)), pick_list.c.delivers_on >= today
    )
    content = await reader.scalar(mine.order_by(pick_list.c.delivers_on, pick_list.c.id).limit(1))
    return None if content is None else PickList.model_validate_json(content)
