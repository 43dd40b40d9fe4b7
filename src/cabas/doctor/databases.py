"""What each service's database tells: is it of this release, does anything wait in it, was anything buried."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from cabas.data_folder import DataFolder
from cabas.doctor.finding import Finding, fail, ok, warn
from chassis import dead_letter, schema
from chassis.clock import Clock, RandomIds
from chassis.database import Database, Reader
from chassis.relay import oldest_unpublished_seconds
from chassis.tables import outbox, timer

OLD_SECONDS = 60.0
LATE = timedelta(minutes=5)


async def of_service(folder: DataFolder, service: str, clock: Clock, *, running: bool) -> AsyncIterator[Finding]:
    """Findings about one database; it is only read, whether the hub runs or not."""
    file = folder.path / f"{service}.db"
    if not file.exists():
        yield warn(f"{service}: database", "not there yet", "start the hub: cabas up")
        return
    database = Database(folder.database_url(service), service=service, clock=clock, ids=RandomIds())
    try:
        async for finding in _read(database, service, file, running=running):
            yield finding
    except (DBAPIError, sqlite3.Error) as error:
        yield fail(f"{service}: database", f"cannot be read: {error}", f"restore {file} from a backup")
    finally:
        await database.close()


async def _read(database: Database, service: str, file: Path, *, running: bool) -> AsyncIterator[Finding]:
    pending = await _pending(file, Path(import_module(f"{service}.migrations").__path__[0]))
    if pending:
        advice = (
            "stop the hub and start it again: it migrates when it starts" if running else "start the hub: it migrates"
        )
        yield warn(f"{service}: database", f"{len(pending)} migrations to do ({', '.join(pending)})", advice)
        if running:
            yield fail(f"{service}: release", "the hub that runs is of another release", "restart it")
        return
    yield ok(f"{service}: database", "of this release")
    oldest = await oldest_unpublished_seconds(database)
    if oldest > OLD_SECONDS:
        advice = "see the log: the broker may be down" if running else "start the hub: it publishes them"
        yield warn(f"{service}: outbox", f"events wait for {oldest:.0f} s", advice)
    else:
        yield ok(f"{service}: outbox", "nothing waits")
    async with database.read() as reader:
        letters = await dead_letter.count_unresolved(reader)
        yield _letters(service, letters)
        for finding in (await _clock(reader, service), await _timers(reader, service, running=running)):
            if finding is not None:
                yield finding


async def _pending(file: Path, migrations: Path) -> list[str]:
    # An engine of its own: a service's writing engine would take the write lock to look.
    engine = create_async_engine(f"sqlite+aiosqlite:///file:{file}?mode=ro&uri=true")
    try:
        return await schema.pending(engine, migrations)
    finally:
        await engine.dispose()


def _letters(service: str, letters: int) -> Finding:
    if not letters:
        return ok(f"{service}: dead letters", "none")
    return warn(f"{service}: dead letters", f"{letters} to look at", f"open /{service}/operations as operator")


async def _clock(reader: Reader, service: str) -> Finding | None:
    """Something written in the future: the clock was set back, and times of closing are off."""
    newest: datetime | None = await reader.scalar(select(outbox.c.created_at).order_by(outbox.c.id.desc()).limit(1))
    if newest is None or newest <= reader.now + LATE:
        return None
    return fail(
        f"{service}: clock", f"its newest event is of {newest:%Y-%m-%d %H:%M} UTC", "set the machine's clock by NTP"
    )


async def _timers(reader: Reader, service: str, *, running: bool) -> Finding | None:
    """Calls long due (a closing): a stopped hub makes them when it starts; a running one should have."""
    late = await reader.scalar(select(func.count()).select_from(timer).where(timer.c.due_at < reader.now - LATE))
    if not late:
        return None
    advice = "see the log: they fail again and again" if running else "start the hub: it makes them at once"
    return warn(f"{service}: timers", f"{late} calls are overdue", advice)
