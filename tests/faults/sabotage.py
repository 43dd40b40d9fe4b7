"""What is done to a child process before it runs: a clock that can be shifted, and protections that can be taken off.

The negative controls break one protection each, here and nowhere else, and the checker must find what follows.
"""

import asyncio
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
DECIDE = "FAULTS_DECIDE_SECONDS"
"""So long after a closing what was not decided goes by its default. The setting counts in hours, runs in seconds."""


def apply() -> None:
    if CLOCK in os.environ:
        _shift_clock(Path(os.environ[CLOCK]))
    if DECIDE in os.environ:
        _decide_within(float(os.environ[DECIDE]))
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


def _decide_within(seconds: float) -> None:
    from ordering.closing import Closing

    made = Closing.__init__

    def impatient(self: Closing, tell: Any, _patience: timedelta, *more: Any) -> None:
        made(self, tell, timedelta(seconds=seconds), *more)

    replace(Closing, "__init__", impatient)


# --- the controls ---

BOOKED_APART_SECONDS = 3.0
"""Long beside an answer of a busy machine, short beside coming to rest."""


def replace(owner: Any, name: str, by: Any) -> None:
    """Put something in the place of what must be there: a control that breaks nothing would prove nothing."""
    if not hasattr(owner, name):
        raise AttributeError(f"sabotage of what is not there any more: {owner}.{name}")
    setattr(owner, name, by)


def inbox_off() -> None:
    """Every delivery counts as a new one."""
    from chassis.listening import Intake

    async def unseen(self: Intake, writer: Any, consumer: str, event_ids: Any) -> set[str]:
        return set(event_ids)

    replace(Intake, "_unseen", unseen)


def version_guard_off() -> None:
    """Whatever comes is kept, however old."""
    from sqlalchemy import Table

    from chassis import database

    def keep_newest(table: Table, columns: tuple[str, ...], dialect: str) -> Any:
        [key] = table.primary_key
        statement = database._insert(table, dialect)
        fresh = {name: statement.excluded[name] for name in columns if name != key.name}
        return statement.on_conflict_do_update(index_elements=[key.name], set_=fresh).returning(key)

    replace(database, "_keep_newest", keep_newest)


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

    replace(Relay, "publish_some", publish_some)


def repair_off() -> None:
    """Nobody looks whether the stream has what the outbox believes it has."""
    from chassis.relay import Relay

    async def take_back(self: Relay, tail: Any) -> None:
        return

    replace(Relay, "_take_back", take_back)


def reconnecting_ends() -> None:
    """nats-py's own limit, which is 60 attempts two seconds apart; here 3 attempts, to be there sooner."""
    from faststream.nats import NatsBroker

    made = NatsBroker.__init__

    def limited(self: NatsBroker, *arguments: Any, **named: Any) -> None:
        assert named["max_reconnect_attempts"] == -1
        made(self, *arguments, **{**named, "max_reconnect_attempts": 3, "reconnect_time_wait": 0.2})

    replace(NatsBroker, "__init__", limited)


def manifest_off() -> None:
    """Logistics and billing act on a closing with whatever orders they hold."""
    import billing.settlement
    import logistics.closing
    from billing.seller import sellers
    from logistics.manifest import Completeness

    async def complete(*_: Any) -> Completeness:
        return Completeness(held=0, expected=0, complete=True)

    replace(logistics.closing, "completeness", complete)
    replace(logistics.closing, "disagreements", lambda *_: [])

    async def checked(self: billing.settlement.Settlement, writer: Any, held: Any) -> Any:
        return await sellers(writer)

    replace(billing.settlement.Settlement, "_checked", checked)


def orders_are_put_off() -> None:
    """No protection taken off, but a fault that a test cannot time from outside: every change of an order is put off
    for two seconds when it first comes, as when the database does not answer. What follows it comes before it."""
    from chassis.listening import Delivery, Intake, Verdict

    take = Intake.take

    async def put_off(self: Intake, consumer: str, batch: Any) -> list[Verdict]:
        def late(delivery: Delivery) -> bool:
            return ".order.placed." in delivery.received.subject and delivery.attempt == 1

        now = [delivery for delivery in batch if not late(delivery)]
        verdicts = iter(await take(self, consumer, now) if now else [])
        return [Verdict(2.0) if late(delivery) else next(verdicts) for delivery in batch]

    replace(Intake, "take", put_off)


def answers_overwrite() -> None:
    """A producer's answer is taken whatever its giver has seen."""
    import logistics.closing
    from logistics.answer import keep_answer, last_versions

    async def taken(writer: Any, one: Any, lines: Any, *, seen: int, **named: Any) -> Any:
        last = (await last_versions(writer, one.cycle_id)).get(one.id, 0)
        return await keep_answer(writer, one, lines, seen=last, **named)

    replace(logistics.closing, "keep_answer", taken)


def stock_forgotten() -> None:
    """What is ordered of scarce goods is not written down as spoken for."""
    import ordering.placing

    replace(ordering.placing, "write_stock", lambda *_: None)


def pools_unbounded() -> None:
    """Nobody looks how much there is of what several sizes share."""
    import ordering.offer_sheet
    from ordering.stock import draws_of

    replace(ordering.offer_sheet, "draws_of", lambda offers, _pools: draws_of(offers, ()))


