"""The same hub in both shapes: one process with all in it, and five processes behind a front server.

Both are started, killed and asked through the same few methods, so that a journey is written once.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cabas.data_folder import NATS_USER, DataFolder
from cabas.operator_token import token_for, token_of
from cabas.parts import NAMES, owner_of
from chassis.clock import SystemClock
from chassis.identity import Person
from chassis.nats_server import NatsServer, free_port
from tests.readiness import until_ready

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "content-length"})


class Process(Protocol):
    """A child process, as `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None: ...

    def send_signal(self, sig: int, /) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Starter(Protocol):
    """Runs `python -m <module> <arguments>` with these changes to the environment, all it says appended to `log`."""

    def __call__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Process: ...


def started(module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )


class Topology(ABC):
    """A hub in a folder. `url` is where people reach it; it stays the same over restarts."""

    def __init__(self, folder: Path, starter: Starter = started) -> None:
        self.folder = DataFolder(folder)
        self.port = free_port()
        self.starter = starter
        self.environment: dict[str, str] = {}
        """Settings of every process beside those the topology needs."""
        self.processes: dict[str, Process] = {}

    def environment_of(self, name: str) -> dict[str, str]:
        """What the process of that name is started with, beside the machine's environment."""
        return dict(self.environment)

    @abstractmethod
    def start_process(self, name: str) -> None:
        """Start it, without waiting."""

    def runs(self, name: str) -> bool:
        return name in self.processes and self.processes[name].poll() is None

    async def end(self, number: int, *names: str) -> None:
        """Send a signal to those that run, and wait for their end."""
        running = [self.processes[name] for name in names if self.runs(name)]
        await asyncio.gather(*(ended(process, number) for process in running))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    @abstractmethod
    def broker_url(self) -> str:
        """Of its broker, with name and password in it."""

    @abstractmethod
    async def start(self) -> None:
        """Start what does not run, and wait until every service is ready."""

    @abstractmethod
    async def stop(self) -> None: ...

    @abstractmethod
    async def kill(self) -> None:
        """End the services as a power cut would; those at least that take orders and act on them."""

    @abstractmethod
    async def kill_broker(self) -> None:
        """End the broker as a power cut would. Somebody has it started again."""

    def token(self) -> str:
        return token_for(self.folder.keys, "journey", SystemClock().now(), 60)

    def token_of(self, person: Person) -> str:
        return token_of(self.folder.keys / "token.pem", person, SystemClock().now(), 60)


class OneProcess(Topology):
    """`cabas up`."""

    def start_process(self, name: str = "hub") -> None:
        arguments = ["up", "--data", str(self.folder.path), "--port", str(self.port)]
        log = self.folder.path.parent / "up.log"
        self.processes[name] = self.starter("cabas", arguments, self.environment_of(name), log)

    async def start(self) -> None:
        if not self.runs("hub"):
            self.start_process()
        await until_ready(f"{self.url}/health/ready", list(self.processes.values()))

    async def stop(self) -> None:
        await self.end(signal.SIGTERM, "hub")

    async def kill(self) -> None:
        await self.end(signal.SIGKILL, "hub")

    async def kill_broker(self) -> None:
        os.kill(self.broker_pid(), signal.SIGKILL)

    def broker_pid(self) -> int:
        return int((self.folder.nats / "pid").read_text())

    @property
    def broker_url(self) -> str:
        port = json.loads(self.folder.ports_file.read_text())["port"]
        return f"nats://{NATS_USER}:{self.folder.password_file.read_text()}@127.0.0.1:{port}"


class FiveProcesses(Topology):
    """`python -m <service>` five times, each with its own database, and a nats-server; in front, a reverse proxy."""

    def __init__(self, folder: Path, starter: Starter = started) -> None:
        super().__init__(folder, starter)
        self.broker = NatsServer(self.folder.nats)
        self.ports = {name: free_port() for name in NAMES}
        self.proxy = Proxy(self.ports)
        self._turn = 0
        self._front: tuple[uvicorn.Server, asyncio.Task[None]] | None = None

    async def start(self) -> None:
        self.folder.provide_secrets()
        if not self.broker.running:
            await self.broker.start()
        await self.start_front()
        for name in NAMES:
            if not self.runs(name):
                self.start_process(name)
        for name in NAMES:
            await until_ready(f"{self.url}/{name}/health/ready", list(self.processes.values()))

    async def start_front(self) -> None:
        if self._front is None:
            self._front = await served(self.proxy, self.port)

    @property
    def broker_url(self) -> str:
        return f"nats://{self.broker.user}:{self.broker.password}@127.0.0.1:{self.broker.port}"

    def environment_of(self, name: str) -> dict[str, str]:
        settings = {
            "CABAS_DATA_DIR": str(self.folder.path / name),
            "CABAS_TOKEN_PUBLIC_KEY_FILE": str(self.folder.keys / "token.pub.pem"),
            "CABAS_NATS_URL": self.broker.url,
            "CABAS_NATS_USER": self.broker.user,
            "CABAS_NATS_PASSWORD": self.broker.password,
            "CABAS_PORT": str(self.ports[name]),
            "CABAS_PUBLIC_URL": self.url,
        }
        if name == "ordering":
            settings["CABAS_TOKEN_PRIVATE_KEY_FILE"] = str(self.folder.keys / "token.pem")
        return {**settings, **self.environment}

    def start_process(self, name: str) -> None:
        own = self.folder.path / name
        own.mkdir(exist_ok=True)
        self.processes[name] = self.starter(name, [], self.environment_of(name), own / "service.log")

    async def stop(self) -> None:
        await self.end(signal.SIGTERM, *NAMES)
        if self._front is not None:
            server, task = self._front
            server.should_exit = True
            await task
            await self.proxy.client.aclose()
        await self.broker.stop()

    async def kill(self) -> None:
        # Ordering, which acknowledges, and one of those that act on the closing, in turn: starting five takes long.
        self._turn += 1
        await self.end(signal.SIGKILL, "ordering", ("logistics", "billing")[self._turn % 2])

    async def kill_broker(self) -> None:
        self.broker.kill()
        await asyncio.sleep(0.5)
        await self.broker.start()


class Proxy:
    """A front server as small as can be: the path's owner gets the request, whatever it answers goes back."""

    def __init__(self, ports: dict[str, int]) -> None:
        self.ports = ports
        self.client = httpx.AsyncClient(timeout=60, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        service, path = owner_of(request.url.path)
        query = f"?{request.url.query}" if request.url.query else ""
        headers = [(name, value) for name, value in request.headers.raw if name.decode() not in HOP_BY_HOP]
        headers.append((b"host", request.headers["host"].encode()))
        try:
            answer = await self.client.request(
                request.method,
                f"http://127.0.0.1:{self.ports[service]}{path}{query}",
                headers=headers,
                content=await request.body(),
            )
        except httpx.TransportError as error:
            await Response(f"{service} does not answer: {error!r}", status_code=502)(scope, receive, send)
            return
        response = Response(answer.content, status_code=answer.status_code)
        dropped = {*HOP_BY_HOP, "content-encoding", "date"}
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if name.decode().lower() not in dropped
        ] + [(b"content-length", str(len(answer.content)).encode())]
        await response(scope, receive, send)


async def served(app: Proxy, port: int) -> tuple[uvicorn.Server, asyncio.Task[None]]:
    """`app` served by a task of this loop, without touching the process's signals."""
    # Idle connections outlive those of the clients, as in the product: a request must not meet one that just ended.
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=75)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    return server, task


async def ended(process: Process, number: int) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)
    await asyncio.to_thread(process.wait, 30)
