"""One database per service, SQLite or PostgreSQL, with reading and writing as two types.

A `Reader` cannot write (read-only transaction), so a page that only looks never waits for the write lock. A
`Writer` is one transaction: what is announced through it reaches the broker if and only if it commits.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Engine, Executable, RowMapping, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.dml import ReturningInsert

from chassis import crash, trace
from chassis.bulk import Rows, insert_rows
from chassis.clock import Clock, Ids
from chassis.tables import Row, timer
from chassis.trace import Trace
from chassis.transaction import Announcement, Awaited, OneThread, announcement, write_announced
from contracts.event import Event

Insert = sqlite.Insert | postgresql.Insert
T = TypeVar("T")


class Reader:
    """A read-only transaction over one snapshot. `now` is the instant it began."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self.connection = connection
        self.now = now

    async def all(self, statement: Executable) -> list[RowMapping]:
        return list((await self.connection.execute(statement)).mappings())

    async def portions(self, statement: Executable, size: int = 500) -> AsyncIterator[list[RowMapping]]:
        """All rows, some at a time: never all in memory, and others have their turn on the event loop in between."""
        result = await self.connection.stream(statement, execution_options={"yield_per": size})
        async for rows in result.mappings().partitions():
            yield list(rows)

    async def first(self, statement: Executable) -> RowMapping | None:
        """The first row, or None."""
        return (await self.connection.execute(statement)).mappings().first()

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        return (await self.connection.execute(statement)).scalar()


