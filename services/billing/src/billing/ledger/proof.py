"""Was anything changed? Every entry, closing and balance is worked out anew and held against what is kept.

What is found is told in a sentence. Whoever can write in the database could also make a whole chain anew: against that
only a copy of its last links outside of the hub helps, as seals are (`billing.seal`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Executable, RowMapping, select

from billing.amount_due import amount_due
from billing.ledger.book import balance, book, entry, link_of_entry, movement, movement_of
from billing.ledger.chart import HUB
from billing.ledger.closing import DAY, Closed, OpenDay, Standing, closing, link_of_closing, total_key, written
from billing.ledger.entry import GENESIS, Movement, Totals, added, fold
from billing.ledger.sales import Paper
from chassis.database import Reader

PORTION = 1000
"""Entries held in memory at a time."""


@dataclass
class Proof:
    """Of one book: how much there is, its last links, and `faults`, empty where nothing was changed."""

    book: str
    entries: int = 0
    closings: int = 0
    hash: str = GENESIS
    closing_hash: str = GENESIS
    faults: list[str] = field(default_factory=list)


async def proofs(reader: Reader) -> list[Proof]:
    """Of all books, in the order of their ids."""
    names = {HUB}
    for table in (book, entry, movement, closing, balance):
        names |= {row["book"] for row in await reader.all(_books(table))}
    return [await prove(reader, name) for name in sorted(names)]


def _books(table: Any) -> Executable:
    column = table.c.id if table is book else table.c.book
    return select(column.label("book")).distinct()


async def prove(reader: Reader, name: str) -> Proof:
    proof = Proof(name)
    try:
        await _prove(reader, proof)
    except (ValueError, TypeError) as error:
        # A day, an instant or an account that nobody can read: no release writes such.
        proof.faults.append(f"something after entry {proof.entries} cannot be read: {error}")
    return proof


@dataclass
class _Folded:
    """What the entries of a book come to."""

    balances: Totals = field(default_factory=dict)
    days: list[OpenDay] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)
    """Of the last entry of each day."""

    def take(self, row: RowMapping, movements: Sequence[Movement]) -> None:
        for side, (in_debit, in_credit) in fold(movements).items():
            before = self.balances.get(side, (0, 0))
            self.balances[side] = before[0] + in_debit, before[1] + in_credit
        totals: Totals = {}
        for debit, credit, cents, rate in movements:
            totals = added(totals, {total_key(debit.account, rate): (cents, 0)})
            totals = added(totals, {total_key(credit.account, rate): (0, cents)})
        number, day = row["number"], row["day"]
        last = self.days[-1] if self.days else None
        if last is not None and last.day == day:
            self.days[-1] = OpenDay(day, last.first, number, added(last.totals, totals))
            del self.hashes[last.last]
        else:
            self.days.append(OpenDay(day, number, number, totals))
        self.hashes[number] = row["hash"]


async def _prove(reader: Reader, proof: Proof) -> None:
    folded = _Folded()
    while await _prove_some(reader, proof, folded):
        pass
    await _prove_closings(reader, proof, folded)
    await _prove_head(reader, proof, folded)
    kept = {
        (row["account"], row["party"]): (row["debit_cents"], row["credit_cents"])
        for row in await reader.all(select(balance).where(balance.c.book == proof.book))
    }
    wanted = {(side.account.value, side.of): sums for side, sums in folded.balances.items()}
    for account, party in sorted(key for key in kept.keys() | wanted.keys() if kept.get(key) != wanted.get(key)):
        proof.faults.append(f"the balance of {account} {party}".rstrip() + " is not what the entries come to")


async def _prove_some(reader: Reader, proof: Proof, folded: _Folded) -> bool:
    """The next entries; False when there are none."""
    e, m, after = entry.c, movement.c, proof.entries
    behind = select(entry).where(e.book == proof.book, e.number > after).order_by(e.number)
    rows = await reader.all(behind.limit(PORTION))
    moved = select(movement).where(m.book == proof.book, m.number > after).order_by(m.number, m.place)
    if rows:
        moved = moved.where(m.number <= rows[-1]["number"])
    by_number: dict[int, list[RowMapping]] = {}
    for row in await reader.all(moved):
        by_number.setdefault(row["number"], []).append(row)
    papers = await _papers(reader, proof.book, rows) if rows else {}
    for row in rows:
        number = row["number"]
        if number != proof.entries + 1:
            proof.faults.append(f"there is no entry {proof.entries + 1}")
        own = by_number.pop(number, [])
        movements = [movement_of(each) for each in own]
        places = [each["place"] for each in own]
        if row["hash"] != link_of_entry(proof.hash, row, movements) or places != list(range(1, len(own) + 1)):
            proof.faults.append(f"entry {number} was changed, or the one before it")
        if row["document_hash"] and _hash_of(papers.get(row["key"].partition(":")[2])) != row["document_hash"]:
            proof.faults.append(f"the paper of entry {number} was changed or is gone")
        proof.entries, proof.hash = number, row["hash"]
        folded.take(row, movements)
    proof.faults += [f"there are movements of entry {number}, which is not there" for number in sorted(by_number)]
    return bool(rows)


async def _papers(reader: Reader, name: str, rows: Sequence[RowMapping]) -> dict[str, str]:
    """The cheques from which entries were made, by what names a paper in their keys."""
    e, a = entry.c, amount_due.c
    same = (a.cycle_id == e.cycle_id) & (a.household_id == e.household_id) & (a.revision == e.revision)
    mine = (e.book == name) & e.number.between(rows[0]["number"], rows[-1]["number"])
    columns = a.cycle_id, a.household_id, a.revision, a.delivery, a.cheques
    found = await reader.all(select(*columns).select_from(entry.join(amount_due, same)).where(mine).distinct())
    papers = [(row["cycle_id"], Paper(**{key: row[key] for key in row if key != "cycle_id"})) for row in found]
    return {paper.of(cycle_id): paper.cheques for cycle_id, paper in papers}


def _hash_of(paper: str | None) -> str | None:
    return None if paper is None else sha256(paper.encode()).hexdigest()


async def _prove_closings(reader: Reader, proof: Proof, folded: _Folded) -> None:
    rows = await reader.all(select(closing).where(closing.c.book == proof.book).order_by(closing.c.number))
    closed = [row["period"] for row in rows if row["kind"] == DAY]
    until = date.fromisoformat(closed[-1]) if closed else date.min
    wanted = list(_closings(folded, until))
    for row in rows:
        proof.closings += 1
        told = f"closing {row['number']} ({row['period']})"
        if row["number"] != proof.closings:
            proof.faults.append(f"there is no closing {proof.closings}")
            proof.closings = row["number"]
        if row["hash"] != link_of_closing(proof.closing_hash, row):
            proof.faults.append(f"{told} was changed, or the one before it")
        proof.closing_hash = row["hash"]
        due = wanted.pop(0) if wanted else None
        if due is None or not _agrees(row, due, folded):
            proof.faults.append(f"{told} is not what the entries come to")
    if any(each.kind == DAY for each in wanted):
        proof.faults.append("days are not closed that others after them are")


def _closings(folded: _Folded, until: date) -> Iterator[Closed]:
    """All that can have been closed when days up to `until` were, months and years that may go on included."""
    yield from Standing().end_days((each for each in folded.days if each.day <= until), before=date.max)


def _agrees(row: RowMapping, due: Closed, folded: _Folded) -> bool:
    totals = tuple(row[name] for name in ("totals", "year_to_date", "perpetual"))
    return (
        (row["kind"], row["period"], row["first"], row["last"]) == (due.kind, due.period, due.first, due.last)
        and totals == (written(due.totals), written(due.year_to_date), written(due.perpetual))
        and row["last_hash"] == folded.hashes.get(due.last)
    )


async def _prove_head(reader: Reader, proof: Proof, folded: _Folded) -> None:
    head = await reader.first(select(book).where(book.c.id == proof.book))
    if head is None:
        proof.faults.append("the book has no head")
        return
    if (head["entries"], head["hash"]) != (proof.entries, proof.hash):
        proof.faults.append(f"the book had {head['entries']} entries, {proof.entries} are there")
    if head["day"] != (folded.days[-1].day if folded.days else None):
        proof.faults.append("the day of the last entry is not that of the book")
    days = select(closing.c.period).where(closing.c.book == proof.book, closing.c.kind == DAY)
    last = await reader.scalar(days.order_by(closing.c.number.desc()).limit(1))
    until = head["closed_until"].isoformat() if head["closed_until"] else None
    if (head["closings"], head["closing_hash"], until) != (proof.closings, proof.closing_hash, last):
        proof.faults.append(f"the book had {head['closings']} closings, {proof.closings} are there")
