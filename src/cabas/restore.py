"""`cabas restore FILE --data DIR`: the hub of a backup, in a folder of its own."""

import argparse
import asyncio
import shutil
from pathlib import Path

from nats.errors import Error as NatsError

from cabas import archive, stream_copies
from cabas.archive import Damaged, Manifest
from cabas.arguments import refuse, takes_data
from cabas.backup import connected
from cabas.data_folder import DataFolder, FolderUnusable
from cabas.stream_copies import NotCopied
from chassis.clock import Clock, SystemClock
from chassis.nats_server import NoServer


class NotRestored(Exception):
    """Nothing was changed. The message says why."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("restore", help="make the hub of a backup, in an empty folder")
    parser.add_argument("file", type=Path, metavar="FILE", help="what `cabas backup` wrote")
    takes_data(parser)
    parser.add_argument(
        "--replace", action="store_true", help="a hub that is in the folder is put aside, beside it, and not deleted"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        manifest = restore(arguments.file, arguments.data, SystemClock(), replace=arguments.replace)
    except Damaged as error:
        return refuse(f"{arguments.file} cannot be restored: {error}")
    except (NotRestored, FolderUnusable, NoServer, NotCopied) as error:
        return refuse(error)
    except (NatsError, TimeoutError) as error:
        return refuse(f"The broker did not take the events: {str(error) or repr(error)}")
    except OSError as error:
        return refuse(f"{error.filename or arguments.file}: {error.strerror}")
    print(f"The hub of {manifest.made_at} is in {arguments.data}. Start it with: cabas up --data {arguments.data}")
    return 0


def restore(file: Path, target: Path, clock: Clock, *, replace: bool = False) -> Manifest:
    """Raises Damaged, NotRestored, NotCopied, FolderUnusable, NoServer, NatsError, OSError; the target is then as it
    was. It appears under its name in one step, when all of it is there."""
    target = target.resolve()
    occupied = target.exists() and any(target.iterdir())
    if occupied and not replace:
        raise NotRestored(f"{target} is not empty. Name another folder, or put its hub aside with --replace")
    draft = target.with_name(f".{target.name}.restoring")
    shutil.rmtree(draft, ignore_errors=True)
    unpacked = draft / "unpacked"
    try:
        manifest = archive.unpack(file, unpacked)
        if manifest.kind != "folder":
            raise NotRestored(f"{file} is of a hub in containers: restore it there, with deploy/restore")
        folder = DataFolder(draft / "hub")
        folder.path.mkdir(mode=0o700)
        for database in (unpacked / "databases").iterdir():
            database.rename(folder.path / database.name)
        (unpacked / "keys").rename(folder.keys)
        asyncio.run(_put_streams(folder, unpacked / "streams"))
        if occupied:
            _put_aside(target, clock)
        elif target.exists():
            target.rmdir()
        folder.path.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


async def _put_streams(folder: DataFolder, copies: Path) -> None:
    folder.provide_secrets()
    with folder.held(), folder.broker() as server:
        await server.start()
        try:
            async with connected(server.url, server.password) as client:
                await stream_copies.restore(client, copies)
        finally:
            await server.stop()


def _put_aside(target: Path, clock: Clock) -> None:
    """Rename the hub that is there; nothing of it is lost. Raises FolderInUse where it runs."""
    with DataFolder(target).held():
        target.rename(target.with_name(f"{target.name}.replaced-{clock.now():%Y%m%dT%H%M%SZ}"))
