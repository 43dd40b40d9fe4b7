"""What happens when a cycle is closed: wait for every order of its manifest, then issue the pick lists, once.

Orders and closings arrive in any order, some twice. After each that brings something new, one question is asked, in
the transaction that took it in: is the cycle complete? Then its lists are made and announced in that transaction.
Else the cycle waits; a timer asks ordering to say its orders again, ever more patiently, and that is an alarm.

A revised closing is a closing with another manifest: the same question is asked, and those lists that now ask for
something else are made anew. Orders of a later revision that come before its manifest make the earlier one incomplete
for good: it is waited for in vain until the later manifest comes, and then only that one is acted upon. Whatever comes
when, the lists that hold in the end are those of the newest manifest.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from chassis.database import Reader, Writer
from chassis.timers import Timer
from contracts.logistics import AnsweredLine
from logistics.announcing import pick_list_answered, pick_list_issued, republication_requested
from logistics.answer import Outdated, keep_answer, last_versions
from logistics.cycle import Closing, Cycle, Said, keep_cycle, locked_cycle, note
from logistics.gathering import Gathering
from logistics.link import Links
from logistics.lot.tracing import TRACE
from logistics.manifest import Completeness, complete, disagreements
from logistics.member_order import Orders, count_placed, goods_of, held_versions, orders_to_gather
from logistics.member_order import Said as OrderSaid
from logistics.pick_list import PickList, count_order_lines, keep_lists, kept_list, lists_of_cycle, nothing_left, row_of

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

    async def take_cycle(self, writer: Writer, event: Said) -> None:
        before = await locked_cycle(writer, event.id)
        await keep_cycle(writer, event)
        cycle = await locked_cycle(writer, event.id)
        if cycle is None or not isinstance(event, Closing) or cycle.state == "issued":
            return
        news = before is None or before.revision < cycle.revision
        if news and cycle.revision > 1:
            # What was asked for, or found wrong, was another manifest's.
            await note(writer, cycle.id, asked_at=None, disagreement=None)
            cycle = replace(cycle, asked_at=None, disagreement=None)
        if not await self.issue_if_complete(writer, cycle) and news:
            await writer.call_at(ASK_AGAIN, cycle.id, writer.now + self.first_patience)

    async def take_orders(self, writer: Writer, events: Sequence[OrderSaid]) -> None:
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
        async for orders in orders_to_gather(writer, cycle.id):
            gathering.add(orders)
        # In a thread, as all that takes long: pages are to be answered meanwhile.
        await asyncio.to_thread(gathering.sort_out, await goods_of(writer, gathering.keys))
        wrong = disagreements(cycle.manifest, gathering.orders, gathering.sums)
        if wrong:
            # The very orders of the manifest, and other sums: one side reckons wrongly, and a list would spread it.
            log.error("orders and manifest disagree, no pick list was made", cycle_id=cycle.id, found=wrong)
            await note(writer, cycle.id, disagreement="\n".join(wrong))
        else:
            issued = await self._issue(writer, cycle, gathering)
            await note(writer, cycle.id, issued_at=writer.now, issued_revision=cycle.revision, disagreement=None)
            await writer.call_at(TRACE, cycle.id, writer.now)
            log.info("pick lists issued", cycle_id=cycle.id, revision=cycle.revision, lists=issued)
        await writer.cancel_call(ASK_AGAIN, cycle.id)
        return True

    async def _issue(self, writer: Writer, cycle: Cycle, gathering: Gathering) -> int:
        """Make, keep and announce the lists of those producers who have none yet or are asked for something else now;
        how many."""
        held, versions = await lists_of_cycle(writer, cycle.id), await last_versions(writer, cycle.id)
        rows = []
        for producer_id in sorted(gathering.sums.keys() | held.keys()):
            before = held.get(producer_id)
            if producer_id in gathering.sums:
                one = await asyncio.to_thread(gathering.list_of, producer_id, writer.now)
            else:
                assert before is not None
                one = nothing_left(before, cycle.revision, writer.now)
            if before is not None and before.asks_the_same(one):
                await count_order_lines(writer, one.id, one.order_lines)
                continue
            version = versions.get(one.id, 0) + 1
            rows.append(await asyncio.to_thread(row_of, one, version))
            await writer.announce(pick_list_issued(one, version, self.links.path(one.id, writer.now)))
        await keep_lists(writer, cycle.revision, rows)
        return len(rows)

    async def take_answer(
        self, writer: Writer, one: PickList, lines: Sequence[AnsweredLine], *, seen: int, by: str, by_phone: bool
    ) -> None:
        """Keep and announce what a producer can bring; nothing happens where that is already held.

        Raises Outdated where the list was corrected or answered since `seen`, the version that was looked at.
        """
        await locked_cycle(writer, one.cycle_id)
        newest = await kept_list(writer, one.id)
        if newest is None or newest.pick_list.revision != one.revision:
            raise Outdated
        given = await keep_answer(writer, one, lines, seen=seen, by=by, by_phone=by_phone)
        if given is not None:
            await writer.announce(pick_list_answered(one, given))
            log.info("pick list answered", pick_list_id=one.id, revision=one.revision, short=len(given.short))

    async def patience_ended(self, writer: Writer, timer: Timer) -> None:
        """Timer: ask again for the orders of a cycle that is still incomplete, and look again later."""
        cycle = await locked_cycle(writer, timer.key)
        if cycle is None or cycle.state != "waiting" or await self.issue_if_complete(writer, cycle):
            return
        held = await self._ask(writer, cycle)
        log.error(
            "orders of a closed cycle are missing", cycle_id=cycle.id, orders_held=held.held, expected=held.expected
        )
        asked = cycle.requests + 1 if cycle.asked_at is not None else 1
        patience = min(self.first_patience * 2 ** min(asked, 30), self.most_patience)
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
