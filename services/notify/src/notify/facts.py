"""What an operator keeps an eye on: mails that could not leave, and how long the oldest has been waiting."""

from datetime import timedelta

from sqlalchemy import func, select

from chassis.database import Reader
from chassis.health import Fact
from notify.message import FAILED, WAITING, message

RECENT = timedelta(days=1)


async def failed(reader: Reader) -> float:
    """Given up within the last day: an old one is on the mailbox page, and no news."""
    recent = (message.c.state == FAILED) & (message.c.ended_at > reader.now - RECENT)
    return float(await reader.scalar(select(func.count()).select_from(message).where(recent)))


async def longest_wait(reader: Reader) -> float:
    """Seconds since the oldest mail that waits was written; 0 when none does."""
    oldest = await reader.scalar(select(func.min(message.c.created_at)).where(message.c.state == WAITING))
    return max(0.0, (reader.now - oldest).total_seconds()) if oldest else 0.0


FACTS = (
    Fact("mails_failed", "mails given up within the last day", failed),
    Fact("mail_waiting_seconds", "how long the oldest mail has been waiting to leave", longest_wait),
)
