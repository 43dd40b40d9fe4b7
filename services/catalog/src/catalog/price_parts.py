"""What goes with a price: cheaper from a quantity on, a deposit on the container, and what the price is made of."""

from collections.abc import Sequence

from catalog.sentence import Fault, _
from contracts import PriceTier, Unit
from contracts.catalog import Breakdown

MOST_TIERS = 3
"""As many as the form has rows."""
MOST_DEPOSIT = 100_00


def check_tiers(tiers: Sequence[PriceTier], price_cents: int, unit: Unit) -> list[Fault]:
    """Quantities rise and prices fall, from the product's own price on. Fields: `tier_from_1`, `tier_price_1`..."""
    faults = []
    from_before, price_before = 0, price_cents
    for number, tier in enumerate(tiers, start=1):
        if unit is Unit.PIECE and tier.from_thousandths % 1000:
            faults.append(Fault(f"tier_from_{number}", _("Pieces are counted in whole numbers.")))
        elif tier.from_thousandths <= from_before:
            faults.append(Fault(f"tier_from_{number}", _("Each quantity is larger than the one before it.")))
        if tier.price_cents >= price_before:
            faults.append(Fault(f"tier_price_{number}", _("Each price is lower than the one before it.")))
        from_before, price_before = tier.from_thousandths, tier.price_cents
    if len(tiers) > MOST_TIERS:
        faults.append(Fault("tier_from_1", _("At most %(most)s prices by quantity.", most=MOST_TIERS)))
    return faults


def check_breakdown(breakdown: Breakdown | None, price_cents: int) -> list[Fault]:
    """The parts add up to the price, to the cent: a price that does not explain itself explains nothing."""
    if breakdown is None:
        return []
    parts = total(breakdown)
    if parts == price_cents:
        return []
    sentence = _(
        "The parts come to %(parts)s €, the price is %(price)s €: they must be the same.",
        parts=_euros(parts),
        price=_euros(price_cents),
    )
    return [Fault("production", sentence)]


def total(breakdown: Breakdown) -> int:
    """Cents."""
    return breakdown.production_cents + breakdown.packing_cents + breakdown.transport_cents + breakdown.margin_cents


def check_deposit(deposit_cents: int) -> list[Fault]:
    if 0 <= deposit_cents <= MOST_DEPOSIT:
        return []
    return [Fault("deposit", _("The deposit is zero or more, at most %(most)s €.", most=MOST_DEPOSIT // 100))]


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
