"""The fees on what one household ordered of everybody, as it was brought."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from billing.fee.charged import Charged, Part, Share, charged_on
from billing.fee.fee import Item
from billing.ledger.chart import HUB
from billing.order import Goods
from billing.order import Line as BasketLine
from billing.price import Otherwise, came_otherwise, expected
from billing.pricing import Handed, Pricing


class Bought(NamedTuple):
    """What a household ordered of one payee, by product so that the cents of rounding fall on the same line whatever
    order the basket was filled in, and of which of it, by key, something else came. `known`: whether anything was
    recorded of what came."""

    lines: Sequence[BasketLine]
    otherwise: Mapping[str, Otherwise]
    known: bool = False


NOTHING = Bought((), {})


def bought_of(lines: list[BasketLine], goods: Mapping[str, Goods], handed: Handed) -> Bought:
    ordered = sorted(lines, key=lambda line: goods[line[0]].product_id) if len(lines) > 1 else lines
    if not handed.known:
        return Bought(ordered, {})
    return Bought(ordered, came_otherwise(ordered, goods, handed.came, handed.shared, handed.spoiled), known=True)


def fees_of(
    household_id: str, group_id: str, bought: Mapping[str, Bought], pricing: Pricing
) -> dict[str, tuple[Charged, ...]]:
    """By who earns them."""
    items = {payee: items_of(mine, pricing) for payee, mine in bought.items()}
    found: dict[str, tuple[Charged, ...]] = {}
    for fee in pricing.fees:
        mine = [item for payee, some in items.items() if fee.is_on(payee) for item in some]
        if mine and fee.is_for(group_id):
            share = pricing.shares.get((fee.id, household_id), Share(0, 0))
            service = pricing.service_rate() if fee.earner_id == HUB else 0
            # Another household's goods may have come otherwise: that changes the shares of all.
            otherwise = any(each.known for each in bought.values()) or share.cents != share.expected_cents
            one = charged_on(fee, mine, share, service, otherwise)
            if one is not None:
                found[fee.earner_id] = (*found.get(fee.earner_id, ()), one)
    return found


def items_of(bought: Bought, pricing: Pricing) -> list[Item]:
    """The lines as fees are reckoned on them."""
    found = []
    for key, quantity, gross in bought.lines:
        of = pricing.goods[key]
        billed = bought.otherwise[key].billed if key in bought.otherwise else expected(of, quantity, gross)
        found.append(Item(of, quantity, gross, billed, pricing.rate(key)))
    return found


def with_nets(fees: Iterable[Charged], nets: Sequence[int]) -> tuple[Charged, ...]:
    """`nets`: of their parts, in their order."""
    left = iter(nets)
    return tuple(
        replace(fee, parts=tuple(Part(part.rate_hundredths, part.gross_cents, next(left)) for part in fee.parts))
        for fee in fees
    )
