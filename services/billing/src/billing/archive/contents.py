"""What an archive holds, as lines of JSON: entries with their movements, closings, and papers, each with its hash.

Days and instants are written just as they go into the hashes, so that whoever has the archive alone can work the chains
out anew.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, select

from billing.invoice.register import invoice
from billing.ledger.book import book, entry, movement
from billing.ledger.closing import closing
from billing.ledger.entry import GENESIS, as_written
from billing.paper.register import paper
from chassis.database import Reader

PORTION = 500
MOVEMENT = ("debit", "debit_of", "credit", "credit_of", "cents", "rate_hundredths")


@dataclass(frozen=True)
class Days:
    since: date
    until: date


async def book_ids(reader: Reader) -> list[str]:
    return sorted(row["id"] for row in await reader.all(select(book.c.id)))


async def entries(reader: Reader, book_id: str, days: Days) -> AsyncIterator[dict[str, Any]]:
    """In their order, each with `movements`."""
    e, m, after = entry.c, movement.c, 0
    mine = select(entry).where(e.book == book_id, e.day.between(days.since, days.until)).order_by(e.number)
    while rows := await reader.all(mine.where(e.number > after).limit(PORTION)):
        moved = select(movement).where(m.book == book_id, m.number.between(rows[0]["number"], rows[-1]["number"]))
        by_number: dict[int, list[list[Any]]] = {}
        for row in await reader.all(moved.order_by(m.number, m.place)):
            by_number.setdefault(row["number"], []).append([row[name] for name in MOVEMENT])
        for row in rows:
            yield dict(row) | {"movements": by_number.get(row["number"], [])}
        after = rows[-1]["number"]


async def closings(reader: Reader, book_id: str, days: Days) -> list[RowMapping]:
    """Those of entries of these days, in their order: the closings of the days, and of the months and years that were
    ended among them."""
    c = closing.c
    first, last = days.since.isoformat(), days.until.isoformat()
    of_days = select(c.number).where(c.book == book_id, c.kind == "day", c.period.between(first, last))
    numbers = [row["number"] for row in await reader.all(of_days.order_by(c.number))]
    if not numbers:
        return []
    # Months and years of these days are closed right after the last day of theirs: up to the next day's closing.
    following = select(c.number).where(c.book == book_id, c.kind == "day", c.number > numbers[-1]).order_by(c.number)
    end = await reader.scalar(following.limit(1))
    mine = select(closing).where(c.book == book_id, c.number >= numbers[0])
    chosen = mine if end is None else mine.where(c.number < end)
    return await reader.all(chosen.order_by(c.number))


async def papers(reader: Reader, days: Days) -> list[RowMapping]:
    """Those issued in these days, series by series; those to producers first, then invoices of sales."""
    found: list[RowMapping] = []
    for table in (paper, invoice):
        mine = select(table).where(table.c.issued_on.between(days.since, days.until))
        found += await reader.all(mine.order_by(table.c.series, table.c.place))
    return found


def kind_of_paper(row: RowMapping) -> str:
    """What it is among the chains of an archive."""
    return "invoice" if "step" in row else "paper"


async def hash_before(reader: Reader, kind: str, row: RowMapping | dict[str, Any]) -> str:
    """The link that the first of some entries, closings or papers follows."""
    if kind in ("paper", "invoice"):
        in_series = (paper if kind == "paper" else invoice).c
        before = select(in_series.hash).where(in_series.series == row["series"], in_series.place == row["place"] - 1)
    else:
        of = entry.c if kind == "entry" else closing.c
        before = select(of.hash).where(of.book == row["book"], of.number == row["number"] - 1)
    found: str | None = await reader.scalar(before)
    return found or GENESIS


def line_of(row: RowMapping | dict[str, Any]) -> bytes:
    """A row as one line of JSON."""
    return (json.dumps(dict(row), ensure_ascii=False, separators=(",", ":"), default=as_written) + "\n").encode()


def lines_of(rows: Sequence[RowMapping]) -> bytes:
    return b"".join(line_of(row) for row in rows)