class Writer(Reader):
    """One write transaction. Lock the aggregate's row first (`with_for_update()`), then decide, then write."""

    def __init__(self, connection: AsyncConnection, now: datetime, ids: Ids, service: str) -> None:
        super().__init__(connection, now)
        self.ids = ids
        self._service = service
        self._announced: list[Announcement] = []
        self.timers: set[tuple[str, str]] = set()
        """Name and key of each call that this transaction set or cancelled."""
        self.after_commit: list[Callable[[], None]] = []
        """Called when this transaction has been committed, and not where it is undone."""

    async def execute(self, statement: Executable, rows: list[Row] | None = None) -> CursorResult[Any]:
        """Run a statement; with `rows`, once for each (nothing for an empty list)."""
        if rows is not None and not rows:
            raise ValueError("no rows to write: check before calling")
        result = await self.connection.execute(statement, rows)
        assert isinstance(result, CursorResult)
        return result

    def insert(self, table: Table) -> Insert:
        """An INSERT that knows `on_conflict_do_update` of the database in use."""
        return _insert(table, self.connection.dialect.name)

    async def keep_newest(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert or replace by primary key, unless the row held has the same or a newer `version`.

        True when the row was taken. This is the guard that makes duplicates, replays and reordering harmless.
        """
        return bool(await self.keep_newest_of(table, [row]))

    async def keep_newest_of(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> set[Any]:
        """`keep_newest` for many rows of a table whose primary key is one column, in one statement.

        The keys of the rows that were taken; of several rows of one key the newest counts, of equals the first.
        """
        [key] = table.primary_key
        newest: dict[Any, Mapping[str, Any]] = {}
        for row in rows:
            held = newest.get(row[key.name])
            if held is None or held["version"] < row["version"]:
                newest[row[key.name]] = row
        if not newest:
            return set()
        # In order of key: two replicas that lock rows in opposite order would wait for each other.
        ordered = [dict(newest[each]) for each in sorted(newest)]
        statement = _keep_newest(table, tuple(ordered[0]), self.connection.dialect.name)
        return set((await self.connection.execute(statement, ordered)).scalars())

    async def insert_rows(self, table: Table, columns: tuple[str, ...], rows: Rows, *, replace: bool = False) -> None:
        """Insert many rows in one statement; `replace`: rows of the same primary key take the new values."""
        await self.connection.run_sync(insert_rows, table, columns, rows, replace=replace)

    async def announce(self, *events: Event) -> None:
        """Put events in the outbox of this transaction, as caused by what the code now running serves.

        They are written just before the commit, after every change, so that outbox ids follow the order in which
        rows were locked: two writers of one aggregate cannot swap their events.
        """
        self.say(events, trace.current())

    def say(self, events: Iterable[Event], caused_by: Trace) -> None:
        """`announce` for who has another cause, or cannot await."""
        self._announced += (announcement(said, self.ids, self.now, caused_by) for said in events)

    async def call_at(self, name: str, key: str, due_at: datetime, payload: Row | None = None) -> None:
        """Have the timer `name` called for `key` at `due_at`, or as soon after as it can; replaces an earlier one."""
        await self.call_all_at(name, [key], due_at, payload)

    async def call_all_at(self, name: str, keys: Collection[str], due_at: datetime, payload: Row | None = None) -> None:
        """The same for many keys, in one statement."""
        if not keys:
            return
        statement = self.insert(timer)
        fresh = {c: statement.excluded[c] for c in ("due_at", "payload", "attempts", "error")}
        what = {"name": name, "due_at": due_at, "payload": payload or {}, "attempts": 0, "error": None}
        # In order of key: two replicas that lock rows in opposite order would wait for each other.
        rows = [what | {"key": key} for key in sorted(set(keys))]
        await self.execute(statement.on_conflict_do_update(index_elements=["name", "key"], set_=fresh), rows)
        self.timers |= {(name, key) for key in keys}

    async def cancel_call(self, name: str, key: str) -> None:
        self.timers.add((name, key))
        await self.execute(timer.delete().where(timer.c.name == name, timer.c.key == key))

    async def flush_outbox(self) -> bool:
        """Write the announced events; True when there were any. Called by `Database.write`."""
        if not self._announced:
            return False
        rows, self._announced = self._announced, []
        await self.connection.run_sync(write_announced, rows)
        return True


def _insert(table: Table, dialect: str) -> Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache(maxsize=256)
def _keep_newest(table: Table, columns: tuple[str, ...], dialect: str) -> ReturningInsert[tuple[Any, ...]]:
    """Made once: building the statement costs more than running it."""
    [key] = table.primary_key
    statement = _insert(table, dialect)
    return statement.on_conflict_do_update(
        index_elements=[key.name],
        set_={name: statement.excluded[name] for name in columns if name != key.name},
        where=table.c.version < statement.excluded.version,
    ).returning(key)


class Transaction:
    """A write transaction of plain functions. `connection` is SQLAlchemy's own, not the awaited one."""

    def __init__(self, connection: Connection, writer: Writer) -> None:
        self.connection = connection
        self.now, self.ids = writer.now, writer.ids
        self._writer = writer

    def insert_rows(self, table: Table, columns: tuple[str, ...], rows: Rows, *, replace: bool = False) -> None:
        """As `Writer.insert_rows`."""
        insert_rows(self.connection, table, columns, rows, replace=replace)

    def announce(self, event: Event, caused_by: Trace) -> None:
        self._writer.say([event], caused_by)


class Database:
    """The engines of one service. `on_announced` and `on_timers` are called after a commit that gives them work."""

    def __init__(self, url: str, *, service: str, clock: Clock, ids: Ids, pool: int = 20) -> None:
        self.url = make_url(url)
        self.service = service
        self.clock = clock
        self.ids = ids
        self.on_announced: Callable[[], None] = lambda: None
        self.on_timers: Callable[[], None] = lambda: None
        if self.is_sqlite:
            # One writer: a second writing connection would only wait for the first one's lock, unfairly.
            self._writing = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pool=1)
            self._reading = _sqlite_engine(url, begin="BEGIN", pool=8, query_only=True)
            # First come, first served. The pool would give the connection back to whoever asks again at once: under
            # load the relay would never have its turn.
            self._turns: AbstractAsyncContextManager[None] = asyncio.Lock()
            self._plainly = OneThread(self.url, lambda engine: _prepare_sqlite(engine, "BEGIN IMMEDIATE"))
        else:
            self._writing = create_async_engine(url, pool_size=pool, max_overflow=0)
            _replace_closed(self._writing.sync_engine)
            self._turns = nullcontext()
            self._reading = self._writing.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> AsyncEngine:
        """The writing engine: for migrations and advisory locks, not for rules of the business."""
        return self._writing

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        async with self._reading.connect() as connection, connection.begin():
            yield Reader(connection, self.clock.now())

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Writer]:
        async with self._turns, self._writing.connect() as connection, connection.begin():
            # Read the clock after the lock is held, so that the later of two writers has the later time.
            writer = Writer(connection, self.clock.now(), self.ids, self.service)
            yield writer
            announced = await writer.flush_outbox()
            crash.point(self.service, "before_commit")
        self._committed(writer, announced)

    async def write_whole(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        """Run `work` in one write transaction, as `write` does; raises what it raises.

        On SQLite it runs as a whole in the thread that writes, which spares the way there and back for each statement;
        so it must touch nothing that belongs to the event loop. Who is cancelled comes back when it has ended.
        """
        if not self.is_sqlite:
            async with self.write() as writer:
                return await work(writer)

        async def whole(connection: Connection) -> tuple[T, Writer, bool]:
            awaited = cast("AsyncConnection", Awaited(connection))
            writer = Writer(awaited, self.clock.now(), self.ids, self.service)
            result = await work(writer)
            announced = await writer.flush_outbox()
            crash.point(self.service, "before_commit")
            return result, writer, announced

        async with self._turns:
            result, writer, announced = await self._plainly.run(whole)
        self._committed(writer, announced)
        return result

    def _committed(self, writer: Writer, announced: bool) -> None:
        crash.point(self.service, "after_commit")
        for committed in writer.after_commit:
            committed()
        if announced:
            self.on_announced()
        if writer.timers:
            self.on_timers()

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Run a plain function in one write transaction: nothing is awaited until it is committed.

        For what is asked for most; it may take some milliseconds, not more. Raises what `work` raises.
        """
        return await self.write_whole(
            lambda writer: writer.connection.run_sync(lambda connection: work(Transaction(connection, writer)))
        )

    async def close(self) -> None:
        if self.is_sqlite:
            await self._plainly.close()
        await self._writing.dispose()
        if self._reading is not self._writing:
            await self._reading.dispose()


_AWAY_STATES = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE: connections, resources that ran out, an operator's intervention."""


def unreachable(error: Exception) -> bool:
    """The database cannot be reached, or the connection to it went: the same may succeed later."""
    # "The database system is starting up" (57P03) comes as no kind of its own, and there is no connection yet.
    said = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(said, "sqlstate", None) or "")
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    return gone or state[:2] in _AWAY_STATES or isinstance(said, OSError | PoolTimeout)


def _replace_closed(engine: Engine) -> None:
    """Never work with a connection that PostgreSQL has ended, by a restart or by its administrator.

    The driver hears of it at once and needs not ask; SQLAlchemy's own `pool_pre_ping` asks, in three round trips for
    every transaction.
    """

    @event.listens_for(engine, "checkout")
    def _checked_out(connection: Any, _record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError("closed by the server")


def _sqlite_engine(url: str, *, begin: str, pool: int, query_only: bool = False) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=pool, max_overflow=0, connect_args={"timeout": 30, "isolation_level": None}
    )
    _prepare_sqlite(engine.sync_engine, begin, query_only=query_only)
    return engine


def _prepare_sqlite(engine: Engine, begin: str, *, query_only: bool = False) -> None:
    pragmas: Iterable[str] = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY")

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (*pragmas, "query_only=ON") if query_only else pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        # The driver's own BEGIN is deferred: two readers that turn into writers lose an update or deadlock.
        connection.exec_driver_sql(begin)
