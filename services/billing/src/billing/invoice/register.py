"""Invoices of sales as they are kept: as the papers of `paper.register`, in series of their own, never changed.

One seller, one household and one cycle have a first invoice, and after it one for each difference that was found since
(`step`); each names those it corrects. The first can be one for several cycles of a month: `invoiced_cycle` says for
which. The database refuses to change or delete a row of either (triggers, made by the migrations).
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    or_,
    select,
)

from billing.invoice.difference import Stand, read
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc

invoice = Table(
    "invoice",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("series", String(35), nullable=False),
    Column("place", Integer, nullable=False),
    Column("number", String(35), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("seller_id", String(100), nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("household_name", Text, nullable=False),
    Column("cycle_id", String(100), nullable=False),
    Column("step", Integer, nullable=False),
    Column("contest_until", Date),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("printed", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("series", "place"),
    UniqueConstraint("number"),
    # Whatever is asked twice is invoiced once.
    UniqueConstraint("cycle_id", "household_id", "seller_id", "step"),
)
"""`cycle_id`: of one for several cycles, `month_key`. `seller_id`: "hub" where the hub sells. `contest_until`: the last
day the producer may contest what was issued in its name; None for the hub's own. `figures`: JSON, cents, what this one
adds or takes, and `stands`, what it and those before it come to (`difference.Stand`), of one for several cycles also
each by its id in `cycles`; `printed`: JSON, all that stands on it as people read it."""
Index("ix_invoice_household_id", invoice.c.household_id)
Index("ix_invoice_seller_id", invoice.c.seller_id)
HASHED = tuple(invoice.c.keys())[:-1]

invoiced_cycle = Table(
    "invoiced_cycle",
    metadata,
    # A cycle is in one of them at most.
    Column("cycle_id", String(100), primary_key=True),
    Column("household_id", String(100), primary_key=True),
    Column("seller_id", String(100), primary_key=True),
    Column("invoice_id", String(36), nullable=False),
)
"""The cycles of an invoice for several."""

buyer = Table(
    "invoice_buyer",
    metadata,
    Column("household_id", String(100), primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("siren", String(9), nullable=False),
    Column("vat_number", String(20), nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("said_by", Text, nullable=False),
)
"""To whom a household's invoices are made out, as it was said last. `siren`: "" of private persons."""


def month_key(month: date) -> str:
    """In place of a cycle: "month:2026-11"."""
    return f"month:{month:%Y-%m}"


class Before(NamedTuple):
    """What was invoiced of a cycle by one of its invoices. `stand`: what it and those before it come to, of this
    cycle."""

    number: str
    issued_on: date
    seller_name: str
    stand: Stand


class Kind(StrEnum):
    INVOICE = "sales_invoice"
    CORRECTION = "corrective_invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True)
class Invoice:
    """A row of `invoice`, its JSON read."""

    id: str
    series: str
    place: int
    number: str
    kind: Kind
    seller_id: str
    seller_name: str
    household_id: str
    household_name: str
    cycle_id: str
    step: int
    contest_until: date | None
    issued_on: date
    issued_at: datetime
    issued_by: str
    figures: dict[str, Any]
    printed: dict[str, Any]
    hash: str

    def contestable(self, today: date) -> bool:
        """Whether its producer may still contest it; after that it counts as accepted."""
        return self.contest_until is not None and today <= self.contest_until


@dataclass(frozen=True)
class Buyer:
    """`address`: in one line, "" where nobody said it; `siren`: of a professional."""

    name: str
    address: str = ""
    siren: str = ""
    vat_number: str = ""

    @property
    def professional(self) -> bool:
        return bool(self.siren or self.vat_number)


@dataclass(frozen=True)
class Seen:
    """What somebody may see. None: all; else invoices of these sellers, or to these households."""

    sellers: Collection[str] | None = None
    households: Collection[str] = ()


# Reading


async def find(reader: Reader, invoice_id: str, seen: Seen) -> Invoice | None:
    rows = await reader.all(_of(select(invoice).where(invoice.c.id == invoice_id), seen))
    return next(iter(_read(rows)), None)


async def of_household(reader: Reader, cycle_id: str, household_id: str) -> list[Invoice]:
    """By seller, the first first."""
    c = invoice.c
    mine = select(invoice).where(_for_cycles([cycle_id], household_id), c.household_id == household_id)
    return _read(await reader.all(mine.order_by(c.seller_id, c.issued_at, c.step)))


def _for_cycles(cycle_ids: Collection[str], household_id: str) -> ColumnElement[bool]:
    i, ids = invoiced_cycle.c, sorted(cycle_ids)
    several = select(i.invoice_id).where(i.cycle_id.in_(ids), i.household_id == household_id)
    return or_(invoice.c.cycle_id.in_(ids), invoice.c.id.in_(several))


