"""What was written by an earlier release is there after the upgrade."""

import json
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from logistics_week import CLOSES, DELIVERS, LIMOUX, ORANGES, PELARDON, Week, line
from sqlalchemy import column, insert, select, table

import logistics.migrations
from chassis.database import Database
from chassis.schema import SERVICE_VERSIONS, drift, migrate
from logistics.cycle import cycle, cycle_of
from logistics.member_order import Orders, goods_of, lines_of, member_order
from logistics.pick_list import PickList, keep_lists, kept_list, list_id, lists_of_cycle, pick_list, row_of
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


LIST_OF_OLD = PickList(
    id=list_id("cycle-1", "pic"),
    cycle_id="cycle-1",
    cycle_name="Semaine 48",
    delivers_on=DELIVERS,
    producer_id="pic",
    producer_name="Fromagerie du Pic",
    issued_at=CLOSES,
    lines=(),
    pickups=(),
    order_lines=0,
    quantity_thousandths=0,
    gross_cents=0,
)
HEAD = ("id", "cycle_id", "producer_id", "producer_name", "delivers_on", "issued_at", "order_lines")
HEAD += ("quantity_thousandths", "gross_cents")


async def test_lists_become_first_revisions_and_their_cycles_are_issued(database):
    closing = Week().closing()
    async with database.engine.begin() as connection:
        await connection.run_sync(upgrade_to, "logistics_0002")
        # As the release before wrote them: the columns that came later are not named.
        written = {name: getattr(LIST_OF_OLD, name) for name in HEAD} | {"lines": 0}
        written["content"] = LIST_OF_OLD.model_dump_json(exclude={"revision"})
        await connection.execute(
            insert(table("pick_list", *(column(n, pick_list.c[n].type) for n in written))), written
        )
        for cycle_id, closed, issued in (("cycle-1", True, True), ("waiting", True, False), ("open", False, False)):
            row = {name: getattr(closing, name) for name in ("version", "name", "closes_at", "delivers_on")}
            row |= {"id": cycle_id, "pickups": "[]", "issued_at": CLOSES if issued else None}
            row |= {"closed_at": CLOSES, "manifest": closing.manifest.model_dump_json()} if closed else {}
            await connection.execute(insert(table("cycle", *(column(n, cycle.c[n].type) for n in row))), row)
    await migrate(database.engine, FOLDER)
    assert await drift(database.engine, metadata) == []
    async with database.read() as reader:
        states = {name: (await cycle_of(reader, name)).state for name in ("cycle-1", "waiting", "open")}
        kept = await kept_list(reader, LIST_OF_OLD.id)
        assert await lists_of_cycle(reader, "cycle-1") == {"pic": LIST_OF_OLD}
    assert states == {"cycle-1": "issued", "waiting": "waiting", "open": "open"}
    assert (kept.pick_list, kept.before, kept.replaced_by) == (LIST_OF_OLD, None, None)
    async with database.write() as writer:
        second = LIST_OF_OLD.model_copy(update={"revision": 2})
        await keep_lists(writer, second.revision, [row_of(second, 2)])
    async with database.read() as reader:
        assert (await kept_list(reader, LIST_OF_OLD.id)).before == LIST_OF_OLD
