"""The newest word on every order: what a confirmation tells, and who has ordered. A copy of ordering's."""

from collections.abc import Collection, Sequence

from sqlalchemy import Column, Integer, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from contracts import ordering
from notify.schema import metadata

PLACED, WITHDRAWN = "placed", "withdrawn"

order = Table(
    "household_order",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(100), nullable=False, index=True),
    Column("household_id", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("said", Text, nullable=False),
)
"""`said`: the event itself, as JSON: read again only for the mail."""


async def keep_orders(writer: Writer, events: Sequence[ordering.OrderPlaced | ordering.OrderWithdrawn]) -> set[str]:
    """The ids of the orders that were news."""
    rows = [
        {
            "id": said.id,
            "version": said.version,
            "cycle_id": said.cycle_id,
            "household_id": said.household_id,
            "state": PLACED if isinstance(said, ordering.OrderPlaced) else WITHDRAWN,
            "said": said.model_dump_json(),
        }
        for said in events
    ]
    return await writer.keep_newest_of(order, rows)


async def orders_by_id(reader: Reader, order_ids: Collection[str]) -> dict[str, RowMapping]:
    return {row["id"]: row for row in await reader.all(select(order).where(order.c.id.in_(order_ids)))}


async def households_with_orders(reader: Reader, cycle_id: str) -> set[str]:
    placed = select(order.c.household_id).where(order.c.cycle_id == cycle_id, order.c.state == PLACED)
    return {row["household_id"] for row in await reader.all(placed)}
