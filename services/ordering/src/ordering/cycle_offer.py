"""What one cycle offers: articles frozen when it opened, and how much of the scarce ones is spoken for.

`reserved_thousandths` is kept only where `available_thousandths` bounds the offer: orders of what is not scarce then
never wait for each other. The invariant is reserved <= available, and reserved = the sum of the lines ordered.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    cast,
    func,
    select,
)

from chassis.database import Reader, Writer
from ordering.cycle_pool import bound_pools, left_of_pools, pools_of, with_left
from ordering.offer import (
    Choice,
    Kind,
    Offer,
    bounded,
    bounds_of_pools,
    by_producer_and_name,
    chosen,
    columns_of,
    offer_from,
    on_offer,
)
from ordering.order_line import order_line
from ordering.plan import Impossible, Problem
from ordering.tables import metadata

cycle_offer = Table(
    "cycle_offer",
    metadata,
    Column("cycle_id", String(60), ForeignKey("cycle.id"), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("producer_id", String(60), nullable=False),
    Column("producer_name", String(200), nullable=False),
    Column("article", JSON, nullable=False),
    Column("season", JSON(none_as_null=True)),
    Column("allergens", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("details", JSON, nullable=False),
    # Its number on paper: counted by producer and name when the cycle opened; what came later follows.
    Column("code", Integer, nullable=False),
    Column("available_thousandths", BigInteger),
    Column("reserved_thousandths", BigInteger, nullable=False),
    # The last guard behind the stock booked in memory: a bug may refuse too much, never sell what is not there.
    CheckConstraint(
        "available_thousandths IS NULL OR reserved_thousandths <= available_thousandths", name="not_oversold"
    ),
)


async def freeze(writer: Writer, cycle_id: str, offers: list[Offer]) -> None:
    """Put offers into a cycle that opens: nothing of them is spoken for yet. They are numbered in the order given."""
    # Sizes of one pool may have been heard of at different moments: of the pool one bound counts.
    agreed = bounded(offers, bounds_of_pools(offers))
    await _put(writer, cycle_id, agreed, 0)
    await bound_pools(writer, cycle_id, agreed, {})


async def _put(writer: Writer, cycle_id: str, offers: list[Offer], after: int) -> None:
    """Offers of which nothing is spoken for yet. Their numbers follow `after`."""
    if offers:
        rows = [
            {"cycle_id": cycle_id, "reserved_thousandths": 0, **offer.row(), "code": code}
            for code, offer in enumerate(offers, start=after + 1)
        ]
        await writer.execute(cycle_offer.insert(), rows)


async def settle(writer: Writer, cycle_id: str, choice: Choice, delivers_on: date) -> None:
    """Bring the offers of an open cycle to a new choice. The caller holds the cycle's lock, so nobody orders meanwhile.

    What is on offer keeps its frozen article and its bound unless the choice says otherwise; by season, what is on
    offer stays. Raises Impossible where a product that is ordered would go, or less be available than is ordered.
    """
    held = {offer.product_id: offer for offer in await offers_of(writer, cycle_id)}
    candidates = list(held.values()) + [o for o in await on_offer(writer) if o.product_id not in held]
    wanted = {offer.product_id: offer for offer in chosen(choice, candidates, delivers_on)}
    if choice.kind is not Kind.PRODUCTS:
        for offer in held.values():
            if choice.kind is Kind.SEASON or offer.producer_id in choice.producer_ids:
                wanted.setdefault(offer.product_id, offer)
    bounds = {**bounds_of_pools(wanted.values()), **bounds_of_pools(held.values()), **choice.available}
    wanted = {offer.product_id: offer for offer in bounded(wanted.values(), bounds)}
    ordered = await _ordered(writer, cycle_id)
    _check(choice, held, wanted, ordered, {offer.product_id for offer in candidates})
    gone = [product for product in held if product not in wanted]
    if gone:
        await writer.execute(
            cycle_offer.delete().where(cycle_offer.c.cycle_id == cycle_id, cycle_offer.c.product_id.in_(gone))
        )
    # Behind every number given so far: forms that are printed already keep saying what they say.
    last = max((offer.code for offer in held.values()), default=0)
    await _put(writer, cycle_id, [offer for product, offer in wanted.items() if product not in held], last)
    for product, offer in wanted.items():
        if product in held and _bounds(held[product]) != _bounds(offer):
            await _bound(writer, cycle_id, offer, ordered.get(product, 0))
    await bound_pools(writer, cycle_id, wanted.values(), ordered)


def _bounds(offer: Offer) -> tuple[int | None, int | None]:
    pool = offer.details.pool
    return offer.available_thousandths, pool.available_thousandths if pool else None


def _check(
    choice: Choice,
    held: Mapping[str, Offer],
    wanted: Mapping[str, Offer],
    ordered: Mapping[str, int],
    known: set[str],
) -> None:
    wrong: dict[str, Problem] = {}
    names: dict[str, str] = {}
    if choice.kind is Kind.PRODUCTS and set(choice.product_ids) - known:
        wrong["offers"] = Problem.UNKNOWN_PRODUCT
    if not wanted:
        wrong["offers"] = Problem.NO_OFFER
    gone = [held[product].article.name.fr for product in held if product in ordered and product not in wanted]
    if gone:
        wrong["offers"], names["offers"] = Problem.PRODUCT_IS_ORDERED, ", ".join(gone)
    for product, offer in wanted.items():
        bound = offer.available_thousandths
        if bound is not None and bound < ordered.get(product, 0):
            wrong[f"available-{product}"] = Problem.BELOW_WHAT_IS_ORDERED
    for pool_id, (available, reserved) in pools_of(wanted.values(), ordered).items():
        if available < reserved:
            wrong[f"available-{pool_id}"] = Problem.BELOW_WHAT_IS_ORDERED
    if wrong:
        raise Impossible(wrong, names)


async def _bound(writer: Writer, cycle_id: str, offer: Offer, ordered: int) -> None:
    mine = (cycle_offer.c.cycle_id == cycle_id) & (cycle_offer.c.product_id == offer.product_id)
    reserved = 0 if offer.available_thousandths is None else ordered
    values = {"available_thousandths": offer.available_thousandths, "reserved_thousandths": reserved}
    await writer.execute(cycle_offer.update().where(mine).values(**values, details=offer.details.stored()))


async def _ordered(reader: Reader, cycle_id: str) -> dict[str, int]:
    """Thousandths ordered, by product."""
    total = func.sum(order_line.c.quantity_thousandths).label("quantity")
    statement = select(order_line.c.product_id, total).where(order_line.c.cycle_id == cycle_id)
    rows = await reader.all(statement.group_by(order_line.c.product_id))
    return {row["product_id"]: int(row["quantity"]) for row in rows}


# Queries


async def offers_of(reader: Reader, cycle_id: str) -> list[Offer]:
    """What the cycle offers, by producer and name."""
    rows = await reader.all(select(*columns_of(cycle_offer)).where(cycle_offer.c.cycle_id == cycle_id))
    left = await reader.connection.run_sync(left_of_pools, cycle_id)
    return with_left(by_producer_and_name(offer_from(row) for row in rows), left)


_SOME = select(
    cycle_offer.c.product_id,
    cycle_offer.c.producer_name,
    cast(cycle_offer.c.article, Text).label("article"),
    cycle_offer.c.available_thousandths,
).where(
    cycle_offer.c.cycle_id == bindparam("cycle"), cycle_offer.c.product_id.in_(bindparam("products", expanding=True))
)


async def frozen(reader: Reader, cycle_id: str, product_ids: list[str]) -> dict[str, Offer]:
    """The offers of these products in the cycle, by product; what is not on offer is left out."""
    if not product_ids:
        return {}
    found = await reader.connection.execute(_SOME, {"cycle": cycle_id, "products": product_ids})
    bare: dict[str, Any] = {"season": None, "allergens": "[]", "labels": "[]", "note": "", "details": "{}"}
    return {row["product_id"]: offer_from({**row, **bare}) for row in found.mappings()}
