"""Does what the hub holds cover what it owes, producer by producer, day by day?

Held is what stands on the hub's cash, cheques, bank and payment accounts for a producer; owed is what it collected for
that producer and has not handed over. Beside it, what households still owe the producer: the hub has none of that, and
owes none of it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, case, func, select

from billing.ledger.book import book, entry, movement
from billing.ledger.chart import APART, CAUTIONS, FUND, HUB, MONEY, WALLETS, Account
from billing.ledger.closing import DAY, closing, read
from billing.seller import sellers
from chassis.database import Reader

DAYS = 31
"""Days that are looked at one by one, the one asked for and those before it."""

_movements = entry.join(movement, (entry.c.book == movement.c.book) & (entry.c.number == movement.c.number))


@dataclass(frozen=True)
class Cover:
    """Of one producer on one day."""

    producer_id: str
    producer_name: str
    claimed_cents: int
    held_cents: int
    owed_cents: int

    @property
    def covered(self) -> bool:
        return self.held_cents >= self.due_cents

    @property
    def due_cents(self) -> int:
        """What is owed; where the hub's commission is more than it has collected yet, nothing: that is its own claim,
        and covers nothing it owes to others."""
        return max(self.owed_cents, 0)

    @property
    def missing_cents(self) -> int:
        return max(self.due_cents - self.held_cents, 0)

    @property
    def overpaid_cents(self) -> int:
        """What was sent to the producer out of other money: a payment came back after its money was sent. What is sent
        next is lessened by it, for it is owed no more."""
        return max(-self.held_cents, 0)


@dataclass(frozen=True)
class DayCover:
    """Of all producers at the end of one day; `short`: of how many what is held does not cover what is owed."""

    day: date
    held_cents: int
    owed_cents: int
    short: int


async def covers_on(reader: Reader, day: date) -> list[Cover]:
    """At the end of a day, for each producer who has a book or money, by name."""
    claims = await claims_on(reader, day)
    held = _settled(await _hub_until(reader, day))
    names = {seller.id: seller.name for seller in (await sellers(reader)).values()}
    found = [
        Cover(each, names.get(each, each), claims.get(each, 0), *held.get(each, (0, 0)))
        for each in claims.keys() | held.keys()
    ]
    return sorted(found, key=lambda cover: (cover.producer_name.casefold(), cover.producer_id))


@dataclass(frozen=True)
class Apart:
    """What the hub holds against the cautions or wallets of households, or for the solidarity fund, and what it owes.
    Cents."""

    held_cents: int
    owed_cents: int

    @property
    def covered(self) -> bool:
        return self.held_cents >= self.owed_cents


async def cautions_on(reader: Reader, day: date) -> Apart:
    """At the end of a day."""
    return _apart(await _hub_until(reader, day), CAUTIONS, Account.DEPOSITS)


async def wallets_on(reader: Reader, day: date) -> Apart:
    """At the end of a day."""
    return _apart(await _hub_until(reader, day), WALLETS, Account.WALLET)


async def fund_on(reader: Reader, day: date) -> Apart:
    """Of the solidarity fund, at the end of a day."""
    return _apart(await _hub_until(reader, day), FUND, Account.SOLIDARITY)


def _apart(sums: "_Held", held_for: str, owed: Account) -> Apart:
    held = sum(cents for (account, party), cents in sums.items() if party == held_for and Account(account) in MONEY)
    return Apart(held, -sum(cents for (account, _), cents in sums.items() if account == owed))


async def own_money_on(reader: Reader, day: date) -> int:
    """The hub's own money at the end of a day, wherever it lies, in cents. Below zero it has set apart for others more
    than it has: for a difference of weight that it bears, for instance."""
    sums = await _hub_until(reader, day)
    return sum(cents for (account, party), cents in sums.items() if not party and Account(account) in MONEY)


async def cover_by_day(reader: Reader, until: date) -> list[DayCover]:
    """The last days up to `until`, the newest first."""
    first = until - timedelta(days=DAYS - 1)
    held = await _hub_until(reader, first - timedelta(days=1))
    changes: dict[date, list[RowMapping]] = {}
    for row in await _hub_moves(reader, entry.c.day.between(first, until), entry.c.day):
        changes.setdefault(row["day"], []).append(row)
    found = []
    for each in (first + timedelta(days=n) for n in range(DAYS)):
        _add(held, changes.get(each, []))
        settled = _settled(held).values()
        short = sum(has < max(owes, 0) for has, owes in settled)
        found.append(DayCover(each, sum(has for has, _ in settled), sum(max(owes, 0) for _, owes in settled), short))
    return found[::-1]


async def claims_on(reader: Reader, day: date) -> dict[str, int]:
    """What households owe on the books of producers at the end of a day, cents by book: the last closing, and what was
    booked since."""
    c = closing.c
    newest = (
        select(c.book, func.max(c.number).label("number"))
        .where(c.kind == DAY, c.period <= day.isoformat())
        .group_by(c.book)
        .subquery()
    )
    same = (newest.c.book == c.book) & (newest.c.number == c.number)
    found: dict[str, int] = {}
    counted: dict[str, int] = {}
    for row in await reader.all(select(c.book, c.last, c.perpetual).join(newest, same)):
        in_debit, in_credit = read(row["perpetual"]).get(Account.HOUSEHOLD.value, (0, 0))
        found[row["book"]], counted[row["book"]] = in_debit - in_credit, row["last"]
    # Of a book that is closed beyond this day nothing else can be of it.
    still_open = select(book).where(book.c.id != HUB, book.c.closed_until.is_(None) | (book.c.closed_until < day))
    for head in await reader.all(still_open.order_by(book.c.id)):
        last = counted.get(head["id"], 0)
        if head["entries"] > last:
            since = await _claimed_since(reader, head["id"], last, day)
            if since is not None:
                found[head["id"]] = found.get(head["id"], 0) + since
    found.pop(HUB, None)
    return found


async def _claimed_since(reader: Reader, book_id: str, last: int, day: date) -> int | None:
    """None where nothing was booked."""
    m = movement.c
    sums = [func.sum(case((side == Account.HOUSEHOLD.value, m.cents), else_=0)) for side in (m.debit, m.credit)]
    mine = (m.book == book_id, m.number > last, entry.c.day <= day)
    cents = await reader.scalar(select(sums[0] - sums[1]).select_from(_movements).where(*mine))
    # PostgreSQL sums BIGINT as NUMERIC.
    return None if cents is None else int(cents)


_Held = dict[tuple[str, str], int]
"""Debit less credit in the hub's book, by account and producer."""


