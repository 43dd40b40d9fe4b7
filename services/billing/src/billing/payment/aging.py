"""The aged balance (balance âgée): what each household has left to pay, by how long ago its goods were delivered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import RowMapping, select

from billing.household import group, household
from billing.ledger.book import balance
from billing.ledger.chart import Account
from billing.payment.owing import Owing, owing_of
from chassis.database import Reader

UNTIL_DAYS = (30, 60)
"""Since the delivery: the first days of each of the older columns lie behind these."""
PORTION = 500


@dataclass(frozen=True)
class Aged:
    """`cents`: not delivered yet, up to 30 days ago, up to 60, and before. `credit_cents`: beyond its debts to others;
    it lessens none of these, for it is another producer's money. `oldest`: the first delivery of which something is
    left."""

    household_id: str
    household_name: str
    group_name: str
    cents: tuple[int, int, int, int]
    credit_cents: int
    oldest: date

    @property
    def left_cents(self) -> int:
        return sum(self.cents)


def place_of(delivered_on: date, today: date) -> int:
    """In which column of `Aged.cents` a debt stands."""
    days = (today - delivered_on).days
    return 0 if days < 0 else 1 + sum(days > until for until in UNTIL_DAYS)


def aged(of: RowMapping, owing: Iterable[Owing], today: date) -> Aged | None:
    """None where nothing is left to pay. What lies here as cheques to producers is given already."""
    mine = list(owing)
    left = [debt for each in mine for debt in each.debts if debt.left_cents]
    if not left:
        return None
    sums = [0, 0, 0, 0]
    for debt in left:
        sums[place_of(debt.delivers_on, today)] += debt.left_cents
    credit = sum(each.credit_cents for each in mine)
    oldest = min(debt.delivers_on for debt in left)
    return Aged(of["id"], of["name"], of["group_name"] or "", (sums[0], sums[1], sums[2], sums[3]), credit, oldest)


async def aged_balance(reader: Reader, today: date) -> list[Aged]:
    """Of all households with something left to pay: who has owed longest first, then who owes most."""
    b = balance.c
    owing = select(b.party).where(b.account == Account.HOUSEHOLD.value, b.debit_cents > b.credit_cents).distinct()
    named = select(household.c.id, household.c.name, group.c.name.label("group_name")).select_from(
        household.outerjoin(group, group.c.id == household.c.group_id)
    )
    rows = await reader.all(named.where(household.c.id.in_(owing)).order_by(household.c.id))
    found = []
    for start in range(0, len(rows), PORTION):
        some = rows[start : start + PORTION]
        owed = await owing_of(reader, [row["id"] for row in some])
        found += [one for row in some if (one := aged(row, owed[row["id"]], today)) is not None]
    return sorted(found, key=lambda one: (one.oldest, -one.left_cents, one.household_name.casefold(), one.household_id))
