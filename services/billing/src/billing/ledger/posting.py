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
    link_of_entry,
    locked_heads,
    movement,
    side_columns,
)
from billing.ledger.closing import close_days
from billing.ledger.entry import Entry, fold
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
        row = {
            "book": each.book,
            "number": head.entries,
            "key": each.key,
            "day": head.day,
            "posted_at": now,
            "journal": each.journal,
            "rule": each.cause.rule,
            "rule_version": each.cause.version,
            "cause": each.cause.event,
            "person_id": each.cause.person_id,
            "cycle_id": each.cycle_id,
            "household_id": each.household_id,
            "revision": each.revision,
            "document_hash": each.document_hash,
            "counters": each.counters,
        }
        row["hash"] = head.hash = link_of_entry(head.hash, row, each.movements)
        rows.append(tuple(row[name] for name in ENTRY))
        moved += [(each.book, head.entries, place, *side_columns(one)) for place, one in enumerate(each.movements, 1)]
        for side, (in_debit, in_credit) in fold(each.movements).items():
            key = (each.book, side.account.value, side.of)
            before = sums.get(key, (0, 0))
            sums[key] = before[0] + in_debit, before[1] + in_credit
    return rows, moved, sums


def _first_open(head: Head, day: date) -> date:
    """The day itself, or the first after it that may still be booked on: numbers and days of a book rise together."""
    after_closed = head.closed_until + timedelta(days=1) if head.closed_until else day
    return max(day, head.day or day, after_closed)


async def _add_to_balances(writer: Writer, sums: _Sums) -> None:
    statement = writer.insert(balance)
    more = {name: balance.c[name] + statement.excluded[name] for name in ("debit_cents", "credit_cents")}
    rows = [
        {"book": name, "account": account, "party": party, "debit_cents": in_debit, "credit_cents": in_credit}
        for (name, account, party), (in_debit, in_credit) in sorted(sums.items())
    ]
    await writer.execute(statement.on_conflict_do_update(index_elements=["book", "account", "party"], set_=more), rows)
