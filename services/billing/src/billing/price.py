"""What a line costs when something else came than was expected. Nothing here does I/O.

The price is that of the quantity ordered: who is brought less by a shortage keeps the price by quantity. A weighed line
is its quantity times the price of its unit, half up to the cent; one that came as expected keeps its sum to the cent.
Who carries a difference of weight is said of the product (`Bearer`); of one delivery it may be the producer instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from billing.order import Goods, Line
from billing.shares import half_up
from contracts import Bearer, PriceBasis, Unit


@dataclass(frozen=True)
class Came:
    """What a household was handed of one product: as in `contracts.logistics.DeliveredLine`."""

    quantity_thousandths: int
    weight_thousandths: int | None = None
    borne_by_producer: bool = False


@dataclass(frozen=True)
class Priced:
    """A line as it is billed: thousandths of `unit` and gross cents. `deposit_cents`: on its containers."""

    quantity_thousandths: int
    unit: Unit
    gross_cents: int
    deposit_cents: int = 0


def cents_for(of: Goods, quantity: int, gross: int, amount: int) -> int:
    """What `amount`, in thousandths of the unit that is billed, costs at the price of a line as it was ordered."""
    return _gross_cents(of, quantity, expected(of, quantity, gross), amount)


def by_weight(of: Goods) -> bool:
    """Whether it is ordered by the piece and billed by what it weighs."""
    billed = of.weighed and of.price_basis is PriceBasis.CONTENT and of.content_unit is not None
    return billed and bool(of.content_thousandths)


def measured(of: Goods) -> bool:
    """Whether it is weighed or poured, and may come to a little more or less than was ordered."""
    return of.unit != Unit.PIECE or by_weight(of)


def bearer_of(of: Goods, came: Came | None) -> Bearer:
    """Who carries it where it measures more or less. A delivery may be recorded as borne by the producer, whatever is
    said of the product."""
    if not measured(of):
        return Bearer.HOUSEHOLD
    if came is not None and came.borne_by_producer:
        return Bearer.PRODUCER
    return of.bearer or Bearer.HOUSEHOLD


def expected(of: Goods, quantity: int, gross: int) -> Priced:
    """A line as it was ordered, or shared out: `quantity` in thousandths of the order unit."""
    deposit = half_up(of.deposit_cents * quantity, 1000)
    if by_weight(of) and of.content_unit is not None:
        return Priced(half_up((of.content_thousandths or 0) * quantity, 1000), of.content_unit, gross, deposit)
    return Priced(quantity, Unit(of.unit), gross, deposit)


def delivered(of: Goods, quantity: int, gross: int, came: Came) -> Priced:
    """The same line with what came of it."""
    wanted = expected(of, quantity, gross)
    if by_weight(of) and came.weight_thousandths is not None:
        amount = came.weight_thousandths
    else:
        amount = expected(of, came.quantity_thousandths, 0).quantity_thousandths
    deposit = half_up(of.deposit_cents * came.quantity_thousandths, 1000)
    borne = bearer_of(of, came) is Bearer.PRODUCER and amount > 0
    as_expected = amount == wanted.quantity_thousandths or borne
    cents = gross if as_expected else _gross_cents(of, quantity, wanted, amount)
    return Priced(amount, wanted.unit, cents, deposit)


def worth(of: Goods, quantity: int, gross: int, amount: int) -> int:
    """What `amount`, in thousandths of the unit that is billed, is worth beside others of the same goods: not rounded,
    in thousandths of a cent where its price is known. `quantity`: as ordered, whose price holds."""
    cents = _unit_cents(of, quantity)
    if cents is None:
        wanted = expected(of, quantity, gross).quantity_thousandths
        return gross * amount * 1000 // wanted if wanted else 0
    return cents * amount


def _gross_cents(of: Goods, quantity: int, wanted: Priced, amount: int) -> int:
    """`quantity`: as ordered, in the order unit; `amount`: as it came, in the unit that is billed."""
    cents = _unit_cents(of, quantity)
    if cents is None:
        # Its price was not kept: what the line cost for each of its thousandths is the nearest there is.
        return half_up(wanted.gross_cents * amount, wanted.quantity_thousandths) if wanted.quantity_thousandths else 0
    if of.price_basis is PriceBasis.CONTENT and not by_weight(of):
        content = 1000 if of.content_thousandths is None else of.content_thousandths
        return half_up(cents * amount * content, 1_000_000)
    return half_up(cents * amount, 1000)


def _unit_cents(of: Goods, quantity: int) -> int | None:
    """The price for so much; None where it was not kept."""
    cents = of.price_cents
    for tier in of.tiers if cents is not None else ():
        if quantity >= tier.from_thousandths:
            cents = tier.price_cents
    return cents


class Why(StrEnum):
    """Why a line is not as it was expected."""

    NOTHING_CAME = "nothing_came"
    LESS_CAME = "less_came"
    MORE_CAME = "more_came"
    LIGHTER = "lighter"
    HEAVIER = "heavier"
    BORNE = "borne"
    """It weighed more or less, and the producer bears the difference."""
    SHARED = "shared"
    """Its buyers share the producer's bill by what each was weighed."""
    HUB = "hub"
    FUND = "fund"
    """It weighed less; what the bill of the producer is more, the hub pays, or the solidarity fund."""
    SPOILED = "spoiled"
    """Some of it was spoiled, and is not charged."""
    LOSS_SHARED = "loss_shared"
    """Some of it was spoiled, with this household or another: those who agreed share what it cost."""


