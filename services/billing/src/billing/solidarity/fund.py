"""The money of the solidarity fund: how much there is, where it lies, and taking some of it.

It is a debt of the hub (4671), neither its income nor money of producers, and lies apart. A gift that is a cheque is
spent when it has been brought to the bank.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from billing.cycle import cycle
from billing.ledger.book import balance, entry, movement
from billing.ledger.chart import FUND, HUB, Account
from billing.payment import compartment
from billing.payment.compartment import SPENT_FROM
from chassis.database import Reader


async def comes_to(reader: Reader) -> int:
    """All that is in it, in cents; below zero where a gift that was spent bounced."""
    b = balance.c
    mine = (b.book == HUB, b.account == Account.SOLIDARITY.value, b.party == "")
    return int(await reader.scalar(select(b.credit_cents - b.debit_cents).where(*mine)) or 0)


async def lies(reader: Reader) -> dict[Account, int]:
    """Of it what can be spent, by where it lies. Who takes some holds the books first (`book.hold_books`)."""
    there = await compartment.lies(reader, FUND)
    left, found = max(await comes_to(reader), 0), dict.fromkeys(SPENT_FROM, 0)
    for account in SPENT_FROM:
        found[account] = min(max(there.get(account, 0), 0), left)
        left -= found[account]
    return found


def taken(there: Mapping[Account, int], cents: int) -> dict[Account, int]:
    """From where so much is taken, the bank first; not more than there is."""
    found: dict[Account, int] = {}
    for account in SPENT_FROM:
        part = min(there[account], cents)
        if part:
            found[account], cents = part, cents - part
    return found


@dataclass(frozen=True)
class Moved:
    """What came in (above zero) or went out by one rule: of a cycle, or of none (""); `last`: when the last was."""

    rule: str
    cycle_id: str
    cycle_name: str
    cents: int
    last: datetime


async def moved(reader: Reader) -> list[Moved]:
    """All that ever moved, without what was taken back; the newest first. No household is named."""
    e, m = entry.c, movement.c
    by = (e.rule, e.cycle_id)
    found: dict[tuple[str, str], Moved] = {}
    for side, sign in ((m.credit, 1), (m.debit, -1)):
        summed = (
            select(*by, func.coalesce(func.max(cycle.c.name), "").label("name"), func.sum(m.cents).label("cents"))
            .add_columns(func.max(e.posted_at).label("last"))
            .select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
            .outerjoin(cycle, cycle.c.id == e.cycle_id)
            .where(e.book == HUB, side == Account.SOLIDARITY.value)
            .group_by(*by)
        )
        for row in await reader.all(summed):
            key = row["rule"], row["cycle_id"]
            before = found.get(key)
            # PostgreSQL sums BIGINT as NUMERIC.
            cents = sign * int(row["cents"]) + (before.cents if before else 0)
            last = max(row["last"], before.last) if before else row["last"]
            found[key] = Moved(*key, row["name"], cents, last)
    return sorted((each for each in found.values() if each.cents), key=lambda each: each.last, reverse=True)
