"""Our copy of members' orders: of each its newest version.

An order that was allocated is one that stands, with what the household gets instead of what it asked; of what it does
not get there is no line. Of every line an order keeps the key of its goods (article and producer's name, written once
in `goods`), the quantity and the sum. So a batch of orders is taken in with one statement, and a closing reads short
rows.
"""

import json
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Index, Integer, RowMapping, Select, String, Table, Text, func, select

from chassis.database import Reader, Writer
from chassis.repeated import Repeated, contents_of, repeated_table
from chassis.tables import Row, Utc
from contracts import Article, Part
from contracts.ordering import AllocatedLine, Order, OrderAllocated, OrderLine, OrderPlaced, OrderWithdrawn
from logistics.tables import metadata

PLACED, WITHDRAWN = "placed", "withdrawn"
PORTION = 500
"""Orders read at a time."""

member_order = Table(
    "member_order",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(60), nullable=False),
    Column("household_id", String(60), nullable=False),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(60), nullable=False),
    Column("group_name", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("lines", Text, nullable=False),
)
"""`lines`: JSON, a list of [key of the goods, thousandths, gross cents]."""
Index("ix_member_order_cycle_id_state", member_order.c.cycle_id, member_order.c.state)

goods = repeated_table("goods", metadata)

Said = OrderPlaced | OrderAllocated | OrderWithdrawn
Line = tuple[str, int, int]
"""Key of the goods, thousandths, gross cents."""
Ordered = Sequence[Any]
"""household_id, household_name, group_id, group_name and lines of an order; the lines as they are kept."""


class Goods(Part):
    """What the lines of many orders have in common."""

    article: Article
    producer_name: str


class Orders:
    """Takes orders in."""

    def __init__(self) -> None:
        self._goods: Repeated[tuple[Article, str]] = Repeated(goods, content=_content, mark=_mark)

    async def keep(self, writer: Writer, events: Sequence[Said]) -> set[str]:
        """Keep what the events say, unless something newer is known; the ids of the orders that were news."""
        named = ((line.article, line.producer_name) for event in events for line in _lines(event))
        keys = iter(await self._goods.keys(writer, named))
        return await writer.keep_newest_of(member_order, [_row(event, keys) for event in events])


def _content(named: tuple[Article, str]) -> str:
    return Goods(article=named[0], producer_name=named[1]).model_dump_json()


def _mark(named: tuple[Article, str]) -> tuple[str, int, str]:
    return named[0].product_id, named[0].price_cents, named[1]


def _lines(event: Said) -> Sequence[OrderLine | AllocatedLine]:
    if isinstance(event, OrderPlaced):
        return event.lines
    if isinstance(event, OrderAllocated):
        # As the manifest counts: the lines of which something is given.
        return [line for line in event.lines if line.quantity_thousandths]
    return ()


def _row(event: Said, keys: Iterator[str]) -> Row:
    """`keys` gives that of each line in turn."""
    row: Row = {name: getattr(event, name) for name in _OF_EVERY_ORDER}
    row["state"] = WITHDRAWN if isinstance(event, OrderWithdrawn) else PLACED
    row["said_at"] = event.withdrawn_at if isinstance(event, OrderWithdrawn) else event.placed_at
    lines = [(next(keys), line.quantity_thousandths, line.gross_cents) for line in _lines(event)]
    row["lines"] = json.dumps(lines, separators=(",", ":"))
    return row


_OF_EVERY_ORDER = tuple(name for name in Order.model_fields if name in member_order.c)


def _of(cycle_id: str) -> Any:
    return (member_order.c.cycle_id == cycle_id) & (member_order.c.state == PLACED)


async def count_placed(reader: Reader, cycle_id: str) -> int:
    return int(await reader.scalar(select(func.count()).select_from(member_order).where(_of(cycle_id))) or 0)


async def held_versions(reader: Reader, cycle_id: str) -> list[tuple[str, int]]:
    """(order id, version) of every placed order held."""
    versions = select(member_order.c.id, member_order.c.version).where(_of(cycle_id))
    return [(row["id"], row["version"]) async for rows in reader.portions(versions, 5_000) for row in rows]


async def placed_orders(reader: Reader, cycle_id: str) -> AsyncIterator[list[RowMapping]]:
    """household_id, household_name, group_id, group_name and lines of every placed order, some at a time, oldest
    first: the order does not depend on how they arrived."""
    async for rows in reader.portions(_oldest_first(cycle_id), PORTION):
        yield rows


def _oldest_first(cycle_id: str) -> Select[tuple[str, str, str, str, str]]:
    c = member_order.c
    statement = select(c.household_id, c.household_name, c.group_id, c.group_name, c.lines).where(_of(cycle_id))
    return statement.order_by(c.said_at, c.id)


async def orders_to_gather(reader: Reader, cycle_id: str) -> AsyncIterator[Sequence[Ordered]]:
    """The same, for a closing: there are very many, and plain tuples are quicker."""
    found = await reader.connection.stream(_oldest_first(cycle_id), execution_options={"yield_per": PORTION})
    async for rows in found.partitions():
        yield rows


async def orders_for_tracing(reader: Reader, cycle_id: str) -> AsyncIterator[list[RowMapping]]:
    """id, household_id, household_name, group_id and lines of every placed order, some at a time."""
    c = member_order.c
    statement = select(c.id, c.household_id, c.household_name, c.group_id, c.lines).where(_of(cycle_id))
    async for rows in reader.portions(statement.order_by(c.id)):
        yield rows


def lines_of(row: RowMapping) -> list[Line]:
    return lines_in(row["lines"])


def lines_in(text: str) -> list[Line]:
    lines: list[Line] = json.loads(text)
    return lines


async def goods_of(reader: Reader, keys: Collection[str]) -> dict[str, Goods]:
    """By key."""
    contents = await contents_of(reader, goods, keys)
    return {key: Goods.model_validate_json(content) for key, content in contents.items()}
