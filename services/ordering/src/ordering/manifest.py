"""The manifest of a cycle: what all its orders come to, counted by the database from the lines themselves.

What was asked is summed from an index; where something else is given, the difference is added.
"""

import asyncio
from collections.abc import Mapping

from sqlalchemy import RowMapping, column, func, select, table

from chassis.database import Reader
from contracts.ordering import Manifest, ProducerTotal, manifest_digest
from ordering import allocated_line
from ordering.allocated_line import NONE, Correction
from ordering.order_line import order_line

# By name: order.py needs the cycle, and the cycle needs this.
_orders = table(
    "household_order", column("id"), column("version"), column("cycle_id"), column("state"), column("group_id")
)


async def count(reader: Reader, cycle_id: str) -> Manifest:
    """What the placed orders of the cycle get. Withdrawn orders have no lines and are not counted."""
    producers = await reader.all(
        select(
            order_line.c.producer_id,
            func.count().label("lines"),
            func.sum(order_line.c.quantity_thousandths).label("quantity"),
            func.sum(order_line.c.gross_cents).label("gross"),
        )
        .where(order_line.c.cycle_id == cycle_id)
        .group_by(order_line.c.producer_id)
        .order_by(order_line.c.producer_id)
    )
    placed = select(_orders.c.id, _orders.c.version).where(_orders.c.cycle_id == cycle_id, _orders.c.state == "placed")
    corrections = await allocated_line.corrections(reader, cycle_id)
    orders = [(row["id"], row["version"]) async for rows in reader.portions(placed, 5_000) for row in rows]
    totals = tuple(total for row in producers if (total := _total(row, corrections)).lines)
    return Manifest(
        orders=len(orders),
        lines=sum(total.lines for total in totals),
        quantity_thousandths=sum(total.quantity_thousandths for total in totals),
        gross_cents=sum(total.gross_cents for total in totals),
        # In a thread: of a large cycle it takes a while, and pages are to be answered meanwhile.
        digest=await asyncio.to_thread(manifest_digest, orders),
        producers=totals,
    )


def _total(row: RowMapping, corrections: Mapping[str, Correction]) -> ProducerTotal:
    # Nobody gets goods of a producer of whom nothing was asked: a substitute comes from the one it stands in for.
    more = corrections.get(row["producer_id"], NONE)
    return ProducerTotal(
        producer_id=row["producer_id"],
        lines=row["lines"] + more.lines,
        quantity_thousandths=int(row["quantity"]) + more.quantity_thousandths,
        gross_cents=int(row["gross"]) + more.gross_cents,
    )


async def groups_with_orders(reader: Reader, cycle_id: str) -> set[str]:
    placed = select(_orders.c.group_id).where(_orders.c.cycle_id == cycle_id, _orders.c.state == "placed").distinct()
    return {row["group_id"] for row in await reader.all(placed)}
