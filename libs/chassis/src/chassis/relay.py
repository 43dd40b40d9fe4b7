"""The relay takes what the outbox holds to the broker: in order of id, each at least once, never giving up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from sqlalchemy import select, text, update

from chassis import crash
from chassis.database import Database
from chassis.jetstream import DUPLICATE_IN_BATCH, PublishRefused, publish, stream_of
from chassis.metrics import Metrics
from chassis.settings import Settings
from chassis.tables import outbox

log = structlog.get_logger()

BATCH = 500
BATCH_BYTES = 4 * 1024**2
"""A batch stays well below what the broker buffers for one connection."""
IDLE, IDLE_ALONE = 0.5, 5.0
"""Seconds between two looks when nobody woke the relay: rows of other replicas on PostgreSQL; an SQLite file has one
process, which wakes its relay."""
BACKOFF = (0.1, 0.5, 1.0, 2.0, 5.0)
_LOCK = 7_236_402


class Relay:
    def __init__(self, service: str, database: Database, settings: Settings, metrics: Metrics) -> None:
        self.service = service
        self.database = database
        self.settings = settings
        self.metrics = metrics
        self._work = asyncio.Event()

    def wake(self) -> None:
        """There is something in the outbox. Called after the commit that put it there."""
        self._work.set()

    async def run(self, client: Client) -> None:
        """Publish until cancelled."""
        failures = 0
        cleaned = self.database.clock.now()
        while True:
            try:
                while await self.publish_some(client):
                    failures = 0
                if self.database.clock.now() - cleaned > timedelta(hours=1):
                    cleaned = self.database.clock.now()
                    await self.forget_old()
                await self._idle(IDLE_ALONE if self.database.is_sqlite else IDLE)
            except (NatsError, OSError, TimeoutError, PublishRefused) as error:
                # The outcome may be unknown: the same ids are published again; broker or inbox drops doubles.
                delay = BACKOFF[min(failures, len(BACKOFF) - 1)]
                failures += 1
                log.warning("outbox waits for the broker", error=str(error) or repr(error), failures=failures)
                await asyncio.sleep(delay)
            except Exception:
                failures += 1
                log.exception("the relay failed")
                await asyncio.sleep(BACKOFF[-1])

    async def _idle(self, seconds: float) -> None:
        with suppress(TimeoutError):
            # Not wait_for: before Python 3.12 it swallows a cancellation that meets the event, and stop() would wait.
            async with asyncio.timeout(seconds):
                await self._work.wait()
        self._work.clear()

    async def publish_some(self, client: Client) -> int:
        """Publish the oldest unpublished rows and mark them; how many. Not "ids above the last one": a slow
        transaction commits a lower id later."""
        async with self._alone() as mine:
            if not mine:
                return 0
            async with self.database.read() as reader:
                rows = await reader.all(
                    select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(BATCH)
                )
            if not rows:
                return 0
            size, take = 0, 0
            for row in rows:
                size += len(row["body"])
                if take and size > BATCH_BYTES:
                    break
                take += 1
            rows = rows[:take]
            await self._publish(client, [(row["subject"], row["headers"], row["body"]) for row in rows])
            crash.point(self.service, "after_publish")
            async with self.database.write() as writer:
                await writer.execute(
                    update(outbox).where(outbox.c.id.in_([row["id"] for row in rows])).values(published_at=writer.now)
                )
            self.metrics.count_published(row["headers"]["ce-type"] for row in rows)
            return len(rows)

    async def _publish(self, client: Client, messages: list[tuple[str, dict[str, str], bytes]]) -> None:
        stream, timeout = stream_of(self.service), self.settings.publish_timeout
        try:
            await publish(client, stream, messages, batch_id=self.database.ids.new(), timeout=timeout)
        except PublishRefused as refused:
            if len(messages) == 1 or refused.code != DUPLICATE_IN_BATCH:
                raise
            # Some of it was stored before we could mark it; one by one the broker answers "duplicate", which is fine.
            for message in messages:
                await publish(client, stream, [message], batch_id="", timeout=timeout)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        """One relay per service at a time: two would publish one aggregate's events out of order."""
        if self.database.is_sqlite:
            yield True
            return
        async with self.database.engine.connect() as connection, connection.begin():
            statement = text("SELECT pg_try_advisory_xact_lock(:lock, hashtext(:service))")
            yield bool((await connection.execute(statement, {"lock": _LOCK, "service": self.service})).scalar())

    async def forget_old(self) -> None:
        """Delete rows published long ago. Until then they can repair a broker that lost its tail."""
        async with self.database.write() as writer:
            limit = writer.now - timedelta(days=self.settings.outbox_keep_days)
            await writer.execute(outbox.delete().where(outbox.c.published_at < limit))


async def oldest_unpublished_seconds(database: Database) -> float:
    """Age of the row that waits first; 0 when none does. Not the least time: an outage leaves millions to look at."""
    async with database.read() as reader:
        oldest = await reader.first(
            select(outbox.c.created_at).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(1)
        )
        if oldest is None:
            return 0.0
        age: timedelta = reader.now - oldest["created_at"]
        return max(0.0, age.total_seconds())
