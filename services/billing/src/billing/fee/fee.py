"""A fee, and what it comes to on what one household was brought. Nothing here does I/O.

A fee on the price of an article is a price of its own: rounded for one unit, as it was told, and then multiplied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from billing.ledger.chart import HUB
from billing.order import Goods
from billing.price import Priced, cents_for, expected
from billing.shares import half_up
from contracts.fee import FeeKind, ShareBy, topped_up

_WHOLE = 100_00
"""100 % in the unit of rates."""


@dataclass(frozen=True)
class Fee:
    """One version, as in `contracts.fee.FeeSet`. `group_ids`: empty for all."""

    id: str
    version: int
    name: str
    earner_id: str
    group_ids: frozenset[str]
    first_day: date
    last_day: date | None
    kind: FeeKind
    cents: int
    rate_hundredths: int
    share_by: ShareBy
    free_from_cents: int
    stopped: bool
    set_at: datetime
    set_by: str

    def holds_on(self, day: date) -> bool:
        """Whether it is charged on a delivery of this day."""
        return not self.stopped and self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def is_for(self, group_id: str) -> bool:
        return not self.group_ids or group_id in self.group_ids

    def is_on(self, payee: str) -> bool:
        """Whether goods that this one is paid for count for it."""
        return self.earner_id in (HUB, payee)


class Item(NamedTuple):
    """One line of a household as ordered (thousandths of its unit, gross cents), the same as it is billed, and the rate
    of its VAT."""

    of: Goods
    quantity_thousandths: int
    gross_cents: int
    billed: Priced
    rate_hundredths: int

    @property
    def as_expected(self) -> "Item":
        return self._replace(billed=expected(self.of, self.quantity_thousandths, self.gross_cents))


def cents_of(fee: Fee, items: Sequence[Item], share_cents: int) -> int:
    """What it comes to on these lines. `share_cents`: the household's share, where its sum is shared."""
    goods = sum(item.billed.gross_cents for item in items)
    if fee.kind is FeeKind.SHARED:
        # The sum from which it is free is the whole delivery's: that was looked at when it was shared.
        return topped_up(share_cents, goods, 0)
    whole = fee.cents if fee.kind is FeeKind.PER_ORDER else sum(_of_line(fee, item) for item in items)
    return topped_up(whole, goods, fee.free_from_cents)


def _of_line(fee: Fee, item: Item) -> int:
    def at_rate(cents: int) -> int:
        return half_up(cents * fee.rate_hundredths, _WHOLE)

    of, billed = item.of, item.billed
    if of.price_cents is None:
        # Its price was not kept.
        return at_rate(billed.gross_cents)
    tiers = tuple(tier.model_copy(update={"price_cents": at_rate(tier.price_cents)}) for tier in of.tiers)
    priced = of.model_copy(update={"price_cents": at_rate(of.price_cents), "tiers": tiers})
    ordered = item.quantity_thousandths, item.gross_cents
    wanted = expected(of, *ordered)
    # What the producer bears is no more for the household to pay a fee on.
    amount = (wanted if billed.gross_cents == wanted.gross_cents else billed).quantity_thousandths
    if billed.gross_cents not in (wanted.gross_cents, cents_for(of, *ordered, amount)):
        # It costs something else than its price and what came of it say: the fee is a share of that.
        return at_rate(billed.gross_cents)
    return cents_for(priced, *ordered, amount)


def weight_of(fee: Fee, items: Sequence[Item]) -> int:
    """By what a household shares the sum of a delivery: 0 where nothing came to it."""
    came = [item for item in items if item.billed.gross_cents]
    if fee.share_by is ShareBy.VALUE:
        return sum(item.billed.gross_cents for item in came)
    if fee.share_by is ShareBy.QUANTITY:
        return sum(item.billed.quantity_thousandths for item in came)
    return 1 if came else 0
