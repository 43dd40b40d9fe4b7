"""What was written by an earlier release is there after the upgrade."""

import json
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import notify.migrations
from chassis.database import Database
from chassis.schema import SERVICE_VERSIONS, drift, migrate
from notify.order import orders_by_id
from notify.schema import metadata

FOLDER = Path(notify.migrations.__path__[0])


def upgrade_to(connection, revision):
    script = ScriptDirectory(str(FOLDER))
    with EnvironmentContext(Config(), script, fn=lambda held, _: script._upgrade_revs(revision, held)) as environment:
        environment.configure(connection=connection, version_table=SERVICE_VERSIONS, render_as_batch=True)
        environment.run_migrations()


async def test_orders_say_what_they_said(database_url, clock, ids):
    database = Database(database_url, service="notify", clock=clock, ids=ids)
    said = '{"id": "o", "household_name": "Éboué", "lines": [1, 2]}'
    async with database.engine.begin() as connection:
        await connection.run_sync(upgrade_to, "notify_0001")
        await connection.execute(
            text("INSERT INTO household_order VALUES ('o', 2, 'c', 'h', 'placed', :said)"), {"said": said}
        )
    await migrate(database.engine, FOLDER)
    assert await drift(database.engine, metadata) == []
    async with database.read() as reader:
        assert json.loads((await orders_by_id(reader, ["o"]))["o"]["said"]) == json.loads(said)
    await database.close()
