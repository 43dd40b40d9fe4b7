"""Our copy of members' orders: of each its newest version.

The lines stay together as the JSON they came as: an order is taken in with one statement, and read once, at closing.
"""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Column, Index, Integer, RowMapping, String, Table, Text, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.ordering import Order, OrderLine, OrderPlaced, OrderWithdrawn
from logistics.tables import metadata

PLACED, WITHDRAWN = "placed", "withdrawn"

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
Index("ix_member_order_cycle_id_state", member_order.c.cycle_id, member_order.c.state)

_lines = TypeAdapter(tuple[OrderLine, ...])


async def keep_order(writer: Writer, event: OrderPlaced | OrderWithdrawn) -> bool:
    """Keep what the event says, unless something newer is known; True when it was taken."""
    placed = isinstance(event, OrderPlaced)
    row = event.model_dump(include={name for name in Order.model_fields if name in member_order.c})
    row["state"] = PLACED if placed else WITHDRAWN
    row["said_at"] = event.placed_at if isinstance(event, OrderPlaced) else event.withdrawn_at
    row["lines"] = _lines.dump_json(event.lines if isinstance(event, OrderPlaced) else ()).decode()
    return await writer.keep_newest(member_order, row)


def _of(cycle_id: str) -> Any:
    return (member_order.c.cycle_id == cycle_id) & (member_order.c.state == PLACED)


async def count_placed(reader: Reader, cycle_id: str) -> int:
    return int(await reader.scalar(select(func.count()).select_from(member_order).where(_of(cycle_id))) or 0)


async def held_versions(reader: Reader, cycle_id: str) -> list[tuple[str, int]]:
    """(order id, version) of every placed order held."""
    rows = await reader.all(select(member_order.c.id, member_order.c.version).where(_of(cycle_id)))
    return [(row["id"], row["version"]) for row in rows]


async def placed_orders(reader: Reader, cycle_id: str) -> list[RowMapping]:
    """Rows of every placed order held, oldest first: the order does not depend on how they arrived."""
    statement = select(member_order).where(_of(cycle_id)).order_by(member_order.c.said_at, member_order.c.id)
    return await reader.all(statement)


def lines_of(row: RowMapping) -> tuple[OrderLine, ...]:
    return _lines.validate_json(row["lines"])
