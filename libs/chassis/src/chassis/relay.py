"""The relay takes what the outbox holds to the broker: in order of id, each at least once, never giving up.

A broker may forget: its store was wiped, lost its tail, or is an older copy. Every row remembers where the stream has
it (`outbox.sequence`), so the relay sees what is no longer there and publishes it again; inboxes drop what they know.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from sqlalchemy import Connection, RowMapping, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import crash
from chassis.bulk import among
from chassis.database import Database
from chassis.jetstream import (
    DUPLICATE_IN_BATCH,
    PublishRefused,
    Stored,
    message_id_at,
    provision_stream,
    publish,
    stream_config,
    stream_of,
    tail_of,
)
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
GATHERING, MOST_REST = 0.02, 0.05
"""Least and most seconds between two batches while events keep coming, in between as long as the last one took:
a batch for every commit would cost as much as the commits. After a full one the next follows at once."""
BACKOFF = (0.1, 0.5, 1.0, 2.0, 5.0)
LOOK_BACK = 2 * BATCH
TURN = 15
"""Seconds a relay may keep the others waiting without a word to the database."""
_LOCK = 7_236_402
_TURN = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :turn, true), "
    "pg_advisory_xact_lock(:lock, hashtext(:service))"
)


class Relay:
    def __init__(self, service: str, database: Database, settings: Settings, metrics: Metrics) -> None:
        self.service = service
        self.database = database
        self.settings = settings
        self.metrics = metrics
        self._work = asyncio.Event()
        self._doubts, self._settled = 1, 0

    def wake(self) -> None:
        """There is something in the outbox. Called after the commit that put it there."""
        self._work.set()

    def doubt(self) -> None:
        """The stream may not be what it was: look before the next row is published. Called when the broker is back."""
        self._doubts += 1
        self._work.set()

    @property
    def in_doubt(self) -> bool:
        """Whether there may be no stream, or one that lacks what the outbox believes it has."""
        return self._settled != self._doubts

    async def run(self, client: Client) -> None:
        """Publish until cancelled. Raises Drift when the stream is not as this release wants it."""
        loop, failures = asyncio.get_running_loop(), 0
        cleaned = self.database.clock.now()
        while True:
            try:
                if self.in_doubt:
                    await self.reconcile(client)
                begun = loop.time()
                while not self.in_doubt and (published := await self.publish_some(client)):
                    failures = 0
                    if published < BATCH:
                        await asyncio.sleep(min(max(GATHERING, loop.time() - begun), MOST_REST))
                    begun = loop.time()
                if self.database.clock.now() - cleaned > timedelta(hours=1):
                    cleaned = self.database.clock.now()
                    await self.forget_old()
                await self._idle(IDLE_ALONE if self.database.is_sqlite else IDLE)
            except (NatsError, OSError, TimeoutError, PublishRefused, SQLAlchemyError) as error:
                # The outcome may be unknown: the same ids are published again; broker or inbox drops doubles.
                self._doubts += 1
                delay = BACKOFF[min(failures, len(BACKOFF) - 1)]
                failures += 1
                log.warning("the outbox waits", error=str(error) or repr(error), failures=failures)
                await asyncio.sleep(delay)

    async def _idle(self, seconds: float) -> None:
        with suppress(TimeoutError):
            # Not wait_for: before Python 3.12 it swallows a cancellation that meets the event, and stop() would wait.
            async with asyncio.timeout(seconds):
                await self._work.wait()
        self._work.clear()

    async def reconcile(self, client: Client) -> None:
        """Make the stream be there, and give back to the relay what it no longer has. Raises Drift."""
        doubts, js = self._doubts, client.jetstream(timeout=self.settings.publish_timeout)
        async with self._alone():
            wanted = stream_config(self.service, self.settings)
            await provision_stream(js, wanted, apply=self.settings.provision == "apply")
            await self._take_back(js)
        self._settled = doubts

    async def _take_back(self, js: JetStreamContext) -> None:
        """Mark as unpublished what the stream lacks, and say what is too old for that."""
        stream = stream_of(self.service)
        tail = await tail_of(js, stream)
        async with self.database.read() as reader:

            async def recorded_at(place: int) -> int | None:
                its_row = outbox.c.event_id == await message_id_at(js, stream, place)
                recorded: int | None = await reader.scalar(select(outbox.c.sequence).where(its_row))
                return recorded

            kept = await kept_up_to(tail, recorded_at)
            lowest = await reader.scalar(select(func.min(outbox.c.sequence))) or 0
            with_it = await reader.scalar(select(func.count()).where(outbox.c.sequence == lowest))
            unsure = outbox.c.sequence.is_(None) | (outbox.c.sequence > kept)
            lost = outbox.c.published_at.is_not(None) & unsure
            again = await reader.scalar(select(func.count()).where(lost))
        if again:
            async with self.database.write() as writer:
                await writer.execute(update(outbox).where(lost).values(published_at=None, sequence=None))
            log.warning("the stream may lack events, they are published again", events=again, tail=tail, kept=kept)
            self.metrics.republished.inc(again)
        gone = missing_for_ever(tail, lowest, with_it)
        self.metrics.beyond_repair.set(gone)
        if gone:
            log.error("the stream lacks events that the outbox has forgotten", events=gone, before_sequence=lowest)

    async def publish_some(self, client: Client) -> int:
        """Publish the oldest unpublished rows and mark them; how many. Not "ids above the last one": a slow
        transaction commits a lower id later."""
        async with self._alone() as turn:
            rows = await self._unpublished(turn)
            if not rows:
                return 0
            size, take = 0, 0
            for row in rows:
                size += len(row["body"])
                if take and size > BATCH_BYTES:
                    break
                take += 1
            rows = rows[:take]
            stored = await self._publish(client, [(row["subject"], row["headers"], row["body"]) for row in rows])
            crash.point(self.service, "after_publish")
            await self._mark(turn, [row["id"] for row in rows], stored)
            self.metrics.count_published(row["headers"]["ce-type"] for row in rows)
            return len(rows)

    async def _unpublished(self, turn: AsyncConnection | None) -> list[RowMapping]:
        oldest = select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(BATCH)
        if turn is not None:
            return list((await turn.execute(oldest)).mappings())
        async with self.database.read() as reader:
            return await reader.all(oldest)

    async def _mark(self, turn: AsyncConnection | None, row_ids: list[int], stored: Stored) -> None:
        def mark(connection: Connection) -> int:
            again = 0
            if stored.first_new is not None:
                # No two events have one place in the stream: whatever held these, the broker has lost, with all after.
                lost = update(outbox).where(outbox.c.sequence >= stored.first_new)
                again = connection.execute(lost.values(published_at=None, sequence=None)).rowcount
            values = {"published_at": self.database.clock.now(), "sequence": stored.last}
            published = among(outbox.c.id, "row_ids", connection.dialect.name)
            connection.execute(update(outbox).where(published).values(values), {"row_ids": row_ids})
            return again

        if turn is None:
            again = await self.database.run(lambda transaction: mark(transaction.connection))
        else:
            again = await turn.run_sync(mark)
            await turn.commit()
        if again:
            log.warning("the stream lost events, they are published again", events=again)
            self.metrics.republished.inc(again)

    async def _publish(self, client: Client, messages: list[tuple[str, dict[str, str], bytes]]) -> Stored:
        stream, timeout = stream_of(self.service), self.settings.publish_timeout
        try:
            return await publish(client, stream, messages, batch_id=self.database.ids.new(), timeout=timeout)
        except PublishRefused as refused:
            if len(messages) == 1 or refused.code != DUPLICATE_IN_BATCH:
                raise
            # Some of it was stored before we could mark it; one by one the broker answers "duplicate", which is fine.
            return together([await publish(client, stream, [one], batch_id="", timeout=timeout) for one in messages])

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncConnection | None]:
        """One relay per service at a time: two would publish one aggregate's events out of order. On PostgreSQL the
        turn is a transaction, in which what was published is marked.

        The others wait for their turn instead of coming back later: each looks after what its own process committed,
        so no row waits for somebody to poll. A holder that is frozen loses its turn after a while.
        """
        if self.database.is_sqlite:
            yield None
            return
        async with self.database.engine.connect() as connection, connection.begin():
            await connection.execute(_TURN, {"turn": f"{TURN}s", "lock": _LOCK, "service": self.service})
            yield connection

    async def forget_old(self) -> None:
        """Delete rows published long ago. Until then they can repair a broker that lost its tail."""
        async with self.database.write() as writer:
            limit = writer.now - timedelta(days=self.settings.outbox_keep_days)
            # The newest stays: without it nobody could tell a broker that lost everything from a new one.
            newest = select(func.max(outbox.c.sequence)).scalar_subquery()
            await writer.execute(outbox.delete().where(outbox.c.published_at < limit, outbox.c.sequence < newest))


async def kept_up_to(tail: int, recorded_at: Callable[[int], Awaitable[int | None]]) -> int:
    """The place in the stream up to which it surely has what the outbox says; 0: nothing is sure.

    That is the last message of which the outbox says the same. What came behind it was published by a relay that died,
    or lost its connection, before it could mark: perhaps after other events had been lost from just these places.
    `recorded_at`: the place the outbox has for the event that is at this place.
    """
    for place in range(tail, max(0, tail - LOOK_BACK), -1):
        if await recorded_at(place) == place:
            return place
    return 0


def missing_for_ever(tail: int, lowest: int, with_it: int) -> int:
    """How many events neither stream nor outbox has; `lowest`: place recorded in the outbox, for `with_it` rows."""
    return max(0, lowest - with_it - tail)


def together(stored: Sequence[Stored]) -> Stored:
    """Several publications as one."""
    new = [one.first_new for one in stored if one.first_new is not None]
    return Stored(max(one.last for one in stored), min(new, default=None))


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
