"""The mail that says what was ordered, and the one that says that nothing is ordered any more.

Held back a little: who changes a basket five times in a minute reads the last state once. Whoever has left the basket
empty before anything was sent reads nothing at all.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import RowMapping

from chassis.database import Writer
from chassis.tables import Row
from chassis.timers import Timer
from contracts.ordering import OrderPlaced, OrderWithdrawn
from notify.allocation import allocations_by_id
from notify.cycle import cycles_by_id, pickup_of
from notify.household import Addressee, people_of_households
from notify.message import (
    ALLOCATION,
    CONFIRMATION,
    REMINDER,
    WITHDRAWAL,
    message_row,
    reached,
    supersede,
    write_messages,
)
from notify.order import PLACED, keep_orders, orders_by_id
from notify.reason import reason_of
from notify.reminder import about_household

log = structlog.get_logger()

TIMER = "confirmation"
PATIENCE = timedelta(minutes=1)
"""How long to wait for the household's people where the order came first, and then again."""
TRIES = 60


@dataclass(frozen=True)
class Confirmations:
    """`delay`: how long a confirmation is held back; `stale`: of older orders nothing is said (a replay of history)."""

    delay: timedelta
    stale: timedelta

    async def hear_orders(self, writer: Writer, events: Sequence[OrderPlaced | OrderWithdrawn]) -> None:
        # Who has ordered needs no reminder.
        ordered = {about_household(e.cycle_id, e.household_id) for e in events if isinstance(e, OrderPlaced)}
        await supersede(writer, ordered, REMINDER)
        taken = await keep_orders(writer, events)
        await supersede(writer, taken, CONFIRMATION, WITHDRAWAL)
        last = {said.id: _moment(said) for said in sorted(events, key=lambda said: said.version) if said.id in taken}
        fresh = [order_id for order_id, at in last.items() if at > writer.now - self.stale]
        # Replaces the calls for older versions.
        await writer.call_all_at(TIMER, fresh, writer.now + self.delay)

    async def confirm(self, writer: Writer, timers: Sequence[Timer]) -> None:
        orders = await orders_by_id(writer, [timer.key for timer in timers])
        # A mail that was being written while this newer version was heard waits still.
        await supersede(writer, orders.keys(), CONFIRMATION, WITHDRAWAL)
        people = await people_of_households(writer, {held["household_id"] for held in orders.values()})
        cycles = await cycles_by_id(writer, {held["cycle_id"] for held in orders.values()})
        given = await allocations_by_id(writer, orders.keys())
        rows = []
        for timer in timers:
            held = orders[timer.key]
            theirs = people.get(held["household_id"])
            if theirs is None:
                await self._wait_for_people(writer, timer)
            elif held["state"] == PLACED:
                rows += _confirmations(writer, held, theirs, cycles.get(held["cycle_id"]))
            else:
                told = await reached(writer, timer.key, CONFIRMATION)
                if timer.key in given and given[timer.key]["version"] < held["version"]:
                    # What the hub's shelf was to take, and does not after another decision.
                    told |= await reached(writer, timer.key, ALLOCATION)
                rows += _withdrawals(writer, held, [person for person in theirs if person.id in told])
        await write_messages(writer, rows)

    async def _wait_for_people(self, writer: Writer, timer: Timer) -> None:
        tries = int(timer.payload.get("tries", 0)) + 1
        if tries > TRIES:
            log.error("an order of a household nobody told of", order_id=timer.key)
            return
        await writer.call_at(TIMER, timer.key, writer.now + PATIENCE, {"tries": tries})


def _confirmations(writer: Writer, held: RowMapping, people: list[Addressee], cycle: RowMapping | None) -> list[Row]:
    placed = OrderPlaced.model_validate_json(held["said"])
    pickup = pickup_of(cycle, placed.group_id) if cycle else None
    facts = {
        "order": json.loads(held["said"]),
        "pickup": pickup.model_dump(mode="json") if pickup else None,
        "closed": cycle is not None and (cycle["closed"] or cycle["closes_at"] <= writer.now),
    }
    reason = reason_of(placed)
    return [message_row(writer, CONFIRMATION, to, caused_by=reason, about=held["id"], facts=facts) for to in people]


def _withdrawals(writer: Writer, held: RowMapping, people: list[Addressee]) -> list[Row]:
    reason = reason_of(OrderWithdrawn.model_validate_json(held["said"]))
    facts = {"order": json.loads(held["said"])}
    return [message_row(writer, WITHDRAWAL, to, caused_by=reason, about=held["id"], facts=facts) for to in people]


def _moment(said: OrderPlaced | OrderWithdrawn) -> datetime:
    return said.placed_at if isinstance(said, OrderPlaced) else said.withdrawn_at
