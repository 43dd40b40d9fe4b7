"""What an event carries around its body: CloudEvents attributes and ids, as message headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pydantic import ValidationError

from chassis.trace import Trace
from contracts.event import EVENTS, Event

EVENT_ID = "ce-id"


def headers_of(event: Event, event_id: str, now: datetime, trace: Trace) -> dict[str, str]:
    """Message headers for an event about to be stored in the outbox."""
    correlation_id = trace.correlation_id or event_id
    return {
        "Nats-Msg-Id": event_id,
        "ce-specversion": "1.0",
        EVENT_ID: event_id,
        "ce-type": event.type_name(),
        "ce-source": f"/{event.service}",
        "ce-time": now.isoformat(),
        "ce-subject": event.id,
        "content-type": "application/json",
        "cabas-version": str(event.version),
        "cabas-correlation": correlation_id,
        "cabas-causation": trace.causation_id,
        "traceparent": _traceparent(correlation_id, event_id),
    }


def _traceparent(correlation_id: str, event_id: str) -> str:
    """W3C Trace Context for tools that join spans: one trace for one correlation id, one span for one event."""
    trace_id = sha256(correlation_id.encode()).hexdigest()[:32]
    return f"00-{trace_id}-{sha256(event_id.encode()).hexdigest()[:16]}-01"


class Unreadable(Exception):
    """A message that no retry of this release will make readable. `reason` is a short code for the dead letters."""

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(error)
        self.reason = reason


@dataclass(frozen=True)
class Received:
    """A message as it came, before anybody tried to read it."""

    subject: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def type_name(self) -> str:
        """From the header; from the subject where a foreign sender left it out."""
        return self.headers.get("ce-type") or self.subject.rsplit(".", 1)[0]

    @property
    def event_id(self) -> str:
        return self.headers.get(EVENT_ID, "")

    @property
    def trace(self) -> Trace:
        return Trace(self.headers.get("cabas-correlation", ""), self.event_id)

    def read(self) -> Event:
        """The event. Raises Unreadable: a type or version this release does not know, or a body that does not fit."""
        model = EVENTS.get(self.type_name)
        if model is None:
            known = ", ".join(sorted(n for n in EVENTS if n.rsplit(".", 1)[0] == self.type_name.rsplit(".", 1)[0]))
            hint = f"; this release reads {known}" if known else ""
            raise Unreadable("newer_version" if known else "unknown_type", f"no event is called {self.type_name}{hint}")
        if not self.event_id:
            raise Unreadable("no_id", "the message has no ce-id header")
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise Unreadable("invalid_body", str(error)) from error
