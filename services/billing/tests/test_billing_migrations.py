"""What was written by an earlier release is there after the upgrade."""

import json
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

import billing.migrations
from billing.amount_due import amount_due
from billing.cycle import COMPUTED, find_cycle
from billing.household_balance import TIMER as BALANCES
from billing.ledger.book import balance, entry
from billing.ledger.closing import KEY
from billing.ledger.closing import TIMER as NIGHT
from billing.ledger.proof import proofs
from billing.ledger.sales import TIMER, UNTOLD, Sales
from billing.order import goods_of, lines_of, order
from billing.producer_sums import producer_due, producer_vat
from billing.schema import metadata
from billing.statement import statements
from chassis.database import Database
from chassis.schema import SERVICE_VERSIONS, drift, migrate
from chassis.tables import timer
from chassis.timers import Timer

FOLDER = Path(billing.migrations.__path__[0])

BEFORE = """
INSERT INTO cycle (id, version, name, closed_at, delivers_on, state, asked)
 VALUES ('c', 3, 'Semaine 48', '2026-11-22 19:00:00', '2026-11-27', 'computed', 0);
INSERT INTO household_order VALUES ('o1', 2, 'c', 'h1', 'Marie', 'g', 'Limoux', 'placed', 700);
INSERT INTO household_order VALUES ('o2', 1, 'c', 'h2', 'Paul', 'g', 'Limoux', 'withdrawn', 0);
INSERT INTO order_line VALUES ('o1', 2, 'p2', 'Alpes', 'soap', 'Savon', '', 'piece', 'HOUSEHOLD', 1000, 200);
INSERT INTO order_line VALUES ('o1', 1, 'p1', 'Élan', 'oil', 'Huile', 'Oil', 'litre', 'FOOD', 1500, 500);
INSERT INTO amount_due VALUES ('a1', 'c', 'h1', 'Marie', 'g', 'Limoux', 2500, 700, '2026-11-22 19:00:00');
INSERT INTO cheque VALUES ('a1', 'p1', 'c', 'Élan', '', 1500, 500);
INSERT INTO cheque VALUES ('a1', 'p2', 'c', 'Alpes', 'art. 293 B', 1000, 200);
INSERT INTO cheque_vat VALUES ('a1', 'p1', 550, 'c', 500, 26, 474);
INSERT INTO cheque_vat VALUES ('a1', 'p2', 0, 'c', 200, 0, 200);
INSERT INTO cheque_line VALUES ('a1', 'p1', 1, 'Huile', 'Oil', 'litre', 1500, 550, 500, 474);
INSERT INTO cheque_line VALUES ('a1', 'p2', 1, 'Savon', '', 'piece', 1000, 0, 200, 200)
"""

OF_NOTHING = """
INSERT INTO amount_due (id, revision, version, cycle_id, household_id, household_name, group_id, group_name,
 quantity_thousandths, gross_cents, deposit_cents, computed_at, by_producer, replaced_by) VALUES
 ('n1', 1, 1, 'n', 'h1', 'Marie', 'g', 'Limoux', 2500, 750, 0, '2026-11-22 19:00:00', '{"p1":500,"p2":250}', NULL),
 ('n2', 1, 1, 'n', 'h2', 'Paul', 'g', 'Limoux', 1000, 0, 0, '2026-11-22 19:00:00', '{"p1":0}', NULL),
 ('n3', 1, 1, 'n', 'h3', 'Zoé', 'g', 'Limoux', 1000, 0, 0, '2026-11-22 19:00:00', '{"p1":0,"p2":0}', 2);
INSERT INTO producer_due (cycle_id, group_id, producer_id, producer_name, mention, cheques, gross_cents, deposit_cents)
 VALUES ('n', 'g', 'p1', 'Élan', '', 2, 500, 0), ('n', 'g', 'p2', 'Alpes', '', 1, 250, 0)
"""
"""The amount of Zoé was replaced: its cheques are counted no more."""


def upgrade_to(connection, revision):
    script = ScriptDirectory(str(FOLDER))
    with EnvironmentContext(Config(), script, fn=lambda held, _: script._upgrade_revs(revision, held)) as environment:
        environment.configure(connection=connection, version_table=SERVICE_VERSIONS, render_as_batch=True)
        environment.run_migrations()


@pytest.fixture
async def database(database_url, clock, ids):
    database = Database(database_url, service="billing", clock=clock, ids=ids)
    async with database.engine.begin() as connection:
        await connection.run_sync(upgrade_to, "billing_0001")
        for statement in BEFORE.split(";"):
            await connection.execute(text(statement))
    await migrate(database.engine, FOLDER)
    yield database
    await database.close()


