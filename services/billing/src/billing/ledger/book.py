"""The books as they are kept: entries and their movements, never changed or deleted, each linked to the one before.

The database refuses to change or delete a row of `entry`, `movement` and `closing` (triggers, made by the migration).
`balance` and the heads in `book` are what the entries come to, kept for quick reading; `proof` holds them against the
entries.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    select,
)

from billing.ledger.chart import HUB, Account
from billing.ledger.entry import GENESIS, Movement, Side, link
from billing.schema import metadata
from chassis.database import Writer
from chassis.tables import Utc

book = Table(
    "book",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("entries", BigInteger, nullable=False),
    Column("day", Date),
    Column("hash", String(64), nullable=False),
    Column("closings", BigInteger, nullable=False),
    Column("closed_until", Date),
    Column("closing_hash", String(64), nullable=False),
)
"""The head of each book: how many entries and closings it has, the day of the last entry, the last day closed, and the
last link of both chains."""

entry = Table(
    "entry",
    metadata,
    Column("book", String(100), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(330), nullable=False),
    Column("day", Date, nullable=False),
    Column("posted_at", Utc, nullable=False),
    Column("journal", String(10), nullable=False),
    Column("rule", String(40), nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("cause", String(100), nullable=False),
    Column("person_id", String(100), nullable=False),
    Column("cycle_id", String(100), nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("document_hash", String(64), nullable=False),
    Column("counters", BigInteger),
    Column("hash", String(64), nullable=False),
    # Whatever is delivered twice is booked once, and taken back once.
    UniqueConstraint("book", "key"),
    UniqueConstraint("book", "counters"),
)
"""`number`: 1, 2, 3 in each book, without a gap. `cause`: the event that led to it. See `entry.Entry`."""
Index("ix_entry_cycle_household", entry.c.cycle_id, entry.c.household_id)
Index("ix_entry_household", entry.c.household_id)
Index("ix_entry_day", entry.c.day)

movement = Table(
    "movement",
    metadata,
    Column("book", String(100), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("debit", String(20), nullable=False),
    Column("debit_of", String(100), nullable=False),
    Column("credit", String(20), nullable=False),
    Column("credit_of", String(100), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("rate_hundredths", Integer, nullable=False),
    ForeignKeyConstraint(["book", "number"], ["entry.book", "entry.number"], name="fk_movement_entry"),
    CheckConstraint("cents > 0", name="above_zero"),
    CheckConstraint("debit <> credit OR debit_of <> credit_of", name="two_sides"),
)
"""`number`: of the entry. A row is one movement, its debit and its credit: rows that do not balance cannot be."""

balance = Table(
    "balance",
    metadata,
    Column("book", String(100), primary_key=True),
    Column("account", String(20), primary_key=True),
    Column("party", String(100), primary_key=True),
    Column("debit_cents", BigInteger, nullable=False),
    Column("credit_cents", BigInteger, nullable=False),
)
Index("ix_balance_party", balance.c.party)

ENTRY = tuple(entry.c.keys())
HASHED = ENTRY[:-1]
MOVEMENT = tuple(movement.c.keys())


@dataclass
class Head:
    """A book while it is written in."""

    id: str
    entries: int = 0
    day: date | None = None
    hash: str = GENESIS
    closings: int = 0
    closed_until: date | None = None
    closing_hash: str = GENESIS


async def locked_heads(writer: Writer, book_ids: Collection[str]) -> dict[str, Head]:
    """The heads of some books, or of all with none named, held until the transaction ends; fresh ones of books that
    are not there yet. The hub's is locked first, always: one transaction writes in the books at a time, and each link
    follows one that is committed."""
    await hold_books(writer)
    wanted = select(book).where(book.c.id.in_(book_ids)) if book_ids else select(book)
    heads = {row["id"]: Head(**row) for row in await writer.all(wanted)}
    return heads | {each: Head(each) for each in sorted(book_ids) if each not in heads}


async def hold_books(writer: Writer) -> None:
    """Let nobody else write in any book until this transaction ends. What is read then is what holds."""
    await writer.scalar(select(book.c.id).where(book.c.id == HUB).with_for_update())


async def keep_heads(writer: Writer, heads: Iterable[Head]) -> None:
    columns = tuple(book.c.keys())
    rows = [tuple(getattr(head, name) for name in columns) for head in heads]
    await writer.insert_rows(book, columns, rows, replace=True)


def link_of_entry(previous: str, row: RowMapping | dict[str, Any], movements: Iterable[Movement]) -> str:
    """`row`: of `entry`, with or without its own hash."""
    return link(previous, [*(row[name] for name in HASHED), [[*side_columns(each)] for each in movements]])


def side_columns(of: Movement) -> tuple[str, str, str, str, int, int]:
    """As in the columns of `movement`, from `debit` on."""
    (debit, debit_of), (credit, credit_of), cents, rate_hundredths = of
    return str(debit), debit_of, str(credit), credit_of, cents, rate_hundredths


def movement_of(row: RowMapping) -> Movement:
    """A row of `movement`. Raises ValueError for an account that is in no chart."""
    debit = Side(Account(row["debit"]), row["debit_of"])
    return Movement(debit, Side(Account(row["credit"]), row["credit_of"]), row["cents"], row["rate_hundredths"])
