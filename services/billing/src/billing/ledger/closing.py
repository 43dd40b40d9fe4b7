"""Days, months and years of a book are ended, each with what it came to, the year so far, and all since the beginning.

A day is ended by the first entry of a later one, or by the clock in the night; nothing is booked on it any more. A day,
month or year without an entry has no closing. Closings are linked to one another, and each names the last entry it
counts (code général des impôts art. 286 I 3° bis; BOI-TVA-DECLA-30-10-30: daily, monthly and yearly closings, with
cumulative and perpetual totals).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, RowMapping, String, Table, Text, func, select

from billing.days import today_at
from billing.ledger.book import Head, entry, keep_heads, locked_heads, movement
from billing.ledger.chart import Account
from billing.ledger.entry import Totals, added, link
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer

TIMER, KEY = "close_books", "all"
NIGHT = time(2)
"""When a day that is over is ended, if no entry ended it before; in the hub's time zone."""
DAY, MONTH, YEAR = "day", "month", "year"

closing = Table(
    "closing",
    metadata,
    Column("book", String(100), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(5), nullable=False),
    Column("period", String(10), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("totals", Text, nullable=False),
    Column("year_to_date", Text, nullable=False),
    Column("perpetual", Text, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("closed_at", Utc, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""`period`: 2026-11-22, 2026-11 or 2026. `first`, `last`: numbers of its entries; `last_hash`: that of the last.
`totals`, `year_to_date`, `perpetual`: JSON, [debit, credit] in cents by account, or by account@rate where there is a
rate of VAT (701@550)."""

CLOSING = tuple(closing.c.keys())
HASHED = CLOSING[:-1]


TAXED = frozenset({Account.SALES, Account.COMMISSION, Account.VAT, Account.VAT_DEDUCTIBLE})
"""Accounts that are summed up by rate of VAT."""


@dataclass(frozen=True)
class OpenDay:
    """The entries of a day that is not closed. `totals`: see `closing`."""

    day: date
    first: int
    last: int
    totals: Totals


@dataclass(frozen=True)
class Closed:
    """A closing as it is made."""

    kind: str
    period: str
    first: int
    last: int
    totals: Totals
    year_to_date: Totals
    perpetual: Totals


@dataclass
class Standing:
    """How far a book is closed: `day` and `last` entry of the last day, the `month` and `year` closed last ("" before
    the first) with their last entries, and what all came to then."""

    day: date | None = None
    last: int = 0
    year_to_date: Totals = field(default_factory=dict)
    perpetual: Totals = field(default_factory=dict)
    month: str = ""
    month_last: int = 0
    month_perpetual: Totals = field(default_factory=dict)
    year: str = ""
    year_last: int = 0

    def end_days(self, days: Iterable[OpenDay], before: date) -> Iterator[Closed]:
        """End these days, in their order, and all months and years that are over on the day `before`."""
        for each in days:
            yield from self._end_periods(each.day)
            same_year = self.day is not None and self.day.year == each.day.year
            self.year_to_date = added(self.year_to_date, each.totals) if same_year else each.totals
            self.perpetual = added(self.perpetual, each.totals)
            self.day, self.last = each.day, each.last
            yield self._closed(DAY, each.day.isoformat(), each.first, each.totals)
        yield from self._end_periods(before)

    def _end_periods(self, on: date) -> Iterator[Closed]:
        if self.day is None:
            return
        month, year = f"{self.day:%Y-%m}", f"{self.day:%Y}"
        if month != self.month and month != f"{on:%Y-%m}":
            yield self._closed(MONTH, month, self.month_last + 1, _less(self.perpetual, self.month_perpetual))
            self.month, self.month_last, self.month_perpetual = month, self.last, self.perpetual
        if year != self.year and year != f"{on:%Y}":
            yield self._closed(YEAR, year, self.year_last + 1, self.year_to_date)
            self.year, self.year_last = year, self.last

    def _closed(self, kind: str, period: str, first: int, totals: Totals) -> Closed:
        return Closed(kind, period, first, self.last, totals, self.year_to_date, self.perpetual)


def _less(whole: Totals, part: Totals) -> Totals:
    """What `whole` holds beyond `part`, without the accounts on which nothing moved."""
    negated = {key: (-in_debit, -in_credit) for key, (in_debit, in_credit) in part.items()}
    return {key: sums for key, sums in added(whole, negated).items() if any(sums)}


async def close_days(writer: Writer, head: Head, before: date) -> None:
    """End the days of a book before this one, and the months and years that are over. The caller holds the book's head,
    and keeps it."""
    if head.day is None or head.day >= before:
        return
    if head.day == head.closed_until and f"{head.day:%Y-%m}" == f"{before:%Y-%m}":
        return
    standing = await standing_of(writer, head.id)
    made = list(standing.end_days(await open_days(writer, head.id, standing.last, before), before))
    if not made:
        return
    hashes = await _hashes(writer, head.id, {each.last for each in made})
    rows = []
    for each in made:
        head.closings += 1
        row = {
            "book": head.id,
            "number": head.closings,
            "kind": each.kind,
            "period": each.period,
            "first": each.first,
            "last": each.last,
            "totals": written(each.totals),
            "year_to_date": written(each.year_to_date),
            "perpetual": written(each.perpetual),
            "last_hash": hashes[each.last],
            "closed_at": writer.now,
        }
        row["hash"] = head.closing_hash = link_of_closing(head.closing_hash, row)
        rows.append(tuple(row[name] for name in CLOSING))
    head.closed_until = standing.day
    await writer.insert_rows(closing, CLOSING, rows)


def link_of_closing(previous: str, row: RowMapping | dict[str, Any]) -> str:
    """`row`: of `closing`, with or without its own hash."""
    return link(previous, [row[name] for name in HASHED])


@dataclass(frozen=True)
class Nights:
    """Ends every night what no entry ended. `zone`: the hub's, whose midnight parts the days."""

    zone: ZoneInfo

    async def close_books(self, writer: Writer, timer: Timer) -> None:
        """Timer: end the days that are over, in all books; and come back the next night."""
        today = today_at(writer, self.zone)
        heads = await locked_heads(writer, ())
        for name in sorted(heads):
            await close_days(writer, heads[name], before=today)
        await keep_heads(writer, heads.values())
        await writer.call_at(TIMER, KEY, self.next_night(writer.now))

    def next_night(self, now: datetime) -> datetime:
        here = now.astimezone(self.zone)
        tonight = datetime.combine(here.date(), NIGHT, self.zone)
        return tonight if tonight > here else datetime.combine(here.date() + timedelta(days=1), NIGHT, self.zone)


async def standing_of(reader: Reader, book_id: str) -> Standing:
    """By the last closing of each kind."""
    c = closing.c
    newest = select(func.max(c.number)).where(c.book == book_id).group_by(c.kind)
    rows = await reader.all(select(closing).where(c.book == book_id, c.number.in_(newest.scalar_subquery())))
    standing = Standing()
    for row in rows:
        if row["kind"] == DAY:
            standing.day, standing.last = date.fromisoformat(row["period"]), row["last"]
            standing.year_to_date, standing.perpetual = read(row["year_to_date"]), read(row["perpetual"])
        elif row["kind"] == MONTH:
            standing.month, standing.month_last = row["period"], row["last"]
            standing.month_perpetual = read(row["perpetual"])
        else:
            standing.year, standing.year_last = row["period"], row["last"]
    return standing


async def open_days(reader: Reader, book_id: str, after: int, before: date) -> list[OpenDay]:
    """The days before `before` with entries beyond number `after`, in their order."""
    e, m = entry.c, movement.c
    mine = (e.book == book_id, e.number > after, e.day < before)
    ranges = select(e.day, func.min(e.number).label("first"), func.max(e.number).label("last")).where(*mine)
    found = await reader.all(ranges.group_by(e.day).order_by(e.day))
    sums: dict[date, Totals] = {row["day"]: {} for row in found}
    joined = entry.join(movement, (e.book == m.book) & (e.number == m.number))
    for side, account in enumerate((m.debit, m.credit)):
        summed = select(e.day, account.label("account"), m.rate_hundredths, func.sum(m.cents).label("cents"))
        by_rate = summed.select_from(joined).where(*mine).group_by(e.day, account, m.rate_hundredths)
        for row in await reader.all(by_rate):
            # PostgreSQL sums BIGINT as NUMERIC.
            cents = (int(row["cents"]), 0) if side == 0 else (0, int(row["cents"]))
            of_day = sums[row["day"]]
            sums[row["day"]] = added(of_day, {total_key(row["account"], row["rate_hundredths"]): cents})
    return [OpenDay(row["day"], row["first"], row["last"], sums[row["day"]]) for row in found]


async def _hashes(reader: Reader, book_id: str, numbers: Iterable[int]) -> dict[int, str]:
    mine = select(entry.c.number, entry.c.hash).where(entry.c.book == book_id, entry.c.number.in_(sorted(numbers)))
    return {row["number"]: row["hash"] for row in await reader.all(mine)}


def total_key(account: str, rate_hundredths: int) -> str:
    return f"{account}@{rate_hundredths}" if rate_hundredths and account in TAXED else str(account)


def written(totals: Totals) -> str:
    return json.dumps({key: list(totals[key]) for key in sorted(totals)}, separators=(",", ":"))


def read(totals: str) -> Totals:
    return {key: (in_debit, in_credit) for key, (in_debit, in_credit) in json.loads(totals).items()}


async def closings_of(reader: Reader, book_id: str, first: int, count: int) -> list[RowMapping]:
    """The newest first."""
    mine = select(closing).where(closing.c.book == book_id).order_by(closing.c.number.desc())
    return await reader.all(mine.offset(first).limit(count))
