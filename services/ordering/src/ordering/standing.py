"""What is asked in a cycle at its closing, as far as it can matter to what is given.

A cycle without cases, pools and minima has none: its closing reads no line. Of a producer whose minimum is reached
anyhow, by goods that come loose, only the sums are looked at.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import RowMapping, func, select

from chassis.database import Reader
from contracts.catalog import Minimum, MinimumKind
from ordering import join, surplus
from ordering.allocation import Asked, Standing
from ordering.cycle import Cycle
from ordering.cycle_offer import offers_of
from ordering.household import household
from ordering.minimum import Goods, Vat, reached, regimes_without_vat
from ordering.offer import Offer
from ordering.order import household_order
from ordering.order_line import order_line
from ordering.pool import matters
from ordering.producer import all_producers
from ordering.wanted import Terms


async def standing_of(reader: Reader, of: Cycle, country: str) -> Standing | None:
    """None where everybody gets what they ask, without looking. `country`: where the goods are handed out."""
    offers = {offer.product_id: offer for offer in await offers_of(reader, of.id)}
    there = {offer.producer_id for offer in offers.values()}
    producers = await all_producers(reader)
    minima = {
        row["id"]: Minimum.model_validate(row["minimum"]) for row in producers if row["minimum"] and row["id"] in there
    }
    vat = vat_of(producers, country)
    products = {product for product, offer in offers.items() if matters(offer)}
    minima = {
        producer: minimum
        for producer, minimum in minima.items()
        if any(offers[product].producer_id == producer for product in products)
        or not await _is_reached(reader, of.id, producer, minimum, offers, vat)
    }
    products |= {product for product, offer in offers.items() if offer.producer_id in minima}
    asked = await asked_of(reader, of.id, products) if products else ()
    if not asked:
        return None
    home = await surplus.shelf(reader, of)
    return Standing(
        of.seed, offers, asked, minima, vat, await join.targets(reader, of), home["name"] if home is not None else ""
    )


def vat_of(producers: Iterable[RowMapping], country: str) -> Vat:
    """The VAT in the prices of these producers."""
    return Vat(country, frozenset(row["id"] for row in producers if row["seller_regime"] in regimes_without_vat()))


async def _is_reached(
    reader: Reader, cycle_id: str, producer_id: str, minimum: Minimum, offers: Mapping[str, Offer], vat: Vat
) -> bool:
    if minimum.kind is MinimumKind.CASES:
        return False
    line = order_line.c
    sums = select(
        line.product_id,
        func.sum(line.quantity_thousandths).label("quantity"),
        func.sum(line.gross_cents).label("gross"),
    )
    its = sums.where(line.cycle_id == cycle_id, line.producer_id == producer_id).group_by(line.product_id)
    goods = [
        Goods(offers[row["product_id"]].article, int(row["quantity"]), int(row["gross"]))
        for row in await reader.all(its)
    ]
    so_far = reached(minimum, goods, vat=vat)
    return not goods or so_far is None or so_far >= minimum.amount


async def asked_of(reader: Reader, cycle_id: str, products: Collection[str]) -> tuple[Asked, ...]:
    """The lines of these products, by order."""
    line, order = order_line.c, household_order.c
    lines = (
        select(
            line.order_id,
            order.household_id,
            order.household_name,
            order.group_id,
            line.product_id,
            line.quantity_thousandths,
            line.gross_cents,
            line.tolerance_thousandths,
            line.least_thousandths,
            line.substitute,
            household.c.solidarity,
            line.arrival,
        )
        .join(household_order, order.id == line.order_id)
        .join(household, household.c.id == order.household_id)
        .where(line.cycle_id == cycle_id, line.product_id.in_(list(products)))
        .order_by(line.order_id, line.product_id)
    )
    found = await reader.connection.execute(lines)
    return tuple([Asked(*row[:7], Terms(*row[7:10]), *row[10:]) for row in found])


async def names_of(reader: Reader, cycle_id: str, producers: Collection[str] | None = None) -> dict[str, str]:
    """Order -> household, of all that placed an order in the cycle, by name: who could take the rest of something.
    `producers`: those that ordered of their goods; None: all."""
    order, line = household_order.c, order_line.c
    placed = select(order.id, order.household_name).where(order.cycle_id == cycle_id, order.state == "placed")
    if producers is not None:
        of_theirs = select(line.order_id).where(line.cycle_id == cycle_id, line.producer_id.in_(list(producers)))
        placed = placed.where(order.id.in_(of_theirs))
    return {row["id"]: row["household_name"] for row in await reader.all(placed.order_by(order.household_name))}
