"""The broker: connecting, provisioning that fails on drift, and publishing whole batches with one disk sync."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import nats.errors
import structlog
from faststream.nats import NatsBroker
from faststream.security import BaseSecurity, SASLPlaintext
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from chassis import crash
from chassis.settings import Settings

log = structlog.get_logger()

DUPLICATE_IN_BATCH = 10201
FAILED_PULL_PAUSE = 0.2
"""Seconds."""
MOST_REST = 0.05
"""Seconds between two batches at most: an event that comes in between waits for it."""
ACK_WAIT = 12.0
"""Seconds after which events that a dead process had taken go to another; one that lives says so in between."""
BATCH_MAX = 1_000
"""Messages a JetStream atomic batch may hold (one more is error 10199)."""


def stream_of(service: str) -> str:
    return service.upper()


def inbox_prefix(user: str) -> str:
    """Where answers to one user come: the only subjects it needs to subscribe to, so nobody reads another's."""
    return f"_INBOX.{user}"


class Drift(Exception):
    """A stream or consumer exists with other settings than this release wants. The message lists them."""


class PublishRefused(Exception):
    """The broker answered that it will not store this; the error is its sentence."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{description} ({code})")
        self.code = code


def broker_for(service: str, settings: Settings, *, on_reconnected: Any, on_closed: Any) -> NatsBroker:
    """A FastStream broker that never stops reconnecting; `on_closed` is called if the client gives up all the same."""

    async def on_error(error: Exception) -> None:
        # One a second while it is away; that it is not ready is said by whoever asks for its health.
        log.info("the broker cannot be used", service=service, error=repr(error))

    security: BaseSecurity | None = None
    if settings.nats_user:
        security = SASLPlaintext(username=settings.nats_user, password=settings.nats_password or "")
    return NatsBroker(
        settings.nats_urls,
        name=f"cabas-{service}",
        security=security,
        inbox_prefix=inbox_prefix(service),
        # At its default of 60 the client gives up after two minutes, and the pull loop then spins on the event loop.
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        reconnected_cb=on_reconnected,
        closed_cb=on_closed,
        error_cb=on_error,
        apply_types=False,
        graceful_timeout=settings.graceful_timeout,
        logger=None,
    )


def stream_config(service: str, settings: Settings) -> api.StreamConfig:
    """The stream of what `service` says: every event for ever; full, it refuses rather than forgets."""
    return api.StreamConfig(
        name=stream_of(service),
        subjects=[f"cabas.{service}.>"],
        storage=api.StorageType.FILE,
        retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.NEW,
        max_bytes=settings.stream_max_bytes,
        num_replicas=settings.stream_replicas,
        duplicate_window=120,
        deny_delete=True,
        deny_purge=True,
        allow_atomic=True,
    )


def consumer_config(consumer: str, filters: Sequence[str]) -> api.ConsumerConfig:
    """A durable pull consumer. Attempts are counted by us, not by the broker: it would drop the event silently."""
    return api.ConsumerConfig(
        name=consumer,
        durable_name=consumer,
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        max_ack_pending=2_000,
        filter_subjects=sorted(filters),
    )


@dataclass(frozen=True)
class Stored:
    """Where the stream has what was published: its last sequence, and the first that is new (None: it had it all)."""

    last: int
    first_new: int | None


@dataclass(frozen=True)
class Difference:
    field: str
    wanted: Any
    found: Any


def differences(wanted: api.StreamConfig | api.ConsumerConfig, found: Any) -> list[Difference]:
    """What the broker holds otherwise than wanted, over the fields that we set."""
    out = []
    for name, value in vars(wanted).items():
        if value is None or name == "description":
            continue
        actual = getattr(found, name, None)
        if name == "filter_subjects" and not actual and found.filter_subject:
            actual = [found.filter_subject]
        if isinstance(value, list):
            value, actual = sorted(value), sorted(actual or [])
        if value != actual and not (not value and not actual):
            out.append(Difference(name, value, actual))
    return out


def _drifted(kind: str, name: str, found: list[Difference]) -> Drift:
    lines = "; ".join(f"{d.field}: wanted {d.wanted!r}, found {d.found!r}" for d in found)
    return Drift(f"{kind} {name} is not as this release wants it ({lines}). CABAS_PROVISION=apply changes it.")


async def provision_stream(js: JetStreamContext, wanted: api.StreamConfig, *, apply: bool) -> None:
    """Create the stream, or check it. Raises Drift where it differs, unless `apply` lets it be changed."""
    assert wanted.name
    try:
        info = await js.stream_info(wanted.name)
    except NotFoundError:
        await js.add_stream(wanted)
        return
    found = differences(wanted, info.config)
    if found and not apply:
        raise _drifted("stream", wanted.name, found)
    if found:
        await js.update_stream(wanted)


async def tail_of(js: JetStreamContext, stream: str) -> int:
    """Sequence of the last message; 0 when there is none."""
    state = (await js.stream_info(stream)).state
    return state.last_seq if state.messages else 0


async def message_id_at(js: JetStreamContext, stream: str, sequence: int) -> str:
    """The id that a message was published with; empty where there is none."""
    try:
        message = await js.get_msg(stream, sequence)
    except NotFoundError:
        return ""
    return str((message.headers or {}).get("Nats-Msg-Id", ""))


async def provision_consumer(
    js: JetStreamContext, stream: str, wanted: api.ConsumerConfig, *, apply: bool, wait: float = 1.0
) -> None:
    """Create the consumer, or check it; waits for the producing service to create its stream first."""
    assert wanted.durable_name
    told = False
    while True:
        try:
            info = await js.consumer_info(stream, wanted.durable_name)
        except NotFoundError:
            try:
                await js.add_consumer(stream, wanted)
                return
            except NotFoundError:
                if not told:
                    log.info("waiting for a stream", stream=stream)
                told = True
                await asyncio.sleep(wait)
                continue
        found = differences(wanted, info.config)
        if found and not apply:
            raise _drifted("consumer", f"{wanted.durable_name} of {stream}", found)
        if found:
            await js.add_consumer(stream, wanted)
        return


class Pulling:
    """A pull subscription as FastStream's batch loop (0.7.8) needs it; everything but `fetch` is the one inside.

    A consumer can vanish while it is pulled from: deleted, or with the store of its broker. After any failure, and when
    told to (`in_doubt`), `provide` makes it again before the next pull.

    nats-py (2.16) may end a fetch with a bare `asyncio.TimeoutError`. FastStream expects nats' own: its task dies, and
    the events it had collected stay unanswered until `ack_wait` runs out, a minute later. And it goes on fetching
    until its whole time is up: a lone event would wait for company. Here a fetch that follows one with messages ends
    at once, so that what has come is handled now, and the time can be long while nothing comes.

    After a batch it rests as long as the batch took, unless that was full: what comes meanwhile is taken
    together, which costs little more than taking one event alone. Where several came at once more are on their way;
    then it rests for `gathers` seconds at least.
    """

    def __init__(self, inner: Any, provide: Callable[[], Awaitable[None]], gathers: float = 0.0) -> None:
        self._inner, self._provide, self._gathers = inner, provide, gathers
        self._something_came, self._least_rest = False, 0.0
        self._came_at: float | None = None
        self.in_doubt = False

    async def fetch(self, batch: int, timeout: float) -> list[Msg]:
        if self._something_came:
            self._something_came = False
            raise nats.errors.TimeoutError
        loop = asyncio.get_running_loop()
        if self._came_at is not None:
            await asyncio.sleep(max(self._least_rest, min(MOST_REST, loop.time() - self._came_at)))
            self._came_at = None
        try:
            if self.in_doubt:
                await self._provide()
                self.in_doubt = False
            messages: list[Msg] = await self._inner.fetch(batch=batch, timeout=timeout)
        except TimeoutError as error:
            raise nats.errors.TimeoutError from error
        except Exception as error:
            log.warning("nothing can be pulled", error=repr(error))
            self.in_doubt = True
            # FastStream asks again at once, and a closed connection refuses at once: without a pause the two of them
            # take the event loop for themselves, and nothing else in the process runs any more.
            await asyncio.sleep(FAILED_PULL_PAUSE)
            raise nats.errors.TimeoutError from error
        self._something_came, self._least_rest = bool(messages), self._gathers if len(messages) > 1 else 0.0
        self._came_at = loop.time() if 0 < len(messages) < batch else None
        return messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@asynccontextmanager
async def in_progress(batch: Sequence[Msg]) -> AsyncIterator[None]:
    """While a batch is handled, however long, the broker is told not to give its events to another process yet."""

    async def tell() -> None:
        with suppress(nats.errors.Error):
            while True:
                await asyncio.sleep(ACK_WAIT / 4)
                for message in batch:
                    await message.in_progress()

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()


async def publish(
    client: Client,
    stream: str,
    messages: Sequence[tuple[str, Mapping[str, str], bytes]],
    *,
    batch_id: str,
    timeout: float,
) -> Stored:
    """Store all messages (subject, headers, body) in `stream`, all or none; returns when they are on disk.

    nats-py has no call for atomic batches (ADR-50 of NATS): every message carries the batch's id and its number, the
    last one commits and is answered. Raises PublishRefused, or nats' TimeoutError: then the outcome is unknown, and
    the same messages with the same ids must be published again.
    """
    if len(messages) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} messages, not {len(messages)}")
    if not messages:
        raise ValueError("nothing to publish")
    for number, (subject, headers, body) in enumerate(messages, start=1):
        sent = {**headers, "Nats-Expected-Stream": stream}
        if len(messages) > 1:
            sent |= {"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)}
        if number < len(messages):
            await client.publish(subject, body, headers=sent)
    if len(messages) > 1:
        sent["Nats-Batch-Commit"] = "1"
    answer = await client.request(subject, body, timeout=timeout, headers=sent)
    crash.point(stream.lower(), "ack_lost")
    try:
        ack = api.PubAck.from_response(_decoded(answer.data))
    except APIError as error:
        raise PublishRefused(error.err_code or 0, error.description or "refused") from error
    if ack.stream != stream:
        raise PublishRefused(0, f"stored in {ack.stream}, not in {stream}")
    return Stored(ack.seq, None if ack.duplicate else ack.seq - len(messages) + 1)


def _decoded(data: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(data)
    if "error" in answer:
        raise APIError.from_error(answer["error"])
    return answer
