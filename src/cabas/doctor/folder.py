"""What the folder itself tells: who holds it, room on the disk, who can read its secrets, and the clock."""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cabas.data_folder import DataFolder
from cabas.doctor.finding import Finding, fail, ok, warn

LOW_BYTES = 2 * 1024**3
EMPTY_BYTES = 256 * 1024**2
CLOCK_TOLERANCE = timedelta(seconds=5)
BACKUP_OLD = timedelta(hours=36)
"""A backup every night, and half a day in which to notice that one was not made."""
SECRETS = ("token.pem", "nats_password")
PUBLIC = "token.pub.pem"


def lock(folder: DataFolder) -> Finding:
    holder = folder.holder()
    if holder is None:
        return ok("lock", "no hub runs on this folder")
    if not holder.url:
        return warn("lock", f"process {holder.pid} holds the folder and does not answer yet", "look again in a minute")
    return ok("lock", f"a hub runs: process {holder.pid}, at {holder.url}")


def disk(folder: DataFolder) -> Finding:
    free = shutil.disk_usage(folder.path).free
    size = f"{free / 1024**3:.1f} GiB free"
    if free < EMPTY_BYTES:
        return fail("disk", size, "make room now: without it no order can be stored")
    if free < LOW_BYTES:
        return warn("disk", size, f"make room: a hub should have {LOW_BYTES // 1024**3} GiB")
    return ok("disk", size)


def keys(folder: DataFolder) -> Iterator[Finding]:
    others = {file.name for file in folder.keys.glob("[!.]*")} - {*SECRETS, PUBLIC}
    for name in (*SECRETS, PUBLIC, *sorted(others)):
        file = folder.keys / name
        if not file.exists():
            yield fail(
                f"key {name}", "is missing", "start the hub: it makes what is missing; or restore it from a backup"
            )
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if name != PUBLIC and mode & 0o077:
            yield fail(f"key {name}", f"others on this machine can read it ({mode:04o})", f"chmod 600 {file}")
        elif not os.access(file, os.R_OK):
            yield fail(f"key {name}", "cannot be read by you", "run as the user who runs the hub")
        else:
            yield ok(f"key {name}", f"in place ({mode:04o})")


def backup(folder: DataFolder, now: datetime) -> Finding:
    advice = "make one, and see that one is made every night: cabas backup FILE"
    try:
        made_at = datetime.fromisoformat(folder.last_backup_file.read_text())
        age = now - made_at
    except FileNotFoundError:
        return warn("backup", "none was made yet", advice)
    except (ValueError, TypeError):
        return warn("backup", f"{folder.last_backup_file} does not tell when the last was made", advice)
    except OSError as error:
        return warn("backup", f"cannot be looked at: {error.strerror}", "run as the user who runs the hub")
    sentence = f"the last is of {made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return warn("backup", sentence, advice) if age > BACKUP_OLD else ok("backup", sentence)


def disk_clock(folder: DataFolder, now: datetime) -> Finding:
    """The machine's clock against the file system's, which may be another machine's."""
    probe = folder.path / ".clock"
    try:
        probe.unlink(missing_ok=True)
        probe.touch()
        there = datetime.fromtimestamp(probe.stat().st_mtime, UTC)
        probe.unlink()
    except OSError as error:
        return fail("data folder", f"cannot be written: {error.strerror}", "run as the user who runs the hub")
    return compared("clock of the disk", there, now)


def compared(about: str, there: datetime, now: datetime) -> Finding:
    apart = there - now
    if abs(apart) <= CLOCK_TOLERANCE:
        return ok(about, "agrees with this machine's")
    seconds = apart.total_seconds()
    return fail(about, f"is {seconds:+.0f} s off this machine's", "let both machines set their time by NTP")
