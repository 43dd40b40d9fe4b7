"""What was taxed in some days, by taxable person and rate: what a VAT return (CA3, or CA12 of farmers) is filled in
from.

Each book is a taxable person: the hub, and each producer whose goods are sold in its name. Read from the books, so that
corrections count in the days in which they were booked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from billing.ledger.book import entry, movement
from billing.ledger.chart import Account
from billing.ledger.rules import CARRIAGE, COMMISSION, FEE, RESALE
from chassis.database import Reader

SOLD = (Account.SALES, Account.RESALES, Account.CARRIAGE, Account.FEES, Account.COMMISSION)
"""What is sold; what is bought in another country of the Union is taxed as if it were."""

OF_RULE = {
    COMMISSION.name: Account.COMMISSION,
    RESALE.name: Account.RESALES,
    FEE.name: Account.FEES,
    CARRIAGE.name: Account.CARRIAGE,
}


@dataclass(frozen=True)
class Taxed:
    """Of one book at one rate, in cents. `account`: one of SOLD, or PURCHASES_EU; `rate_hundredths` 0: without VAT."""

    book: str
    account: Account
    rate_hundredths: int
    net_cents: int
    vat_cents: int


@dataclass(frozen=True)
class Deducted:
    """VAT that the hub charged a producer on its commission, in cents: the producer deducts it. In the hub's own book
    that on what it bought."""

    book: str
    vat_cents: int


async def taxed_in(
    reader: Reader, since: date, until: date, books: Collection[str] | None = None
) -> tuple[list[Taxed], list[Deducted]]:
    """By book, account and rate. `books`: None for all."""
    e, m = entry.c, movement.c
    chosen = [e.day.between(since, until), *([] if books is None else [e.book.in_(sorted(books))])]
    joined = entry.join(movement, (e.book == m.book) & (e.number == m.number))
    by = (e.book, e.rule, m.debit, m.credit, m.rate_hundredths)
    summed = select(*by, func.sum(m.cents).label("cents")).select_from(joined).where(*chosen)
    rows = await reader.all(summed.group_by(*by))
    sums: dict[tuple[str, Account, int], list[int]] = {}
    deducted: dict[str, int] = {}
    for row in rows:
        # PostgreSQL sums BIGINT as NUMERIC.
        cents, rate = int(row["cents"]), row["rate_hundredths"]
        for account, sign in ((Account(row["credit"]), 1), (Account(row["debit"]), -1)):
            if account in SOLD:
                sums.setdefault((row["book"], account, rate), [0, 0])[0] += sign * cents
            elif account is Account.VAT:
                sums.setdefault((row["book"], of_rule(row["rule"]), rate), [0, 0])[1] += sign * cents
            elif account in (Account.PURCHASES_EU, Account.VAT_REVERSE):
                place = 1 if account is Account.VAT_REVERSE else 0
                bought = sums.setdefault((row["book"], Account.PURCHASES_EU, rate), [0, 0])
                bought[place] += sign * cents if place else -sign * cents
            elif account is Account.VAT_DEDUCTIBLE:
                deducted[row["book"]] = deducted.get(row["book"], 0) - sign * cents
    found = [Taxed(*key, net, vat) for key, (net, vat) in sorted(sums.items()) if net or vat]
    return found, [Deducted(book, cents) for book, cents in sorted(deducted.items()) if cents]


def of_rule(rule: str) -> Account:
    """Of what VAT is that a rule booked."""
    return OF_RULE.get(rule, Account.SALES)
