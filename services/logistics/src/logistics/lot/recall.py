"""Recalls: goods that were handed out are called back, and those that were not yet are held back (withdrawal).

A recall keeps whom it reached, as it was found then: what is corrected later does not change whom we told. What is
found to belong to it later is added, and told too. Nothing is taken away: that a recall was an error is a row beside
it, and whoever was told of it is told that. Regulation 178/2002, article 19; consumer code, L. 423-3.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Bilingual, Unit
from contracts.logistics import LotRecalled, LotRecallUndone, RecallAction, RecalledGoods, RecalledHousehold
from logistics.lot.finding import Found, Got, Wanted, find
from logistics.tables import metadata

T = TypeVar("T")

HOUSEHOLDS_EACH = 200
"""In one event."""

recall = Table(
    "recall",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("producer_id", String(60), nullable=False),
    Column("producer_name", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("product_id", String(60), nullable=False),
    Column("first", Date),
    Column("last", Date),
    Column("reason", Text, nullable=False),
    Column("action", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("goods", Text, nullable=False),
    Column("came", Text, nullable=False),
    Column("events", Integer, nullable=False),
    Column("recalled_at", Utc, nullable=False),
    Column("recalled_by", Text, nullable=False),
)
"""`number` to `last`: what was looked for (`finding.Wanted`). JSON: `goods`, the names of what is called back; `came`,
[product id, thousandths] of what was brought of each. `events`: how many were announced."""
Index("ix_recall_recalled_at", recall.c.recalled_at)

recall_share = Table(
    "recall_share",
    metadata,
    Column("recall_id", String(60), primary_key=True),
    Column("cycle_id", String(60), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("household_id", String(60), primary_key=True),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(60), nullable=False),
    Column("group_name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("collected_from", Utc),
    Column("held_back", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("pack_label", Text, nullable=False),
    Column("unit", String(10), nullable=False),
    Column("number", Text, nullable=False),
    Column("thousandths", BigInteger, nullable=False),
    Column("sure", Boolean, nullable=False),
    Column("found_at", Utc, nullable=False),
)
"""Whom the recall reached, with what. Rows are only added. `name`: JSON of a Bilingual."""

recall_undone = Table(
    "recall_undone",
    metadata,
    Column("recall_id", String(60), primary_key=True),
    Column("because", Text, nullable=False),
    Column("undone_at", Utc, nullable=False),
    Column("undone_by", Text, nullable=False),
)

recall_reached = Table(
    "recall_reached",
    metadata,
    Column("recall_id", String(60), primary_key=True),
    Column("household_id", String(60), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("reached", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("noted_by", Text, nullable=False),
)
"""Who was spoken to. Rows are only added; the last of a household holds."""


class NothingFound(Exception):
    """Nobody got of it."""


class NoRecall(LookupError):
    """There is no such recall."""


class Over(Exception):
    """The recall is undone."""


@dataclass(frozen=True)
class Order:
    """What is to be done, as a person said it."""

    wanted: Wanted
    reason: str
    action: RecallAction
    note: str
    contact: str


@dataclass(frozen=True)
class Recall:
    id: str
    producer_id: str
    producer_name: str
    number: str
    product_id: str
    first: date | None
    last: date | None
    reason: str
    action: RecallAction
    note: str
    contact: str
    goods: tuple[Bilingual, ...]
    came: dict[str, int]
    events: int
    recalled_at: datetime
    recalled_by: str
    undone_at: datetime | None = None
    undone_by: str = ""
    because: str = ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.producer_id, self.number, self.product_id, self.first, self.last)


@dataclass(frozen=True)
class Share:
    """A household's part in a recall: something that it got, or gets not."""

    cycle_id: str
    product_id: str
    household_id: str
    household_name: str
    group_id: str
    group_name: str
    place: str
    delivers_on: date
    collected_from: datetime | None
    held_back: bool
    name: Bilingual
    pack_label: str
    unit: Unit
    number: str
    thousandths: int
    sure: bool
    found_at: datetime


@dataclass(frozen=True)
class Reached:
    """`number`: how often something was noted of the household."""

    number: int
    reached: bool
    note: str
    noted_at: datetime
    noted_by: str


async def begin(writer: Writer, new_id: str, order: Order, by: str) -> bool:
    """Recall what is found; False where this form did so before. Raises NothingFound.

    `new_id` came with the form: sent twice, it is one recall. All of it is one transaction: a process that dies has
    recalled nothing, or everything and told everybody.
    """
    found = await find(writer, order.wanted)
    if not found.got:
        raise NothingFound
    goods = next(iter(found.goods.values()))
    row = {
        "id": new_id,
        "producer_id": goods.producer_id,
        "producer_name": goods.producer_name,
        "number": order.wanted.number,
        "product_id": order.wanted.product_id,
        "first": order.wanted.first,
        "last": order.wanted.last,
        "reason": order.reason,
        "action": order.action.value,
        "note": order.note,
        "contact": order.contact,
        "goods": _named(found),
        "came": _came(found),
        "events": 0,
        "recalled_at": writer.now,
        "recalled_by": by,
    }
    made = await writer.execute(writer.insert(recall).values(row).on_conflict_do_nothing())
    if made.rowcount == 0:
        return False
    await _reach(writer, await locked(writer, new_id), found, found.got)
    return True


