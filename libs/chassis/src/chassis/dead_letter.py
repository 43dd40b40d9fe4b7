"""Events that could not be taken in: kept with their error until somebody looks, and tried again on demand."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import RowMapping, func, select

from chassis.database import Reader, Writer
from chassis.envelope import Received
from chassis.tables import dead_letter

LONGEST_ID = 80


@dataclass(frozen=True)
class DeadLetter:
    """`reason`: handler_failed, unknown_type, newer_version, unhandled_type, invalid_body or no_id."""

    id: int
    consumer: str
    received: Received
    reason: str
    error: str
    attempts: int
    buried_at: datetime
    resolved_at: datetime | None


def _letter(row: RowMapping) -> DeadLetter:
    return DeadLetter(
        id=row["id"],
        consumer=row["consumer"],
        received=Received(row["subject"], row["headers"], row["body"]),
        reason=row["reason"],
        error=row["error"],
        attempts=row["attempts"],
        buried_at=row["buried_at"],
        resolved_at=row["resolved_at"],
    )


async def bury(writer: Writer, consumer: str, received: Received, reason: str, error: Exception, attempts: int) -> None:
    """Keep the message; once per consumer and event, however often it is delivered."""
    row = {
        "consumer": consumer,
        "event_id": _id_of(received),
        # Strangers are not bound by the lengths of our columns: PostgreSQL would refuse the letter for ever.
        "type": received.type_name[:200],
        "subject": received.subject[:300],
        "headers": dict(received.headers),
        "body": received.body,
        "reason": reason,
        "error": f"{type(error).__name__}: {error}",
        "attempts": attempts,
        "buried_at": writer.now,
    }
    await writer.execute(writer.insert(dead_letter).values(**row).on_conflict_do_nothing())


def _id_of(received: Received) -> str:
    """A stranger's message may have no id, or none of ours: its content stands in, so that a redelivery is the same
    letter."""
    if 0 < len(received.event_id) <= LONGEST_ID:
        return received.event_id
    return sha256(received.subject.encode() + received.event_id.encode() + received.body).hexdigest()


async def unresolved(reader: Reader, limit: int = 200) -> list[DeadLetter]:
    """Newest first."""
    statement = select(dead_letter).where(dead_letter.c.resolved_at.is_(None)).order_by(dead_letter.c.id.desc())
    return [_letter(row) for row in await reader.all(statement.limit(limit))]


async def count_unresolved(reader: Reader) -> int:
    statement = select(func.count()).select_from(dead_letter).where(dead_letter.c.resolved_at.is_(None))
    return int(await reader.scalar(statement))


async def one(reader: Reader, letter_id: int) -> DeadLetter | None:
    row = await reader.first(select(dead_letter).where(dead_letter.c.id == letter_id))
    return _letter(row) if row else None


async def locked(writer: Writer, letter_id: int) -> DeadLetter | None:
    row = await writer.first(select(dead_letter).where(dead_letter.c.id == letter_id).with_for_update())
    return _letter(row) if row else None


async def resolve(writer: Writer, letter_id: int) -> None:
    await writer.execute(dead_letter.update().where(dead_letter.c.id == letter_id).values(resolved_at=writer.now))


async def failed_again(writer: Writer, letter_id: int, error: Exception) -> None:
    values = {"attempts": dead_letter.c.attempts + 1, "error": f"{type(error).__name__}: {error}"}
    await writer.execute(dead_letter.update().where(dead_letter.c.id == letter_id).values(**values))
