"""Calls at a given time, kept in the database: a scheduler that slept across one makes it when it wakes, once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from chassis.database import Database, Writer
from chassis.metrics import Metrics
from chassis.settings import Settings
from chassis.tables import Row, timer
from chassis.trace import tracing

log = structlog.get_logger()

RETRY = (1, 5, 30, 120, 600)
"""Seconds before a failed call is made again; the last is repeated: a timer is never given up."""


@dataclass(frozen=True)
class Timer:
    """One call that is due. `due_at` is when it should have been made, which may be long ago."""

    name: str
    key: str
    due_at: datetime
    payload: Row


TimerHandler = Callable[[Writer, Timer], Awaitable[None]]


class Timers:
    def __init__(
        self, handlers: Mapping[str, TimerHandler], database: Database, settings: Settings, metrics: Metrics
    ) -> None:
        self.handlers = handlers
        self.database = database
        self.settings = settings
        self.metrics = metrics
        self._changed = asyncio.Event()

    def wake(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Make due calls until cancelled."""
        while True:
            try:
                while await self.call_one():
                    pass
            except Exception:
                log.exception("timers could not be read")
            with suppress(TimeoutError):
                # Not wait_for: before Python 3.12 it swallows a cancellation that meets the event; stop() would wait.
                async with asyncio.timeout(self.settings.timer_poll):
                    await self._changed.wait()
            self._changed.clear()

    async def call_one(self) -> bool:
        """Make the call that has been due longest; False when none is. The call and its removal are one transaction."""
        now = self.database.clock.now()
        due = select(timer).where(timer.c.due_at <= now, timer.c.name.in_(list(self.handlers)))
        async with self.database.read() as reader:
            # Looking costs no write lock; most of the time nothing is due.
            if await reader.first(due.limit(1)) is None:
                return False
        called: Timer | None = None
        try:
            async with self.database.write() as writer:
                row = await writer.first(due.order_by(timer.c.due_at).limit(1).with_for_update(skip_locked=True))
                if row is None:
                    return False
                called = Timer(row["name"], row["key"], row["due_at"], row["payload"])
                # Removed first: the handler may set the same timer again.
                await writer.cancel_call(called.name, called.key)
                with tracing(correlation_id=f"timer:{called.name}:{called.key}", causation_id=""):
                    await self.handlers[called.name](writer, called)
        except Exception as error:
            if called is None:
                raise
            self.metrics.timers_failed.labels(called.name).inc()
            log.exception("timer failed", timer=called.name, key=called.key)
            await self._postpone(called, error)
            return True
        self.metrics.timers_fired.labels(called.name).inc()
        log.info("timer called", timer=called.name, key=called.key, due_at=called.due_at.isoformat())
        return True

    async def _postpone(self, called: Timer, error: Exception) -> None:
        mine = (timer.c.name == called.name) & (timer.c.key == called.key)
        async with self.database.write() as writer:
            row = await writer.first(select(timer.c.attempts).where(mine).with_for_update())
            if row is None:
                return
            delay = timedelta(seconds=RETRY[min(row["attempts"], len(RETRY) - 1)])
            values = {"attempts": row["attempts"] + 1, "error": repr(error), "due_at": writer.now + delay}
            await writer.execute(timer.update().where(mine).values(**values))
