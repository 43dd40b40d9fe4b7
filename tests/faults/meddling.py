"""Somebody with access to the broker who says things again, in the wrong order, or things nobody understands."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import nats
import uuid_utils
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from chassis.envelope import EVENT_ID, headers_of
from chassis.jetstream import stream_of
from chassis.trace import Trace
from contracts.logistics import RepublicationRequested
from tests.faults.history import History

SPEAKING = ("catalog", "ordering", "logistics")
LISTENERS = {
    "cabas.ordering.order": ["billing", "logistics", "notify"],
    "cabas.ordering.cycle": ["billing", "logistics", "notify"],
    "cabas.catalog.product": ["billing", "ordering"],
    "cabas.logistics.pick_list": ["notify", "ordering"],
}
"""Aggregate -> who must bury what it cannot read of it."""


@dataclass(frozen=True)
class Meddler:
    js: JetStreamContext
    random: Random
    history: History

    async def duplicates(self, count: int) -> int:
        """Say events again: some with the id of their message, some with a new one; always the same event."""
        said = 0
        for _ in range(count):
            message = await self._any_message()
            if message is None:
                continue
            subject, headers, data = message
            if self.random.random() < 0.5:
                headers["Nats-Msg-Id"] = new_id()
            await self._publish(subject, data, headers)
            said += 1
        return said

    async def old_versions(self, count: int) -> int:
        """Have old versions come after new ones, as an event does that was put off and nobody has seen yet."""
        said = 0
        for _ in range(count):
            message = await self._any_message()
            if message is None:
                continue
            subject, headers, data = message
            # A link to sign in is no state of anything; a request would be a new one.
            if ".order." not in subject and ".cycle." not in subject and ".product." not in subject:
                continue
            headers[EVENT_ID] = headers["Nats-Msg-Id"] = new_id()
            await self._publish(subject, data, headers)
            said += 1
        return said

    async def ask_twice(self, cycle_id: str) -> None:
        """Logistics asks for the orders of a cycle again, and its one request is delivered three times."""
        asked = RepublicationRequested(id=cycle_id, version=1_000, orders_expected=0, orders_held=0)
        event_id = new_id()
        headers = headers_of(asked, event_id, asked_at(), Trace())
        for _ in range(3):
            headers["Nats-Msg-Id"] = new_id()
            await self._publish(asked.subject, asked.model_dump_json().encode(), headers)

    async def poison(self, count: int) -> None:
        """Messages that no release can read."""
        aggregates = sorted(LISTENERS)
        for _ in range(count):
            aggregate = self.random.choice(aggregates)
            event = {"order": "placed", "cycle": "opened", "product": "offered", "pick_list": "issued"}
            kind = f"{aggregate}.{event[aggregate.rsplit('.', 1)[1]]}.v1"
            subject = f"{kind}.{new_id()}"
            headers = {"ce-type": kind, EVENT_ID: new_id(), "Nats-Msg-Id": new_id()}
            body, reason = self.random.choice(
                [
                    (b'{"id": "cut of', "invalid_body"),
                    (b"\xff\xfe\x00\x00 not even text \x80", "invalid_body"),
                    (b"", "invalid_body"),
                    (json.dumps({"id": "x", "version": "ten"}).encode(), "invalid_body"),
                    (b"[" * 5_000, "invalid_body"),
                ]
            )
            if self.random.random() < 0.3:
                # Headers that say nothing useful: no id, and a type that is a line of noise.
                headers, reason = (
                    {"ce-type": "\x7f" * 300, "Nats-Msg-Id": new_id(), "cabas-version": "-"},
                    "unknown_type",
                )
            await self._plant(aggregate, subject, body, headers, reason)

    async def unknown_type(self, count: int) -> None:
        for _ in range(count):
            aggregate = self.random.choice(sorted(LISTENERS))
            kind = f"{aggregate}.exploded.v1"
            headers = {"ce-type": kind, EVENT_ID: new_id(), "Nats-Msg-Id": new_id()}
            await self._plant(aggregate, f"{kind}.{new_id()}", b"{}", headers, "unknown_type")

    async def newer_version(self, count: int) -> None:
        for _ in range(count):
            kind = "cabas.ordering.order.placed.v2"
            headers = {"ce-type": kind, EVENT_ID: new_id(), "Nats-Msg-Id": new_id()}
            await self._plant("cabas.ordering.order", f"{kind}.{new_id()}", b"{}", headers, "newer_version")

    async def forget_consumers(self, service: str) -> int:
        """Whoever listens for the service has forgotten what was heard: all of it comes again."""
        forgotten = 0
        for source in (*SPEAKING, "billing", "notify"):
            try:
                await self.js.delete_consumer(stream_of(source), f"{service}-from-{source}")
                forgotten += 1
            except NotFoundError:
                continue
        return forgotten

    async def _plant(self, aggregate: str, subject: str, body: bytes, headers: dict[str, str], reason: str) -> None:
        # Noted first: where the acknowledgement is lost, the message may be there all the same.
        planted = self.history.note(
            "planted", subject=subject, reason=reason, listeners=LISTENERS[aggregate], certain=False
        )
        await self._publish(subject, body, headers)
        planted["certain"] = True

    async def _any_message(self) -> tuple[str, dict[str, str], bytes] | None:
        stream = stream_of(self.random.choice(("ordering", "ordering", "ordering", *SPEAKING)))
        info = await self.js.stream_info(stream)
        if not info.state.messages:
            return None
        # Rather the newest: they may still be on their way.
        span = self.random.choice((20, 200, 2_000))
        first = max(info.state.first_seq, info.state.last_seq - span)
        try:
            found = await self.js.get_msg(stream, self.random.randint(first, info.state.last_seq))
        except NotFoundError:
            return None
        assert found.subject is not None
        return found.subject, dict(found.headers or {}), found.data or b""

    async def _publish(self, subject: str, data: bytes, headers: dict[str, str]) -> None:
        kept = {name: value for name, value in headers.items() if not name.startswith(("Nats-Batch", "Nats-Expected"))}
        await self.js.publish(subject, data, headers=kept, timeout=3)


def new_id() -> str:
    return str(uuid_utils.uuid7())


def asked_at() -> Any:
    from chassis.clock import SystemClock

    return SystemClock().now()


@asynccontextmanager
async def meddling(url: str, random: Random, history: History) -> AsyncIterator[Meddler]:
    """Raises what nats raises where the broker is away just now."""
    client = await nats.connect(
        url, connect_timeout=2, allow_reconnect=False, error_cb=_quiet, name="meddler", max_reconnect_attempts=1
    )
    try:
        yield Meddler(client.jetstream(timeout=3), random, history)
    finally:
        await client.close()


async def _quiet(_error: Exception) -> None:
    """What goes wrong is raised where it matters."""


AWAY = (nats.errors.Error, APIError, OSError, TimeoutError)
"""What meddling fails with while the broker is away."""
