"""What was written by an earlier release is there after the upgrade."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import catalog.migrations
from catalog import price, product, shelf
from catalog.schema import metadata
from chassis.database import Database
from chassis.schema import SERVICE_VERSIONS, drift, migrate
from contracts import StockUnit

FOLDER = Path(catalog.migrations.__path__[0])

BEFORE = """
INSERT INTO producer (id, version, name, name_key, place_name, postcode, insee, country, labels, seller_regime,
  contact_name, email, phone, language, active, changed_at, changed_by, changed_by_name)
 VALUES ('f', 1, 'Bousole', 'bousole', 'Bugarach', '11190', '11055', 'FR', '[]', 'NORMAL', '', '', '', 'fr', TRUE,
  '2026-11-01 08:00:00', '', '');
INSERT INTO product (id, version, producer_id, state, reference, reference_key, name_fr, name_en, words, unit,
  pack_label, price_cents, price_basis, vat_class, temperature_class, weighed, allergens, labels, note, changed_at)
 VALUES ('t', 4, 'f', 'offered', 'TOM', 'tom', 'Tomme', '', 'tomme tom', 'kg', '', 2680, 'unit', 'FOOD', 'PERISHABLE',
  TRUE, '["milk"]', '[]', '', '2026-11-01 08:00:00');
INSERT INTO price (product_id, version, price_cents, price_basis, set_at, set_by, set_by_name, source)
 VALUES ('t', 4, 2680, 'unit', '2026-11-01 08:00:00', '', 'Anne', 'form')
"""


def upgrade_to(connection, revision):
    script = ScriptDirectory(str(FOLDER))
    with EnvironmentContext(Config(), script, fn=lambda held, _: script._upgrade_revs(revision, held)) as environment:
        environment.configure(connection=connection, version_table=SERVICE_VERSIONS, render_as_batch=True)
        environment.run_migrations()


@pytest.fixture
async def database(database_url, clock, ids):
    database = Database(database_url, service="catalog", clock=clock, ids=ids)
    async with database.engine.begin() as connection:
        await connection.run_sync(upgrade_to, "catalog_0001")
        for statement in BEFORE.split(";"):
            await connection.execute(text(statement))
    await migrate(database.engine, FOLDER)
    yield database
    await database.close()


async def test_the_tables_are_those_of_the_code(database):
    assert await drift(database.engine, metadata) == []


async def test_products_and_their_prices_stay_as_they_were(database):
    async with database.read() as reader:
        tomme = await product.find(reader, "t")
        [set_then] = await price.history(reader, "t")
    assert (tomme.version, tomme.terms.price_cents, tomme.terms.allergens) == (4, 2680, ("milk",))
    assert (tomme.terms.stock_unit, tomme.terms.tiers, tomme.terms.food) == (StockUnit.ORDER, (), None)
    assert tomme.price_locked_until is None
    async with database.read() as reader:
        assert await shelf.count_of(reader, shelf.Wanted(incomplete=True)) == 1
    assert (set_then["set_by_name"], set_then["reason"]) == ("Anne", "")
