"""The account of a household over some days: what was billed to it and what it paid, to all who sell to it, by the
books.

`opening + billed - paid = closing` is checked, not assumed: opening and closing are what the kept balances say, less
what was booked later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, select

from billing.cycle import cycle
from billing.ledger.book import balance, entry, movement
from billing.ledger.chart import HUB, Account
from billing.seller import sellers
from billing.statement import Statement, all_statements
from chassis.database import Reader


@dataclass(frozen=True)
class Booked:
    """What a rule moved on a day between the household and one who sells to it, in cents: above zero it owes more."""

    day: date
    rule: str
    producer_name: str
    cycle_name: str
    cents: int


@dataclass(frozen=True)
class HouseholdAccount:
    """Cents; below zero the household has a credit. `statements`: of the cycles delivered in these days."""

    opening_cents: int
    closing_cents: int
    booked: Sequence[Booked]
    statements: Sequence[Statement]

    @property
    def billed_cents(self) -> int:
        return sum(each.cents for each in self.booked if each.cents > 0)

    @property
    def lessened_cents(self) -> int:
        """What was paid, or taken back."""
        return -sum(each.cents for each in self.booked if each.cents < 0)

    @property
    def adds_up(self) -> bool:
        return self.opening_cents + self.billed_cents - self.lessened_cents == self.closing_cents


async def household_account(
    reader: Reader, household_id: str, since: date, until: date, hub_name: str
) -> HouseholdAccount:
    kept = select(func.coalesce(func.sum(balance.c.debit_cents - balance.c.credit_cents), 0)).where(
        balance.c.account == Account.HOUSEHOLD, balance.c.party == household_id
    )
    now = int(await reader.scalar(kept))
    opening = now - await _moved(reader, household_id, entry.c.day >= since)
    closing = now - await _moved(reader, household_id, entry.c.day > until)
    booked = await _booked(reader, household_id, since, until, hub_name)
    return HouseholdAccount(opening, closing, booked, await all_statements(reader, household_id, since, until))


_owed = (movement.c.debit == Account.HOUSEHOLD) | (movement.c.credit == Account.HOUSEHOLD)
_cents = func.sum(case((movement.c.debit == Account.HOUSEHOLD, movement.c.cents), else_=-movement.c.cents))
_movements = entry.join(movement, (entry.c.book == movement.c.book) & (entry.c.number == movement.c.number))


async def _moved(reader: Reader, household_id: str, which: ColumnElement[bool]) -> int:
    summed = select(func.coalesce(_cents, 0)).select_from(_movements)
    return int(await reader.scalar(summed.where(entry.c.household_id == household_id, _owed, which)))


async def _booked(reader: Reader, household_id: str, since: date, until: date, hub_name: str) -> list[Booked]:
    e = entry.c
    by = (e.day, e.rule, e.book, e.cycle_id)
    name = func.coalesce(func.max(cycle.c.name), "")
    summed = select(*by, name.label("name"), _cents.label("cents")).select_from(
        _movements.outerjoin(cycle, cycle.c.id == e.cycle_id)
    )
    mine = summed.where(e.household_id == household_id, _owed, e.day.between(since, until))
    names = {HUB: hub_name} | {each.id: each.name for each in (await sellers(reader)).values()}
    rows = await reader.all(mine.group_by(*by).order_by(*by))
    # PostgreSQL sums BIGINT as NUMERIC.
    return [
        Booked(row["day"], row["rule"], names.get(row["book"], row["book"]), row["name"], int(row["cents"]))
        for row in rows
        if row["cents"]
    ]
