"""What is booked of purchases, in the book of the hub. Nothing here does I/O.

The VAT on a supplier's bill is deducted when the bill is there, and waits apart until then (code général des impôts
art. 271 II: an invoice is needed). A hub that charges no VAT deducts none: it is part of what the goods cost. What
comes from another country of the Union is taxed by who buys it, who owes the VAT and deducts it at once (art. 256 bis,
283-2 bis, 271 I).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from billing.ledger.chart import Account
from billing.ledger.entry import Movement, Side, move


@dataclass(frozen=True)
class Buying:
    """How a purchase stands to VAT. `deducts`: whether the hub deducts VAT; `reverse`: whether the hub owes it, on what
    comes from another country of the Union."""

    deducts: bool = True
    reverse: bool = False

    @property
    def goods(self) -> Side:
        return Side(Account.PURCHASES_EU if self.reverse else Account.PURCHASES)


Rates = Iterable[tuple[int, int, int]]
"""Rate, cents without VAT, cents of VAT."""


def purchase_expected(supplier_id: str, rates: Rates, buying: Buying) -> tuple[Movement, ...]:
    """What came and is not billed. The VAT the hub owes itself is booked with the bill."""
    owed, moved = Side(Account.UNBILLED, supplier_id), list[Movement]()
    for rate, net, vat in rates:
        moved += move(buying.goods, owed, net, rate)
        if not buying.reverse:
            moved += move(Side(Account.VAT_UNBILLED) if buying.deducts else buying.goods, owed, vat, rate)
    return tuple(moved)


def purchased(supplier_id: str, rates: Rates, buying: Buying) -> tuple[Movement, ...]:
    """What a bill says; a credit note is below zero."""
    owed, moved = Side(Account.SUPPLIERS, supplier_id), list[Movement]()
    for rate, net, vat in rates:
        moved += move(buying.goods, owed, net, rate)
        tax = Side(Account.VAT_DEDUCTIBLE) if buying.deducts else buying.goods
        moved += move(tax, Side(Account.VAT_REVERSE) if buying.reverse else owed, vat, rate)
    return tuple(moved)


def supplier_paid(supplier_id: str, cents: int) -> tuple[Movement, ...]:
    """Out of the hub's own money at the bank, never out of what it holds for others; below zero it comes back."""
    return tuple(move(Side(Account.SUPPLIERS, supplier_id), Side(Account.BANK), cents))
