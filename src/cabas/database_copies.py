"""Copies of several SQLite databases as they were at one instant, taken while services write to them."""

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path

PATIENCE_SECONDS = 30.0


class Busy(Exception):
    """A database could not be locked in time."""


def copy_all(files: Mapping[Path, Path]) -> None:
    """Copy each file to its target, all of one instant. Raises Busy, sqlite3.Error.

    For an instant all are locked for writing, so that nothing commits anywhere. Under these locks a reader is opened
    on each, which goes on seeing that instant (write-ahead log); then writers go on, and the readers are copied.
    """
    with ExitStack() as readers:
        copies = []
        with ExitStack() as locks:
            for source in files:
                lock = locks.enter_context(closing(_connected(source)))
                try:
                    lock.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    raise Busy(f"{source} is kept busy: {error}") from error
            for source, target in files.items():
                reader = readers.enter_context(closing(_connected(source)))
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
                copies.append((reader, target))
        for reader, target in copies:
            with closing(sqlite3.connect(target)) as copy:
                reader.backup(copy)
                # One file, whole by itself.
                copy.execute("PRAGMA journal_mode=DELETE")
                sound = copy.execute("PRAGMA integrity_check").fetchone()[0]
                if sound != "ok":
                    raise sqlite3.DatabaseError(f"the copy of {target.name} is damaged: {sound}")


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=PATIENCE_SECONDS, isolation_level=None)
    connection.execute("PRAGMA busy_timeout = 30000")
    return connection