async def beside(reader: Reader, one: Invoice) -> list[Invoice]:
    """The others of the same seller, household and cycles, the first first."""
    c = invoice.c
    mine = c.household_id == one.household_id, c.seller_id == one.seller_id, c.id != one.id
    of = _for_cycles(one.figures.get("cycles") or [one.cycle_id], one.household_id)
    return _read(await reader.all(select(invoice).where(*mine, of).order_by(c.issued_at, c.step)))


async def of_ids(reader: Reader, ids: Collection[str]) -> list[Invoice]:
    """By household, in the order of their numbers."""
    c = invoice.c
    mine = select(invoice).where(c.id.in_(sorted(ids)))
    return _read(await reader.all(mine.order_by(c.household_id, c.series, c.place)))


async def of_months(reader: Reader, household_id: str, count: int) -> list[Invoice]:
    """Those for several cycles, the newest first."""
    c = invoice.c
    mine = select(invoice).where(c.household_id == household_id, c.cycle_id.like("month:%"))
    return _read(await reader.all(mine.order_by(c.issued_at.desc(), c.number).limit(count)))


async def how_many_of_month(reader: Reader, month: date, household_id: str, seller_id: str) -> int:
    c = invoice.c
    mine = c.cycle_id == month_key(month), c.household_id == household_id, c.seller_id == seller_id
    return int(await reader.scalar(select(func.count()).select_from(invoice).where(*mine)))


async def of_cycle(
    reader: Reader, cycle_id: str, household_ids: Collection[str] | None = None
) -> dict[tuple[str, str], list[Before]]:
    """By household and seller, the first first; None: of all households."""
    c, i = invoice.c, invoiced_cycle.c
    columns = (c.household_id, c.seller_id, c.seller_name, c.number, c.issued_on, c.figures)
    joined = invoice.join(invoiced_cycle, i.invoice_id == c.id)
    found: dict[tuple[str, str], list[Before]] = {}
    # One for several cycles is the first of each of them.
    for mine in (
        select(*columns).select_from(joined).where(i.cycle_id == cycle_id),
        select(*columns).where(c.cycle_id == cycle_id).order_by(c.step),
    ):
        chosen = mine if household_ids is None else mine.where(c.household_id.in_(sorted(household_ids)))
        for row in await reader.all(chosen):
            figures = json.loads(row["figures"])
            stand = read(figures.get("cycles", {}).get(cycle_id) or figures["stands"])
            before = Before(row["number"], row["issued_on"], row["seller_name"], stand)
            found.setdefault((row["household_id"], row["seller_id"]), []).append(before)
    return found


async def listed(reader: Reader, seen: Seen, first: int, count: int) -> list[Invoice]:
    """The newest first."""
    ordered = _of(select(invoice), seen).order_by(invoice.c.issued_at.desc(), invoice.c.number.desc())
    return _read(await reader.all(ordered.offset(first).limit(count)))


async def issued_in(reader: Reader, seen: Seen, since: date, until: date) -> list[Invoice]:
    """By series and place."""
    mine = _of(select(invoice).where(invoice.c.issued_on.between(since, until)), seen)
    return _read(await reader.all(mine.order_by(invoice.c.series, invoice.c.place)))


async def how_many(reader: Reader, seen: Seen) -> int:
    return int(await reader.scalar(_of(select(func.count()).select_from(invoice), seen)))


def _of(statement: Any, seen: Seen) -> Any:
    if seen.sellers is None:
        return statement
    mine = invoice.c.seller_id.in_(sorted(seen.sellers)), invoice.c.household_id.in_(sorted(seen.households))
    return statement.where(or_(*mine))


def _read(rows: Iterable[RowMapping]) -> list[Invoice]:
    return [
        Invoice(
            **dict(row) | {"kind": Kind(row["kind"])} | {name: json.loads(row[name]) for name in ("figures", "printed")}
        )
        for row in rows
    ]


# To whom


async def buyers(reader: Reader, household_ids: Collection[str]) -> dict[str, Buyer]:
    """By household, of those of whom it was said."""
    rows = await reader.all(select(buyer).where(buyer.c.household_id.in_(sorted(household_ids))))
    return {row["household_id"]: Buyer(row["name"], row["address"], row["siren"], row["vat_number"]) for row in rows}


async def keep_buyer(writer: Writer, household_id: str, said: Buyer, by: str) -> None:
    row: Mapping[str, Any] = {
        "household_id": household_id,
        "name": said.name,
        "address": said.address,
        "siren": said.siren,
        "vat_number": said.vat_number,
        "said_at": writer.now,
        "said_by": by,
    }
    await writer.insert_rows(buyer, tuple(row), [tuple(row.values())], replace=True)
