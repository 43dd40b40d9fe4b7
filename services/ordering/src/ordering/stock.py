"""What is left of the scarce goods of a cycle: of products, and of pools that several sizes of one product share.

A scarce product draws on what there is of itself, on what there is of its pool, or on both: a bag of 5 kg takes 5 kg of
the lemons, whichever group orders it and whatever sizes others order. The names of both kinds share one space: a
product is called by its id, a pool by POOL and its id.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import CTE, Column, Connection, Select, Table, Update, bindparam, select

from chassis import bulk
from chassis.bulk import among
from ordering.cycle_offer import cycle_offer
from ordering.cycle_pool import cycle_pool
from ordering.offer import Offer
from ordering.pool import is_pooled, pool_of, size_of

POOL = "pool:"

Draws = tuple[tuple[str, int], ...]
"""What a product draws on, and thousandths that one order unit takes of it: ("pool:lemons", 5000)."""


class OutOfStock(Exception):
    """Somebody else was faster. `left`: what -> thousandths one could still have, the own booking included."""

    def __init__(self, left: Mapping[str, int]) -> None:
        super().__init__(", ".join(f"{name}: {quantity} left" for name, quantity in left.items()))
        self.left = dict(left)


class Stock:
    """What is left of the scarce goods of a cycle while their rows are locked: booked here, then written at once."""

    def __init__(self, left: Mapping[str, int]) -> None:
        self._left = dict(left)
        self.booked: dict[str, int] = {}

    def book(self, changes: Mapping[str, int]) -> None:
        """Book more (or, below zero, less) of some goods: all of `changes`, or nothing and OutOfStock.

        Giving back is always possible, also where more is spoken for than there is.
        """
        short = {p: self._left[p] for p, change in changes.items() if change > 0 and change > self._left[p]}
        if short:
            raise OutOfStock(short)
        for name, change in changes.items():
            self._left[name] -= change
            self.booked[name] = self.booked.get(name, 0) + change


def draws_of(offers: Iterable[Offer], pools: Collection[str]) -> dict[str, Draws]:
    """Scarce product -> what it draws on. `pools`: those that are bounded."""
    found = {}
    for offer in offers:
        of_itself = ((offer.product_id, 1000),) if offer.available_thousandths is not None else ()
        of_pool = ((POOL + pool_of(offer), size_of(offer)),) if is_pooled(offer) and pool_of(offer) in pools else ()
        if of_itself or of_pool:
            found[offer.product_id] = (*of_itself, *of_pool)
    return found


def at_stake(scarce: Mapping[str, Draws], before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Scarce product or pool -> how much more, or less below zero, a household wants than it has booked."""
    changes: dict[str, int] = {}
    for product in {*before, *after} & scarce.keys():
        change = after.get(product, 0) - before.get(product, 0)
        for name, size in scarce[product]:
            changes[name] = changes.get(name, 0) + change * size // 1000
    return {name: change for name, change in changes.items() if change}


def drawn(scarce: Mapping[str, Draws], quantities: Mapping[str, int], name: str) -> int:
    """What quantities of products take of a scarce product or pool."""
    return sum(
        quantity * size // 1000
        for product, quantity in quantities.items()
        for of, size in scarce.get(product, ())
        if of == name
    )


# Operations


def locked_stock(connection: Connection, cycle_id: str, names: Collection[str]) -> Stock:
    """The stock of these scarce goods, nobody else's to book until the end of the transaction: products first, then
    pools. The caller shares the cycle's lock, so that no bound moves meanwhile."""
    left: dict[str, int] = {}
    pools = [name.removeprefix(POOL) for name in names if name.startswith(POOL)]
    products = [name for name in names if not name.startswith(POOL)]
    if products:
        these = {"cycle": cycle_id, "ids": products}
        left = {row.id: row.left for row in connection.execute(_left(_PRODUCTS, connection.dialect.name), these)}
    if pools:
        these = {"cycle": cycle_id, "ids": pools}
        found = connection.execute(_left(_POOLS, connection.dialect.name), these)
        left |= {POOL + row.id: row.left for row in found}
    return Stock(left)


def write_stock(connection: Connection, cycle_id: str, stock: Stock) -> None:
    """SQLite: what was booked."""
    for kind, changes in _changes(stock).items():
        rows = [{"cycle": cycle_id, "good": good, "change": change} for good, change in changes]
        connection.execute(_book(kind), rows)


def bookings(cycle_id: str, stock: Stock) -> tuple[tuple[str, ...], dict[str, Any]]:
    """PostgreSQL: the kinds of goods that were booked, whose `booked` are to be added to a statement, and what to run
    it with."""
    changes = _changes(stock)
    given: dict[str, Any] = {"booked_in": cycle_id}
    for kind, its in changes.items():
        given |= bulk.arrays((f"{kind}_good", f"{kind}_change"), its)
    return tuple(changes), given


def booked(kind: str) -> CTE:
    """PostgreSQL: writes what was booked of a kind of goods, beside the statement that it is added to."""
    table, its_id = _table(kind)
    reserved = table.c.reserved_thousandths
    change = bulk.given(**{f"{kind}_good": its_id.type, f"{kind}_change": reserved.type}).c
    mine = (table.c.cycle_id == bindparam("booked_in")) & (its_id == change[f"{kind}_good"])
    return table.update().where(mine).values(reserved_thousandths=reserved + change[f"{kind}_change"]).cte(kind)


def _changes(stock: Stock) -> dict[str, list[tuple[str, int]]]:
    """Kind -> names and what more is spoken for, in thousandths; products come before pools."""
    found: dict[str, list[tuple[str, int]]] = {_PRODUCTS: [], _POOLS: []}
    for name, change in stock.booked.items():
        if change:
            found[_POOLS if name.startswith(POOL) else _PRODUCTS].append((name.removeprefix(POOL), change))
    return {kind: changes for kind, changes in found.items() if changes}


_PRODUCTS, _POOLS = "products", "pools"


def _table(kind: str) -> tuple[Table, Column[str]]:
    """The table of a kind of scarce goods, and the column that names them."""
    table, name = (cycle_offer, "product_id") if kind == _PRODUCTS else (cycle_pool, "pool_id")
    return table, table.c[name]


@cache
def _left(kind: str, dialect: str) -> Select[Any]:
    # In order of id, so that two baskets with the same goods wait for each other instead of deadlocking.
    table, its_id = _table(kind)
    left = (table.c.available_thousandths - table.c.reserved_thousandths).label("left")
    these = (table.c.cycle_id == bindparam("cycle")) & among(its_id, "ids", dialect)
    return select(its_id.label("id"), left).where(these).order_by(its_id).with_for_update()


@cache
def _book(kind: str) -> Update:
    table, its_id = _table(kind)
    reserved = table.c.reserved_thousandths
    mine = (table.c.cycle_id == bindparam("cycle")) & (its_id == bindparam("good"))
    return table.update().where(mine).values(reserved_thousandths=reserved + bindparam("change"))
