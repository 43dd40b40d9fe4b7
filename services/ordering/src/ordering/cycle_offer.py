"""What one cycle offers: articles frozen when it opened, and how much of the scarce ones is spoken for.

`reserved_thousandths` is kept only where `available_thousandths` bounds the offer: orders of what is not scarce then
never wait for each other. The invariant is reserved <= available, and reserved = the sum of the lines ordered.
"""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    Text,
    Update,
    bindparam,
    func,
    select,
)

from chassis import bulk
from chassis.bulk import among
from chassis.database import Reader, Writer
from ordering.offer import Choice, Kind, Offer, by_producer_and_name, chosen, offer_from, on_offer
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


class OutOfStock(Exception):
    """Somebody else was faster. `left`: product id -> thousandths one could still have, the own booking included."""

    def __init__(self, left: Mapping[str, int]) -> None:
        super().__init__(", ".join(f"{product}: {quantity} left" for product, quantity in left.items()))
        self.left = dict(left)


async def freeze(writer: Writer, cycle_id: str, offers: list[Offer], after: int = 0) -> None:
    """Put offers into a cycle; nothing of them is spoken for yet. Their numbers follow `after`, in the order given."""
    if offers:
        rows = [
            {"cycle_id": cycle_id, "reserved_thousandths": 0, **offer.row(), "code": code}
            for code, offer in enumerate(offers, start=after + 1)
        ]
        await writer.execute(cycle_offer.insert(), rows)


class Stock:
    """What is left of the scarce goods of a cycle while their rows are locked: booked here, then written at once."""

    def __init__(self, left: Mapping[str, int]) -> None:
        self._left = dict(left)
        self.booked: dict[str, int] = {}

    def book(self, changes: Mapping[str, int]) -> None:
        """Book more (or, below zero, less) of some products: all of `changes`, or nothing and OutOfStock.

        Giving back is always possible, also where more is spoken for than there is.
        """
        short = {p: self._left[p] for p, change in changes.items() if change > 0 and change > self._left[p]}
        if short:
            raise OutOfStock(short)
        for product, change in changes.items():
            self._left[product] -= change
            self.booked[product] = self.booked.get(product, 0) + change


@cache
def _left(dialect: str) -> Select[Any]:
    # In order of product, so that two baskets with the same goods wait for each other instead of deadlocking.
    offer = cycle_offer.c
    left = (offer.available_thousandths - offer.reserved_thousandths).label("left")
    these = (offer.cycle_id == bindparam("cycle")) & among(offer.product_id, "products", dialect)
    return select(offer.product_id, left).where(these).order_by(offer.product_id).with_for_update()


@cache
def _book(dialect: str) -> Update:
    offer = cycle_offer.c
    product: ColumnElement[str] = bindparam("product")
    change: ColumnElement[int] = bindparam("change")
    if dialect != "sqlite":
        booked = bulk.given(product=offer.product_id.type, change=offer.reserved_thousandths.type)
        product, change = booked.c.product, booked.c.change
    mine = (offer.cycle_id == bindparam("cycle")) & (offer.product_id == product)
    return cycle_offer.update().where(mine).values(reserved_thousandths=offer.reserved_thousandths + change)


def locked_stock(connection: Connection, cycle_id: str, products: Collection[str]) -> Stock:
    """The stock of these scarce goods, nobody else's to book until the end of the transaction. The caller shares the
    cycle's lock, so that no bound moves meanwhile."""
    if not products:
        return Stock({})
    at_stake = {"cycle": cycle_id, "products": list(products)}
    found = connection.execute(_left(connection.dialect.name), at_stake)
    return Stock({row.product_id: row.left for row in found})


def write_stock(connection: Connection, cycle_id: str, stock: Stock) -> None:
    changes = [(product, change) for product, change in stock.booked.items() if change]
    if not changes:
        return
    dialect = connection.dialect.name
    if dialect == "sqlite":
        each = [{"cycle": cycle_id, "product": product, "change": change} for product, change in changes]
        connection.execute(_book(dialect), each)
    else:
        connection.execute(_book(dialect), {"cycle": cycle_id} | bulk.arrays(("product", "change"), changes))


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
                bound = choice.available.get(offer.product_id, offer.available_thousandths)
                wanted.setdefault(offer.product_id, offer.with_available(bound))
    ordered = await _ordered(writer, cycle_id)
    _check(choice, held, wanted, ordered, {offer.product_id for offer in candidates})
    gone = [product for product in held if product not in wanted]
    if gone:
        await writer.execute(
            cycle_offer.delete().where(cycle_offer.c.cycle_id == cycle_id, cycle_offer.c.product_id.in_(gone))
        )
    # Behind every number given so far: forms that are printed already keep saying what they say.
    last = max((offer.code for offer in held.values()), default=0)
    await freeze(writer, cycle_id, [offer for product, offer in wanted.items() if product not in held], last)
    for product, offer in wanted.items():
        if product in held and held[product].available_thousandths != offer.available_thousandths:
            await _bound(writer, cycle_id, product, offer.available_thousandths, ordered.get(product, 0))


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
    if wrong:
        raise Impossible(wrong, names)


async def _bound(writer: Writer, cycle_id: str, product_id: str, available: int | None, ordered: int) -> None:
    mine = (cycle_offer.c.cycle_id == cycle_id) & (cycle_offer.c.product_id == product_id)
    reserved = 0 if available is None else ordered
    values = {"available_thousandths": available, "reserved_thousandths": reserved}
    await writer.execute(cycle_offer.update().where(mine).values(**values))


async def _ordered(reader: Reader, cycle_id: str) -> dict[str, int]:
    """Thousandths ordered, by product."""
    total = func.sum(order_line.c.quantity_thousandths).label("quantity")
    statement = select(order_line.c.product_id, total).where(order_line.c.cycle_id == cycle_id)
    rows = await reader.all(statement.group_by(order_line.c.product_id))
    return {row["product_id"]: int(row["quantity"]) for row in rows}


# Queries


async def offers_of(reader: Reader, cycle_id: str) -> list[Offer]:
    """What the cycle offers, by producer and name."""
    rows = await reader.all(select(cycle_offer).where(cycle_offer.c.cycle_id == cycle_id))
    return by_producer_and_name(offer_from(row) for row in rows)


_SOME = select(
    cycle_offer.c.product_id,
    cycle_offer.c.producer_name,
    cycle_offer.c.article,
    cycle_offer.c.available_thousandths,
).where(
    cycle_offer.c.cycle_id == bindparam("cycle"), cycle_offer.c.product_id.in_(bindparam("products", expanding=True))
)


async def frozen(reader: Reader, cycle_id: str, product_ids: list[str]) -> dict[str, Offer]:
    """The offers of these products in the cycle, by product; what is not on offer is left out."""
    if not product_ids:
        return {}
    found = await reader.connection.execute(_SOME, {"cycle": cycle_id, "products": product_ids})
    bare: dict[str, Any] = {"season": None, "allergens": (), "labels": (), "note": "", "details": {}}
    return {row["product_id"]: offer_from({**row, **bare}) for row in found.mappings()}
