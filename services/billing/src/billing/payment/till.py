"""What lies in the hub's till, for whom, and what came and went day by day: read from the hub's book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select

from billing.ledger.book import balance, entry, movement
from billing.ledger.chart import HUB, Account
from chassis.database import Reader

DAYS = 60
"""Days with money that are told one by one."""


@dataclass(frozen=True)
class Day:
    """`end_cents`: in the till at the end of it."""

    day: date
    in_cents: int
    out_cents: int
    end_cents: int


async def held_for(reader: Reader) -> dict[str, int]:
    """Cents in the till by producer, "" for the hub's own; only where there is any."""
    b = balance.c
    rows = await reader.all(select(balance).where(b.book == HUB, b.account == Account.CASH.value))
    found = {row["party"]: row["debit_cents"] - row["credit_cents"] for row in rows}
    return {party: cents for party, cents in found.items() if cents}


async def by_day(reader: Reader, now_cents: int) -> list[Day]:
    """The newest day first. `now_cents`: what is in the till now."""
    m, e = movement.c, entry.c
    cash = Account.CASH.value
    came, went = (func.sum(case((side == cash, m.cents), else_=0)) for side in (m.debit, m.credit))
    summed = (
        select(e.day, came.label("came"), went.label("went"))
        .select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
        .where(e.book == HUB, (m.debit == cash) | (m.credit == cash))
        .group_by(e.day)
        .order_by(e.day.desc())
        .limit(DAYS)
    )
    return _ends([(row["day"], int(row["came"]), int(row["went"])) for row in await reader.all(summed)], now_cents)


def _ends(days: Sequence[tuple[date, int, int]], end: int) -> list[Day]:
    found = []
    for day, came, went in days:
        found.append(Day(day, came, went, end))
        end -= came - went
    return found
