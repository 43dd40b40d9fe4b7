import asyncio

import pytest
from counter.app import count, counter, create_app, metadata
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from chassis.database import Database, Writer
from chassis.schema import drift, migrate, pending
from chassis.service import Service
from chassis.settings import Settings
from chassis.testing import announced


@pytest.fixture
async def database(started) -> Database:
    app = await started(create_app, Settings)
    return app.state.service.database


async def test_fifty_writers_at_once_lose_no_update(database):
    async def add():
        async with database.write() as writer:
            await count(writer)

    async with database.write() as writer:
        await count(writer)
    await asyncio.gather(*(add() for _ in range(50)))
    async with database.read() as reader:
        assert await reader.scalar(select(counter.c.version)) == 51


async def test_a_reader_cannot_write(database):
    async with database.read() as reader:
        with pytest.raises(DBAPIError):
            await reader.connection.execute(counter.insert().values(id="x", version=1, heard=0))


async def test_reading_does_not_wait_for_a_writer(database):
    async with database.write() as writer:
        await count(writer)
        async with asyncio.timeout(2), database.read() as reader:
            assert await reader.scalar(select(counter.c.version)) is None


async def test_a_failed_transaction_says_nothing(started):
    app = await started(create_app, Settings)

    async def fails():
        async with app.state.service.database.write() as writer:
            await count(writer)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await announced(app) == []


async def test_a_whole_transaction_writes_reads_and_says_as_the_other_does(started):
    app = await started(create_app, Settings)
    database = app.state.service.database

    async def counted_twice(writer: Writer) -> list[int]:
        # What really waits may be in it, too.
        await asyncio.sleep(0)
        await asyncio.to_thread(len, "")
        await count(writer)
        await count(writer)
        rows = [row async for rows in writer.portions(select(counter), size=1) for row in rows]
        return [row["version"] for row in rows]

    assert await database.write_whole(counted_twice) == [2]
    assert [event.version for event in await announced(app)] == [1, 2]


async def test_a_whole_transaction_that_fails_leaves_nothing_behind(started):
    app = await started(create_app, Settings)
    database = app.state.service.database

    async def fails(writer: Writer) -> None:
        await count(writer)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write_whole(fails)
    assert await database.write_whole(count) == 1
    assert [event.version for event in await announced(app)] == [1]


async def test_events_of_one_aggregate_leave_in_the_order_of_their_versions(started):
    app = await started(create_app, Settings)

    async def add():
        async with app.state.service.database.write() as writer:
            await count(writer)

    await add()
    await asyncio.gather(*(add() for _ in range(20)))
    assert [event.version for event in await announced(app)] == list(range(1, 22))


async def test_only_a_newer_version_replaces_what_is_kept(database):
    async with database.write() as writer:
        taken = [
            await writer.keep_newest(counter, {"id": "a", "version": version, "heard": version})
            for version in (2, 1, 2, 3)
        ]
    assert taken == [True, False, False, True]


async def test_the_migrated_schema_is_the_one_the_code_describes(started):
    app = await started(create_app, Settings)
    service: Service = app.state.service
    assert await drift(service.database.engine, metadata) == []
    assert await pending(service.database.engine, service.migrations) == []
    await migrate(service.database.engine, service.migrations)


async def test_a_database_without_its_schema_is_told_apart(database_url, clock, ids):
    from pathlib import Path

    database = Database(database_url, service="x", clock=clock, ids=ids)
    folder = Path(__file__).parent / "counter" / "migrations"
    assert await pending(database.engine, folder) == ["chassis_0001", "chassis_0002", "counter_0001"]
    assert await drift(database.engine, metadata)
    await database.close()
