"""What an operator keeps an eye on: what orders of closed cycles come to, which logistics and billing must confirm."""

from sqlalchemy import BigInteger, cast, func, select

from chassis.database import Reader
from chassis.health import Fact
from ordering.cycle import State, cycle

CYCLES = 20
"""The same in every service that tells this sum: they are compared."""


async def gross_of_closed(reader: Reader) -> float:
    """Cents, by the manifests of the cycles closed last."""
    gross = cast(cycle.c.manifest["gross_cents"].as_string(), BigInteger)
    closed = select(gross.label("gross")).where(cycle.c.state == State.CLOSED.value)
    last = closed.order_by(cycle.c.closed_at.desc(), cycle.c.id).limit(CYCLES).subquery()
    return float(await reader.scalar(select(func.coalesce(func.sum(last.c.gross), 0))))


FACTS = (Fact("closed_gross_cents", "what the orders of the 20 cycles closed last come to", gross_of_closed),)
