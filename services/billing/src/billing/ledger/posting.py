"""Entries are written into the books: numbered, linked, added to the balances, in the transaction of their cause."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from billing.ledger.book import (
    ENTRY,
    MOVEMENT,
    Head,
    balance,
    entry,
    keep_heads,
    locked_heads,
    movement,
    side_columns,
)
from billing.ledger.closing import close_days
from billing.ledger.entry import Entry, link
from billing.many import add_rows
from chassis.database import Writer


async def post(writer: Writer, entries: Sequence[Entry]) -> None:
    """Book entries, in their order. Raises IntegrityError where a book has an entry of the key, or where the entry to
    be taken back was taken back before."""
    if not entries:
        return
    heads = await locked_heads(writer, {each.book for each in entries})
    days: dict[str, date] = {}
    for each in entries:
        days[each.book] = max(days.get(each.book, each.day), _first_open(heads[each.book], each.day))
    for name, day in days.items():
        # The first entry of a new day ends those before, so that what a closing holds depends on the entries alone.
        await close_days(writer, heads[name], before=day)
    # In a thread: of many entries it takes a while, and pages must not wait for it.
    rows, moved, sums = await asyncio.to_thread(_linked, entries, heads, days, writer.now)
    await writer.insert_rows(entry, ENTRY, rows)
    await writer.insert_rows(movement, MOVEMENT, moved)
    await _add_to_balances(writer, sums)
    await keep_heads(writer, heads.values())


_Sums = dict[tuple[str, str, str], tuple[int, int]]
"""Debit and credit by book, account and party."""


def _linked(
    entries: Sequence[Entry], heads: Mapping[str, Head], days: Mapping[str, date], now: datetime
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], _Sums]:
    """The rows of `entry` and of `movement`, and what they add to the balances; the heads move on."""
    rows: list[tuple[Any, ...]] = []
    moved: list[tuple[Any, ...]] = []
    sums: _Sums = {}
    for each in entries:
        head = heads[each.book]
        head.entries, head.day = head.entries + 1, days[each.book]
        cause = each.cause
        # In the order of `ENTRY`.
        told = (
            each.book,
            head.entries,
            each.key,
            head.day,
            now,
            each.journal,
            cause.rule,
            cause.version,
            cause.event,
            cause.person_id,
            each.cycle_id,
            each.household_id,
            each.revision,
            each.document_hash,
            each.counters,
        )
        sides = [side_columns(one) for one in each.movements]
        head.hash = link(head.hash, [*told, sides])
        rows.append((*told, head.hash))
        moved += [(each.book, head.entries, place, *columns) for place, columns in enumerate(sides, 1)]
        for debit, debit_of, credit, credit_of, cents, _rate in sides:
            in_debit, in_credit = sums.get((each.book, debit, debit_of), (0, 0))
            sums[each.book, debit, debit_of] = in_debit + cents, in_credit
            in_debit, in_credit = sums.get((each.book, credit, credit_of), (0, 0))
            sums[each.book, credit, credit_of] = in_debit, in_credit + cents
    return rows, moved, sums


def _first_open(head: Head, day: date) -> date:
    """The day itself, or the first after it that may still be booked on: numbers and days of a book rise together."""
    after_closed = head.closed_until + timedelta(days=1) if head.closed_until else day
    return max(day, head.day or day, after_closed)


async def _add_to_balances(writer: Writer, sums: _Sums) -> None:
    rows = [(*of, *cents) for of, cents in sorted(sums.items())]
    await add_rows(writer, balance, ("debit_cents", "credit_cents"), rows)
