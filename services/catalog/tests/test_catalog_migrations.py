"""What was written by an earlier release is there after the upgrade."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

import catalog.migrations
from catalog import certificate, price, product, shelf
from catalog.schema import metadata
from chassis.database import Database
from chassis.schema import SERVICE_VERSIONS, drift, migrate
from chassis.tables import outbox, timer
from chassis.timers import Timer
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


CERTIFICATE = """
INSERT INTO certificate (id, producer_id, label, body, number, valid_until, proof_url, state, state_at, filed_at,
  filed_by_name, has_file, file_public)
 VALUES (:id, 'f', 'EU_ORGANIC', 'FR-BIO-01', :id, '2027-03-31', '', 'valid', '2026-11-01 08:00:00',
  '2026-11-01 08:00:00', 'Anne', FALSE, FALSE)
"""


async def test_certificates_filed_before_there_was_a_notice_get_one(database, clock):
    """`old` has the timer of its end alone; `new` has both, the notice put off for some reason of its own."""
    end, put_off = datetime(2027, 3, 31, 22, tzinfo=UTC), datetime(2027, 3, 5, tzinfo=UTC)
    async with database.write() as writer:
        for certificate_id in ("old", "new"):
            await writer.execute(text(CERTIFICATE), {"id": certificate_id})
            await writer.call_at(certificate.EXPIRES, certificate_id, end)
        await writer.call_at(certificate.ENDS_SOON, "new", put_off)

    async def notices():
        async with database.read() as reader:
            rows = await reader.all(select(timer).where(timer.c.name == certificate.ENDS_SOON))
        return {row["key"]: row["due_at"] for row in rows}

    for _ in range(2):
        # Twice: what is there already stays as it is.
        async with database.engine.begin() as connection:
            await connection.execute(text(f"UPDATE {SERVICE_VERSIONS} SET version_num = 'catalog_0004'"))
            await connection.run_sync(upgrade_to, "catalog_0005")
        assert await notices() == {"old": end - certificate.NOTICE, "new": put_off}
    clock.set(end - certificate.NOTICE)
    async with database.write() as writer:
        await certificate.ends_soon(writer, Timer(certificate.ENDS_SOON, "old", end - certificate.NOTICE, {}))
    async with database.read() as reader:
        [said] = await reader.all(select(outbox))
    assert said["subject"] == "cabas.catalog.certificate.ends_soon.v1.old"
