"""Calls at a given time, kept in the database: a scheduler that slept across one makes it when it wakes, once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, RowMapping, Select, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import array

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
TRIED = 20
"""Calls looked at for one that no other process is making."""
WRITTEN_BY: ColumnElement[str] = literal_column("timer.xmin::text")
"""PostgreSQL's own mark of which transaction wrote a row."""


class Overtaken(Exception):
    """While a call was being made somebody moved it or cancelled it: nothing of it is kept."""


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
            rows = await self._held(writer, due)
            if not rows:
                return
            name, handler = rows[0]["name"], self.handlers[rows[0]["name"]]
            called.extend(Timer(name, row["key"], row["due_at"], row["payload"]) for row in rows)
            with tracing(correlation_id=f"timer:{name}:{called[0].key}", causation_id=""):
                await (handler.take(writer, called) if isinstance(handler, Together) else handler(writer, called[0]))
            await _remove(writer, rows)

        try:
            await self.database.write_whole(call)
            if not called:
                return False
        except Overtaken:
            return True
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

    async def _held(self, writer: Writer, due: Select[Any]) -> list[RowMapping]:
        """The call that has been due longest, and those made with it, that no other process is making."""
        for first in await writer.all(due.order_by(timer.c.due_at).limit(TRIED)):
            rows = await _taken(writer, [first])
            if rows and isinstance(self.handlers[first["name"]], Together) and first["attempts"] == 0:
                same = due.where(timer.c.name == first["name"], timer.c.attempts == 0).order_by(timer.c.due_at)
                rows = await _taken(writer, await writer.all(same.limit(TOGETHER)))
            if rows:
                return rows
        return []

    async def _postpone(self, called: Sequence[Timer], error: Exception) -> None:
        async with self.database.write() as writer:
            # Not what somebody moved meanwhile.
            failed = select(timer).where(_named(called), timer.c.due_at <= writer.now).order_by(timer.c.key)
            for row in await writer.all(failed.with_for_update()):
                delay = timedelta(seconds=RETRY[min(row["attempts"], len(RETRY) - 1)])
                values = {"attempts": row["attempts"] + 1, "error": repr(error), "due_at": writer.now + delay}
                mine = (timer.c.name == row["name"]) & (timer.c.key == row["key"])
                await writer.execute(timer.update().where(mine).values(**values))


async def _taken(writer: Writer, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """Those of them, of one name, that no other process is making; none makes them until we are done.

    The rows are not locked: who holds what a call is about and moves the call would wait for us, and we for them.
    """
    if writer.connection.dialect.name == "sqlite" or not rows:
        return list(rows)
    name, keys = rows[0]["name"], func.unnest(array([row["key"] for row in rows])).column_valued("key")
    lock = func.pg_try_advisory_xact_lock(func.hashtextextended(func.concat("timer/", name, "/", keys), 0))
    free = [row["key"] for row in await writer.all(select(keys, lock.label("free"))) if row["free"]]
    # Read anew: another process may have made them before we took them.
    still = (timer.c.name == name) & timer.c.key.in_(free) & (timer.c.due_at <= writer.now)
    return await writer.all(select(timer, WRITTEN_BY.label("written_by")).where(still).order_by(timer.c.due_at))


async def _remove(writer: Writer, rows: Sequence[RowMapping]) -> None:
    """What the handler itself set again or cancelled stays so. Raises Overtaken."""
    left = [row for row in rows if (row["name"], row["key"]) not in writer.timers]
    mine = (timer.c.name == rows[0]["name"]) & timer.c.key.in_([row["key"] for row in left])
    if writer.connection.dialect.name != "sqlite":
        mine &= tuple_(timer.c.key, WRITTEN_BY).in_([(row["key"], row["written_by"]) for row in left])
    if left and (await writer.execute(timer.delete().where(mine))).rowcount != len(left):
        raise Overtaken


def _named(called: Sequence[Timer]) -> ColumnElement[bool]:
    """These calls, which have one name."""
    return (timer.c.name == called[0].name) & timer.c.key.in_([each.key for each in called])
