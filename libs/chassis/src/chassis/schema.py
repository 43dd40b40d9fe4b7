"""Bringing a database to the schema of this release, and checking that it is there.

Each service has its Alembic revisions in its own package; the chassis has its own, with a version table of its own,
so that a change of the outbox is written once.
"""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import crash, tables

CHASSIS = Path(__file__).parent / "migrations"
CHASSIS_VERSIONS = "chassis_version"
SERVICE_VERSIONS = "service_version"
_LOCK = 7_236_401  # any number, the same in every replica


async def migrate(engine: AsyncEngine, migrations: Path, service: str = "") -> None:
    """Upgrade chassis and service tables to the newest revision, in one transaction; one process at a time."""
    async with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.run_sync(_upgrade, CHASSIS, CHASSIS_VERSIONS, service)
        await connection.run_sync(_upgrade, migrations, SERVICE_VERSIONS, service)


def _upgrade(connection: Connection, folder: Path, version_table: str, service: str) -> None:
    script = _script(folder)

    def steps(revision: Any, _context: MigrationContext) -> Any:
        # What `alembic upgrade` calls itself; it has no public name.
        return script._upgrade_revs("head", revision)  # noqa: SLF001

    # EnvironmentContext is what gives `op` its database; there is no env.py to repeat in every service.
    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(
            connection=connection,
            version_table=version_table,
            render_as_batch=True,
            on_version_apply=lambda **_: crash.point(service, "during_migration"),
        )
        environment.run_migrations()


def _script(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder))


async def pending(engine: AsyncEngine, migrations: Path) -> list[str]:
    """Revisions that this release has and the database has not, oldest first."""

    def missing(connection: Connection) -> list[str]:
        behind = []
        for folder, version_table in ((CHASSIS, CHASSIS_VERSIONS), (migrations, SERVICE_VERSIONS)):
            script = _script(folder)
            current = MigrationContext.configure(connection, opts={"version_table": version_table}).get_current_heads()
            if set(current) != set(script.get_heads()):
                newest_first = script.iterate_revisions("heads", tuple(current) or "base")
                behind += [step.revision for step in newest_first][::-1]
        return behind

    async with engine.connect() as connection:
        return await connection.run_sync(missing)


async def drift(engine: AsyncEngine, metadata: MetaData) -> list[Any]:
    """Differences between the migrated database and the tables the code describes; empty when they agree."""

    def compare(connection: Connection) -> list[Any]:
        both = MetaData(naming_convention=tables.NAMING)
        for source in (tables.metadata, metadata):
            for table in source.sorted_tables:
                table.to_metadata(both)
        ignored = (CHASSIS_VERSIONS, SERVICE_VERSIONS)

        def include(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
            return not (kind == "table" and name in ignored)

        context = MigrationContext.configure(connection, opts={"include_object": include, "compare_type": False})
        return list(compare_metadata(context, both))

    async with engine.connect() as connection:
        return await connection.run_sync(compare)
