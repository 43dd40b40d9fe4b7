"""What happens when a cycle is closed: wait for every order of its manifest, then issue the pick lists, once.

Orders and closings arrive in any order, some twice. After each that brings something new, one question is asked, in
the transaction that took it in: is the cycle complete? Then its lists are made and announced in that transaction.
Else the cycle waits; a timer asks ordering to say its orders again, ever more patiently, and that is an alarm.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from chassis.database import Reader, Writer
from chassis.timers import Timer
from contracts.ordering import CycleChanged, CycleClosed, CycleOpened, OrderPlaced, OrderWithdrawn
from logistics.announcing import pick_list_issued, republication_requested
from logistics.cycle import Cycle, keep_cycle, locked_cycle, note
from logistics.link import Links
from logistics.manifest import Completeness, complete, disagreements
from logistics.member_order import Orders, count_placed, goods_of, held_versions, lines_of, placed_orders
from logistics.pick_list import Gathering, keep_list

log = structlog.get_logger()

ASK_AGAIN = "ask_again"
NOT_TWICE_WITHIN = timedelta(seconds=10)
"""A second click on the button asks nothing."""


@dataclass(frozen=True, eq=False)
class Dispatch:
    """The operations of a closing, with what they need: the links, and patience with missing orders."""

    links: Links
    first_patience: timedelta
    most_patience: timedelta
    orders: Orders = field(default_factory=Orders)

    async def take_cycle(self, writer: Writer, event: CycleOpened | CycleChanged | CycleClosed) -> None:
        before = await locked_cycle(writer, event.id)
        await keep_cycle(writer, event)
        if not isinstance(event, CycleClosed) or (before is not None and before.state == "issued"):
            return
        cycle = await locked_cycle(writer, event.id)
        if cycle is None or cycle.manifest is None or await self.issue_if_complete(writer, cycle):
            return
        if before is None or before.manifest is None:
            await writer.call_at(ASK_AGAIN, cycle.id, writer.now + self.first_patience)

    async def take_orders(self, writer: Writer, events: Sequence[OrderPlaced | OrderWithdrawn]) -> None:
        """Keep the orders, then look once at each of their cycles."""
        # In order of id: two replicas that lock in opposite order would wait for each other.
        cycles = [await locked_cycle(writer, cycle_id) for cycle_id in sorted({event.cycle_id for event in events})]
        taken = await self.orders.keep(writer, events)
        news = {event.cycle_id for event in events if event.id in taken}
        for cycle in cycles:
            if cycle is not None and cycle.id in news and cycle.state == "waiting":
                await self.issue_if_complete(writer, cycle)

    async def issue_if_complete(self, writer: Writer, cycle: Cycle) -> bool:
        """Issue the lists of a closed, locked cycle when it is complete; True when there is nothing to wait for."""
        held = await completeness(writer, cycle)
        if not held.complete:
            return False
        assert cycle.manifest is not None
        gathering = Gathering(cycle)
        async for rows in placed_orders(writer, cycle.id):
            for row in rows:
                gathering.add(row, lines_of(row))
        # In a thread, as all that takes long: pages are to be answered meanwhile.
        await asyncio.to_thread(gathering.sort_out, await goods_of(writer, gathering.keys))
        wrong = disagreements(cycle.manifest, gathering.orders, gathering.sums)
        if wrong:
            # The very orders of the manifest, and other sums: one side reckons wrongly, and a list would spread it.
            log.error("orders and manifest disagree, no pick list was made", cycle_id=cycle.id, found=wrong)
            await note(writer, cycle.id, disagreement="\n".join(wrong))
        else:
            for producer_id in gathering.sums:
                one = await asyncio.to_thread(gathering.list_of, producer_id, writer.now)
                await keep_list(writer, one)
                await writer.announce(pick_list_issued(one, self.links.path(one.id, writer.now)))
            await note(writer, cycle.id, issued_at=writer.now, disagreement=None)
            log.info("pick lists issued", cycle_id=cycle.id, lists=len(gathering.sums), orders=gathering.orders)
        await writer.cancel_call(ASK_AGAIN, cycle.id)
        return True

    async def patience_ended(self, writer: Writer, timer: Timer) -> None:
        """Timer: ask again for the orders of a cycle that is still incomplete, and look again later."""
        cycle = await locked_cycle(writer, timer.key)
        if cycle is None or cycle.state != "waiting" or await self.issue_if_complete(writer, cycle):
            return
        held = await self._ask(writer, cycle)
        log.error(
            "orders of a closed cycle are missing", cycle_id=cycle.id, orders_held=held.held, expected=held.expected
        )
        patience = min(self.first_patience * 2 ** min(cycle.requests + 1, 30), self.most_patience)
        await writer.call_at(ASK_AGAIN, cycle.id, writer.now + patience)

    async def ask_by_hand(self, writer: Writer, cycle_id: str) -> str:
        """The coordinator asks for the orders again; the state the cycle is in then ("" for an unknown one)."""
        cycle = await locked_cycle(writer, cycle_id)
        if cycle is None:
            return ""
        if cycle.state != "waiting":
            return cycle.state
        if await self.issue_if_complete(writer, cycle):
            return "issued"
        if cycle.asked_at is None or writer.now - cycle.asked_at >= NOT_TWICE_WITHIN:
            await self._ask(writer, cycle)
        return "waiting"

    async def _ask(self, writer: Writer, cycle: Cycle) -> Completeness:
        held = await completeness(writer, cycle)
        await writer.announce(republication_requested(cycle, held))
        await note(writer, cycle.id, requests=cycle.requests + 1, asked_at=writer.now)
        return held


async def counted(reader: Reader, cycle: Cycle) -> Completeness:
    """How many orders of a closed cycle are here; which versions they have was not looked at."""
    assert cycle.manifest is not None
    return Completeness(await count_placed(reader, cycle.id), cycle.manifest.orders, complete=False)


async def completeness(reader: Reader, cycle: Cycle) -> Completeness:
    """How much of a closed cycle is here. The digest is reckoned only when the number is right: it costs more."""
    assert cycle.manifest is not None
    held = await counted(reader, cycle)
    if held.held != held.expected:
        return held
    # In a thread: of a large cycle the digest takes a while.
    return await asyncio.to_thread(complete, cycle.manifest, await held_versions(reader, cycle.id))
