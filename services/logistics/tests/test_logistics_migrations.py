"""What was written by an earlier release is there after the upgrade."""

import json
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from logistics_week import LIMOUX, ORANGES, PELARDON, Week, line
from sqlalchemy import insert, select

import logistics.migrations
from chassis.database import Database
from chassis.schema import SERVICE_VERSIONS, drift, migrate
from logistics.member_order import Orders, goods_of, lines_of, member_order
from logistics.tables import metadata

FOLDER = Path(logistics.migrations.__path__[0])


def upgrade_to(connection, revision):
    script = ScriptDirectory(str(FOLDER))
    with EnvironmentContext(Config(), script, fn=lambda held, _: script._upgrade_revs(revision, held)) as environment:
        environment.configure(connection=connection, version_table=SERVICE_VERSIONS, render_as_batch=True)
        environment.run_migrations()


def as_it_was(event):
    row = {c.name: getattr(event, c.name) for c in member_order.c if hasattr(event, c.name)}
    lines = json.dumps([json.loads(each.model_dump_json()) for each in event.lines])
    return row | {"state": "placed", "said_at": event.placed_at, "lines": lines}


@pytest.fixture
async def database(database_url, clock, ids):
    database = Database(database_url, service="logistics", clock=clock, ids=ids)
    yield database
    await database.close()


async def test_orders_keep_their_lines(database):
    week = Week()
    placed = [
        week.order("vidal", LIMOUX, line(PELARDON, 3000), line(ORANGES, 2000)),
        week.order("roux", LIMOUX, line(PELARDON, 1000)),
    ]
    async with database.engine.begin() as connection:
        await connection.run_sync(upgrade_to, "logistics_0001")
        await connection.execute(insert(member_order), [as_it_was(event) for event in placed])
    await migrate(database.engine, FOLDER)
    assert await drift(database.engine, metadata) == []
    async with database.read() as reader:
        rows = {row["id"]: lines_of(row) for row in await reader.all(select(member_order))}
        goods = await goods_of(reader, {key for lines in rows.values() for key, _quantity, _gross in lines})
    for event in placed:
        assert [(goods[key].article, quantity, gross) for key, quantity, gross in rows[event.id]] == [
            (each.article, each.quantity_thousandths, each.gross_cents) for each in event.lines
        ]
    # What is taken in afterwards has the same keys.
    async with database.write() as writer:
        await Orders().keep(writer, [week.order("roux", LIMOUX, line(PELARDON, 2000))])
    async with database.read() as reader:
        again = await reader.first(select(member_order).where(member_order.c.household_id == "roux"))
    assert lines_of(again)[0][0] == rows[placed[1].id][0][0]
