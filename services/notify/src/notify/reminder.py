"""The mail that says that ordering closes soon, to the households that have not ordered."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from chassis.timers import Timer
from contracts.ordering import CycleChanged, CycleClosed, CycleOpened, CyclePhase, CycleRevised
from notify.cycle import find_cycle, keep_cycle, pickup_of
from notify.household import active_households, addressees
from notify.message import REMINDER, message_row, write_messages
from notify.order import households_with_orders

TIMER = "reminder"
TOO_LATE = timedelta(hours=1)
"""A reminder that would come later than this before the closing (the hub slept) helps nobody."""
TOO_EARLY = timedelta(hours=12)
"""Nor does one so soon after the opening: a cycle that is open for a day and a half or less has none."""


def about_household(cycle_id: str, household_id: str) -> str:
    """What a reminder tells of: this household's missing order."""
    return f"{cycle_id}:{household_id}"


@dataclass(frozen=True)
class Reminders:
    """`before`: how long before the closing."""

    before: timedelta

    async def hear_cycle(self, writer: Writer, said: CycleOpened | CycleChanged) -> None:
        if not await keep_cycle(writer, said):
            return
        at = said.closes_at - self.before
        if isinstance(said, CycleChanged) and said.phase is not CyclePhase.OPEN:
            await writer.cancel_call(TIMER, said.id)
            return
        if at - said.opens_at < TOO_EARLY or writer.now > said.closes_at - TOO_LATE:
            await writer.cancel_call(TIMER, said.id)
            return
        await writer.call_at(TIMER, said.id, at)

    async def hear_closing(self, writer: Writer, said: CycleClosed | CycleRevised) -> None:
        if await keep_cycle(writer, said):
            await writer.cancel_call(TIMER, said.id)

    async def remind(self, writer: Writer, timer: Timer) -> None:
        cycle = await find_cycle(writer, timer.key)
        assert cycle is not None, "a call is set only where there is a cycle"
        if cycle["closed"] or writer.now > cycle["closes_at"] - TOO_LATE:
            return
        ordered = await households_with_orders(writer, cycle["id"])
        groups = [pickup["group_id"] for pickup in cycle["pickups"]]
        mails = []
        for household in await active_households(writer, groups):
            if household["id"] in ordered:
                continue
            pickup = pickup_of(cycle, household["group_id"])
            facts = {
                "cycle_name": cycle["name"],
                "closes_at": cycle["closes_at"].isoformat(),
                "pickup": pickup.model_dump(mode="json") if pickup else None,
            }
            mails += [
                message_row(
                    writer,
                    REMINDER,
                    person,
                    # A closing that is moved is reminded of again.
                    caused_by=f"cycle.closing:{cycle['id']}:{cycle['closes_at'].isoformat()}",
                    about=about_household(cycle["id"], household["id"]),
                    facts=facts,
                    expires_at=cycle["closes_at"],
                )
                for person in addressees(household)
            ]
        await write_messages(writer, mails)