async def extend(writer: Writer, recall_id: str) -> int:
    """Reach also those who are found now and were not then; how many deliveries. Raises NoRecall, Over."""
    held = await locked(writer, recall_id)
    if held.undone_at is not None:
        raise Over
    found = await find(writer, held.wanted)
    more = await not_reached(writer, held, found)
    if more:
        await _reach(writer, held, found, more)
        await writer.execute(
            recall.update().where(recall.c.id == recall_id).values(goods=_named(found), came=_came(found))
        )
    return len(more)


async def not_reached(reader: Reader, held: Recall, found: Found) -> list[Got]:
    """What is found now and is not in the recall."""
    c = recall_share.c
    rows = await reader.all(select(c.cycle_id, c.product_id, c.household_id).where(c.recall_id == held.id))
    there = {tuple(row.values()) for row in rows}
    return [each for each in found.got if (each.cycle_id, each.product_id, each.household_id) not in there]


async def undo(writer: Writer, recall_id: str, because: str, by: str) -> bool:
    """It was an error: say so to all who were told; False where that was done before. Raises NoRecall."""
    held = await locked(writer, recall_id)
    if held.undone_at is not None:
        return False
    row = {"recall_id": recall_id, "because": because, "undone_at": writer.now, "undone_by": by}
    await writer.execute(recall_undone.insert().values(row))
    told = sorted({share.household_id for share in await shares_of(writer, recall_id)})
    version = held.events
    for some in _some(told):
        version += 1
        await writer.announce(
            LotRecallUndone(
                id=recall_id,
                version=version,
                producer_id=held.producer_id,
                producer_name=held.producer_name,
                reason=held.reason,
                because=because,
                undone_at=writer.now,
                undone_by=by,
                household_ids=some,
            )
        )
    await writer.execute(recall.update().where(recall.c.id == recall_id).values(events=version))
    return True


async def note_reached(
    writer: Writer, recall_id: str, household_id: str, *, reached: bool, note: str, seen: int, by: str
) -> bool:
    """Somebody was spoken to, or not after all; False where more was noted since `seen`. Raises NoRecall."""
    await locked(writer, recall_id)
    last = (await reached_of(writer, recall_id)).get(household_id)
    if (last.number if last is not None else 0) != seen:
        return False
    row = {"recall_id": recall_id, "household_id": household_id, "number": seen + 1, "reached": reached, "note": note}
    await writer.execute(recall_reached.insert().values(row | {"noted_at": writer.now, "noted_by": by}))
    return True


async def _reach(writer: Writer, held: Recall, found: Found, some: Sequence[Got]) -> None:
    """Keep whom it reaches, and tell them. The recall is locked."""
    told = [_share(held, found, each, writer.now) for each in some]
    await writer.insert_rows(recall_share, tuple(recall_share.c.keys()), told)
    version = held.events
    for households in _some(_households(found, some, writer.now)):
        version += 1
        await writer.announce(
            LotRecalled(
                id=held.id,
                version=version,
                producer_id=held.producer_id,
                producer_name=held.producer_name,
                reason=held.reason,
                action=held.action,
                note=held.note,
                contact=held.contact,
                recalled_at=writer.now,
                recalled_by=held.recalled_by,
                households=households,
            )
        )
    await writer.execute(recall.update().where(recall.c.id == held.id).values(events=version))


