"""A database that starts again is told from one that says no."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest
from counter.app import create_app
from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi as Driver
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.database import unreachable
from chassis.listening import database_is_away
from chassis.nats_server import free_port
from chassis.service import Service
from chassis.settings import Settings


@pytest.mark.parametrize(
    "error", [asyncpg.CannotConnectNowError("starting up"), asyncpg.TooManyConnectionsError("too many")]
)
def test_what_postgresql_says_while_it_starts_or_is_full_is_nobodys_fault(error):
    said = Driver.Error(str(error), error)
    assert database_is_away(error)
    assert unreachable(error)
    assert unreachable(DBAPIError("SELECT 1", {}, said))
    assert database_is_away(DBAPIError("SELECT 1", {}, said))


def test_what_it_refuses_is_not_taken_for_an_absence():
    said = Driver.IntegrityError("twice", asyncpg.UniqueViolationError("twice"))
    assert not database_is_away(IntegrityError("INSERT", {}, said))
    assert not database_is_away(ValueError("no such unit"))


def test_a_password_that_is_wrong_is_not_waited_for():
    assert not unreachable(asyncpg.InvalidPasswordError("password authentication failed"))
    assert not unreachable(asyncpg.InvalidCatalogNameError("database does not exist"))


class Unsteady:
    """A way to PostgreSQL that breaks off in the middle of the first talk."""

    def __init__(self, database: URL) -> None:
        self.port = free_port()
        self.url = database.set(host="127.0.0.1", port=self.port, query={}).render_as_string(hide_password=False)
        self.talks = 0
        self._database = database

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.talks += 1
        breaks_at = b"standard_conforming_strings" if self.talks == 1 else None
        its_reader, its_writer = await self._there()

        async def carry(come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                while (said := await come.read(65536)) and not (breaks_at and breaks_at in said):
                    go.write(said)
            writer.close()
            its_writer.close()

        await asyncio.gather(carry(reader, its_writer), carry(its_reader, writer))

    async def _there(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        to = self._database
        if folder := to.query.get("host"):
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{to.port or 5432}")
        return await asyncio.open_connection(to.host, to.port or 5432)

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()


async def test_a_service_waits_for_a_database_that_is_not_there_yet_or_goes_while_it_starts(
    database_url, settings_for, client_for, clock, ids
):
    if database_url.startswith("sqlite"):
        pytest.skip("a file is there")
    way = Unsteady(make_url(database_url))
    service: Service = create_app(settings_for(Settings, database_url=way.url), clock=clock, ids=ids).state.service
    starting = asyncio.create_task(service.start(broker=False))
    await asyncio.sleep(0.2)
    await way.open()
    try:
        await asyncio.wait_for(starting, 30)
        assert way.talks > 1
        assert (await client_for(service.app).get("/ordering/health/live")).status_code == 200
    finally:
        await service.stop()
        await way.close()


async def test_a_service_that_is_told_to_stop_waits_no_longer_for_its_database(database_url, settings_for, clock, ids):
    if database_url.startswith("sqlite"):
        pytest.skip("a file is there")
    nowhere = f"postgresql+asyncpg://hub@127.0.0.1:{free_port()}/hub"
    service: Service = create_app(settings_for(Settings, database_url=nowhere), clock=clock, ids=ids).state.service
    starting = asyncio.create_task(service.start(broker=False))
    await asyncio.sleep(0.2)
    assert not starting.done()
    service.stopping.set()
    with pytest.raises(OSError, match="Connect"):
        await asyncio.wait_for(starting, 30)
    await service.stop()
