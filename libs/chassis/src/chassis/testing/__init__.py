"""A pytest plugin: databases, clock, a real broker, and a started service to talk to.

Installed with the chassis, so every test has the fixtures. Tests that take `database_url` run on SQLite and on
PostgreSQL (marker `postgres`); `chassis.testing.providers` says where that and the broker come from.
"""

import asyncio
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import dead_letter
from chassis.database import Database
from chassis.envelope import Received, headers_of
from chassis.identity import TOKEN_COOKIE, Grant, Person, TokenIssuer, new_key_pair
from chassis.listening import DONE, Delivery
from chassis.schema import migrate
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import outbox, timer
from chassis.testing import providers
from chassis.trace import Trace
from contracts import EVENTS, Event

S = TypeVar("S", bound=Settings)

START = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
"""A Thursday morning."""


class FrozenClock:
    """A clock that moves when told to."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta | float) -> None:
        """By a timedelta, or by seconds."""
        self._at += by if isinstance(by, timedelta) else timedelta(seconds=by)

    def set(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)


async def waits_for_lock(database: Database) -> bool:
    """Whether a transaction of this database, on PostgreSQL, waits for what another one holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with database.read() as reader:
        return bool(await reader.scalar(text(waiting)))


async def until_it_waits(database: Database, *tasks: asyncio.Task[Any]) -> None:
    """Until a transaction waits for another's lock, or one of these tasks has ended: for tests of two at once, however
    slow the machine is."""
    async with asyncio.timeout(30):
        while not any(task.done() for task in tasks) and not await waits_for_lock(database):  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.02)


async def call_due(app: FastAPI) -> None:
    """Make every call that is due. The service makes them too: one that it has in hand is waited for."""
    service: Service = app.state.service
    names = list(service.timers.handlers)
    async with asyncio.timeout(60):
        while True:
            if await service.timers.call_one():
                continue
            async with service.database.read() as reader:
                due = select(timer.c.key).where(timer.c.due_at <= service.clock.now(), timer.c.name.in_(names))
                if await reader.first(due) is None:
                    return
            await asyncio.sleep(0.01)


class CountingIds:
    """Ids in order, the same in every run."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._numbers):012d}"

    def secret(self) -> str:
        return f"secret-{next(self._numbers):012d}"


def pytest_configure(config: pytest.Config) -> None:
    """Below INFO the log of a failed test hides what failed; rich tracebacks take seconds each."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
    )


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture(scope="session")
def keys() -> tuple[bytes, bytes]:
    """Private and public PEM of the key that signs people's tokens."""
    return new_key_pair()