def _some(each: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """As many as one event holds."""
    rest = iter(each)
    while some := tuple(islice(rest, HOUSEHOLDS_EACH)):
        yield some


def _share(held: Recall, found: Found, each: Got, now: datetime) -> tuple[Any, ...]:
    goods, pickup = found.goods_of(each), found.pickups.get((each.cycle_id, each.group_id))
    place = ", ".join(filter(None, (pickup.address, pickup.place.name))) if pickup is not None else ""
    return (
        held.id,
        each.cycle_id,
        each.product_id,
        each.household_id,
        each.household_name,
        each.group_id,
        found.group_name(each),
        place,
        goods.delivers_on,
        found.collected_from(each),
        found.still_here(each, now),
        goods.article.name.model_dump_json(),
        goods.article.pack_label,
        goods.article.unit.value,
        each.number,
        each.thousandths,
        each.sure,
        now,
    )


def _households(found: Found, some: Sequence[Got], now: datetime) -> Iterable[RecalledHousehold]:
    def whose(each: Got) -> tuple[str, str, bool]:
        return each.household_id, each.group_id, found.still_here(each, now)

    for (household_id, group_id, held_back), theirs in groupby(sorted(some, key=whose), key=whose):
        of = list(theirs)
        yield RecalledHousehold(
            household_id=household_id,
            household_name=of[0].household_name,
            group_id=group_id,
            group_name=found.group_name(of[0]),
            held_back=held_back,
            goods=tuple(_goods(found, each) for each in of),
        )


def _goods(found: Found, each: Got) -> RecalledGoods:
    goods = found.goods_of(each)
    return RecalledGoods(
        product_id=each.product_id,
        name=goods.article.name,
        pack_label=goods.article.pack_label,
        unit=goods.article.unit,
        quantity_thousandths=each.thousandths,
        lot_number=each.number,
        sure=each.sure,
        delivers_on=goods.delivers_on,
    )


def _came(found: Found) -> str:
    sums: dict[str, int] = {}
    for (_cycle, product_id), goods in sorted(found.goods.items()):
        sums[product_id] = sums.get(product_id, 0) + goods.came
    return json.dumps(list(sums.items()))


def _named(found: Found) -> str:
    names = {}
    for (_cycle, product_id), goods in sorted(found.goods.items()):
        name, pack = goods.article.name, goods.article.pack_label
        names[product_id] = [", ".join(filter(None, (text, pack))) for text in (name.fr, name.en or name.fr)]
    return json.dumps(list(names.values()), ensure_ascii=False)


# --- queries ---

_whole = select(recall, recall_undone.c.undone_at, recall_undone.c.undone_by, recall_undone.c.because).outerjoin(
    recall_undone, recall_undone.c.recall_id == recall.c.id
)


async def locked(writer: Writer, recall_id: str) -> Recall:
    """Raises NoRecall."""
    if await writer.scalar(select(recall.c.id).where(recall.c.id == recall_id).with_for_update()) is None:
        raise NoRecall
    return await recall_of(writer, recall_id)


async def recall_of(reader: Reader, recall_id: str) -> Recall:
    """Raises NoRecall."""
    row = await reader.first(_whole.where(recall.c.id == recall_id))
    if row is None:
        raise NoRecall
    return _recall(row)


async def recalls(reader: Reader, limit: int = 100) -> list[Recall]:
    """The newest first."""
    rows = await reader.all(_whole.order_by(recall.c.recalled_at.desc(), recall.c.id).limit(limit))
    return [_recall(row) for row in rows]


async def shares_of(reader: Reader, recall_id: str) -> list[Share]:
    """By group, in the order of collection, then by household."""
    c = recall_share.c
    of = select(recall_share).where(c.recall_id == recall_id)
    rows = await reader.all(of.order_by(c.collected_from, c.group_name, c.household_id, c.product_id))
    return [_read_share(row) for row in rows]


async def reached_of(reader: Reader, recall_id: str) -> dict[str, Reached]:
    """By household, what was noted last."""
    c = recall_reached.c
    rows = await reader.all(select(recall_reached).where(c.recall_id == recall_id).order_by(c.number))
    names = Reached.__dataclass_fields__
    return {row["household_id"]: Reached(**{name: row[name] for name in names}) for row in rows}


def _recall(row: RowMapping) -> Recall:
    fields = {name: row[name] for name in Recall.__dataclass_fields__ if row[name] is not None}
    fields |= {"first": row["first"], "last": row["last"], "action": RecallAction(row["action"])}
    fields["goods"] = tuple(Bilingual(fr=fr, en=en) for fr, en in json.loads(row["goods"]))
    return Recall(**fields | {"came": dict(json.loads(row["came"]))})


def _read_share(row: RowMapping) -> Share:
    fields = {name: row[name] for name in Share.__dataclass_fields__}
    return Share(**fields | {"name": Bilingual.model_validate_json(row["name"]), "unit": Unit(row["unit"])})


async def held_back(reader: Reader, on: date) -> dict[tuple[str, str], str]:
    """(cycle, product) of the deliveries of a date of which at least a part must not be handed out -> the reason.

    By lot it is a part; who hands out asks the page of the recall which households it is."""
    c = recall_share.c
    of = select(c.cycle_id, c.product_id, recall.c.reason).join(recall, recall.c.id == c.recall_id)
    of = of.outerjoin(recall_undone, recall_undone.c.recall_id == c.recall_id)
    of = of.where(c.delivers_on == on, recall_undone.c.recall_id.is_(None)).distinct()
    rows = await reader.all(of.order_by(c.cycle_id, c.product_id, recall.c.reason))
    return {(row["cycle_id"], row["product_id"]): row["reason"] for row in rows}
