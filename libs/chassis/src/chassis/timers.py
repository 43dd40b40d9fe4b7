"""Calls at a given time, kept in the database: a scheduler that slept across one makes it when it wakes, once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, select

from chassis.database import Database, Writer
from chassis.listening import Together
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
TOGETHER = 200
"""Calls made in one transaction at most, where a handler takes many."""


class Timers:
    def __init__(
        self, handlers: Mapping[str, TimerHandler | Together], database: Database, settings: Settings, metrics: Metrics
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
        """Make the call that has been due longest; False when none is. The call and its removal are one transaction.

        Where its handler takes many together, others of its name that are due are made with it. When they fail, each
        is made again by itself.
        """
        now = self.database.clock.now()
        due = select(timer).where(timer.c.due_at <= now, timer.c.name.in_(list(self.handlers)))
        async with self.database.read() as reader:
            # Looking costs no write lock; most of the time nothing is due.
            if await reader.first(due.limit(1)) is None:
                return False
        called: list[Timer] = []

        async def call(writer: Writer) -> None:
            first = await writer.first(due.order_by(timer.c.due_at).limit(1).with_for_update(skip_locked=True))
            if first is None:
                return
            name, handler, rows = first["name"], self.handlers[first["name"]], [first]
            if isinstance(handler, Together) and first["attempts"] == 0:
                same = due.where(timer.c.name == name, timer.c.attempts == 0).order_by(timer.c.due_at)
                rows = await writer.all(same.limit(TOGETHER).with_for_update(skip_locked=True))
            called.extend(Timer(name, row["key"], row["due_at"], row["payload"]) for row in rows)
            # Removed first: the handler may set the same timer again.
            await writer.execute(timer.delete().where(_named(called)))
            with tracing(correlation_id=f"timer:{name}:{first['key']}", causation_id=""):
                await (handler.take(writer, called) if isinstance(handler, Together) else handler(writer, called[0]))

        try:
            await self.database.write_whole(call)
            if not called:
                return False
        except Exception as error:
            if not called:
                raise
            self.metrics.timers_failed.labels(called[0].name).inc(len(called))
            log.exception("timer failed", timer=called[0].name, key=called[0].key, calls=len(called))
            await self._postpone(called, error)
            return True
        self.metrics.timers_fired.labels(called[0].name).inc(len(called))
        log.info("timer called", timer=called[0].name, key=called[0].key, calls=len(called))
        return True

    async def _postpone(self, called: Sequence[Timer], error: Exception) -> None:
        async with self.database.write() as writer:
            for row in await writer.all(select(timer).where(_named(called)).order_by(timer.c.key).with_for_update()):
                delay = timedelta(seconds=RETRY[min(row["attempts"], len(RETRY) - 1)])
                values = {"attempts": row["attempts"] + 1, "error": repr(error), "due_at": writer.now + delay}
                mine = (timer.c.name == row["name"]) & (timer.c.key == row["key"])
                await writer.execute(timer.update().where(mine).values(**values))


def _named(called: Sequence[Timer]) -> ColumnElement[bool]:
    """These calls, which have one name."""
    return (timer.c.name == called[0].name) & timer.c.key.in_([each.key for each in called])