async def _hub_until(reader: Reader, day: date) -> _Held:
    held: _Held = {}
    _add(held, await _hub_moves(reader, entry.c.day <= day))
    return held


async def _hub_moves(reader: Reader, when: ColumnElement[bool], *by: ColumnElement[Any]) -> list[RowMapping]:
    m = movement.c
    sides = (m.debit, m.debit_of, m.credit, m.credit_of)
    summed = select(*by, *sides, func.sum(m.cents).label("cents")).select_from(_movements)
    return await reader.all(summed.where(entry.c.book == HUB, when).group_by(*by, *sides))


def _add(held: _Held, rows: list[RowMapping]) -> None:
    for row in rows:
        for account, party, sign in ((row["debit"], row["debit_of"], 1), (row["credit"], row["credit_of"], -1)):
            held[account, party] = held.get((account, party), 0) + sign * int(row["cents"])


def _settled(held: _Held) -> dict[str, tuple[int, int]]:
    """(held, owed) by producer; the hub's own money is nobody's, nor what is held for something else."""
    found: dict[str, tuple[int, int]] = {}
    for (account, party), cents in held.items():
        if not party or party in APART:
            continue
        has, owes = found.get(party, (0, 0))
        if Account(account) in MONEY:
            found[party] = has + cents, owes
        elif account == Account.THIRD_PARTY:
            found[party] = has, owes - cents
    return found