# --- databases ---


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server whose role may create databases."""
    with providers.postgres() as url:
        yield url


async def _on_server(server: str, statement: str) -> None:
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


_numbers = count(1)


@pytest_asyncio.fixture
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """URL of a fresh PostgreSQL database."""
    name = f"cabas_{os.getpid()}_{next(_numbers)}"
    # Durability is what faults tests are for, with a server of their own; here it only costs time.
    await _on_server(postgres_server, f'CREATE DATABASE "{name}"')
    await _on_server(postgres_server, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    await _on_server(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, on SQLite and then on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


# --- the broker ---


@pytest_asyncio.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[Any]:
    """A real nats-server with an empty store: `url`, `user`, `password`, `start()`, `kill()`."""
    server = providers.broker(tmp_path / "nats")
    await server.start()
    yield server
    await server.stop()


# --- a service ---

SettingsFor = Callable[..., Any]


@pytest.fixture
def settings_for(database_url: str, tmp_path: Path, keys: tuple[bytes, bytes]) -> SettingsFor:
    """`settings_for(OrderingSettings, **overrides)`: settings with a database of this test and keys."""

    def make(kind: type[S], **overrides: Any) -> S:
        folder = tmp_path / "keys"
        folder.mkdir(exist_ok=True)
        (folder / "token.pem").write_bytes(keys[0])
        (folder / "token.pub.pem").write_bytes(keys[1])
        values: dict[str, Any] = {"data_dir": tmp_path, "database_url": database_url, "database_pool": 10}
        return kind(**(values | overrides))

    return make


Started = Callable[..., Awaitable[FastAPI]]

_migrated: dict[Path, bytes] = {}
"""An SQLite file as its migrations leave it, by the folder of the migrations."""


async def _provide_schema(service: Service) -> None:
    """Give a new SQLite database the schema by copying a migrated one: a third of what a page's test costs otherwise.

    `start` finds nothing left to migrate then; on PostgreSQL it migrates, so every suite runs the real migrations too.
    """
    database = service.database
    if not database.is_sqlite or database.url.database is None or Path(database.url.database).exists():
        return
    if service.migrations not in _migrated:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "migrated.db"
            fresh = Database(f"sqlite+aiosqlite:///{file}", service=service.name, clock=service.clock, ids=service.ids)
            await migrate(fresh.engine, service.migrations)
            await fresh.close()
            _migrated[service.migrations] = file.read_bytes()
    Path(database.url.database).write_bytes(_migrated[service.migrations])


@pytest_asyncio.fixture
async def started(settings_for: SettingsFor, clock: FrozenClock, ids: CountingIds) -> AsyncIterator[Started]:
    """`app = await started(create_app, Settings, **overrides)`: migrated and running, without a broker."""
    async with AsyncExitStack() as stack:

        async def start(create_app: Callable[..., FastAPI], kind: type[Settings], **overrides: Any) -> FastAPI:
            app = create_app(settings_for(kind, **overrides), clock=clock, ids=ids)
            service: Service = app.state.service
            await _provide_schema(service)
            await service.start(broker=False)
            stack.push_async_callback(service.stop)
            return app

        yield start


class Browser(httpx.AsyncClient):
    """Speaks to an app as one signed-in person would; `csrf` is what the person's forms carry."""

    csrf: str = ""

    async def submit(self, url: str, data: dict[str, Any] | None = None, **kwargs: Any) -> httpx.Response:
        """Send a form as a page of ours would have it sent."""
        return await self.post(url, data={"csrf_token": self.csrf, **(data or {})}, **kwargs)


ClientFor = Callable[..., Browser]


@pytest_asyncio.fixture
async def client_for(keys: tuple[bytes, bytes], clock: FrozenClock) -> AsyncIterator[ClientFor]:
    """`client_for(app, Grant(Role.MEMBER, household_id="h1"), name="Josette")`; without grants: nobody signed in."""
    async with AsyncExitStack() as stack:

        def make(
            app: FastAPI, *grants: Grant, name: str = "Josette", language: str = "fr", person_id: str = "person-1"
        ) -> Browser:
            browser = Browser(transport=httpx.ASGITransport(app=app), base_url="http://hub.test")
            stack.push_async_callback(browser.aclose)
            if grants:
                person = Person(person_id, name, language, grants, session_id="session-1", csrf="csrf-of-the-session")
                token = TokenIssuer(keys[0]).issue(person, clock.now(), minutes=60 * 24 * 365)
                browser.cookies.set(TOKEN_COOKIE, token)
                browser.csrf = person.csrf
            browser.headers["accept-language"] = language
            return browser

        yield make


_deliveries = count(1)


async def deliver(app: FastAPI, *events: Event, bury: bool = False) -> None:
    """Have a service take events in, by the code JetStream's deliveries go through.

    Fails when one is put off or buried, unless `bury` says that it should be.
    """
    service: Service = app.state.service
    assert service.listening is not None, f"{service.name} listens to nothing"
    assert service.intake is not None
    for event in events:
        event_id = f"00000000-0000-7000-9000-{next(_deliveries):012d}"
        headers = headers_of(event, event_id, service.clock.now(), Trace())
        received = Received(event.subject, headers, event.model_dump_json().encode())
        consumer = service.listening.consumer(event.service)
        # The last attempt: a failure shows as a dead letter at once, with its error.
        delivery = Delivery(received, service.settings.max_deliveries)
        assert await service.intake.take(consumer, [delivery]) == [DONE]
    async with service.database.read() as reader:
        letters = await dead_letter.unresolved(reader)
    assert bool(letters) == bury, "\n".join(letter.error for letter in letters) or "nothing was buried"


async def announced(app: FastAPI) -> list[Event]:
    """All events a service has put in its outbox, oldest first."""
    service: Service = app.state.service
    async with service.database.read() as reader:
        rows = await reader.all(select(outbox.c.headers, outbox.c.body).order_by(outbox.c.id))
    return [EVENTS[row["headers"]["ce-type"]].model_validate_json(row["body"]) for row in rows]