def hour_ignored() -> None:
    """Orders are taken as long as nobody has closed the cycle, whatever hour was announced; and the timer that closes
    is late, as timers are."""
    import ordering.order
    from ordering.closing import Closing
    from ordering.cycle import Cycle, State

    replace(ordering.order, "takes_orders", lambda of, _now: of["state"] == State.OPEN)
    replace(Cycle, "takes_orders", lambda self, _now: self.state is State.OPEN)
    close_when_due = Closing._close_when_due

    async def late(self: Closing, writer: Any, timer: Any) -> None:
        if timer.payload:
            await close_when_due(self, writer, timer)
        else:
            await writer.call_at(timer.name, timer.key, writer.now + timedelta(seconds=2), {"late": True})

    replace(Closing, "_close_when_due", late)


def first_closing_stays_booked() -> None:
    """What a revision changes never comes to the books."""
    from billing.ledger.sales import Sales

    book = Sales.book

    async def once(self: Sales, writer: Any, cycle: Any, papers: Any, *more: Any) -> None:
        if cycle["revision"] <= 1:
            await book(self, writer, cycle, papers, *more)

    replace(Sales, "book", once)


def deliveries_forgotten() -> None:
    """Amounts are made of what was ordered, whatever came of it."""
    from billing import settlement

    async def nothing(*_: Any) -> dict[str, Any]:
        return {}

    replace(settlement, "what_holds", nothing)


def cautions_unbounded() -> None:
    """Nobody looks how much of a caution is held."""
    from billing.payment.caution import APART
    from billing.payment.held import Apart, Held

    held_of = Apart.held_of

    async def plenty(self: Apart, *more: Any) -> Held:
        return Held(10**9) if self is APART else await held_of(self, *more)

    replace(Apart, "held_of", plenty)


def claims_forgotten() -> None:
    """A claim is accepted, and the amounts stay as they were."""
    from billing.claim.claiming import Claims

    async def nothing(*_: Any) -> None:
        return

    replace(Claims, "_settle", nothing)


def payments_booked_apart() -> None:
    """A payment is noted, and a moment later booked: two transactions."""
    from billing.payment import noting

    _book_apart(noting, BOOKED_APART_SECONDS)


def expenses_booked_apart() -> None:
    """What became of an expense claim is noted, and a moment later booked."""
    from billing.expense import desk

    _book_apart(desk, BOOKED_APART_SECONDS)


def advances_stay_booked() -> None:
    """What a household paid a producer for several is taken back, and stays in the producer's book."""
    from billing.between import advance

    async def nothing(*_: Any) -> list[Any]:
        return []

    replace(advance, "counters_of", nothing)


def bills_booked_apart() -> None:
    """A supplier's bill is kept, and booked a moment later."""
    from billing.purchase import booking

    _book_apart(booking, BOOKED_APART_SECONDS)


def payouts_booked_apart() -> None:
    """A payout is said to be sent, and booked a moment later."""
    from billing.payout import batch

    _book_apart(batch, BOOKED_APART_SECONDS)


def _book_apart(where: Any, seconds: float) -> None:
    from billing.ledger.posting import post
    from chassis.database import Database, Writer

    databases: list[Database] = []
    made = Database.__init__

    def remembered(self: Database, *what: Any, **more: Any) -> None:
        made(self, *what, **more)
        databases.append(self)

    async def book(entries: Any) -> None:
        await asyncio.sleep(seconds)
        async with databases[-1].write() as writer:
            await post(writer, entries)

    async def apart(writer: Writer, entries: Any) -> None:
        loop, under_way = asyncio.get_running_loop(), set[Any]()
        writer.after_commit.append(lambda: under_way.add(loop.create_task(book(entries))))

    replace(Database, "__init__", remembered)
    replace(where, "post", apart)


TOLD_APART_SECONDS = 20.0


def schedules_told_apart() -> None:
    """A schedule is kept in one transaction, and told in another one some time later."""
    from chassis.database import Database, Writer
    from logistics.schedule import published

    databases: list[Database] = []
    made, publish = Database.__init__, published.publish

    def remembered(self: Database, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        databases.append(self)

    async def tell(events: list[Any]) -> None:
        await asyncio.sleep(TOLD_APART_SECONDS)
        async with databases[-1].write() as writer:
            await writer.announce(*events)

    async def apart(writer: Writer, *arguments: Any, **named: Any) -> Any:
        loop, under_way, said = asyncio.get_running_loop(), set[Any](), list[Any]()

        async def later(*events: Any) -> None:
            said.extend(events)

        writer.announce = later  # type: ignore[method-assign]
        kept = await publish(writer, *arguments, **named)
        del writer.announce
        writer.after_commit.append(lambda: under_way.add(loop.create_task(tell(said))))
        return kept

    replace(Database, "__init__", remembered)
    replace(published, "publish", apart)


BROKEN: dict[str, Callable[[], None]] = {
    broken.__name__: broken
    for broken in (
        inbox_off,
        version_guard_off,
        mark_before_publishing,
        repair_off,
        reconnecting_ends,
        manifest_off,
        orders_are_put_off,
        answers_overwrite,
        stock_forgotten,
        pools_unbounded,
        first_closing_stays_booked,
        deliveries_forgotten,
        cautions_unbounded,
        claims_forgotten,
        payments_booked_apart,
        expenses_booked_apart,
        advances_stay_booked,
        bills_booked_apart,
        payouts_booked_apart,
        schedules_told_apart,
        hour_ignored,
    )
}
