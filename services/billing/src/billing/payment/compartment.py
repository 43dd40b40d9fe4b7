"""Money that the hub holds apart for something, in its own book: where it lies, and from where it is taken."""

from collections.abc import Mapping

from sqlalchemy import RowMapping, func, select

from billing.household import household
from billing.ledger.book import balance
from billing.ledger.chart import HUB, Account
from billing.payment.life import Kind, Stage
from billing.payment.register import payment, share
from chassis.database import Reader

SPENT_FROM = (Account.BANK, Account.CASH)
"""Where money lies that can go out. A cheque is none until it is at the bank."""


async def lies(reader: Reader, party: str) -> dict[Account, int]:
    """Where the money of a compartment lies that can go out, cents by account."""
    b = balance.c
    mine = (b.book == HUB, b.party == party, b.account.in_([each.value for each in SPENT_FROM]))
    rows = await reader.all(select(b.account, b.debit_cents, b.credit_cents).where(*mine))
    return {Account(row["account"]): row["debit_cents"] - row["credit_cents"] for row in rows}


async def cheques_here(reader: Reader, household_id: str, party: str) -> int:
    """What a household left for it in cheques that lie here: no money yet."""
    p = payment.c
    here = (
        select(func.coalesce(func.sum(share.c.cents), 0))
        .select_from(payment.join(share, share.c.payment_id == p.id))
        .where(p.household_id == household_id, share.c.producer_id == party)
        .where(p.kind == Kind.CHEQUE.value, p.stage == Stage.RECEIVED.value)
    )
    # PostgreSQL sums BIGINT as NUMERIC.
    return int(await reader.scalar(here))


async def held_by_household(reader: Reader, owed: Account) -> list[RowMapping]:
    """household_id, household_name, cents: what is owed to each household on an account, where anything is; by name."""
    b, cents = balance.c, (balance.c.credit_cents - balance.c.debit_cents).label("cents")
    name = func.coalesce(household.c.name, b.party).label("household_name")
    held = select(b.party.label("household_id"), name, cents)
    mine = held.select_from(balance.outerjoin(household, household.c.id == b.party))
    rows = await reader.all(mine.where(b.book == HUB, b.account == owed.value, cents != 0))
    return sorted(rows, key=lambda row: (row["household_name"].casefold(), row["household_id"]))


def parts_of(lies: Mapping[Account, int], first: Account, cents: int) -> dict[Account, int]:
    """Where a sum is taken from: `first`, then the others in order of the chart. What is nowhere (a cheque bounced
    after it was given out) is taken from the first all the same: its balance says so."""
    parts: dict[Account, int] = {}
    for account in sorted(lies, key=lambda each: (each is not first, list(Account).index(each))):
        part = min(max(lies[account], 0), cents)
        if part:
            parts[account], cents = part, cents - part
    if cents:
        parts[first] = parts.get(first, 0) + cents
    return parts


def shared_parts(lies: Mapping[Account, int], shares: Mapping[str, int]) -> dict[str, dict[Account, int]]:
    """The same for several sums, one after the other: by whom each is for."""
    left, found = dict(lies), dict[str, dict[Account, int]]()
    for of, cents in sorted(shares.items()):
        found[of] = parts_of(left, Account.BANK, cents)
        for account, part in found[of].items():
            left[account] = left.get(account, 0) - part
    return found
