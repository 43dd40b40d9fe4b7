"""What was written by an earlier release is there after the upgrade, and under the rules of this one."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

import ordering.app
import ordering.migrations
from chassis.database import Database
from chassis.schema import SERVICE_VERSIONS, drift, migrate
from chassis.tables import timer
from contracts.goods import Article, Bilingual, PriceBasis, Unit
from ordering.cycle import cycle
from ordering.cycle_pool import cycle_pool
from ordering.household import SAY_AGAIN
from ordering.offer_sheet import OfferSheets
from ordering.order import EnteredBy, Slip
from ordering.placing import place_order
from ordering.tables import metadata
from ordering.wanted import Wanted, Wrong, WrongLines

FOLDER = Path(ordering.migrations.__path__[0])
OPENED = datetime(2026, 11, 15, 8, tzinfo=UTC)

GROUP = """INSERT INTO "group" (id, version, name, name_key, place, postcode, insee, address, weekday, pickup_from,
  pickup_until, bags, active, changed_at)
 VALUES ('limoux', 1, 'Limoux', 'limoux', 'Limoux', '', '', '', 4, '17:00', '18:30', FALSE, TRUE, :at)"""
HOUSEHOLD = """INSERT INTO household (id, version, group_id, name, name_key, active, changed_at)
 VALUES (:id, 1, 'limoux', :id, :id, TRUE, :at)"""
CYCLE = """INSERT INTO cycle (id, version, name, state, opens_at, closes_at, delivers_on, choice, opened_at)
 VALUES (:id, 4, :id, :state, :at, '2026-11-29 19:00:00+00:00', '2026-12-04', '{}', :at)"""
PICKUP = """INSERT INTO cycle_pickup (cycle_id, group_id, group_name, place, address, starts_at, ends_at, bags)
 VALUES (:cycle, 'limoux', 'Limoux', '{"name": "Limoux"}', '', :at, :at, FALSE)"""
OFFER = """INSERT INTO cycle_offer (cycle_id, product_id, producer_id, producer_name, article, allergens, labels, note,
  reserved_thousandths, details, code)
 VALUES (:cycle, :product, 'mula', 'Mula', :article, '[]', '[]', '', 0, :details, :code)"""
ORDER = """INSERT INTO household_order (id, version, cycle_id, household_id, state, household_name, group_id,
  group_name, gross_cents, lines, changed_at, entered_by, entered_by_name, on_behalf)
 VALUES (:id, 1, :cycle, :household, 'placed', :household, 'limoux', 'Limoux', 0, 1, :at, '', '', FALSE)"""
LINE = """INSERT INTO order_line (order_id, product_id, cycle_id, producer_id, quantity_thousandths, price_cents,
  gross_cents) VALUES (:order, :product, :cycle, 'mula', :quantity, 200, 0)"""


def upgrade_to(connection, revision):
    script = ScriptDirectory(str(FOLDER))
    with EnvironmentContext(Config(), script, fn=lambda held, _: script._upgrade_revs(revision, held)) as environment:
        environment.configure(connection=connection, version_table=SERVICE_VERSIONS, render_as_batch=True)
        environment.run_migrations()


def lemons(product_id, size, unit=Unit.PIECE):
    said = {"product_id": product_id, "producer_id": "mula", "reference": product_id, "name": Bilingual(fr="Citrons")}
    said |= {"unit": unit, "price_cents": 200, "price_basis": PriceBasis.UNIT, "vat_class": "FOOD"}
    article = Article(**said, temperature_class="AMBIENT").model_dump_json()
    pool = {"pool_id": "lemons", "name": {"fr": "Citrons", "en": ""}, "unit": "kg", "size_thousandths": size}
    return {"product": product_id, "article": article, "pool": pool | {"available_thousandths": 40_000}}


async def write(connection, statement, **values):
    values |= {} if ":at" not in statement else {"at": OPENED}
    plain = connection.dialect.name == "sqlite"
    fitting = {name: str(value)[:19] if plain and name == "at" else value for name, value in values.items()}
    await connection.execute(text(statement.replace("+00:00'", "'") if plain else statement), fitting)


async def fill(connection):
    """Cycles as they were before pools had bounds: of 40 kg of lemons 25 are ordered in one, 45 in another; a third is
    closed."""
    await write(connection, GROUP)
    for home in ("h1", "h2"):
        await write(connection, HOUSEHOLD, id=home)
    for cycle_id, state, bags in (("c48", "open", 3), ("c49", "deciding", 7), ("c47", "closed", 3)):
        await write(connection, CYCLE, id=cycle_id, state=state)
        await write(connection, PICKUP, cycle=cycle_id)
        for code, one in enumerate((lemons("bag", 5_000), lemons("crate", 10_000)), start=1):
            offer = {"product": one["product"], "article": one["article"], "details": json.dumps({"pool": one["pool"]})}
            await write(connection, OFFER, cycle=cycle_id, code=code, **offer)
        order = f"{cycle_id}-h1"
        await write(connection, ORDER, id=order, cycle=cycle_id, household="h1")
        await write(connection, LINE, order=order, product="bag", cycle=cycle_id, quantity=bags * 1_000)
        await write(connection, LINE, order=order, product="crate", cycle=cycle_id, quantity=1_000)


@pytest.fixture
async def database(database_url, clock, ids):
    database = Database(database_url, service="ordering", clock=clock, ids=ids)
    async with database.engine.begin() as connection:
        await connection.run_sync(upgrade_to, "ordering_0007")
        await fill(connection)
    await migrate(database.engine, FOLDER)
    yield database
    await database.close()


async def pools(database):
    async with database.read() as reader:
        rows = await reader.all(select(cycle_pool).order_by(cycle_pool.c.cycle_id))
        versions = {row["id"]: row["version"] for row in await reader.all(select(cycle.c.id, cycle.c.version))}
    return {row["cycle_id"]: (row["available_thousandths"], row["reserved_thousandths"]) for row in rows}, versions


async def test_the_tables_are_those_of_the_code(database):
    assert await drift(database.engine, metadata) == []


async def test_pools_of_open_cycles_have_a_bound_and_nobody_loses_what_is_ordered(database):
    found, versions = await pools(database)
    assert found == {"c48": (40_000, 25_000), "c49": (45_000, 45_000)}, "more than there is: nothing is left"
    assert versions == {"c47": 4, "c48": 5, "c49": 5}


async def test_an_upgrade_again_changes_nothing(database):
    before = await pools(database)
    async with database.engine.begin() as connection:
        await connection.execute(text(f"UPDATE {SERVICE_VERSIONS} SET version_num = 'ordering_0011'"))
        await connection.execute(text("DROP TABLE moved_line"))
        await connection.run_sync(upgrade_to, "ordering_0012")
    assert await pools(database) == before


async def test_whoever_orders_now_shares_what_there_is_over_all_sizes(database, clock):
    clock.set(datetime(2026, 11, 20, 8, tzinfo=UTC))

    async def order(**quantities):
        wanted = [Wanted(product, quantity) for product, quantity in quantities.items()]
        slip = Slip("c48", "h2", wanted, EnteredBy("", "Ana"))
        return await database.run(lambda tx: place_order(tx, slip, OfferSheets()))

    with pytest.raises(WrongLines) as refused:
        await order(crate=2_000)
    assert {line.wrong for line in refused.value.lines.values()} == {Wrong.SHORT}
    await order(crate=1_000, bag=1_000)
    assert (await pools(database))[0]["c48"] == (40_000, 40_000)


async def test_every_household_is_to_be_said_again(database):
    async with database.read() as reader:
        rows = await reader.all(select(timer.c.key, timer.c.due_at).where(timer.c.name == SAY_AGAIN))
    assert {row["key"] for row in rows} == {"h1", "h2"}
    assert all(row["due_at"] == OPENED for row in rows), "at once"
