"""Pick lists: what one producer must bring for a closed cycle, over all groups.

A list is made once, when every order of the cycle's manifest is here, and never changes: it copies all that it
prints. There is one for each producer of a cycle (unique key), and its id follows from the two, so that a database
rebuilt from the events holds the same lists under the same ids.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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
from contracts import Article, Cents, Moment, Part, Thousandths
from contracts.logistics import PickHousehold, PickLine, PickSplit
from contracts.ordering import CyclePickup, OrderLine
from logistics.cycle import Cycle
from logistics.manifest import Sums
from logistics.member_order import lines_of
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
    heaps: dict[object, _Heap] = field(default_factory=dict)
    sums: Sums = field(default_factory=Sums)


def compose(cycle: Cycle, orders: Iterable[RowMapping], issued_at: datetime) -> list[tuple[PickList, Sums]]:
    """The lists of a cycle from its placed orders (rows of `member_order`, oldest first), each with its sums."""
    pickups = _pickups_in_order(cycle, orders := list(orders))
    bags = {pickup.group_id for pickup in pickups if pickup.bags}
    households: dict[str, str] = {}
    piles: dict[str, _Pile] = {}
    for row in orders:
        households[row["household_id"]] = row["household_name"]
        named = row["household_id"] if row["group_id"] in bags else ""
        for line in lines_of(row):
            _heap_up(piles, line, row["group_id"], named)
    return [
        (_list_of(cycle, producer_id, pile, pickups, households, issued_at), pile.sums)
        for producer_id, pile in sorted(piles.items())
    ]


def _heap_up(piles: dict[str, _Pile], line: OrderLine, group_id: str, household_id: str) -> None:
    article = line.article
    pile = piles.setdefault(article.producer_id, _Pile(line.producer_name))
    # Orders run from old to new: what is printed is as the newest of them has it.
    pile.producer_name = line.producer_name
    pile.sums = pile.sums.plus(line.quantity_thousandths, line.gross_cents)
    heap = pile.heaps.setdefault(_same_goods(article), _Heap(article))
    heap.article = article
    heap.quantity += line.quantity_thousandths
    heap.gross += line.gross_cents
    shares = heap.groups.setdefault(group_id, {})
    shares[household_id] = shares.get(household_id, 0) + line.quantity_thousandths


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


def _pickups_in_order(cycle: Cycle, orders: Sequence[RowMapping]) -> list[CyclePickup]:
    """The cycle's pickups by time, then name. A group that orders name and the cycle does not must not get lost."""
    known = {pickup.group_id: pickup for pickup in cycle.pickups}
    for row in orders:
        if row["group_id"] not in known:
            known[row["group_id"]] = CyclePickup.model_validate(
                {
                    "group_id": row["group_id"],
                    "group_name": row["group_name"],
                    "place": {"name": row["group_name"]},
                    "starts_at": datetime.combine(cycle.delivers_on, datetime.max.time(), cycle.closes_at.tzinfo),
                    "ends_at": datetime.combine(cycle.delivers_on, datetime.max.time(), cycle.closes_at.tzinfo),
                }
            )
    return sorted(known.values(), key=lambda p: (p.starts_at, alphabetical(p.group_name), p.group_id))


def _list_of(
    cycle: Cycle,
    producer_id: str,
    pile: _Pile,
    pickups: Sequence[CyclePickup],
    households: Mapping[str, str],
    issued_at: datetime,
) -> PickList:
    served = {group_id for heap in pile.heaps.values() for group_id in heap.groups}
    mine = [pickup for pickup in pickups if pickup.group_id in served]
    lines = [_line_of(heap, mine, households) for heap in pile.heaps.values()]
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
        order_lines=pile.sums.lines,
        quantity_thousandths=pile.sums.quantity_thousandths,
        gross_cents=pile.sums.gross_cents,
    )


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


async def keep_lists(writer: Writer, made: Sequence[PickList]) -> None:
    """Write lists that were just made. IntegrityError where one of them exists: lists are issued once."""
    rows = [
        {name: getattr(one, name) for name in Summary.__dataclass_fields__}
        | {"lines": len(one.lines), "content": one.model_dump_json()}
        for one in made
    ]
    if rows:
        await writer.execute(pick_list.insert(), rows)


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
