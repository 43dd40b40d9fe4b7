"""What each household was brought of a day: as it was recorded, and where nothing was, as it was ordered.

Logistics hears its own records again, from whichever page they were noted on: so a database that is rebuilt from the
events shares the same.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Column, Integer, String, Table, Text, select

from chassis.database import Reader, Writer
from contracts.logistics import DeliveryRecorded
from logistics.cycle import cycle_of, cycles_of_day
from logistics.member_order import goods_of, lines_of, placed_orders
from logistics.tables import metadata

SHARE = "share_costs"
"""The timer: for a day (its key), or for all (`sweep.SWEEP`)."""
PATIENCE = timedelta(seconds=20)
"""Deliveries are recorded many at a time: shared again once they are quiet."""

delivered = Table(
    "delivered",
    metadata,
    Column("id", String(320), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(60), nullable=False, index=True),
    Column("household_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("lines", Text, nullable=False),
)
"""`id`: cycle/household/producer; `lines`: JSON, thousandths by product."""


@dataclass(frozen=True)
class Portion:
    """Of one product, of one household. `ordered`, `came`: thousandths of its unit; `gross_cents`: of what was ordered.
    `recorded`: somebody noted what came."""

    producer_id: str
    producer_name: str
    group_id: str
    group_name: str
    household_id: str
    household_name: str
    product_id: str
    ordered: int
    came: int
    gross_cents: int
    recorded: bool


async def keep_delivered(writer: Writer, said: DeliveryRecorded) -> None:
    row = said.model_dump(include={"version", "cycle_id", "household_id", "producer_id"})
    # Whatever a record is called, of its household and producer the highest version holds, as in billing.
    row["id"] = f"{said.cycle_id}/{said.household_id}/{said.producer_id}"
    row["lines"] = json.dumps({line.product_id: line.quantity_thousandths for line in said.lines})
    if not await writer.keep_newest(delivered, row):
        return
    known = await cycle_of(writer, said.cycle_id)
    if known is not None:
        await writer.call_at(SHARE, known.delivers_on.isoformat(), writer.now + PATIENCE)


async def portions_on(reader: Reader, on: date) -> list[Portion]:
    """Of all closed cycles that deliver on that day."""
    found = []
    for cycle in await cycles_of_day(reader, on):
        if cycle.manifest is not None:
            found += await _of_cycle(reader, cycle.id)
    return found


async def _of_cycle(reader: Reader, cycle_id: str) -> list[Portion]:
    records: dict[tuple[str, str], dict[str, int]] = {}
    for row in await reader.all(select(delivered).where(delivered.c.cycle_id == cycle_id)):
        records[row["household_id"], row["producer_id"]] = json.loads(row["lines"])
    orders = [row async for rows in placed_orders(reader, cycle_id) for row in rows]
    goods = await goods_of(reader, {key for row in orders for key, _, _ in lines_of(row)})
    # A household may have several orders: of a product it has one portion.
    sums: dict[tuple[str, str, str], list[int]] = {}
    said = {}
    for row in orders:
        for key, thousandths, cents in lines_of(row):
            article = goods[key].article
            mine = row["household_id"], article.producer_id, article.product_id
            both = sums.setdefault(mine, [0, 0])
            both[0] += thousandths
            both[1] += cents
            said[mine] = row, goods[key].producer_name
    found = []
    for (household_id, producer_id, product_id), (ordered, cents) in sums.items():
        row, producer_name = said[household_id, producer_id, product_id]
        record = records.get((household_id, producer_id))
        found.append(
            Portion(
                producer_id=producer_id,
                producer_name=producer_name,
                group_id=row["group_id"],
                group_name=row["group_name"],
                household_id=household_id,
                household_name=row["household_name"],
                product_id=product_id,
                ordered=ordered,
                came=ordered if record is None else record.get(product_id, ordered),
                gross_cents=cents,
                recorded=record is not None,
            )
        )
    return found
