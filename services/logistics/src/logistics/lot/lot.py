"""Lots of what a producer brings: what it says of each product of a pick list.

A statement tells the lots of some products; of each product the newest statement holds. Nothing is changed or taken
away: a correction is a new statement that says why, and marks the lots whose place it takes. Statements of one list
count their versions; whoever states says which version was before their eyes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, RowMapping, String, Table, Text, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from logistics.lot.date_mark import Mark
from logistics.lot.number import number_key
from logistics.tables import metadata

lot_statement = Table(
    "lot_statement",
    metadata,
    Column("list_id", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("said_at", Utc, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("told", String(10), nullable=False),
    Column("why", Text, nullable=False),
)
"""Rows are only added. `why`: what it corrects, for what reason; "" where nothing was said of its products before."""

lot = Table(
    "lot",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("list_id", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("replaced_by", Integer),
    Column("cycle_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("product_id", String(60), nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("position", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("number_key", Text, nullable=False),
    Column("mark", String(12), nullable=False),
    Column("marked", Date),
    Column("because", Text, nullable=False),
    Column("laid_on", Date),
    Column("thousandths", BigInteger, nullable=False),
    Column("in_order", Boolean, nullable=False),
)
"""`version`: of the statement that tells it; `replaced_by`: of the one that took its place, None: it holds. `marked`:
the day on it; `because`: why there is none. `in_order`: the lots of the product were packed one after the other."""
Index("ix_lot_list_id", lot.c.list_id)
Index("ix_lot_cycle_id_product_id", lot.c.cycle_id, lot.c.product_id)
Index("ix_lot_number_key", lot.c.number_key)
Index("ix_lot_producer_id_product_id", lot.c.producer_id, lot.c.product_id, lot.c.delivers_on)

HOLDS = lot.c.replaced_by.is_(None)


class Told(StrEnum):
    """By the producer, signed in or by its link; by the coordinator, who has it on the phone or at the dock."""

    PRODUCER = "producer"
    LINK = "link"
    COORDINATOR = "desk"


class Outdated(Exception):
    """Somebody told of these lots since they were looked at."""


class NoReason(Exception):
    """What was told before is corrected, and nothing says why."""


@dataclass(frozen=True)
class Lot:
    """A lot as it is said. `thousandths` of the order unit."""

    number: str
    mark: Mark
    marked: date | None
    because: str
    laid_on: date | None
    thousandths: int
    in_order: bool = False


@dataclass(frozen=True)
class Kept(Lot):
    """A lot that is kept."""

    id: str = ""
    version: int = 0
    cycle_id: str = ""
    producer_id: str = ""
    product_id: str = ""
    delivers_on: date = date.min

    @property
    def said(self) -> Lot:
        return Lot(**{name: getattr(self, name) for name in Lot.__dataclass_fields__})


@dataclass(frozen=True)
class Statement:
    version: int
    said_at: datetime
    said_by: str
    told: Told
    why: str


@dataclass(frozen=True)
class OfList:
    """Whose lots they are: of which pick list."""

    list_id: str
    cycle_id: str
    producer_id: str
    delivers_on: date


async def state(
    writer: Writer,
    of: OfList,
    lots: Mapping[str, Sequence[Lot]],
    *,
    seen: int,
    by: str,
    told: Told,
    why: str = "",
) -> tuple[str, ...]:
    """Keep what is said of each product, in the order of packing; of which it is news. The cycle is locked.

    `seen`: the version that was before the eyes. Raises Outdated where another one says something else since, and
    NoReason where something that was told is changed and `why` is empty.
    """
    held = await lots_of_list(writer, of.list_id)
    before = {product: tuple(each.said for each in kept) for product, kept in held.items()}
    news = tuple(product for product, said in lots.items() if before.get(product, ()) != tuple(said))
    if not news:
        return ()
    version = await last_version(writer, of.list_id)
    if seen != version:
        raise Outdated
    corrected = [product for product in news if product in before]
    if corrected and not why:
        raise NoReason
    version += 1
    statement = {"list_id": of.list_id, "version": version, "said_at": writer.now, "said_by": by, "told": told.value}
    await writer.execute(lot_statement.insert().values(statement | {"why": why if corrected else ""}))
    over = lot.update().where(lot.c.list_id == of.list_id, lot.c.product_id.in_(corrected), HOLDS)
    await writer.execute(over.values(replaced_by=version))
    rows = [
        _row(writer, of, version, product, place, each) for product in news for place, each in _placed(lots[product])
    ]
    if rows:
        await writer.execute(lot.insert(), rows)
    return news


def _placed(lots: Sequence[Lot]) -> list[tuple[int, Lot]]:
    return list(enumerate(lots, 1))


def _row(writer: Writer, of: OfList, version: int, product_id: str, position: int, said: Lot) -> dict[str, object]:
    return {
        "id": writer.ids.new(),
        "list_id": of.list_id,
        "version": version,
        "cycle_id": of.cycle_id,
        "producer_id": of.producer_id,
        "product_id": product_id,
        "delivers_on": of.delivers_on,
        "position": position,
        "number": said.number,
        "number_key": number_key(said.number),
        "mark": said.mark.value,
        "marked": said.marked,
        "because": said.because,
        "laid_on": said.laid_on,
        "thousandths": said.thousandths,
        "in_order": said.in_order,
    }


async def last_version(reader: Reader, list_id: str) -> int:
    """0 where nothing was said."""
    of = select(func.max(lot_statement.c.version)).where(lot_statement.c.list_id == list_id)
    return int(await reader.scalar(of) or 0)


async def lots_of_list(reader: Reader, list_id: str) -> dict[str, list[Kept]]:
    """The lots that hold, by product, in the order of packing."""
    of = select(lot).where(lot.c.list_id == list_id, HOLDS).order_by(lot.c.product_id, lot.c.position)
    found: dict[str, list[Kept]] = {}
    for row in await reader.all(of):
        found.setdefault(row["product_id"], []).append(kept(row))
    return found


async def lots_of_product(reader: Reader, cycle_id: str, product_id: str) -> list[Kept]:
    of = select(lot).where(lot.c.cycle_id == cycle_id, lot.c.product_id == product_id, HOLDS)
    return [kept(row) for row in await reader.all(of.order_by(lot.c.position))]


async def products_with_lots(reader: Reader, cycle_id: str) -> list[str]:
    of = select(lot.c.product_id).where(lot.c.cycle_id == cycle_id, HOLDS).distinct()
    return [row["product_id"] for row in await reader.all(of.order_by(lot.c.product_id))]


async def last_lots(reader: Reader, producer_id: str, product_ids: Collection[str], until: date) -> dict[str, Kept]:
    """By product, the lot that was told last of those delivered before `until`."""
    c = lot.c
    of = select(lot).where(c.producer_id == producer_id, c.product_id.in_(sorted(product_ids)), c.delivers_on < until)
    rows = await reader.all(of.where(HOLDS).order_by(c.delivers_on, c.version, c.position))
    return {row["product_id"]: kept(row) for row in rows}


async def statements_of(reader: Reader, list_id: str) -> list[Statement]:
    """The newest first."""
    of = select(lot_statement).where(lot_statement.c.list_id == list_id).order_by(lot_statement.c.version.desc())
    names = Statement.__dataclass_fields__
    return [
        Statement(**{name: row[name] for name in names if name != "told"}, told=Told(row["told"]))
        for row in await reader.all(of)
    ]


def kept(row: RowMapping) -> Kept:
    fields = {name: row[name] for name in Kept.__dataclass_fields__ if name != "mark"}
    return Kept(**fields, mark=Mark(row["mark"]))
