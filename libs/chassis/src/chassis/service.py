"""A service put together: database, broker, relay, consumers, timers and the app that serves its pages."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from prometheus_client import generate_latest
from sqlalchemy import MetaData

from chassis import asyncapi, crash
from chassis.clock import Clock, Ids, RandomIds, SystemClock
from chassis.database import Database, unreachable
from chassis.envelope import Received
from chassis.health import Fact, Health
from chassis.identity import PUBLIC, TokenVerifier, serves
from chassis.jetstream import (
    Drift,
    Pulling,
    broker_for,
    consumer_config,
    in_progress,
    inbox_prefix,
    provision_consumer,
    stream_of,
)
from chassis.listening import Delivery, Intake, Listening, Together
from chassis.metrics import Metrics
from chassis.relay import Relay
from chassis.schema import migrate
from chassis.settings import Settings
from chassis.timers import TimerHandler, Timers
from chassis.web import Edge, handle_sign_in
from contracts.event import Event

log = structlog.get_logger()

PAUSES = (0.1, 1.0, 5.0, 15.0)
"""Seconds before background work that failed is begun again, by failures in a row; the last is repeated."""
CANCEL_AGAIN = 1.0
"""Seconds that work which was cancelled gets to end, before it is told again."""
DATABASE_AWAY = 0.5
"""Seconds after which a database that was away is tried again."""
STEADY = 5.0
"""Seconds after which work that was begun again counts as running."""


class Service:
    """One service. `migrations` names the package of its Alembic revisions ("catalog.migrations").

    Nothing happens before `start`, which `app`'s lifespan calls; `Service.of(request)` finds it from a route.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        metadata: MetaData,
        migrations: str,
        announces: Sequence[type[Event]] = (),
        listening: Listening | None = None,
        timers: Mapping[str, TimerHandler | Together] | None = None,
        facts: Sequence[Fact] = (),
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        crash.arm(name)
        self.name = name
        self.settings = settings
        self.clock = clock or SystemClock()
        self.ids = ids or RandomIds()
        self.metadata = metadata
        self.migrations = Path(import_module(migrations).__path__[0])
        self.announces = tuple(announces)
        self.listening = listening
        self.metrics = Metrics()
        self.database = Database(
            settings.url_of_database(name),
            service=name,
            clock=self.clock,
            ids=self.ids,
            pool=settings.database_pool,
        )
        self.intake = Intake(listening, self.database, settings, self.metrics) if listening else None
        self.relay = Relay(name, self.database, settings, self.metrics)
        self.timers = Timers(timers or {}, self.database, settings, self.metrics)
        self.database.on_announced = self.relay.wake
        self.database.on_timers = self.timers.wake
        self.broker: NatsBroker | None = None
        self.stopping = asyncio.Event()
        """Set when the service stops: what streams to a browser for ever must end then."""
        self.on_start: list[Callable[[], Awaitable[None]]] = []
        """Awaited when the service starts, after the migrations; again where the database was away meanwhile."""
        self.on_stop: list[Callable[[], Awaitable[None]]] = []
        """Awaited when the service stops, while its database is still open: ends what `on_start` began."""
        self._health = Health(
            name,
            self.database,
            settings,
            self.metrics,
            listening=listening,
            facts=facts,
            client=lambda: self.client if self.broker and self.client.is_connected else None,
            obstacles=self._obstacles,
        )
        self.failing: dict[str, str] = {}
        """Background work that is down, with its last error."""
        self._tasks: list[asyncio.Task[None]] = []
        self._pulling: list[Pulling] = []
        self._stopped = False
        self.app = self._make_app()

    @staticmethod
    def of(request: Request) -> "Service":
        service: Service = request.app.state.service
        return service

    # --- life ---

    async def start(self, *, broker: bool = True) -> None:
        """Migrate, then run relay, consumers and timers in the background.

        A PostgreSQL that is away is waited for; until then nothing is served. A broker that is away is waited for:
        pages are served and the outbox keeps what is announced, but the service is not ready. Without `broker` none is
        asked for.
        """
        await self._once_database_is_there(partial(migrate, self.database.engine, self.migrations, self.name))
        for prepare in self.on_start:
            await self._once_database_is_there(prepare)
        self.background("watch of the event loop", self._watch_loop)
        self.background("timers", self.timers.run)
        if broker:
            self.background("connecting", self._use_broker)
        log.info("service started", service=self.name)

    async def _once_database_is_there(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except Exception as error:
                if self.database.is_sqlite or self.stopping.is_set() or not unreachable(error):
                    raise
                log.warning("waiting for the database", service=self.name, error=repr(error))
                await asyncio.sleep(DATABASE_AWAY)

    async def stop(self) -> None:
        """End all that runs, leave the broker, close the database. A second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self.stopping.set()
        for finish in self.on_stop:
            await finish()
        # Before the broker: a start of consumers that is under way would go on over the closed connection.
        await self._end_work()
        self._pulling.clear()
        crash.point(self.name, "during_shutdown")
        if self.broker:
            await self._leave(self.broker)
            self.broker = None
        await self.database.close()
        log.info("service stopped", service=self.name)

    async def _end_work(self) -> None:
        """Cancel background work until it has ended. Once is not enough: before Python 3.12 `wait_for`, which the
        broker's client uses, swallows a cancellation that meets its result, and the work would go on for ever."""
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN)
        self._tasks.clear()

    async def _leave(self, broker: NatsBroker) -> None:
        """Let handlers end, then disconnect; a connection that is down cannot be drained and is simply closed."""
        client = self.client
        try:
            await broker.stop()
        except NatsError as error:
            # What was not acknowledged is delivered again.
            log.info("left without the broker", error=repr(error))
        if not client.is_closed:
            with suppress(NatsError, OSError):
                await client.close()

    async def _use_broker(self) -> None:
        """Connect, which takes as long as the broker is away, and begin all that needs it."""
        broker = broker_for(self.name, self.settings, on_reconnected=self._broker_back, on_closed=self._broker_gone)
        await broker.connect()
        self.broker = broker
        self.background("relay", lambda: self.relay.run(self.client))
        for source in self.listening.filters() if self.listening else ():
            self.background(f"listening to {source}", partial(self._listen, source))

    @property
    def client(self) -> Client:
        """The NATS client of the running broker."""
        assert self.broker is not None, "the service is not connected"
        client: Client = self.broker.config.connection_state.connection
        return client

    async def _listen(self, source: str) -> None:
        """Wait until `source` has its stream, then begin to pull from it; `Pulling` keeps that up."""
        assert self.broker
        assert self.listening
        provide = partial(self._provide_consumer, source)
        await provide()
        subscriber = self._subscriber(source)
        await subscriber.start()
        subscriber.subscription = pulling = Pulling(subscriber.subscription, provide, self.listening.gathers)
        self._pulling.append(pulling)
        log.info("listening", service=self.name, source=source)

    async def _provide_consumer(self, source: str) -> None:
        """Have the consumer there, now or when the source has its stream; a broker that is away is waited for."""
        assert self.listening
        wanted = consumer_config(self.listening.consumer(source), self.listening.filters()[source])
        while True:
            try:
                await provision_consumer(
                    self.client.jetstream(), stream_of(source), wanted, apply=self.settings.provision == "apply"
                )
                return
            except Drift as drift:
                self._leave_for(drift)
                raise
            except (NatsError, OSError, TimeoutError) as error:
                log.warning("a consumer waits for the broker", source=source, error=repr(error))
                await asyncio.sleep(1)

    def _subscriber(self, source: str) -> Any:
        """FastStream's subscriber for the events of `source`, not started."""
        assert self.listening
        assert self.broker
        assert self.intake
        consumer, intake = self.listening.consumer(source), self.intake

        async def take(batch: list[Msg]) -> None:
            try:
                deliveries = [
                    Delivery(Received(m.subject, m.headers or {}, m.data), m.metadata.num_delivered or 1) for m in batch
                ]
                async with in_progress(batch):
                    verdicts = await intake.take(consumer, deliveries)
                crash.point(self.name, "before_ack")
                for raw, verdict in zip(batch, verdicts, strict=True):
                    if verdict.retry_after is None:
                        await raw.ack()
                    else:
                        await raw.nak(delay=verdict.retry_after)
            except Exception:
                # Not acknowledged, so the broker delivers it again; whoever calls us would only swallow the error.
                log.exception("a batch could not be answered", consumer=consumer)

        async def undecoded(message: NatsMessage) -> Any:
            # FastStream would parse JSON here and drop what does not parse; the intake reads, and buries.
            return message.raw_message

        subscriber = self.broker.subscriber(
            self.listening.filters()[source][0],
            durable=consumer,
            stream=JStream(stream_of(source), declare=False),
            pull_sub=PullSub(batch_size=self.settings.batch_size, timeout=self.settings.batch_wait, batch=True),
            # FastStream's own default would be the inbox of all users, whatever the connection's is.
            inbox_prefix=f"{inbox_prefix(self.name)}.".encode(),
            ack_policy=AckPolicy.MANUAL,
            decoder=undecoded,
        )
        subscriber(take)
        return subscriber

    async def _broker_back(self) -> None:
        """It may have come back with less than it had."""
        log.info("the broker is back", service=self.name)
        self.relay.doubt()
        for pulling in self._pulling:
            pulling.in_doubt = True

    async def _broker_gone(self) -> None:
        """The client closed for good: without it the service would look alive and do nothing."""
        if self.broker is not None and not self.stopping.is_set():
            log.critical("the broker connection closed for good, leaving")
            os.kill(os.getpid(), signal.SIGTERM)

    def _leave_for(self, drift: Drift) -> None:
        log.critical("provisioning refused", error=str(drift))
        os.kill(os.getpid(), signal.SIGTERM)

    def background(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `work` until the service stops, or until it has come to its end; begun again whenever it fails."""
        with structlog.contextvars.bound_contextvars(service=self.name):
            self._tasks.append(asyncio.create_task(self._kept_up(name, work)))

    async def _kept_up(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A service must never look alive and do nothing: it is not ready while work of its own is down."""
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            begun = loop.time()
            steady = loop.call_later(STEADY, self.failing.pop, name, None)
            try:
                await work()
                self.failing.pop(name, None)
                return
            except Drift as drift:
                self._leave_for(drift)
                return
            except Exception as error:
                failures = 1 if loop.time() - begun > STEADY else failures + 1
                self.failing[name] = repr(error)
                log.exception("background work failed and is begun again", work=name, failures=failures)
            finally:
                steady.cancel()
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1])

    def _obstacles(self) -> list[str]:
        """What keeps the service from its work, beside a database or broker that is away."""
        found = [f"{name}: {error}" for name, error in self.failing.items()]
        return [*found, "the stream is being looked at"] if self.relay.in_doubt else found

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(1)
            self.metrics.loop_lag.set(max(0.0, loop.time() - before - 1))

    # --- what it serves itself ---

    def _make_app(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            await self.start()
            try:
                yield
            finally:
                await self.stop()

        app = FastAPI(title=f"Cabas {self.name}", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        # A redirect to the address with another slash would name whatever host the request claimed.
        app.router.redirect_slashes = False
        app.state.service = self
        app.state.verifier = TokenVerifier(self.settings.token_public_key())
        app.add_middleware(Edge, service=self.name, settings=self.settings, ids=self.ids, metrics=self.metrics)
        handle_sign_in(app)

        @app.get(f"/{self.name}/health/live", dependencies=[serves(PUBLIC)])
        async def live() -> Response:
            return JSONResponse({"status": "ok"})

        @app.get(f"/{self.name}/health/ready", dependencies=[serves(PUBLIC)])
        async def ready() -> Response:
            health = await self.health()
            return JSONResponse(health, status_code=200 if health["ready"] else 503)

        @app.get(f"/{self.name}/metrics", dependencies=[serves(PUBLIC)])
        async def metrics() -> Response:
            await self._health.measure()
            return PlainTextResponse(generate_latest(self.metrics.registry))

        @app.get(f"/{self.name}/asyncapi", dependencies=[serves(PUBLIC)])
        async def describe_events() -> Response:
            return JSONResponse(asyncapi.document(self.name, self.announces, self.listening))

        return app

    def serve(self, *routers: APIRouter) -> None:
        """Serve the routes of these too, tried in this order and before those served so far: what a service is for is
        asked for more often than its health.

        Not by `include_router`: it tries the routes of each router twice for each request (a third of an order's time).
        """
        self.app.router.routes[:0] = [route for router in routers for route in router.routes]

    async def health(self) -> dict[str, Any]:
        """What an operator wants to know; `ready` is false when the service cannot do its work."""
        return await self._health.look()
