"""The outbox as one looks at it from outside: `chassis.database` writes it, `chassis.relay` publishes it."""

from sqlalchemy import func, select

from chassis.database import Reader
from chassis.tables import outbox


async def last_news(reader: Reader) -> tuple[object, ...]:
    """Differs from what it was whenever something was announced meanwhile, whichever replica did it.

    On PostgreSQL a slow transaction may commit a lower id than the newest; it shows when the relay publishes it.
    """
    # Each by its own index: SQLite reads the whole table for two of them in one.
    newest = (select(func.max(column)).scalar_subquery() for column in (outbox.c.id, outbox.c.published_at))
    row = await reader.first(select(*newest))
    assert row is not None
    return tuple(row.values())
