"""Each article that was sold in a producer's name and delivered in some days, and what the books say of the same: for
the producer's own accounts.

The lines are those of the amounts that hold; the books add up whatever was booked of these cycles, corrections too. If
both are not the same to the cent, something is wrong.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select

from billing.amount_due import HOLDS, amount_due
from billing.cycle import cycle
from billing.fee.charged import in_cheque
from billing.ledger.book import entry, movement
from billing.ledger.chart import Account
from billing.ledger.rules import CARRIAGE, SALE
from chassis.database import Reader


@dataclass(frozen=True)
class SoldLine:
    """`document`: the amount due it stands in, with its revision. `unit`: "" for fees, and for deposits on containers
    (without a name, outside VAT): these have no quantity. Money in cents."""

    document: str
    day: date
    cycle_name: str
    household_id: str
    household_name: str
    name_fr: str
    name_en: str
    quantity_thousandths: int
    unit: str
    rate_hundredths: int
    net_cents: int
    gross_cents: int

    @property
    def vat_cents(self) -> int:
        return self.gross_cents - self.net_cents


@dataclass(frozen=True)
class SoldLines:
    """`booked_net_cents`, `booked_vat_cents`: by the books, deposits counted with the net."""

    lines: Sequence[SoldLine]
    booked_net_cents: int
    booked_vat_cents: int

    @property
    def net_cents(self) -> int:
        return sum(each.net_cents for each in self.lines)

    @property
    def vat_cents(self) -> int:
        return sum(each.vat_cents for each in self.lines)

    @property
    def agrees(self) -> bool:
        return (self.net_cents, self.vat_cents) == (self.booked_net_cents, self.booked_vat_cents)


async def sold_lines(reader: Reader, producer_id: str, since: date, until: date) -> SoldLines:
    """By day, cycle and household, the articles as they stand on the paper."""
    delivered = select(cycle.c.id).where(cycle.c.delivers_on.between(since, until))
    a = amount_due.c
    columns = (a.id, a.revision, a.household_id, a.household_name, a.cheques, cycle.c.name, cycle.c.delivers_on)
    of = select(*columns).join(cycle, cycle.c.id == a.cycle_id).where(a.cycle_id.in_(delivered), HOLDS)
    lines: list[SoldLine] = []
    async for rows in reader.portions(of.order_by(cycle.c.delivers_on, cycle.c.id, a.household_name, a.household_id)):
        for row in rows:
            document = (f"{row['id']}-{row['revision']}", row["delivers_on"], row["name"])
            who = (row["household_id"], row["household_name"])
            for cheque in json.loads(row["cheques"]):
                if cheque["producer_id"] != producer_id:
                    continue
                for line in cheque["lines"]:
                    named = (line["name_fr"], line["name_en"], line["quantity_thousandths"], line["unit"])
                    sums = (line["rate_hundredths"], line["net_cents"], line["gross_cents"])
                    lines.append(SoldLine(*document, *who, *named, *sums))
                for fee in in_cheque(cheque):
                    for part in fee["vat"]:
                        of_fee = (part["rate_hundredths"], part["net_cents"], part["gross_cents"])
                        lines.append(SoldLine(*document, *who, fee["name"], fee["name"], 0, "", *of_fee))
                deposit = cheque.get("deposit_cents", 0)
                if deposit:
                    lines.append(SoldLine(*document, *who, "", "", 0, "", 0, deposit, deposit))
    e, m = entry.c, movement.c
    sign = func.sum(case((m.credit == Account.HOUSEHOLD, -m.cents), else_=m.cents))
    other = case((m.credit == Account.HOUSEHOLD, m.debit), else_=m.credit)
    booked = (
        select(other.label("account"), sign.label("cents"))
        .select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
        .where(e.book == producer_id, e.rule.in_((SALE.name, CARRIAGE.name)), e.cycle_id.in_(delivered))
    )
    # PostgreSQL sums BIGINT as NUMERIC.
    by_account = {row["account"]: int(row["cents"]) for row in await reader.all(booked.group_by(other))}
    vat = by_account.pop(Account.VAT.value, 0)
    return SoldLines(lines, sum(by_account.values()), vat)
