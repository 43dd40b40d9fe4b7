"""The migrated database is the one the code describes."""

from fastapi import FastAPI

from chassis.schema import drift
from logistics.tables import metadata


async def test_migrations_make_the_tables_of_the_code(app: FastAPI) -> None:
    assert await drift(app.state.service.database.engine, metadata) == []
