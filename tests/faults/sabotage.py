"""What is done to a child process before it runs: a clock that can be shifted, and protections that can be taken off.

The negative controls break one protection each, here and nowhere else, and the checker must find what follows.
"""

import mmap
import os
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.clock import SystemClock

CLOCK = "FAULTS_CLOCK"
"""Names a file of 8 bytes: by how many seconds the clocks of all processes that read it are wrong."""
SABOTAGE = "FAULTS_SABOTAGE"
"""Names what is broken, separated by commas."""


def apply() -> None:
    if CLOCK in os.environ:
        _shift_clock(Path(os.environ[CLOCK]))
    for name in os.environ.get(SABOTAGE, "").split(","):
        if name:
            BROKEN[name]()


class ShiftedClock:
    """The file of a clock's error, written by the runner while processes read it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0.0)

    def set(self, seconds: float) -> None:
        with self.file.open("r+b" if self.file.exists() else "wb") as written:
            written.write(struct.pack("d", seconds))


def _shift_clock(file: Path) -> None:
    with file.open("rb") as opened:
        error = mmap.mmap(opened.fileno(), 8, access=mmap.ACCESS_READ)
    right = SystemClock.now

    def now(self: SystemClock) -> datetime:
        return right(self) + timedelta(seconds=struct.unpack("d", error[:8])[0])

    SystemClock.now = now  # type: ignore[method-assign]


# --- the controls ---


def inbox_off() -> None:
    """Every delivery counts as a new one."""
    from chassis.listening import Intake

    async def unseen(self: Intake, writer: Any, consumer: str, event_ids: Any) -> set[str]:
        return set(event_ids)

    Intake._unseen = unseen  # type: ignore[method-assign]


def version_guard_off() -> None:
    """Whatever comes is kept, however old."""
    from sqlalchemy import Table

    from chassis import database

    def keep_newest(table: Table, columns: tuple[str, ...], dialect: str) -> Any:
        keys = [column.name for column in table.primary_key]
        statement = database._insert(table, dialect)
        fresh = {name: statement.excluded[name] for name in columns if name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=fresh)

    database._keep_newest = keep_newest  # type: ignore[assignment]


def mark_before_publishing() -> None:
    """The relay takes its rows for published before the broker has them."""
    from sqlalchemy import select, update

    from chassis.relay import Relay
    from chassis.tables import outbox

    async def publish_some(self: Relay, client: Any) -> int:
        async with self.database.write() as writer:
            waiting = select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(500)
            rows = await writer.all(waiting)
            if not rows:
                return 0
            ids = [row["id"] for row in rows]
            await writer.execute(update(outbox).where(outbox.c.id.in_(ids)).values(published_at=writer.now))
        await self._publish(client, [(row["subject"], row["headers"], row["body"]) for row in rows])
        return len(rows)

    Relay.publish_some = publish_some  # type: ignore[method-assign]


def reconnecting_ends() -> None:
    """nats-py's own limit, which is 60 attempts two seconds apart; here 3 attempts, to be there sooner."""
    from faststream.nats import NatsBroker

    connect = NatsBroker.__init__

    def limited(self: NatsBroker, *arguments: Any, **named: Any) -> None:
        connect(self, *arguments, **{**named, "max_reconnect_attempts": 3, "reconnect_time_wait": 0.2})

    NatsBroker.__init__ = limited  # type: ignore[method-assign]


def manifest_off() -> None:
    """Logistics and billing act on a closing with whatever orders they hold."""
    import billing.settlement
    import logistics.closing
    from logistics.manifest import Completeness

    async def complete(*_: Any) -> Completeness:
        return Completeness(held=0, expected=0, complete=True)

    logistics.closing.completeness = complete
    logistics.closing.disagreements = lambda *_: []

    async def amounts(self: billing.settlement.Settlement, writer: Any, held: Any) -> Any:
        from billing import order
        from billing.amount_due import amounts_due
        from billing.seller import sellers

        lines = await order.lines_placed(writer, held["id"])
        return amounts_due(lines, await sellers(writer), self.vat, self.country, held["delivers_on"])

    billing.settlement.Settlement._amounts = amounts  # type: ignore[method-assign]


def first_delivery_fails() -> None:
    """Not a protection taken off but a fault: the database "does not answer" when an order is first delivered, so
    that its closing may come before it."""
    from sqlalchemy.exc import OperationalError

    from chassis.listening import Intake
    from contracts.ordering import OrderPlaced

    take = Intake._handle
    failed: set[str] = set()

    async def handle(self: Intake, writer: Any, consumer: str, events: Any) -> None:
        for received, event in events:
            if isinstance(event, OrderPlaced) and event.version > 1 and received.event_id not in failed:
                failed.add(received.event_id)
                raise OperationalError("sabotage", None, Exception("the database does not answer"))
        await take(self, writer, consumer, events)

    Intake._handle = handle  # type: ignore[method-assign]


BROKEN: dict[str, Callable[[], None]] = {
    broken.__name__: broken
    for broken in (
        inbox_off,
        version_guard_off,
        mark_before_publishing,
        reconnecting_ends,
        manifest_off,
        first_delivery_fails,
    )
}
