"""`cabas backup FILE`: everything of a hub in one process, of one moment, whether it runs or not.

First the broker's streams, then the five databases at one instant: so the broker can only be behind the databases, and
what it lacks is still in the outboxes, which publish it again when the restored hub starts.
"""

import argparse
import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from cabas import archive, database_copies, stream_copies
from cabas.archive import Damaged, Manifest
from cabas.arguments import refuse, takes_data
from cabas.data_folder import NATS_USER, DataFolder, FolderInUse, FolderUnusable, write_whole
from cabas.parts import NAMES
from cabas.stream_copies import Copied, NotCopied
from chassis.clock import Clock, SystemClock
from chassis.nats_server import NoServer


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("backup", help="write everything of a hub into one file, while it runs or not")
    parser.add_argument("file", type=Path, metavar="FILE", help="must not exist; it will hold the hub's keys too")
    takes_data(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    folder, file = DataFolder(arguments.data), arguments.file
    if file.exists():
        return refuse(f"{file} is there already: name another")
    if not file.resolve().parent.is_dir():
        return refuse(f"There is no folder {file.resolve().parent}")
    lacking = [name for name in NAMES if not (folder.path / f"{name}.db").exists()]
    if lacking:
        return refuse(f"There is no whole hub in {folder.path.resolve()} ({', '.join(lacking)}.db missing)")
    try:
        manifest = backup(folder, file, SystemClock())
    except (FolderUnusable, NoServer, NotCopied, Damaged, database_copies.Busy) as error:
        return refuse(error)
    except (NatsError, TimeoutError) as error:
        return refuse(f"The broker of the hub does not answer: {str(error) or repr(error)}")
    except (OSError, sqlite3.Error) as error:
        return refuse(f"The backup could not be written: {error}")
    events = sum(manifest.streams.values())
    print(f"{file}: {file.stat().st_size:,} bytes, {len(NAMES)} databases, {events} events, keys. Read again: whole.")
    print("Whoever has this file can be anybody in this hub: keep it as you keep the keys.")
    return 0


def backup(folder: DataFolder, file: Path, clock: Clock) -> Manifest:
    """Raises FolderUnusable, NoServer, NotCopied, Damaged, Busy, NatsError, OSError, sqlite3.Error."""
    # Beside the file: there is the room that a backup needs, and it is removed whatever happens but a kill.
    staging = Path(mkdtemp(prefix=f".{file.name}.", dir=file.resolve().parent))
    try:
        copied = asyncio.run(_copy_streams(folder, staging / "streams"))
        (staging / "databases").mkdir()
        made_at = clock.now().astimezone(UTC)
        database_copies.copy_all({folder.path / f"{name}.db": staging / "databases" / f"{name}.db" for name in NAMES})
        shutil.copytree(folder.keys, staging / "keys", ignore=shutil.ignore_patterns(".*", "nats_password"))
        manifest = archive.pack(staging, file, manifest_of("folder", made_at, {c.stream: c.messages for c in copied}))
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    write_whole(folder.last_backup_file, made_at.isoformat().encode())
    return manifest


async def _copy_streams(folder: DataFolder, target: Path) -> list[Copied]:
    async with _broker_of(folder) as client:
        return await stream_copies.save(client, target)


def manifest_of(kind: str, made_at: datetime, streams: dict[str, int]) -> Manifest:
    return Manifest(kind, made_at.isoformat(timespec="seconds"), version("cabas"), streams)


@asynccontextmanager
async def _broker_of(folder: DataFolder) -> AsyncIterator[Client]:
    """A connection to the hub's broker; of a hub that does not run, the broker is started for as long, and no hub can
    start meanwhile."""
    try:
        with folder.held(), folder.broker() as server:
            await server.start()
            try:
                async with connected(server.url, server.password) as client:
                    yield client
            finally:
                await server.stop()
    except FolderInUse:
        url = folder.broker_url()
        if url is None:
            raise
        async with connected(url, folder.password_file.read_text()) as client:
            yield client


@asynccontextmanager
async def connected(url: str, password: str) -> AsyncIterator[Client]:
    client = await nats.connect(
        url, user=NATS_USER, password=password, name="cabas-backup", allow_reconnect=False, connect_timeout=5
    )
    try:
        yield client
    finally:
        await client.close()
