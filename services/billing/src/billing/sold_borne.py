"""What others than its buyers pay of what a producer sold: the hub or the fund for a difference of weight, the hub for
what was spoiled; reckoned from the records of each cycle, beside what the producer's book says of the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from billing.cycle import cycle
from billing.ledger.book import entry, movement
from billing.ledger.chart import Account
from billing.ledger.differences import RULES, Differences
from chassis.database import Reader

NAMES = tuple(sorted(rule.name for rule in RULES.values()))


@dataclass(frozen=True)
class BorneLine:
    """`rule`: the name of the one it is booked by. Money in cents."""

    day: date
    cycle_name: str
    rule: str
    rate_hundredths: int
    net_cents: int
    vat_cents: int


@dataclass(frozen=True)
class Borne:
    """`booked_…`: by the producer's book, corrections too."""

    lines: Sequence[BorneLine]
    booked_net_cents: int
    booked_vat_cents: int

    @property
    def net_cents(self) -> int:
        return sum(each.net_cents for each in self.lines)

    @property
    def vat_cents(self) -> int:
        return sum(each.vat_cents for each in self.lines)


async def borne_of(reader: Reader, differences: Differences, producer_id: str, since: date, until: date) -> Borne:
    """Of the cycles delivered in these days."""
    delivered = select(cycle).where(cycle.c.delivers_on.between(since, until), cycle.c.closed_at.is_not(None))
    lines = []
    for row in await reader.all(delivered.order_by(cycle.c.delivers_on, cycle.c.id)):
        found = await differences.borne(reader, row, producer_id)
        for rule in sorted(found, key=lambda each: each.name):
            lines += [
                BorneLine(row["delivers_on"], row["name"], rule.name, each.hundredths, each.net_cents, each.vat_cents)
                for each in found[rule]
            ]
    return Borne(lines, *await _booked(reader, producer_id, since, until))


async def _booked(reader: Reader, producer_id: str, since: date, until: date) -> tuple[int, int]:
    """Net and VAT."""
    e, m = entry.c, movement.c
    mine = select(cycle.c.id).where(cycle.c.delivers_on.between(since, until))
    sums = {Account.SALES.value: 0, Account.VAT.value: 0}
    for side, sign in ((m.credit, 1), (m.debit, -1)):
        summed = select(side.label("account"), func.sum(m.cents).label("cents"))
        joined = summed.select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
        chosen = joined.where(e.book == producer_id, e.rule.in_(NAMES), e.cycle_id.in_(mine), side.in_(sorted(sums)))
        for row in await reader.all(chosen.group_by(side)):
            # PostgreSQL sums BIGINT as NUMERIC.
            sums[row["account"]] += sign * int(row["cents"])
    return sums[Account.SALES.value], sums[Account.VAT.value]