class Expected(NamedTuple):
    """What a line was without what is known of the delivery."""

    quantity_thousandths: int
    gross_cents: int
    why: Why
    rule: str = ""
    """Where it is said of the product who carries a difference: who, and by which version of the rules."""
    spoiled_thousandths: int = 0


class Spoiled(NamedTuple):
    """What claims make of a line: how much of it is not charged or is shared, what it costs then, and by which rule."""

    thousandths: int
    gross_cents: int
    rule: str
    why: Why = Why.SPOILED


class Otherwise(NamedTuple):
    """A line as it is billed, as it was expected, and why they differ."""

    billed: Priced
    wanted: Priced
    why: Why
    rule: str = ""
    spoiled_thousandths: int = 0


def came_otherwise(
    bought: Iterable[Line],
    goods: Mapping[str, Goods],
    handed: Mapping[str, Came],
    shared: Mapping[str, int] = {},
    spoiled: Mapping[str, Spoiled] = {},
) -> dict[str, Otherwise]:
    """By key of goods, of the lines of which something else came than was expected. A household has one order in a
    cycle, and that one line of a product. `shared`: cents by product, of those whose bill is shared over its buyers.
    `spoiled`: by product, of those that claims were made on."""
    found = {}
    for key, quantity, gross in bought:
        of = goods[key]
        came = handed.get(of.product_id)
        wanted = billed = expected(of, quantity, gross)
        if came is not None:
            billed = delivered(of, quantity, gross, came)
        if of.product_id in shared:
            billed = replace(billed, gross_cents=shared[of.product_id])
        lost = spoiled.get(of.product_id)
        if lost is not None and billed.quantity_thousandths:
            billed = replace(billed, gross_cents=lost.gross_cents)
            found[key] = Otherwise(billed, wanted, lost.why, lost.rule, lost.thousandths)
        elif billed != wanted:
            found[key] = Otherwise(billed, wanted, _why(of, billed, wanted, came), rule_of(of, came))
    return found


RULES_OF_WEIGHT = 1
"""The version of how differences are carried; whoever changes it says so on every line it makes."""


def rule_of(of: Goods, came: Came | None) -> str:
    """`buyers/1`; empty where nobody said it of the product: papers of earlier releases say nothing of it."""
    return f"{bearer_of(of, came).value}/{RULES_OF_WEIGHT}" if of.bearer is not None and measured(of) else ""


def _why(of: Goods, billed: Priced, wanted: Priced, came: Came | None) -> Why:
    more = billed.quantity_thousandths > wanted.quantity_thousandths
    if not billed.quantity_thousandths:
        return Why.NOTHING_CAME
    if not measured(of):
        return Why.MORE_CAME if more else Why.LESS_CAME
    bearer = bearer_of(of, came)
    if bearer is Bearer.PRODUCER:
        return Why.BORNE
    if bearer is Bearer.BUYERS:
        return Why.SHARED
    if bearer in (Bearer.HUB, Bearer.FUND) and not more:
        return Why.HUB if bearer is Bearer.HUB else Why.FUND
    return Why.HEAVIER if more else Why.LIGHTER
