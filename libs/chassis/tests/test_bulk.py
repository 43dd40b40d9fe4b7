"""Many rows in one statement: on PostgreSQL they go past SQLAlchemy, and must not go past its transaction."""

import asyncio

import pytest
from counter.app import counter, create_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.database import Database
from chassis.settings import Settings
from chassis.tables import outbox

COLUMNS = ("id", "version", "heard")

few_and_many = pytest.mark.parametrize("number", [1, 60])


def some(number: int) -> list[tuple[object, ...]]:
    return [(f"a{n}", 1, 0) for n in range(number)]


@pytest.fixture
async def database(started) -> Database:
    app = await started(create_app, Settings)
    return app.state.service.database


async def rows(database: Database) -> list[tuple[object, ...]]:
    async with database.read() as reader:
        return [tuple(row.values()) for row in await reader.all(select(counter).order_by(counter.c.id))]


async def test_rows_are_written_and_replaced(database):
    async with database.write() as writer:
        await writer.insert_rows(counter, COLUMNS, [("a", 1, 0), ("b", 1, 0)])
        await writer.insert_rows(counter, COLUMNS, [("b", 2, 7), ("c", 1, 0)], replace=True)
    assert [row[:2] for row in await rows(database)] == [("a", 1), ("b", 2), ("c", 1)]


@few_and_many
async def test_what_is_undone_leaves_no_row_even_when_rows_came_first(database, number):
    def fails(transaction):
        transaction.insert_rows(counter, COLUMNS, some(number))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.run(fails)
    assert await rows(database) == []


@few_and_many
async def test_a_row_that_cannot_be_is_an_error_of_the_database_and_undoes_all(database, number):
    def twice(transaction):
        transaction.insert_rows(counter, COLUMNS, [*some(number), ("a0", 1, 0)])

    with pytest.raises(IntegrityError) as refused:
        await database.run(twice)
    assert not refused.value.connection_invalidated
    assert await rows(database) == []
    await database.run(lambda transaction: transaction.insert_rows(counter, COLUMNS, some(number)))
    assert len(await rows(database)) == number


@few_and_many
async def test_rows_that_number_themselves_do_so_in_the_order_given(database, number):
    names = [f"event-{n}" for n in range(number, 0, -1)]
    columns = ("event_id", "subject", "headers", "body", "created_at")

    def write(transaction):
        given = [(name, "s", {"ce-type": "t"}, b"{}", transaction.now) for name in names]
        transaction.insert_rows(outbox, columns, given)

    await database.run(write)
    async with database.read() as reader:
        found = await reader.all(select(outbox).order_by(outbox.c.id))
    assert [row["event_id"] for row in found] == names
    assert found[0]["headers"] == {"ce-type": "t"}


async def test_a_connection_that_the_server_ended_is_not_used_again(database):
    if database.is_sqlite:
        pytest.skip("a file ends no connections")
    mine = select(func.pg_backend_pid())
    driven = {}
    async with database.write() as one, database.write() as other:
        for writer in (one, other):
            driven[await writer.scalar(mine)] = (await writer.connection.get_raw_connection()).driver_connection
    async with database.write() as writer:
        survivor = await writer.scalar(mine)
        ended = driven.keys() - {survivor}
        for pid in ended:
            await writer.execute(text("SELECT pg_terminate_backend(:pid)").bindparams(pid=pid))
    async with asyncio.timeout(20):
        while not all(driven[pid].is_closed() for pid in ended):
            await asyncio.sleep(0.01)
    async with database.write() as first, database.write() as second:
        assert ended
        assert not ended & {await first.scalar(mine), await second.scalar(mine)}


@few_and_many
async def test_a_connection_that_ends_while_rows_are_written_is_told_as_such(database, number):
    if database.is_sqlite:
        pytest.skip("a file ends no connections")

    def written(transaction):
        transaction.connection.scalar(select(1))
        transaction.connection.connection.driver_connection.terminate()
        transaction.insert_rows(counter, COLUMNS, some(number))

    with pytest.raises(DBAPIError) as broken:
        await database.run(written)
    assert broken.value.connection_invalidated
    assert await rows(database) == []
