"""Taking events in: many in one transaction, each once, none lost.

`Intake` decides what becomes of a batch and knows no broker, so the tests of a service drive the very code that
JetStream does. `Listening` is the table of a service: event type -> function.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import structlog
from asyncpg import PostgresError  # type: ignore[import-untyped]
from sqlalchemy.exc import InterfaceError, OperationalError

from chassis import crash, dead_letter
from chassis.database import Database, Writer, unreachable
from chassis.envelope import Received, Unreadable
from chassis.metrics import Metrics
from chassis.settings import Settings
from chassis.tables import inbox
from chassis.trace import tracing
from contracts.event import EVENTS, Event

log = structlog.get_logger()

Handler = Callable[[Writer, Any], Awaitable[None]]


@dataclass(frozen=True)
class Together:
    """A handler that takes many events at once, in their order: `OrderPlaced: Together(keep_orders)`.

    It is given every run of events that no other handler's event interrupts, and must leave behind what taking them
    one by one would have left; `trace.current().together` has their ids. When it fails, each event is handled again in
    a transaction of its own. A handler of timers may take many calls in the same way.
    """

    take: Callable[[Writer, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True)
class Listening:
    """What a service listens to. It subscribes to whole aggregates, so that an event nobody told it of is recorded
    instead of vanishing; `ignored` names those it knows and does not need.

    `gathers`: seconds to wait for more after several events came at once, for a service that those who caused them do
    not look at next. A transaction for fifty costs little more than one for five, and leaves the processor to others.
    """

    service: str
    handlers: Mapping[type[Event], Handler | Together]
    ignored: tuple[type[Event], ...] = ()
    gathers: float = 0.0

    def __post_init__(self) -> None:
        both = set(self.handlers) & set(self.ignored)
        if both:
            raise ValueError(f"handled and ignored at once: {', '.join(e.type_name() for e in both)}")

    def filters(self) -> dict[str, list[str]]:
        """Subject filters by the service that speaks: `{"ordering": ["cabas.ordering.order.>"]}`."""
        out: dict[str, set[str]] = {}
        for event in self.handlers:
            out.setdefault(event.service, set()).add(f"cabas.{event.service}.{event.aggregate}.>")
        return {source: sorted(filters) for source, filters in sorted(out.items())}

    def consumer(self, source: str) -> str:
        """Name of the durable consumer on the stream of `source`, and of its rows in the inbox."""
        return f"{self.service}-from-{source}"


@dataclass(frozen=True)
class Delivery:
    """A message with the number of times it has been delivered, this time included."""

    received: Received
    attempt: int = 1


@dataclass(frozen=True)
class Verdict:
    """What to tell the broker: taken in for good (None), or again after so many seconds."""

    retry_after: float | None = None


DONE = Verdict()


class Intake:
    def __init__(self, listening: Listening, database: Database, settings: Settings, metrics: Metrics) -> None:
        self.listening = listening
        self.database = database
        self.settings = settings
        self.metrics = metrics

    async def take(self, consumer: str, batch: Sequence[Delivery]) -> list[Verdict]:
        """Handle a batch; one verdict for each delivery, in order. Never raises for what a message holds."""
        try:
            events = [(delivery.received, delivery.received.read()) for delivery in batch]
            await self.database.write_whole(lambda writer: self._handle(writer, consumer, events))
        except Exception as error:
            # One bad event must not hold up the others: each gets a transaction of its own.
            if len(batch) > 1:
                log.info("batch failed, taken one by one", consumer=consumer, events=len(batch), error=repr(error))
                return [verdict for delivery in batch for verdict in await self.take(consumer, [delivery])]
            return [await self._failed(consumer, batch[0], error)]
        for delivery in batch:
            self.metrics.handled.labels(_label(delivery.received)).inc()
        return [DONE] * len(batch)

    async def _handle(self, writer: Writer, consumer: str, events: Sequence[tuple[Received, Event]]) -> None:
        """Handle, in order, those events that this consumer has not handled before."""
        wanted = [(received, event) for received, event in events if type(event) not in self.listening.ignored]
        for _, event in wanted:
            if type(event) not in self.listening.handlers:
                raise Unreadable("unhandled_type", f"{self.listening.service} has no place for {event.type_name()}")
        unseen = await self._unseen(writer, consumer, [received.event_id for received, _ in wanted])
        crash.point(self.listening.service, "inbox_written")
        fresh = []
        for received, event in wanted:
            if received.event_id in unseen:
                unseen.remove(received.event_id)
                fresh.append((received, event))
        for handler, run in groupby(fresh, lambda each: self.listening.handlers[type(each[1])]):
            if isinstance(handler, Together):
                batch = list(run)
                # What it announces is told as caused by the last of them: without that one it had not come to it.
                with _caused_by(*batch[-1], tuple(received.event_id for received, _ in batch)):
                    await handler.take(writer, [event for _, event in batch])
            else:
                for received, event in run:
                    with _caused_by(received, event):
                        await handler(writer, event)

    async def _unseen(self, writer: Writer, consumer: str, event_ids: Sequence[str]) -> set[str]:
        """Write the events into the inbox; those that were not there yet. One statement, however many."""
        if not event_ids:
            return set()
        rows = [{"consumer": consumer, "event_id": event_id, "handled_at": writer.now} for event_id in event_ids]
        statement = writer.insert(inbox).on_conflict_do_nothing().returning(inbox.c.event_id)
        return set((await writer.execute(statement, rows)).scalars())

    async def _failed(self, consumer: str, delivery: Delivery, error: Exception) -> Verdict:
        """Retry later, or bury after the last attempt. A database that does not answer is nobody's fault: retry."""
        received, attempt = delivery.received, delivery.attempt
        self.metrics.failed.labels(_label(received)).inc()
        delays = self.settings.retry_delays
        again = Verdict(delays[min(attempt, len(delays)) - 1])
        if database_is_away(error):
            log.warning("the database does not answer", error=repr(error))
            return again
        reason = error.reason if isinstance(error, Unreadable) else "handler_failed"
        if not isinstance(error, Unreadable) and attempt < self.settings.max_deliveries:
            log.warning(
                "event failed, will be tried again", event_id=received.event_id, attempt=attempt, exc_info=error
            )
            return again
        try:
            async with self.database.write() as writer:
                await dead_letter.bury(writer, consumer, received, reason, error, attempt)
        except Exception:
            log.exception("the dead letter could not be written")
            return again
        self.metrics.buried.labels(reason).inc()
        log.error("event buried", event_id=received.event_id, subject=received.subject, reason=reason, exc_info=error)
        return DONE

    async def retry(self, letter_id: int) -> str | None:
        """Handle a dead letter again, in one transaction with marking it resolved. None on success, else the error."""
        error: Exception
        try:
            async with self.database.write() as writer:
                letter = await dead_letter.locked(writer, letter_id)
                if letter is None or letter.resolved_at is not None:
                    return None
                await self._handle(writer, letter.consumer, [(letter.received, letter.received.read())])
                await dead_letter.resolve(writer, letter_id)
                return None
        except Exception as caught:
            log.warning("dead letter failed again", letter=letter_id, exc_info=caught)
            error = caught
        async with self.database.write() as writer:
            await dead_letter.failed_again(writer, letter_id, error)
        return f"{type(error).__name__}: {error}"


@contextmanager
def _caused_by(received: Received, event: Event, together: tuple[str, ...] = ()) -> Iterator[None]:
    trace = received.trace
    with (
        tracing(trace.correlation_id, trace.causation_id, together),
        structlog.contextvars.bound_contextvars(
            correlation_id=trace.correlation_id, event_id=received.event_id, event_type=event.type_name()
        ),
    ):
        yield


def database_is_away(error: Exception) -> bool:
    """Unreachable, or it takes nothing now: no fault of the event, which is tried again. What asyncpg says while it
    connects reaches us as it is."""
    return unreachable(error) or isinstance(error, OperationalError | InterfaceError | PostgresError)


def _label(received: Received) -> str:
    """A type name that is known, else one word for all: labels must not grow with what strangers send."""
    return received.type_name if received.type_name in EVENTS else "unknown"
