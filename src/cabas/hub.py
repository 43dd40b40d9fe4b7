"""The hub in one process: five services on SQLite, a nats-server of its own, one address.

`Hub.run` is the whole life of it: hold the folder, provide secrets, start the broker, start the services, serve
until asked to stop, then stop in the opposite order.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from cabas.data_folder import NATS_USER, DataFolder
from cabas.dispatcher import Dispatcher
from cabas.journal import LastWords, open_journal
from cabas.parts import Part, five_services
from chassis.crash import Misspelt
from chassis.nats_server import NatsServer, NoServer
from chassis.serve import rare_collections, read_settings, server_for, what_is_wrong
from chassis.service import Service
from chassis.settings import Settings

log = structlog.get_logger()

GRACE_SECONDS = 5
"""Requests under way at a stop get this long."""
WATCH_SECONDS = 0.2
HEALTH_SECONDS = 3.0
RESTART_PAUSES = (0.0, 1.0, 5.0, 15.0)
"""Seconds before the broker is started again, by the number of failures in a row; the last is repeated."""
STEADY_SECONDS = 30.0
"""A broker that ran so long did not fail "in a row"."""


class HubFailed(Exception):
    """The hub could not start, or had to stop. The message says why and what to do."""


@dataclass(frozen=True)
class Running:
    """What callers learn when the hub answers."""

    url: str
    services: dict[str, Service]


def bound(host: str, port: int) -> socket.socket:
    """A socket to serve on, bound before anything is started; port 0: any that is free. Raises HubFailed where somebody
    else has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP: asyncio switches the delay of small packets off only where it sees that. With the delay every answer
    # on a kept connection waits 40 ms for the browser to acknowledge its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OverflowError as error:
        listener.close()
        raise HubFailed(f"There is no port {port}: choose one from 1024 to 65535.") from error
    except OSError as error:
        listener.close()
        raise HubFailed(
            f"Cannot listen on {host} port {port} ({error.strerror}). Choose another port: cabas up --port {port + 1}"
        ) from error
    return listener


