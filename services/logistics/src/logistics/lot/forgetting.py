"""Every night it is forgotten who got what need not be known any more (`retention`).

The rows are of households, and name them. The lots as producers told them stay, and so does whom a recall reached: that
is evidence.
"""

from sqlalchemy import and_, select

from chassis.database import Writer
from chassis.timers import Timer
from logistics.lot.tracing import FORGET, lot_share, next_night, traced_goods, traced_share

AT_ONCE = 200
"""Deliveries of a product in one transaction; the next one follows at once."""


async def forget(writer: Writer, timer: Timer) -> None:
    """Timer: it sets itself again, for the rest or for the next night."""
    c = traced_goods.c
    over = select(c.cycle_id, c.product_id).where(c.kept_until < writer.now.date())
    rows = await writer.all(over.order_by(c.cycle_id, c.product_id).limit(AT_ONCE).with_for_update())
    for row in rows:
        for table in (lot_share, traced_share, traced_goods):
            mine = and_(table.c.cycle_id == row["cycle_id"], table.c.product_id == row["product_id"])
            await writer.execute(table.delete().where(mine))
    again = writer.now if len(rows) == AT_ONCE else next_night(writer.now)
    await writer.call_at(FORGET, timer.key, again)
