"""A write transaction as one plain function, for the paths that are hot.

Through aiosqlite every statement goes to its thread and back, which costs ten times the statement itself; a function
that runs there as a whole goes once. On PostgreSQL the same function runs on the driver as it is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Executable, NullPool, Result, Table, create_engine

from chassis import bulk
from chassis.clock import Ids
from chassis.envelope import headers_of
from chassis.tables import outbox
from chassis.trace import Trace
from contracts.event import Event

T = TypeVar("T")
Announcement = tuple[Any, ...]
_ANNOUNCED = ("event_id", "subject", "headers", "body", "created_at")


class Transaction:
    """One write transaction. `now` is the instant it began; `connection` is SQLAlchemy's own, not the awaited one."""

    def __init__(self, connection: Connection, now: datetime, ids: Ids) -> None:
        self.connection = connection
        self.now = now
        self.ids = ids
        self._announced: list[Announcement] = []

    def insert_rows(self, table: Table, columns: tuple[str, ...], rows: bulk.Rows, *, replace: bool = False) -> None:
        """Insert many rows in one statement; `replace`: rows of the same primary key take the new values."""
        bulk.insert_rows(self.connection, table, columns, rows, replace=replace)

    def announce(self, event: Event, caused_by: Trace) -> None:
        """Put an event in the outbox of this transaction. `caused_by`: the request it comes from."""
        self._announced.append(announcement(event, self.ids, self.now, caused_by))

    def flush_outbox(self) -> bool:
        """Write the announced events; True when there were any. Called just before the commit."""
        announced, self._announced = self._announced, []
        write_announced(self.connection, announced)
        return bool(announced)


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

    async def stream(self, statement: Executable, *, execution_options: Mapping[str, Any]) -> "_Portions":
        return _Portions(self._connection.execute(statement, execution_options=execution_options))

    async def run_sync(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        return work(self._connection, *args, **options)


class _Portions:
    def __init__(self, result: Result[Any]) -> None:
        self._rows = result.mappings()

    def mappings(self) -> "_Portions":
        return self

    async def partitions(self) -> AsyncIterator[Any]:
        for rows in self._rows.partitions():
            yield rows


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

    async def run_awaiting(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """`run` for a function that awaits: in an event loop of the thread's own."""
        context = copy_context()

        def whole(connection: Connection) -> T:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            return context.run(self._loop.run_until_complete, work(connection))

        return await self.run(whole)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction. Comes back only when the thread has ended it, also to who is cancelled."""
        ending = asyncio.get_running_loop().run_in_executor(self._thread, self._in_transaction, work)
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:
            await asyncio.wait([ending])
            raise

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            with self._connection.begin():
                return work(self._connection)
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
