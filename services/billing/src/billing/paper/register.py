"""Papers as they are kept: numbered without a gap, never changed, each linked to the one before in its series.

The database refuses to change or delete a row of `paper` (triggers, made by the migration). The row of a series is its
counter and the head of its chain at once; it is held while a number is taken, so that a number exists if and only if
its paper does (code général des impôts, annexe II art. 242 nonies A I 7°: a number is unique, by the order of time,
without a gap).
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

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

from billing.ledger.entry import GENESIS, link
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc

MOST_NUMBER = 35
"""Signs of a number at most (external specification of the DGFiP, rule G1.42)."""

series = Table(
    "paper_series",
    metadata,
    Column("id", String(35), primary_key=True),
    Column("papers", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""`id`: what the numbers begin with; `papers`: how many there are, `hash` that of the last."""

principal = Table(
    "paper_principal",
    metadata,
    Column("producer_id", String(100), primary_key=True),
    Column("number", Integer, nullable=False),
    UniqueConstraint("number"),
)
"""How a producer is called in numbers: 7 is P007."""

paper = Table(
    "paper",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("series", String(35), nullable=False),
    Column("place", Integer, nullable=False),
    Column("number", String(35), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("producer_id", String(100), nullable=False),
    Column("producer_name", Text, nullable=False),
    Column("rendering_id", String(36), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("printed", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("series", "place"),
    UniqueConstraint("number"),
    # An account is rendered once of a period.
    UniqueConstraint("producer_id", "kind", "until"),
)
"""`place`: 1, 2, 3 in its `series`. `rendering_id`: of the account it was issued with, its own for an account. `after`,
`last`: it is of the entries of the producer's book beyond the one and up to the other, whose hash is `last_hash`.
`figures`: JSON, cents; `printed`: JSON, all that stands on it as people read it."""
Index("ix_paper_rendering_id", paper.c.rendering_id)
COLUMNS = tuple(paper.c.keys())
HASHED = COLUMNS[:-1]


class Kind(StrEnum):
    RENDERING = "rendering"
    INVOICE = "commission_invoice"
    CREDIT_NOTE = "credit_note"


COMMISSIONS = (Kind.INVOICE, Kind.CREDIT_NOTE)


@dataclass(frozen=True)
class Paper:
    """A row of `paper`, its JSON read."""

    id: str
    series: str
    place: int
    number: str
    kind: Kind
    producer_id: str
    producer_name: str
    rendering_id: str
    since: date
    until: date
    after: int
    last: int
    last_hash: str
    issued_on: date
    issued_at: datetime
    issued_by: str
    figures: dict[str, Any]
    printed: dict[str, Any]
    hash: str


# Writing


async def principal_number(writer: Writer, producer_id: str) -> int:
    """How the producer is called in numbers, for ever; ask only while the hub's book is held."""
    known = await writer.scalar(select(principal.c.number).where(principal.c.producer_id == producer_id))
    if known is not None:
        return int(known)
    number = int(await writer.scalar(select(func.coalesce(func.max(principal.c.number), 0)))) + 1
    await writer.execute(principal.insert().values(producer_id=producer_id, number=number))
    return number


@dataclass
class Place:
    """The next place of a series, its row held until the transaction ends."""

    series: str
    papers: int
    hash: str

    @property
    def place(self) -> int:
        return self.papers + 1

    @property
    def number(self) -> str:
        return f"{self.series}-{self.place:05d}"


async def next_place(writer: Writer, name: str) -> Place:
    """Ask only while the hub's book is held: a series that is not there yet has no row that two could wait for."""
    row = await writer.first(select(series).where(series.c.id == name).with_for_update())
    return Place(name, row["papers"], row["hash"]) if row else Place(name, 0, GENESIS)


async def add(writer: Writer, place: Place, row: dict[str, Any], table: Table = paper) -> None:
    """Write a paper on its place. `row`: all but its place and hash; figures and words not yet as text. `table`: where
    its series is kept, the last column its hash."""
    row = row | {"series": place.series, "place": place.place, "number": place.number}
    row |= {name: json.dumps(row[name], ensure_ascii=False, sort_keys=True) for name in ("figures", "printed")}
    row["hash"] = link_of_paper(place.hash, row, table)
    await writer.execute(table.insert().values(**row))
    head = {"id": place.series, "papers": place.place, "hash": row["hash"]}
    await writer.insert_rows(series, tuple(head), [tuple(head.values())], replace=True)


def link_of_paper(previous: str, row: RowMapping | dict[str, Any], table: Table = paper) -> str:
    """`row`: of the table, with or without its own hash."""
    return link(previous, [row[name] for name in tuple(table.c.keys())[:-1]])


# Reading


async def find(reader: Reader, paper_id: str) -> Paper | None:
    return next(iter(_read(await reader.all(select(paper).where(paper.c.id == paper_id)))), None)


async def issued_with(reader: Reader, rendering_id: str) -> list[Paper]:
    """The account and the commission's paper of the same period."""
    mine = select(paper).where(paper.c.rendering_id == rendering_id)
    return _read(await reader.all(mine.order_by(paper.c.kind.desc())))


async def last_rendering(reader: Reader, producer_id: str) -> Paper | None:
    return (await last_renderings(reader, {producer_id})).get(producer_id)


async def last_renderings(reader: Reader, producer_ids: Collection[str]) -> dict[str, Paper]:
    """By producer."""
    mine = (paper.c.kind == Kind.RENDERING) & paper.c.producer_id.in_(sorted(producer_ids))
    newest = select(paper.c.producer_id, func.max(paper.c.until).label("until")).where(mine)
    of = newest.group_by(paper.c.producer_id).subquery()
    same = (paper.c.producer_id == of.c.producer_id) & (paper.c.until == of.c.until)
    rows = await reader.all(select(paper).join(of, same).where(paper.c.kind == Kind.RENDERING))
    return {each.producer_id: each for each in _read(rows)}


async def of_producer(reader: Reader, producer_id: str, *kinds: Kind) -> list[Paper]:
    """The oldest first."""
    mine = select(paper).where(paper.c.producer_id == producer_id, paper.c.kind.in_(kinds))
    return _read(await reader.all(mine.order_by(paper.c.until, paper.c.kind)))


async def listed(reader: Reader, only: Collection[str] | None, first: int, count: int) -> list[Paper]:
    """The newest first. `only`: of these producers; None: of all."""
    ordered = _of(select(paper), only).order_by(paper.c.issued_at.desc(), paper.c.number.desc())
    return _read(await reader.all(ordered.offset(first).limit(count)))


async def how_many(reader: Reader, only: Collection[str] | None) -> int:
    return int(await reader.scalar(_of(select(func.count()).select_from(paper), only)))


def _of(statement: Any, only: Collection[str] | None) -> Any:
    return statement if only is None else statement.where(paper.c.producer_id.in_(sorted(only)))


def _read(rows: Iterable[RowMapping]) -> list[Paper]:
    return [
        Paper(
            **dict(row) | {"kind": Kind(row["kind"])} | {name: json.loads(row[name]) for name in ("figures", "printed")}
        )
        for row in rows
    ]
