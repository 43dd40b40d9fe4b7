"""A write transaction that runs as a whole, for the paths that are hot; and what it announces.

Through aiosqlite every statement goes to its thread and back, which costs ten times the statement itself; what runs
there as a whole goes once.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Executable, NullPool, Result, create_engine
from sqlalchemy.ext.asyncio import AsyncResult

from chassis import bulk
from chassis.clock import Ids
from chassis.envelope import headers_of
from chassis.tables import outbox
from chassis.trace import Trace
from contracts.event import Event

T = TypeVar("T")
Announcement = tuple[Any, ...]
_ANNOUNCED = ("event_id", "subject", "headers", "body", "created_at")


def announcement(event: Event, ids: Ids, now: datetime, caused_by: Trace) -> Announcement:
    """The outbox row of an event."""
    event_id = ids.new()
    headers = headers_of(event, event_id, now, caused_by)
    return event_id, event.subject, headers, event.model_dump_json().encode(), now


def write_announced(connection: Connection, rows: list[Announcement]) -> None:
    bulk.insert_rows(connection, outbox, _ANNOUNCED, rows)


class Awaited:
    """A plain connection, used as the awaited one is by `Reader` and `Writer`: nothing of it ever waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    async def execute(self, statement: Executable, rows: Any = None) -> Result[Any]:
        return self._connection.execute(statement, rows)

    async def stream(self, statement: Executable, *, execution_options: Mapping[str, Any]) -> AsyncResult[Any]:
        return AsyncResult(self._connection.execute(statement, execution_options=execution_options))

    async def run_sync(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        return work(self._connection, *args, **options)


class OneThread:
    """The thread in which whole functions write to SQLite, with a connection of its own that stays open.

    Who calls `run` holds the turn of writing: the other connection of this process writes at other times.
    """

    def __init__(self, url: URL, prepare: Callable[[Engine], None]) -> None:
        connect_args = {"timeout": 30, "isolation_level": None, "check_same_thread": False}
        self._engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, connect_args=connect_args)
        prepare(self._engine)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")
        self._connection: Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """Run `work` in a transaction, in an event loop of the thread's own. Comes back only when the thread has ended
        it, also to who is cancelled."""
        whole = partial(copy_context().run, self._in_transaction, work)
        ending = asyncio.get_running_loop().run_in_executor(self._thread, whole)
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:
            await asyncio.wait([ending])
            raise

    def _in_transaction(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            with self._connection.begin():
                return self._loop.run_until_complete(work(self._connection))
        except BaseException:
            # What a failure leaves behind is not worth knowing: the next one has a connection of its own.
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _end(self) -> None:
        self._disconnect()
        if self._loop is not None:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown()
