"""Accounts at the bank, their statements and lines, and what each line is about, as they are kept.

A line is written once and never changed in what the bank said; only where it stands changes, and each change leaves a
line in its history. `part` says what a line was matched with; a part that was undone stays, with its time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from billing.bank.statement import Line
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc

account = Table(
    "bank_account",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("iban", String(34), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("mapping", Text, nullable=False),
)
"""Of the hub. `mapping`: how its bank writes tables, as JSON of `table.Mapping`; "" where nobody said."""

bank_file = Table(
    "bank_file",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(36), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("format", String(10), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("sent_by", Text, nullable=False),
    Column("kept_at", Utc),
    Column("kept_by", Text, nullable=False),
)
"""What was sent, as it came. `kept_at`: when its lines were taken in; None: it was only looked at."""

statement = Table(
    "bank_statement",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(36), nullable=False, index=True),
    Column("file_id", String(36), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("opening_cents", BigInteger),
    Column("closing_cents", BigInteger),
)

line = Table(
    "bank_line",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("key", String(80), nullable=False),
    Column("format", String(10), nullable=False),
    Column("day", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("bank_reference", Text, nullable=False),
    Column("end_to_end", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("party_name", Text, nullable=False),
    Column("party_iban", String(34), nullable=False),
    Column("returned", Boolean, nullable=False),
    Column("stage", String(10), nullable=False),
    Column("how", String(12), nullable=False),
    # Whatever two imports take in at once, a line is there once.
    UniqueConstraint("account_id", "key"),
)
"""`key`: what the bank says of it, and the how manieth of that day that says the same. See `statement.Line`. `how`: of
a matched one, by what its payer was found; of an open one, why it was left to a person."""
Index("ix_bank_line_account_day", line.c.account_id, line.c.day)
Index("ix_bank_line_account_stage", line.c.account_id, line.c.stage)
Index("ix_bank_line_party_iban", line.c.party_iban)

part = Table(
    "bank_part",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("line_id", String(36), nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("payment_id", String(36), nullable=False, index=True),
    Column("household_id", String(100), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("undone_at", Utc),
)
"""What a line was matched with. The parts of a matched line that are not undone come to its cents. `payment_id`: of a
payment; for PAYOUT of a payout, for SENT and BACK of a transfer in one; "" where it is none of these."""

history = Table(
    "bank_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("line_id", String(36), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Rows are only added."""


class Stage(StrEnum):
    OPEN = "open"
    MATCHED = "matched"
    ASIDE = "aside"


class Part(StrEnum):
    """NOTED: a payment noted from the line. JOINED: one a person had noted before, a transfer or a cheque brought to
    the bank. BOUNCE: a cheque the bank refused. FEE: what the bank takes for itself. PAYOUT: all transfers of a payout,
    in one line. SENT: one of them. BACK: one that the bank gave back."""

    NOTED = "noted"
    JOINED = "joined"
    BOUNCE = "bounce"
    FEE = "fee"
    PAYOUT = "payout"
    SENT = "sent"
    BACK = "back"


class What(StrEnum):
    """In a line's history."""

    KEPT = "kept"
    MATCHED = "matched"
    ASIDE = "aside"
    UNDONE = "undone"


@dataclass(frozen=True)
class Kept:
    """A line that is kept. `said`: what the bank said."""

    id: str
    account_id: str
    format: str
    said: Line
    stage: Stage
    how: str


_SAID = ("day", "cents", "bank_reference", "end_to_end", "reference", "text", "party_name", "party_iban", "returned")


def kept_of(row: RowMapping) -> Kept:
    said = Line(**{name: row[name] for name in _SAID})
    return Kept(row["id"], row["account_id"], row["format"], said, Stage(row["stage"]), row["how"])


def row_of(said: Line) -> dict[str, Any]:
    return {name: getattr(said, name) for name in _SAID}


class NoLine(Exception):
    """There is no such line."""


async def note(writer: Writer, line_id: str, what: What, who: str, reason: str = "") -> None:
    row = {"id": writer.ids.new(), "line_id": line_id, "at": writer.now, "what": what.value, "who": who}
    await writer.execute(history.insert().values(**row, reason=reason))


async def locked(writer: Writer, line_id: str) -> Kept:
    """The line, its row held until the transaction ends. Raises NoLine."""
    row = await writer.first(select(line).where(line.c.id == line_id).with_for_update())
    if row is None:
        raise NoLine
    return kept_of(row)


async def find(reader: Reader, line_id: str) -> Kept | None:
    row = await reader.first(select(line).where(line.c.id == line_id))
    return None if row is None else kept_of(row)


async def accounts(reader: Reader) -> list[RowMapping]:
    return await reader.all(select(account).order_by(account.c.name, account.c.id))


async def find_account(reader: Reader, account_id: str) -> RowMapping | None:
    return await reader.first(select(account).where(account.c.id == account_id))


async def counts(reader: Reader, account_id: str) -> dict[str, tuple[int, int]]:
    """How many lines and what they come to, by stage."""
    summed = select(line.c.stage, func.count().label("lines"), func.sum(line.c.cents).label("cents"))
    rows = await reader.all(summed.where(line.c.account_id == account_id).group_by(line.c.stage))
    return {row["stage"]: (int(row["lines"]), int(row["cents"])) for row in rows}


async def lines_of(reader: Reader, account_id: str, stage: str, first: int, most: int) -> list[Kept]:
    """Those that are to be done the oldest first, others the newest first."""
    chosen = select(line).where(line.c.account_id == account_id)
    if stage:
        chosen = chosen.where(line.c.stage == stage)
    order = (line.c.day, line.c.id) if stage == Stage.OPEN else (line.c.day.desc(), line.c.id.desc())
    return [kept_of(row) for row in await reader.all(chosen.order_by(*order).offset(first).limit(most))]


async def statements_of(reader: Reader, account_id: str) -> list[RowMapping]:
    """The newest first."""
    mine = select(statement).where(statement.c.account_id == account_id)
    return await reader.all(mine.order_by(statement.c.until.desc(), statement.c.since.desc(), statement.c.id.desc()))


async def parts_of(reader: Reader, line_ids: Collection[str]) -> dict[str, list[RowMapping]]:
    """Those that hold, by line, in their order."""
    chosen = select(part).where(part.c.line_id.in_(sorted(line_ids)), part.c.undone_at.is_(None))
    found: dict[str, list[RowMapping]] = {each: [] for each in line_ids}
    for row in await reader.all(chosen.order_by(part.c.place)):
        found[row["line_id"]].append(row)
    return found


async def line_of_payment(reader: Reader, payment_id: str) -> RowMapping | None:
    """The line that tells of a payment, with `line_id` and `account_id`; a bounce is no such line."""
    joined = part.join(line, line.c.id == part.c.line_id)
    mine = (part.c.payment_id == payment_id, part.c.undone_at.is_(None), part.c.kind != Part.BOUNCE.value)
    return await reader.first(select(part.c.line_id, line.c.account_id).select_from(joined).where(*mine).limit(1))


async def history_of(reader: Reader, line_id: str) -> list[RowMapping]:
    """The oldest first."""
    mine = select(history).where(history.c.line_id == line_id)
    return await reader.all(mine.order_by(history.c.at, history.c.id))
