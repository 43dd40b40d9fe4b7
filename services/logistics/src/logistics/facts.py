"""What an operator keeps an eye on: closed cycles without pick lists, what the lists of the others come to; probes that
are silent, goods nobody decided about, plans that failed."""

from datetime import timedelta

from sqlalchemy import func, select

from chassis.database import Reader
from chassis.health import Fact
from logistics.cold import nonconformity, probe
from logistics.cycle import count_waiting, cycle
from logistics.pick_list import HOLDS, pick_list
from logistics.schedule import draft

CYCLES = 20
"""The same in every service that tells this sum: they are compared."""

RECENT = timedelta(days=1)


async def waiting(reader: Reader) -> float:
    return float(await count_waiting(reader))


async def gross_of_closed(reader: Reader) -> float:
    """Cents, by the pick lists of the cycles closed last."""
    closed = select(cycle.c.id).where(cycle.c.closed_at.is_not(None))
    last = closed.order_by(cycle.c.closed_at.desc(), cycle.c.id).limit(CYCLES).scalar_subquery()
    gross = select(func.coalesce(func.sum(pick_list.c.gross_cents), 0)).where(pick_list.c.cycle_id.in_(last), HOLDS)
    return float(await reader.scalar(gross))


async def silent_probes(reader: Reader) -> float:
    return float(await probe.count_silent(reader))


async def undecided_breaches(reader: Reader) -> float:
    return float(await nonconformity.count_undecided(reader))


async def failed_plans(reader: Reader) -> float:
    """Within the last day: an older one was planned again, or is not needed any more."""
    return float(await draft.count_failed(reader, reader.now - RECENT))


FACTS = (
    Fact("cycles_waiting", "closed cycles without pick lists", waiting),
    Fact("closed_gross_cents", "what the pick lists of the 20 cycles closed last come to", gross_of_closed),
    Fact("probes_silent", "probes that fell silent while goods were there", silent_probes),
    Fact(
        "breaches_undecided", "goods that were too warm or too cold, and about which nobody decided", undecided_breaches
    ),
    Fact("plans_failed", "plans of a day that failed within the last day", failed_plans),
)
