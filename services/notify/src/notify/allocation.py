"""The mail that says what a household gets where that is not what it asked, and the one that says what changed since.

Held back a little, as confirmations are: of several corrections in a minute the last state is read once. A mail tells
only what its reader was not told before: after the first, the lines that changed since the last one that left.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Column, Integer, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.tables import Row
from chassis.timers import Timer
from contracts.ordering import AllocatedLine, OrderAllocated, OrderWithdrawn
from notify.cycle import cycles_by_id, pickup_of
from notify.household import Addressee, people_of_households
from notify.message import ALLOCATION, WITHDRAWAL, facts_reached, message_row, supersede, write_messages
from notify.order import orders_by_id
from notify.reason import reason_of
from notify.schema import metadata

log = structlog.get_logger()

TIMER = "allocation"
PATIENCE = timedelta(minutes=1)
"""How long to wait for the household's people where the order came first, and then again."""
TRIES = 60

allocation = Table(
    "allocation",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("said", Text, nullable=False),
)
"""The newest word on what each order gets. Apart from `household_order`, so that neither an order's confirmation nor
this hides the other, whichever is heard first. `said`: the event itself, as JSON."""


@dataclass(frozen=True)
class Allocations:
    """`delay`: how long a mail is held back; `stale`: of what is older nothing is said (a replay of history)."""

    delay: timedelta
    stale: timedelta

    async def hear(self, writer: Writer, events: Sequence[OrderAllocated]) -> None:
        rows = [
            {"id": said.id, "version": said.version, "household_id": said.household_id, "said": said.model_dump_json()}
            for said in events
        ]
        taken = await writer.keep_newest_of(allocation, rows)
        await supersede(writer, taken, ALLOCATION)
        # An order of which nothing was left, and that gets something again: the hub's shelf.
        orders = await orders_by_id(writer, taken)
        newest = {said.id: said.version for said in sorted(events, key=lambda said: said.version)}
        again = [order_id for order_id, held in orders.items() if held["version"] < newest[order_id]]
        await supersede(writer, again, WITHDRAWAL)
        last = {said.id: said.allocated_at for said in sorted(events, key=lambda said: said.version)}
        fresh = [order_id for order_id in taken if last[order_id] > writer.now - self.stale]
        # Replaces the calls for older versions.
        await writer.call_all_at(TIMER, fresh, writer.now + self.delay)

    async def hear_withdrawn(self, writer: Writer, events: Sequence[OrderWithdrawn]) -> None:
        """What was to be given is not any more, as of the hub's shelf after another decision: nobody is told of it."""
        newest = {said.id: said.version for said in sorted(events, key=lambda said: said.version)}
        held = await allocations_by_id(writer, newest)
        await supersede(writer, [one for one, row in held.items() if row["version"] < newest[one]], ALLOCATION)

    async def tell(self, writer: Writer, timers: Sequence[Timer]) -> None:
        held = await allocations_by_id(writer, [timer.key for timer in timers])
        # A mail that was being written while this newer word was heard waits still, and would be read after it.
        await supersede(writer, held.keys(), ALLOCATION)
        orders = await orders_by_id(writer, held.keys())
        people = await people_of_households(writer, {row["household_id"] for row in held.values()})
        told = await facts_reached(writer, held.keys(), ALLOCATION)
        taken_back = await facts_reached(writer, held.keys(), WITHDRAWAL)
        said = {order_id: OrderAllocated.model_validate_json(row["said"]) for order_id, row in held.items()}
        cycles = await cycles_by_id(writer, {event.cycle_id for event in said.values()})
        mails: list[Row] = []
        for timer in timers:
            event = said[timer.key]
            theirs = people.get(event.household_id)
            if timer.key in orders and orders[timer.key]["version"] > event.version:
                # The household ordered anew, or withdrew: what it gets is decided anew.
                continue
            if theirs is None:
                await self._wait_for_people(writer, timer)
                continue
            cycle = cycles.get(event.cycle_id)
            for person in theirs:
                before, after = told.get((event.id, person.id)), taken_back.get((event.id, person.id))
                if before and after and before["order"]["version"] < after["order"]["version"]:
                    # They read meanwhile that nothing comes.
                    before = None
                last = OrderAllocated.model_validate(before["order"]) if before else None
                whole = with_dropped(event, last) if last else event
                if news := whats_new(whole, last):
                    mails.append(_mail(writer, whole, person, cycle, news))
        await write_messages(writer, mails)

    async def _wait_for_people(self, writer: Writer, timer: Timer) -> None:
        tries = int(timer.payload.get("tries", 0)) + 1
        if tries > TRIES:
            log.error("an order of a household nobody told of", order_id=timer.key)
            return
        await writer.call_at(TIMER, timer.key, writer.now + PATIENCE, {"tries": tries})


def line_key(line: AllocatedLine) -> str:
    """Product and what it stands for: a substitute may also have been asked for by itself."""
    return f"{line.article.product_id}>{line.instead_of}"


def with_dropped(event: OrderAllocated, last: OrderAllocated) -> OrderAllocated:
    """The event, and a line with nothing for each that was told last and is not in it any more: a substitute, say."""
    held = {line_key(line) for line in event.lines}
    none = {"quantity_thousandths": 0, "gross_cents": 0, "deposit_cents": 0, "reason": None}
    dropped = [line.model_copy(update=none) for line in last.lines if line_key(line) not in held]
    return event.model_copy(update={"lines": (*event.lines, *dropped)})


def whats_new(event: OrderAllocated, last: OrderAllocated | None) -> dict[str, int | None]:
    """Lines to tell, by `line_key`, each with the thousandths told before (None: nothing was). `last`: what was told;
    None where this is the first mail, which tells what differs from what was asked."""
    before = {line_key(line): line.quantity_thousandths for line in last.lines} if last else {}
    news: dict[str, int | None] = {}
    for line in event.lines:
        key = line_key(line)
        if key in before:
            if before[key] != line.quantity_thousandths:
                news[key] = before[key]
        elif line.quantity_thousandths != line.asked_thousandths:
            news[key] = None
    return news


def _mail(
    writer: Writer, event: OrderAllocated, person: Addressee, cycle: RowMapping | None, news: dict[str, int | None]
) -> Row:
    pickup = pickup_of(cycle, event.group_id) if cycle else None
    facts = {
        "order": json.loads(event.model_dump_json()),
        "news": news,
        "pickup": pickup.model_dump(mode="json") if pickup else None,
    }
    return message_row(writer, ALLOCATION, person, caused_by=reason_of(event), about=event.id, facts=facts)


async def allocations_by_id(reader: Reader, order_ids: Collection[str]) -> dict[str, RowMapping]:
    """The newest word on what each gets, of those of which there is one."""
    return {row["id"]: row for row in await reader.all(select(allocation).where(allocation.c.id.in_(order_ids)))}
