"""What an operator keeps an eye on: closed cycles without pick lists, and what the lists of the others come to."""

from sqlalchemy import func, select

from chassis.database import Reader
from chassis.health import Fact
from logistics.cycle import count_waiting, cycle
from logistics.pick_list import HOLDS, pick_list

CYCLES = 20
"""The same in every service that tells this sum: they are compared."""


async def waiting(reader: Reader) -> float:
    return float(await count_waiting(reader))


async def gross_of_closed(reader: Reader) -> float:
    """Cents, by the pick lists of the cycles closed last."""
    closed = select(cycle.c.id).where(cycle.c.closed_at.is_not(None))
    last = closed.order_by(cycle.c.closed_at.desc(), cycle.c.id).limit(CYCLES).scalar_subquery()
    gross = select(func.coalesce(func.sum(pick_list.c.gross_cents), 0)).where(pick_list.c.cycle_id.in_(last), HOLDS)
    return float(await reader.scalar(gross))


FACTS = (
    Fact("cycles_waiting", "closed cycles without pick lists", waiting),
    Fact("closed_gross_cents", "what the pick lists of the 20 cycles closed last come to", gross_of_closed),
)
