"""The shelf: products as lists show them, chosen by producer, month, state and words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from catalog import nomenclature
from catalog.producer import producer
from catalog.product import OFFERED, Product, from_row, product
from catalog.season import sold_in
from chassis.database import Reader


@dataclass(frozen=True)
class Shown:
    """A product with the name of its producer, for lists."""

    product: Product
    producer_name: str


async def offered_counts(reader: Reader, producer_ids: Iterable[str]) -> dict[str, int]:
    """Producer id -> how many products are on offer; nothing for those without."""
    statement = (
        select(product.c.producer_id, func.count().label("offered"))
        .where(product.c.state == OFFERED, product.c.producer_id.in_(list(producer_ids)))
        .group_by(product.c.producer_id)
    )
    return {row["producer_id"]: row["offered"] for row in await reader.all(statement)}


@dataclass(frozen=True)
class Wanted:
    """Which products a list shows. `only`: of these producers; `month`: sold in it; `incomplete`: those that lack a
    mandatory fact; empty: everything."""

    only: frozenset[str] | None = None
    producer_id: str = ""
    month: int | None = None
    state: str = ""
    search: str = ""
    incomplete: bool = False

    def applied(self, statement: Select[Any]) -> Select[Any]:
        if self.only is not None:
            statement = statement.where(product.c.producer_id.in_(self.only))
        if self.producer_id:
            statement = statement.where(product.c.producer_id == self.producer_id)
        if self.month is not None:
            statement = statement.where(sold_in(self.month, product.c.season_from, product.c.season_to))
        if self.state:
            statement = statement.where(product.c.state == self.state)
        if self.incomplete:
            statement = statement.where(product.c.incomplete)
        for word in nomenclature.folded(self.search).split()[:8]:
            statement = statement.where(product.c.words.contains(word, autoescape=True))
        return statement


async def list_of(reader: Reader, wanted: Wanted, limit: int, offset: int = 0) -> list[Shown]:
    """In the order of names, then references."""
    statement = (
        wanted.applied(select(product, producer.c.name.label("producer_name")))
        .join(producer, producer.c.id == product.c.producer_id)
        .order_by(product.c.words, product.c.id)
    )
    rows = await reader.all(statement.limit(limit).offset(offset))
    return [Shown(from_row(row), row["producer_name"]) for row in rows]


async def count_of(reader: Reader, wanted: Wanted) -> int:
    found: int = await reader.scalar(wanted.applied(select(func.count()).select_from(product)))
    return found
