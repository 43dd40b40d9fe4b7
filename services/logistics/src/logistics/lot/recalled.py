"""What is kept of recalls: what was looked for, whom it reached with what, who was spoken to, and what was an error."""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, RowMapping, String, Table, Text, and_, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Bilingual, Unit
from contracts.logistics import RecallAction
from logistics.lot.finding import Wanted
from logistics.lot.lot import HOLDS, Kept, kept, lot
from logistics.lot.number import number_key
from logistics.tables import metadata

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
Index("ix_recall_share_household_id", recall_share.c.household_id)
Index("ix_recall_share_delivers_on", recall_share.c.delivers_on)

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


class NoRecall(LookupError):
    """There is no such recall."""


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


async def lots_of(reader: Reader, held: Recall) -> list[Kept]:
    """The lots as they are told now of what is called back: that of its number, or all of its deliveries."""
    c = recall_share.c
    theirs = select(c.cycle_id, c.product_id).where(c.recall_id == held.id).distinct().subquery()
    same = and_(lot.c.cycle_id == theirs.c.cycle_id, lot.c.product_id == theirs.c.product_id)
    of = select(lot).join(theirs, same).where(HOLDS)
    if held.number:
        of = of.where(lot.c.number_key == number_key(held.number))
    rows = await reader.all(of.order_by(lot.c.delivers_on, lot.c.product_id, lot.c.position))
    return [kept(row) for row in rows]


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