class Hub:
    """One hub on one folder. `parts`: the services to run, for tests; `on_ready` is awaited once it answers."""

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 8000,
        parts: Sequence[Part] | None = None,
        on_ready: Callable[[Running], Any] | None = None,
    ) -> None:
        self.folder = DataFolder(folder)
        self.host = host
        self.port = port
        self.parts = parts
        self.on_ready = on_ready
        self.services: dict[str, Service] = {}
        self._server: uvicorn.Server | None = None
        self._life: asyncio.Task[Any] | None = None
        self._asked = False

    def ask_to_stop(self) -> None:
        """Begin the end: streams to browsers close at once, requests under way are answered, then all stops."""
        self._asked = True
        for service in self.services.values():
            service.stopping.set()
        if self._server is not None:
            self._server.should_exit = True
        elif self._life is not None:
            self._life.cancel()

    async def run(self) -> None:
        """Until asked to stop. Raises FolderUnusable, NoServer or HubFailed, each with a sentence for the operator."""
        self._life = asyncio.current_task()
        loop = asyncio.get_running_loop()
        # uvicorn puts handlers of its own over these and, at its end, raises the signal again: ours must stay.
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ask_to_stop)
        try:
            await self._run()
        except asyncio.CancelledError:
            if not self._asked:
                raise
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:
            hold = stack.enter_context(self.folder.held())
            last_words = open_journal(self.folder.log_file, os.environ.get("CABAS_LOG_LEVEL", "INFO"))
            listener = stack.enter_context(bound(self.host, self.port))
            self.port = listener.getsockname()[1]
            self.folder.provide_secrets()
            broker = stack.enter_context(self.folder.broker())
            await stack.enter_async_context(self._supervised(broker))
            apps = await self._start_services(stack, broker, last_words)
            settings = self._shared(broker)
            server = server_for(Dispatcher(apps), read_settings(Settings, **settings))
            server.config.lifespan = "off"  # entered above, each in its own service
            hold.tell(self.url)
            await self._serve(server, listener)
            if last_words.said:
                # A service that cannot go on says so at the critical level and asks its own process to end.
                raise HubFailed(f"The hub stopped: {last_words.said}. See {self.folder.log_file}.")

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 a comparison
        return f"http://{host}:{self.port}"

    def _shared(self, broker: NatsServer) -> dict[str, Any]:
        """Settings that the hub decides for every service; the rest comes from the environment."""
        shared: dict[str, Any] = {
            "data_dir": self.folder.path,
            "database_url": None,
            "nats_url": broker.url,
            "nats_user": NATS_USER,
            "nats_password": broker.password,
            "host": self.host,
            "port": self.port,
            "graceful_timeout": GRACE_SECONDS,
        }
        if "CABAS_PUBLIC_URL" not in os.environ:
            shared["public_url"] = self.url
        if "CABAS_INTERNAL_URL" not in os.environ:
            # What services fetch from each other need not go round by a front server.
            shared["internal_url"] = self.url
        if "CABAS_PROVISION" not in os.environ:
            # Nobody else uses this broker, so a new release may change streams and consumers by itself.
            shared["provision"] = "apply"
        return shared

    async def _start_services(
        self, stack: AsyncExitStack, broker: NatsServer, last_words: LastWords
    ) -> dict[str, FastAPI]:
        """Every app with its lifespan entered; they leave in the opposite order when `stack` ends."""
        apps: dict[str, FastAPI] = {}
        shared = self._shared(broker)
        for part in self.parts or five_services():
            try:
                app = part.app(shared)
                self.services[part.name] = app.state.service
                await stack.enter_async_context(app.router.lifespan_context(app))
            except ValidationError as error:
                raise HubFailed(what_is_wrong(error)) from error
            except Misspelt as error:
                raise HubFailed(str(error)) from error
            except Exception as error:
                log.exception("a service did not start", service=part.name)
                why = last_words.said or f"{type(error).__name__}: {error}"
                raise HubFailed(f"{part.name} did not start: {why}. See {self.folder.log_file}.") from error
            apps[part.name] = app
        return apps

    async def _serve(self, server: uvicorn.Server, listener: socket.socket) -> None:
        rare_collections()
        self._server = server
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110 uvicorn has no event for it
                await asyncio.sleep(0.01)
            if not serving.done() and self.on_ready is not None:
                await self.on_ready(Running(self.url, self.services))
            await serving
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await serving

    # --- the broker ---

    @asynccontextmanager
    async def _supervised(self, broker: NatsServer) -> AsyncIterator[None]:
        """The broker, started; started again whenever it dies, at the same ports, until the end."""
        await self._start(broker)
        watches = [asyncio.create_task(self._watch(broker)), asyncio.create_task(self._end_when_beyond_help(broker))]
        try:
            yield
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)
            await broker.stop()
            log.info("the broker stopped")

    async def _start(self, broker: NatsServer) -> None:
        await broker.start()
        assert broker.process is not None
        self.folder.note_broker(broker.process.pid)

    async def _watch(self, broker: NatsServer) -> None:
        loop = asyncio.get_running_loop()
        failures, since = 0, loop.time()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if broker.running:
                if loop.time() - since > STEADY_SECONDS:
                    failures = 0
                continue
            log.error("the broker died and is started again", failures=failures)
            await asyncio.sleep(RESTART_PAUSES[min(failures, len(RESTART_PAUSES) - 1)])
            failures, since = failures + 1, loop.time()
            try:
                await self._start(broker)
            except NoServer as error:
                log.error("the broker did not come up", error=str(error))

    async def _end_when_beyond_help(self, broker: NatsServer) -> None:
        """A broker that met a full disk stores nothing more while it runs: have it started again."""
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while True:
                await asyncio.sleep(HEALTH_SECONDS)
                if broker.running and (said := await broker.beyond_help(client)):
                    log.error("the broker stores nothing any more and is ended", said=said)
                    await broker.stop()
