"""The steps of `deploy/backup` and `deploy/restore` that happen in a container of the operator's commands.

save-streams FOLDER        copy the broker's streams below FOLDER, before the databases are copied
seal FOLDER FILE           make FILE of FOLDER (streams/, postgres.tar) and of the secrets; verify; note the time
open FILE FOLDER           verify FILE and write what it holds below FOLDER
place-secrets FOLDER       put its secrets where the containers read theirs; empty the broker's store
put-streams FOLDER         put its streams into the broker, which has none

Secrets are in /secrets, the broker's store in /nats, the time of the newest backup in /status.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error as NatsError

from cabas import archive, stream_copies
from cabas.archive import Damaged
from cabas.arguments import refuse
from cabas.backup import manifest_of
from cabas.broker_users import OPERATOR
from cabas.provision import operator_client
from cabas.secret_files import NATS_PASSWORD
from cabas.stream_copies import Copied, NotCopied
from chassis.clock import SystemClock
from chassis.settings import Settings

SECRETS, NATS, STATUS = Path("/secrets"), Path("/nats"), Path("/status")
NOTED = STATUS / "last_backup_seconds.prom"
COPIED = "copied.json"


class NoBackupOfThis(Exception):
    """The file cannot be used here. The message says why."""


def save_streams(folder: Path) -> None:
    for left in (*folder.parent.glob("*.partial"), *folder.parent.glob("*.removed")):
        _remove(left)  # of a backup that was killed
    folder.mkdir(mode=0o700)
    moment = SystemClock().now()
    copied = asyncio.run(_with_broker(lambda client: stream_copies.save(client, folder / "streams")))
    told = {"at": moment.isoformat(timespec="seconds"), "streams": {one.stream: one.messages for one in copied}}
    (folder / COPIED).write_text(json.dumps(told))


def _remove(left: Path) -> None:
    """A folder, or a file that was not finished. Whoever still writes there, because only the script was killed and not
    its container, finds it gone."""
    gone = left.with_suffix(".removed")
    left.rename(gone)
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()


def seal(folder: Path, file: Path) -> None:
    told = json.loads((folder / COPIED).read_text())
    (folder / COPIED).unlink()
    shutil.copytree(SECRETS, folder / "secrets")
    now = SystemClock().now()
    archive.pack(folder, file, manifest_of("deployment", now, told["streams"]))
    owner = file.parent.stat()
    os.chown(file, owner.st_uid, owner.st_gid)
    shutil.rmtree(folder)
    draft = NOTED.with_suffix(".new")
    draft.write_text(
        "# HELP cabas_last_backup_seconds When a backup was last made and verified (seconds since 1970).\n"
        "# TYPE cabas_last_backup_seconds gauge\n"
        f"cabas_last_backup_seconds {int(now.timestamp())}\n"
    )
    draft.chmod(0o644)
    draft.replace(NOTED)
    events = sum(told["streams"].values())
    print(f"{file.name}: {file.stat().st_size:,} bytes, five databases, {events} events, secrets. Read again: whole.")


def open_file(file: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    manifest = archive.unpack(file, folder)
    if manifest.kind != "deployment":
        shutil.rmtree(folder)
        raise NoBackupOfThis(f"{file.name} is of a hub in one process: restore it with `cabas restore`")
    print(f"A backup of {manifest.made_at}, release {manifest.release}: whole.")


def place_secrets(folder: Path) -> None:
    for left in (*SECRETS.iterdir(), *NATS.iterdir()):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    # Who may read what is said anew by `cabas secrets`, at the start.
    shutil.copytree(folder / "secrets", SECRETS, dirs_exist_ok=True)


def put_streams(folder: Path) -> None:
    asyncio.run(_with_broker(lambda client: stream_copies.restore(client, folder / "streams")))
    shutil.rmtree(folder)


async def _with_broker(work: Callable[[Client], Awaitable[list[Copied]]]) -> list[Copied]:
    client = await operator_client(Settings().nats_urls, (SECRETS / OPERATOR / NATS_PASSWORD).read_text().strip())
    try:
        return await work(client)
    finally:
        await client.close()


def main(words: list[str]) -> int:
    try:
        match words:
            case ["save-streams", folder]:
                save_streams(Path(folder))
            case ["seal", folder, file]:
                seal(Path(folder), Path(file))
            case ["open", file, folder]:
                open_file(Path(file), Path(folder))
            case ["place-secrets", folder]:
                place_secrets(Path(folder))
            case ["put-streams", folder]:
                put_streams(Path(folder))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except Damaged as error:
        return refuse(f"{Path(words[1]).name} cannot be restored: {error}")
    except (NoBackupOfThis, NotCopied) as error:
        return refuse(error)
    except (NatsError, TimeoutError) as error:
        return refuse(f"the broker does not answer: {str(error) or repr(error)}")
    except OSError as error:
        return refuse(f"{error.filename or ''}: {error.strerror}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
