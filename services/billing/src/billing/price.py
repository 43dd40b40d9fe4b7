"""What a line costs when something else came than was expected. Nothing here does I/O.

The price is that of the quantity ordered: who is brought less by a shortage keeps the price by quantity. A weighed line
is its quantity times the price of its unit, half up to the cent; one that came as expected keeps its sum to the cent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from billing.order import Goods, Line
from billing.shares import half_up
from contracts import PriceBasis, Unit


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
    borne = came.borne_by_producer and measured(of) and amount > 0
    as_expected = amount == wanted.quantity_thousandths or borne
    cents = gross if as_expected else _gross_cents(of, quantity, wanted, amount)
    return Priced(amount, wanted.unit, cents, deposit)


def _gross_cents(of: Goods, quantity: int, wanted: Priced, amount: int) -> int:
    """`quantity`: as ordered, in the order unit; `amount`: as it came, in the unit that is billed."""
    if of.price_cents is None:
        # Its price was not kept: what the line cost for each of its thousandths is the nearest there is.
        return half_up(wanted.gross_cents * amount, wanted.quantity_thousandths) if wanted.quantity_thousandths else 0
    cents = of.price_cents
    for tier in of.tiers:
        if quantity >= tier.from_thousandths:
            cents = tier.price_cents
    if of.price_basis is PriceBasis.CONTENT and not by_weight(of):
        content = 1000 if of.content_thousandths is None else of.content_thousandths
        return half_up(cents * amount * content, 1_000_000)
    return half_up(cents * amount, 1000)


class Why(StrEnum):
    """Why a line is not as it was expected."""

    NOTHING_CAME = "nothing_came"
    LESS_CAME = "less_came"
    MORE_CAME = "more_came"
    LIGHTER = "lighter"
    HEAVIER = "heavier"
    BORNE = "borne"
    """It weighed more or less, and the producer bears the difference."""


class Expected(NamedTuple):
    """What a line was without what is known of the delivery."""

    quantity_thousandths: int
    gross_cents: int
    why: Why


class Otherwise(NamedTuple):
    """A line as it is billed, as it was expected, and why they differ."""

    billed: Priced
    wanted: Priced
    why: Why


def came_otherwise(
    bought: Iterable[Line], goods: Mapping[str, Goods], handed: Mapping[str, Came]
) -> dict[str, Otherwise]:
    """By key of goods, of the lines of which something else came than was expected. A household has one order in a
    cycle, and that one line of a product."""
    found = {}
    for key, quantity, gross in bought:
        of = goods[key]
        came = handed.get(of.product_id)
        if came is None:
            continue
        wanted, billed = expected(of, quantity, gross), delivered(of, quantity, gross, came)
        if billed != wanted:
            found[key] = Otherwise(billed, wanted, _why(of, billed, wanted, came))
    return found


def _why(of: Goods, billed: Priced, wanted: Priced, came: Came) -> Why:
    more = billed.quantity_thousandths > wanted.quantity_thousandths
    if not billed.quantity_thousandths:
        return Why.NOTHING_CAME
    if not measured(of):
        return Why.MORE_CAME if more else Why.LESS_CAME
    if came.borne_by_producer:
        return Why.BORNE
    return Why.HEAVIER if more else Why.LIGHTER
