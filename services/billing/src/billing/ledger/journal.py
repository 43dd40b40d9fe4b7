"""The books as they are read: entries by what one looks for, one entry, what somebody owes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, select, tuple_

from billing.household import household
from billing.ledger.book import balance, book, entry, movement, movement_of
from billing.ledger.chart import HUB
from billing.ledger.entry import Movement
from billing.seller import sellers
from chassis.database import Reader


@dataclass(frozen=True)
class Wanted:
    """What one looks for; what is empty is no matter. `q`: letters of a household's name."""

    book: str = ""
    account: str = ""
    household_id: str = ""
    q: str = ""
    since: date | None = None
    until: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        e, m = entry.c, movement.c
        found: list[ColumnElement[bool]] = []
        if self.book:
            found.append(e.book == self.book)
        if self.household_id:
            found.append(e.household_id == self.household_id)
        if self.q:
            letters = func.lower(household.c.name).contains(self.q.lower(), autoescape=True)
            found.append(e.household_id.in_(select(household.c.id).where(letters)))
        if self.since:
            found.append(e.day >= self.since)
        if self.until:
            found.append(e.day <= self.until)
        if self.account:
            there = (m.book == e.book) & (m.number == e.number)
            found.append(select(m.place).where(there, (m.debit == self.account) | (m.credit == self.account)).exists())
        return found


@dataclass(frozen=True)
class Booked:
    """An entry as it is read. `row`: of `entry`; `household_name`: "" where it is of no household."""

    row: RowMapping
    household_name: str
    movements: list[Movement] = field(default_factory=list)

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.movements)


async def entries(reader: Reader, wanted: Wanted, first: int, count: int) -> list[Booked]:
    """The newest day first, in it book by book, the last entry first."""
    e = entry.c
    ordered = _named.where(*wanted.conditions()).order_by(e.day.desc(), e.book, e.number.desc())
    return await _with_movements(reader, await reader.all(ordered.offset(first).limit(count)))


async def count_entries(reader: Reader, wanted: Wanted) -> int:
    return int(await reader.scalar(select(func.count()).select_from(entry).where(*wanted.conditions())))


async def in_their_order(reader: Reader, wanted: Wanted, portion: int = 500) -> AsyncIterator[list[Booked]]:
    """The entries of one book, the first first, some at a time."""
    after = 0
    while True:
        behind = _named.where(*wanted.conditions(), entry.c.number > after).order_by(entry.c.number).limit(portion)
        rows = await reader.all(behind)
        if not rows:
            return
        yield await _with_movements(reader, rows)
        after = rows[-1]["number"]


async def find_entry(reader: Reader, book_id: str, number: int) -> Booked | None:
    rows = await reader.all(_named.where(entry.c.book == book_id, entry.c.number == number))
    return next(iter(await _with_movements(reader, rows)), None)


async def number_of_counter(reader: Reader, book_id: str, number: int) -> int | None:
    """The entry that took this one back, if one did."""
    e = entry.c
    found: int | None = await reader.scalar(select(e.number).where(e.book == book_id, e.counters == number))
    return found


_named = select(entry, func.coalesce(household.c.name, "").label("household_name")).outerjoin(
    household, household.c.id == entry.c.household_id
)


async def _with_movements(reader: Reader, rows: list[RowMapping]) -> list[Booked]:
    found = {(row["book"], row["number"]): Booked(row, row["household_name"]) for row in rows}
    if found:
        m = movement.c
        theirs = select(movement).where(tuple_(m.book, m.number).in_(list(found)))
        for row in await reader.all(theirs.order_by(m.book, m.number, m.place)):
            found[row["book"], row["number"]].movements.append(movement_of(row))
    return list(found.values())


async def balances_of(reader: Reader, **of: Any) -> list[RowMapping]:
    """Rows of `balance` that are not settled, of a `party` or of a `book`."""
    c = balance.c
    mine = [c[name] == value for name, value in of.items()]
    unsettled = select(balance).where(*mine, c.debit_cents != c.credit_cents)
    return await reader.all(unsettled.order_by(c.book, c.account, c.party))


async def names_of_households(reader: Reader) -> dict[str, str]:
    """By id."""
    return {row["id"]: row["name"] for row in await reader.all(select(household.c.id, household.c.name))}


async def household_name(reader: Reader, household_id: str) -> str | None:
    """None where nobody told of it."""
    name: str | None = await reader.scalar(select(household.c.name).where(household.c.id == household_id))
    return name


async def books(reader: Reader) -> dict[str, str]:
    """The names of all books but the hub's, which has none of its own, by id; by name."""
    known = await sellers(reader)
    ids = [row["id"] for row in await reader.all(select(book.c.id)) if row["id"] != HUB]
    named = {each: known[each].name if each in known else each for each in ids}
    return dict(sorted(named.items(), key=lambda each: (each[1].casefold(), each[0])))