async def test_the_tables_are_those_of_the_code(database):
    assert await drift(database.engine, metadata) == []


async def test_orders_keep_their_lines_in_their_order(database):
    async with database.read() as reader:
        rows = {row["id"]: lines_of(row) for row in await reader.all(select(order))}
        names = {key: of.name_fr for key, of in (await goods_of(reader, {line[0] for line in rows["o1"]})).items()}
    assert [(names[key], quantity, gross) for key, quantity, gross in rows["o1"]] == [
        ("Huile", 1500, 500),
        ("Savon", 1000, 200),
    ]
    assert rows["o2"] == []


async def test_amounts_say_what_they_said(database):
    async with database.read() as reader:
        (statement,) = await statements(reader, {"h1"}, 0, 10)
        by_producer = json.loads(await reader.scalar(select(amount_due.c.by_producer)))
    assert [cheque["producer_name"] for cheque in statement.cheques] == ["Alpes", "Élan"]
    soap, oil = statement.cheques
    assert (soap["mention"], soap["gross_cents"], soap["lines"][0]["net_cents"]) == ("art. 293 B", 200, 200)
    assert oil["vat"] == [{"rate_hundredths": 550, "gross_cents": 500, "vat_cents": 26, "net_cents": 474}]
    assert oil["lines"][0]["name_en"] == "Oil"
    assert by_producer == {"p1": 500, "p2": 200}


async def test_amounts_become_first_revisions_and_their_cycle_is_computed(database):
    async with database.read() as reader:
        [row] = await reader.all(select(amount_due))
        held = await find_cycle(reader, "c")
    assert (row["id"], row["revision"], row["version"], row["replaced_by"]) == ("a1", 1, 1, None)
    assert (held["revision"], held["begun"], held["state"]) == (1, 1, COMPUTED)


async def test_amounts_of_before_are_booked_by_the_calls_the_upgrade_leaves(database):
    """They are due at once, the oldest cycle first; made again they book nothing."""
    async with database.read() as reader:
        calls = await reader.all(select(timer).order_by(timer.c.due_at, timer.c.name))
    expected = [(NIGHT, KEY), (BALANCES, "all"), (TIMER, "c")]
    assert [(call["name"], call["key"]) for call in calls] == expected
    for _ in range(2):
        async with database.write() as writer:
            await Sales(ZoneInfo("Europe/Paris")).go_on(writer, Timer(TIMER, "c", writer.now, {}))
    async with database.read() as reader:
        entries = await reader.all(select(entry).order_by(entry.c.book))
        balances = {
            (row["book"], row["account"], row["party"]): row["debit_cents"] - row["credit_cents"]
            for row in await reader.all(select(balance))
        }
        assert [fault for proof in await proofs(reader) for fault in proof.faults] == []
    assert [(row["book"], row["cause"], row["revision"]) for row in entries] == [("p1", UNTOLD, 1), ("p2", UNTOLD, 1)]
    assert balances == {
        ("p1", "household", "h1"): 500,
        ("p1", "sales", ""): -474,
        ("p1", "vat", ""): -26,
        ("p2", "household", "h1"): 200,
        ("p2", "sales", ""): -200,
    }


async def test_sums_by_producer_are_made_from_the_cheques(database):
    async with database.read() as reader:
        dues = {row["producer_id"]: row for row in await reader.all(select(producer_due))}
        taxes = {row["producer_id"]: row for row in await reader.all(select(producer_vat))}
    assert (dues["p1"]["cheques"], dues["p1"]["gross_cents"], dues["p1"]["group_id"]) == (1, 500, "g")
    assert (taxes["p1"]["rate_hundredths"], taxes["p1"]["vat_cents"]) == (550, 26)


def count_again(connection):
    """What this one revision does to rows of before."""
    with Operations.context(MigrationContext.configure(connection)):
        import_module("billing.migrations.versions.0029_cheques_of_nothing").upgrade()


async def test_a_cheque_that_came_to_nothing_is_not_counted_any_more(database):
    """A group of which everything was spoiled on one cheque of two. What was said before stays."""
    async with database.engine.begin() as connection:
        for statement in OF_NOTHING.split(";"):
            await connection.exec_driver_sql(statement)
        await connection.run_sync(count_again)
    async with database.read() as reader:
        dues = await reader.all(select(producer_due).where(producer_due.c.cycle_id == "n"))
        told = await reader.all(select(amount_due).where(amount_due.c.cycle_id == "n").order_by(amount_due.c.id))
    assert {row["producer_id"]: row["cheques"] for row in dues} == {"p1": 1, "p2": 1}
    assert [row["by_producer"] for row in told] == ['{"p1":500,"p2":250}', '{"p1":0}', '{"p1":0,"p2":0}']
