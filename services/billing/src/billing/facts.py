"""What an operator keeps an eye on: closed cycles without amounts due, what the amounts of the others come to, and by
how much wallets and books differ."""

from sqlalchemy import func, select

from billing.amount_due import HOLDS, amount_due
from billing.cycle import WAITING, cycle
from billing.payment.wallet_control import differing_cents
from chassis.database import Reader
from chassis.health import Fact

CYCLES = 20
"""The same in every service that tells this sum: they are compared."""


async def waiting(reader: Reader) -> float:
    return float(await reader.scalar(select(func.count()).select_from(cycle).where(cycle.c.state == WAITING)))


async def gross_of_closed(reader: Reader) -> float:
    """Cents, by the amounts due of the cycles closed last, as they were expected: the others know no delivery."""
    closed = select(cycle.c.id).where(cycle.c.closed_at.is_not(None))
    last = closed.order_by(cycle.c.closed_at.desc(), cycle.c.id).limit(CYCLES).scalar_subquery()
    gross = select(func.coalesce(func.sum(amount_due.c.expected_gross_cents), 0)).where(
        amount_due.c.cycle_id.in_(last), HOLDS
    )
    return float(await reader.scalar(gross))


FACTS = (
    Fact("cycles_waiting", "closed cycles without amounts due", waiting),
    Fact("closed_gross_cents", "what the amounts due of the 20 cycles closed last come to", gross_of_closed),
    Fact("wallets_differ_cents", "by how much wallets as noted, in the books and their money differ", differing_cents),
)
