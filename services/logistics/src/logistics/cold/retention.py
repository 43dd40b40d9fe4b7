"""How long what was measured is kept: nothing is deleted before the law allows it, and what a decision rests on stays
with the decision.

Records of own checks (HACCP: receipts, decisions): 5 years, the usage of inspections; regulation 852/2004, article 5,
names no figure ("an appropriate period"). Recorders of quick-frozen food: at least 1 year (regulation 37/2005, article
2). The hub keeps the long rows of recorders and probes 1 year and 1 month, of whatever goods; all that people typed,
and each reading that broke a limit, 5 years.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select

from chassis.database import Reader, Writer
from chassis.timers import Timer
from logistics.cold.reading import Source, temperature_reading

log = structlog.get_logger()

HACCP_YEARS = 5
HACCP = timedelta(days=366 * HACCP_YEARS)
SERIES = timedelta(days=366 + 31)
CLEAR = "cold_retention"
"""The timer that deletes what is over, once a day."""
EVERY = timedelta(days=1)
AT_ONCE = 20_000
"""Rows of one transaction: pages are to be answered meanwhile."""


@dataclass(frozen=True)
class Held:
    """What there is. `over`: what may be deleted now."""

    readings: int
    over: int


def _over(now: datetime) -> ColumnElement[bool]:
    t = temperature_reading.c
    row = and_(t.source != Source.HAND.value, not_(t.broke), t.at < now - SERIES)
    return or_(row, t.at < now - HACCP)


async def held(reader: Reader) -> Held:
    count = select(func.count()).select_from(temperature_reading)
    over = await reader.scalar(count.where(_over(reader.now)))
    return Held(int(await reader.scalar(count) or 0), int(over or 0))


async def clear(writer: Writer, due: Timer) -> None:
    """Timer: delete what is over, and come back tomorrow; at once where there is more."""
    t = temperature_reading
    some = select(t.c.id).where(_over(writer.now)).order_by(t.c.at).limit(AT_ONCE)
    done = await writer.execute(delete(t).where(t.c.id.in_(some.scalar_subquery())))
    if done.rowcount:
        log.info("readings deleted that need not be kept any more", readings=done.rowcount)
    again = timedelta() if done.rowcount >= AT_ONCE else EVERY
    await writer.call_at(CLEAR, "", writer.now + again)


async def begin(writer: Writer) -> None:
    """At the start of the service: the call is set, wherever it stood."""
    await writer.call_at(CLEAR, "", writer.now + timedelta(minutes=10))
