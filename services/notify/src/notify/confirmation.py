"""The mail that says what was ordered, and the one that says that nothing is ordered any more.

Held back a little: who changes a basket five times in a minute reads the last state once. Whoever has left the basket
empty before anything was sent reads nothing at all.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from chassis.database import Writer
from chassis.timers import Timer
from contracts.ordering import OrderPlaced, OrderWithdrawn
from notify.cycle import find_cycle, pickup_of
from notify.household import people_of
from notify.message import CONFIRMATION, REMINDER, WITHDRAWAL, reached, supersede, write_message
from notify.order import PLACED, find_order, keep_orders
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

    async def confirm(self, writer: Writer, timer: Timer) -> None:
        held = await find_order(writer, timer.key)
        assert held is not None, "a call is set only where there is an order"
        people = await people_of(writer, held["household_id"])
        if people is None:
            await self._wait_for_people(writer, timer)
            return
        if held["state"] == PLACED:
            placed = OrderPlaced.model_validate_json(held["said"])
            cycle = await find_cycle(writer, placed.cycle_id)
            pickup = pickup_of(cycle, placed.group_id) if cycle else None
            facts = {
                "order": json.loads(held["said"]),
                "pickup": pickup.model_dump(mode="json") if pickup else None,
                "closed": cycle is not None and (cycle["closed"] or cycle["closes_at"] <= writer.now),
            }
            template, caused_by = CONFIRMATION, reason_of(placed)
        else:
            withdrawn = OrderWithdrawn.model_validate_json(held["said"])
            told = await reached(writer, withdrawn.id, CONFIRMATION)
            people = [person for person in people if person.id in told]
            facts, template, caused_by = {"order": json.loads(held["said"])}, WITHDRAWAL, reason_of(withdrawn)
        for person in people:
            await write_message(writer, template, person, caused_by=caused_by, about=held["id"], facts=facts)

    async def _wait_for_people(self, writer: Writer, timer: Timer) -> None:
        tries = int(timer.payload.get("tries", 0)) + 1
        if tries > TRIES:
            log.error("an order of a household nobody told of", order_id=timer.key)
            return
        await writer.call_at(TIMER, timer.key, writer.now + PATIENCE, {"tries": tries})


def _moment(said: OrderPlaced | OrderWithdrawn) -> datetime:
    return said.placed_at if isinstance(said, OrderPlaced) else said.withdrawn_at
