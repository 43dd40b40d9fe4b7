"""A price list that was read and compared, kept for a day so that somebody can look before anything is written."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, RowMapping, String, Table, func, select

from catalog.author import Author
from catalog.price_list.comparison import Kind, Usual, Verdict, judge_all
from catalog.price_list.line import Line
from catalog.price_list.reading import PriceList
from catalog.product import by_reference, offered_beside
from catalog.refusal import NotThere
from catalog.schema import metadata
from catalog.sentence import Fault, Sentence
from chassis.database import Database, Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer

READING, PREVIEWED, APPLIED, REFUSED = "reading", "previewed", "applied", "refused"
FORGET = "forget_price_list"
"""The timer that drops the lines of a preview nobody applied."""

CHUNK = 500
"""Lines in one transaction. Nearly every list is shorter, and is written whole or not at all. A longer one goes in
steps that each stand alone, so that SQLite's one writer is never held for long; what a crash left
out is done by applying again."""

price_list = Table(
    "price_list",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("producer_id", String(36), ForeignKey("producer.id"), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("usual_vat_class", String(40), nullable=False),
    Column("usual_temperature_class", String(40), nullable=False),
    Column("withdraw_missing", Boolean, nullable=False),
    # Header of the file for each field, and the headers that nothing was read from.
    Column("headers", JSON, nullable=False),
    Column("unused", JSON, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("sent_by", String(36), nullable=False),
    Column("sent_by_name", String(120), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("decided_at", Utc),
    Column("decided_by_name", String(120), nullable=False),
    # kind -> number of lines, of what was applied; empty until then.
    Column("outcome", JSON, nullable=False),
    # Lines that did something else than the preview had said.
    Column("surprises", Integer, nullable=False),
)
Index("ix_price_list_producer_id_sent_at", price_list.c.producer_id, price_list.c.sent_at)

price_list_line = Table(
    "price_list_line",
    metadata,
    Column("price_list_id", String(36), ForeignKey("price_list.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    # The line of the file, from 1; None: a product that the file does not name.
    Column("number", Integer),
    Column("kind", String(10), nullable=False),
    Column("reference", String(600), nullable=False),
    Column("name", String(600), nullable=False),
    # What was read: fields of Terms, and what is wrong with the line by itself.
    Column("values", JSON, nullable=False),
    Column("misread", JSON, nullable=False),
    # What came of it beside the catalogue.
    Column("changes", JSON, nullable=False),
    Column("faults", JSON, nullable=False),
    Column("product_id", String(36)),
    # What applying it did: a kind; None until then.
    Column("outcome", String(10)),
    # It did something else than the preview had said: the catalogue had changed between.
    Column("surprise", Boolean, nullable=False),
)


@dataclass(frozen=True)
class Sent:
    """A list as somebody sent it."""

    id: str
    producer_id: str
    file_name: str
    usual: Usual
    withdraw_missing: bool
    author: Author


async def keep(database: Database, sent: Sent, read: PriceList, keep_for: timedelta) -> str:
    """Compare with the catalogue as it is now and store what that gives. Sent twice under one id, it is kept once.

    To be withdrawn, if that is wanted: what is on offer and no line names, not even a wrong one; nothing when a line
    has no reference, for it may be any.

    Raises NotThere when there is no such producer.
    """
    named: set[str] = set()
    for start in range(0, len(read.lines), CHUNK):
        part = read.lines[start : start + CHUNK]
        last = start + CHUNK >= len(read.lines)
        named |= {line.key for line in part}
        # Compared step by step: judging 20,000 lines at once would hold up everybody's pages for seconds.
        async with database.write() as writer:
            if start == 0 and not await _keep_head(writer, sent, read, keep_for):
                return sent.id
            held = await by_reference(writer, sent.producer_id, [line.key for line in part])
            verdicts = zip(part, judge_all(part, held, sent.usual), strict=True)
            rows = [_line_row(sent.id, start + n, line, verdict) for n, (line, verdict) in enumerate(verdicts)]
            if last and sent.withdraw_missing and "" not in named:
                missing = await offered_beside(writer, sent.producer_id, named)
                rows += [_missing_row(sent.id, len(read.lines) + n, row) for n, row in enumerate(missing)]
            await writer.execute(price_list_line.insert(), rows)
            if last:
                await _is_previewed(writer, sent.id)
    return sent.id


async def _keep_head(writer: Writer, sent: Sent, read: PriceList, keep_for: timedelta) -> bool:
    """False when this list was sent before."""
    from catalog.producer import locked

    await locked(writer, sent.producer_id)
    if await writer.scalar(select(price_list.c.id).where(price_list.c.id == sent.id)):
        return False
    expires_at = writer.now + keep_for
    await writer.execute(
        price_list.insert().values(
            id=sent.id,
            producer_id=sent.producer_id,
            file_name=sent.file_name[:200],
            state=READING,
            usual_vat_class=sent.usual.vat_class,
            usual_temperature_class=sent.usual.temperature_class,
            withdraw_missing=sent.withdraw_missing,
            headers={field: read.columns.header(field) for field in read.columns.found},
            unused=list(read.columns.unused)[:40],
            sent_at=writer.now,
            sent_by=sent.author.person_id,
            sent_by_name=sent.author.name,
            expires_at=expires_at,
            decided_by_name="",
            outcome={},
            surprises=0,
        )
    )
    await writer.call_at(FORGET, sent.id, expires_at)
    return True


async def _is_previewed(writer: Writer, list_id: str) -> None:
    await writer.execute(price_list.update().where(price_list.c.id == list_id).values(state=PREVIEWED))


def _line_row(list_id: str, position: int, line: Line, verdict: Verdict) -> dict[str, Any]:
    held_name = verdict.held.terms.name_fr if verdict.held else ""
    return {
        "price_list_id": list_id,
        "position": position,
        "number": line.number,
        "kind": verdict.kind.value,
        "reference": line.reference[:600],
        "name": str(line.values.get("name_fr") or held_name)[:600],
        "values": line.values,
        "misread": stored_faults(line.faults),
        "changes": {name: list(pair) for name, pair in (verdict.changes or {}).items()},
        "faults": stored_faults(verdict.faults),
        "product_id": verdict.held.id if verdict.held else None,
        "outcome": None,
        "surprise": False,
    }


def _missing_row(list_id: str, position: int, product: RowMapping) -> dict[str, Any]:
    return {
        "price_list_id": list_id,
        "position": position,
        "number": None,
        "kind": Kind.MISSING.value,
        "reference": product["reference"],
        "name": product["name_fr"],
        "values": {},
        "misread": [],
        "changes": {},
        "faults": [],
        "product_id": product["id"],
        "outcome": None,
        "surprise": False,
    }


def stored_faults(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
    return [{"field": fault.field, **fault.sentence.plain()} for fault in faults]


def faults_of(stored: list[dict[str, Any]]) -> tuple[Fault, ...]:
    return tuple(Fault(fault["field"], Sentence.from_plain(fault)) for fault in stored)


def line_of(row: RowMapping) -> Line:
    """The line as it was read."""
    return Line(row["number"], row["reference"], row["values"], faults_of(row["misread"]))


# --- queries ---


async def find(reader: Reader, list_id: str) -> RowMapping:
    """Raises NotThere."""
    row = await reader.first(select(price_list).where(price_list.c.id == list_id))
    if row is None:
        raise NotThere
    return row


def open_for_applying(row: RowMapping, now: datetime) -> bool:
    return bool(row["state"] == PREVIEWED and now < row["expires_at"])


async def counts(reader: Reader, list_id: str) -> Counter[str]:
    """Kind -> lines, as previewed."""
    statement = select(price_list_line.c.kind, func.count().label("lines")).group_by(price_list_line.c.kind)
    rows = await reader.all(statement.where(price_list_line.c.price_list_id == list_id))
    return Counter({row["kind"]: row["lines"] for row in rows})


async def lines(
    reader: Reader, list_id: str, kind: str = "", limit: int = 100, offset: int = 0, *, outcome: bool = False
) -> list[RowMapping]:
    """In the order of the file; `kind` picks some; `outcome`: by what applying did, not by what was foreseen."""
    statement = select(price_list_line).where(price_list_line.c.price_list_id == list_id)
    if kind:
        statement = statement.where((price_list_line.c.outcome if outcome else price_list_line.c.kind) == kind)
    return await reader.all(statement.order_by(price_list_line.c.position).limit(limit).offset(offset))


async def recent(reader: Reader, only: frozenset[str] | None, limit: int = 10) -> list[RowMapping]:
    """Lists sent lately, newest first; `only` of these producers where given."""
    from catalog.producer import producer

    statement = (
        select(price_list, producer.c.name.label("producer_name"))
        .join(producer, producer.c.id == price_list.c.producer_id)
        .order_by(price_list.c.sent_at.desc(), price_list.c.id.desc())
        .limit(limit)
    )
    if only is not None:
        statement = statement.where(price_list.c.producer_id.in_(only))
    return await reader.all(statement)


async def forget(writer: Writer, timer: Timer) -> None:
    """The day is over: what was read goes; who sent what when, and what came of it, stays."""
    await writer.execute(price_list_line.delete().where(price_list_line.c.price_list_id == timer.key))
