"""A hub as a cluster on this machine: three NATS nodes, two processes of each service on PostgreSQL, a front before.

What compose.cluster.yaml says for containers, in processes: the same settings, and a front that does what Caddy is
told to do there.
"""

import asyncio
import signal
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cabas.parts import NAMES, owner_of
from chassis.nats_server import NatsServer, free_port
from tests.readiness import READY_SECONDS, until_ready
from tests.topology import HOP_BY_HOP, Topology, served

REPLICAS = ("a", "b")


@dataclass
class Node(NatsServer):
    """One NATS server of three; `routes` are the ports on which all of them hear of each other."""

    number: int = 0
    routes: tuple[int, ...] = field(default=())

    def configuration(self) -> str:
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self.routes)
        return super().configuration() + (
            f'server_name: "node-{self.number}"\n'
            f'cluster {{ name: "cabas", host: "127.0.0.1", port: {self.routes[self.number]}, routes: [{routes}] }}\n'
        )

    async def until_current(self) -> None:
        """Until all its copies of streams and consumers are up to date: the next one may go then."""
        async with httpx.AsyncClient(trust_env=False) as client:
            said = ""
            async with asyncio.timeout(READY_SECONDS):
                while True:
                    try:
                        answer = await client.get(f"{self.monitor_url}/healthz")
                        if answer.status_code == 200:
                            return
                        said = answer.text
                    except httpx.TransportError as error:
                        said = repr(error)
                    assert self.running, f"node {self.number} ended: {said}"
                    await asyncio.sleep(0.1)


class Cluster(Topology):
    """`postgres`: URL of a server whose role may create databases; each service gets one of its own there."""

    def __init__(self, folder: Path, postgres: str) -> None:
        super().__init__(folder)
        routes = tuple(free_port() for _ in range(3))
        self.nodes = [Node(self.folder.nats / str(n), number=n, routes=routes) for n in range(3)]
        self.postgres = make_url(postgres)
        self.ports = {f"{name}-{replica}": free_port() for name in NAMES for replica in REPLICAS}
        self.front = Balancer(self.ports)
        self._serving: tuple[object, asyncio.Task[None]] | None = None

    @property
    def broker_url(self) -> str:
        return ",".join(node.url for node in self.nodes)

    def _database(self, service: str) -> str:
        return f"{self.folder.path.parent.name}_{service}".replace("-", "_")

    async def _on_postgres(self, *statements: str) -> None:
        engine = create_async_engine(self.postgres, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    async def start(self) -> None:
        self.folder.provide_secrets()
        await self._on_postgres(*(f'CREATE DATABASE "{self._database(name)}"' for name in NAMES))
        # Together: one alone has nobody to elect a leader with, and does not become healthy.
        await asyncio.gather(*(node.start() for node in self.nodes))
        self._serving = await served(self.front, self.port)
        for name in self.ports:
            self.start_process(name)
        await self.until_ready(*self.ports)

    def environment_of(self, name: str) -> dict[str, str]:
        service = name.partition("-")[0]
        database = self.postgres.set(database=self._database(service)).render_as_string(hide_password=False)
        settings = {
            "CABAS_DATA_DIR": str(self.folder.path / service),
            "CABAS_DATABASE_URL": database,
            "CABAS_DATABASE_POOL": "8",
            "CABAS_TOKEN_PUBLIC_KEY_FILE": str(self.folder.keys / "token.pub.pem"),
            "CABAS_NATS_URL": self.broker_url,
            "CABAS_NATS_USER": self.nodes[0].user,
            "CABAS_NATS_PASSWORD": self.nodes[0].password,
            "CABAS_STREAM_REPLICAS": "3",
            # Sixteen files of 8 GB each are more than a test machine wants to promise.
            "CABAS_STREAM_MAX_BYTES": str(256 * 1024**2),
            "CABAS_PORT": str(self.ports[name]),
            "CABAS_PUBLIC_URL": self.url,
        }
        if service == "ordering":
            settings["CABAS_TOKEN_PRIVATE_KEY_FILE"] = str(self.folder.keys / "token.pem")
        if service == "logistics":
            settings["CABAS_LINKS_KEY_FILE"] = str(self.folder.keys / "logistics_links.key")
        return {**settings, **self.environment}

    def start_process(self, name: str) -> None:
        service = name.partition("-")[0]
        (self.folder.path / service).mkdir(exist_ok=True)
        log = self.folder.path / f"{name}.log"
        self.processes[name] = self.starter(service, [], self.environment_of(name), log)

    async def until_ready(self, *names: str) -> None:
        for name in names:
            url = f"http://127.0.0.1:{self.ports[name]}/{name.partition('-')[0]}/health/ready"
            await until_ready(url, [self.processes[name]])

    async def restart(self, *names: str) -> None:
        """As a container is restarted: asked to end, waited for, started, and waited for until it does its work."""
        await self.end(signal.SIGTERM, *names)
        for name in names:
            self.start_process(name)
        await self.until_ready(*names)

    async def restart_node(self, node: Node) -> None:
        await node.stop()
        await node.start()
        await node.until_current()

    async def stop(self) -> None:
        await self.end(signal.SIGTERM, *self.ports)
        if self._serving is not None:
            server, task = self._serving
            server.should_exit = True  # type: ignore[attr-defined]
            await task
            await self.front.client.aclose()
        await asyncio.gather(*(node.stop() for node in self.nodes))
        await self._on_postgres(*(f'DROP DATABASE IF EXISTS "{self._database(n)}" WITH (FORCE)' for n in NAMES))

    async def kill(self) -> None:
        await self.end(signal.SIGKILL, *self.ports)

    async def kill_broker(self) -> None:
        self.nodes[0].kill()


class Balancer:
    """The front: requests go to the replicas in turn. One that cannot be reached was never asked: the other is.

    What broke off under way is sent again only if it changes nothing (GET, HEAD), as Caddy does by default; a client
    decides about the rest.
    """

    def __init__(self, ports: dict[str, int]) -> None:
        self._turns = {
            service: cycle([port for name, port in ports.items() if name.partition("-")[0] == service])
            for service in NAMES
        }
        self.client = httpx.AsyncClient(timeout=60, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        service, path = owner_of(request.url.path)
        body = await request.body()
        headers = [(name, value) for name, value in request.headers.raw if name.decode() not in HOP_BY_HOP]
        headers.append((b"host", request.headers["host"].encode()))
        query = f"?{request.url.query}" if request.url.query else ""
        deadline = asyncio.get_running_loop().time() + 20
        while True:
            url = f"http://127.0.0.1:{next(self._turns[service])}{path}{query}"
            try:
                answer = await self.client.request(request.method, url, headers=headers, content=body)
                break
            except httpx.TransportError as error:
                again = isinstance(error, httpx.ConnectError) or request.method in ("GET", "HEAD")
                if not again or asyncio.get_running_loop().time() > deadline:
                    await Response(f"{service} does not answer: {error!r}", 502)(scope, receive, send)
                    return
                await asyncio.sleep(0.1)
        response = Response(answer.content, status_code=answer.status_code)
        dropped = {*HOP_BY_HOP, "content-encoding", "date"}
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if name.decode().lower() not in dropped
        ] + [(b"content-length", str(len(answer.content)).encode())]
        await response(scope, receive, send)
