"""The mail that says that another sum is asked for, because something else was delivered than was expected.

Held back, because what came is recorded producer by producer: who is told reads the last sum once. Nobody is told of a
difference that is not asked for: billing says from how many cents on it is.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from chassis.database import Writer
from chassis.tables import timer
from chassis.timers import Timer
from contracts.billing import AmountsDueComputed
from notify.household import people_of_households
from notify.message import NEW_SUM, facts_about, facts_reached, message_row, supersede, write_messages

TIMER = "new_sum"


@dataclass(frozen=True)
class NewSums:
    """`delay`: how long a mail is held back; `stale`: of older amounts nothing is said (a replay of history)."""

    delay: timedelta
    stale: timedelta

    async def hear(self, writer: Writer, said: AmountsDueComputed) -> None:
        """Where it is as expected, only who was told of another sum, or is about to be, hears of it."""
        if said.computed_at <= writer.now - self.stale:
            return
        held = await writer.scalar(select(timer.c.payload).where(timer.c.name == TIMER, timer.c.key == said.id))
        if held is not None and held["version"] >= said.version:
            return
        told = held is not None or bool(await facts_about(writer, said.id, NEW_SUM))
        if said.expected_cents is None and not told:
            return
        sum_cents = said.gross_cents + said.deposit_cents
        facts = {
            "version": said.version,
            "cycle_name": said.cycle_name,
            "household_id": said.household_id,
            "household_name": said.household_name,
            "expected_cents": sum_cents if said.expected_cents is None else said.expected_cents,
            "asked_cents": sum_cents if said.asked_cents is None else said.asked_cents,
        }
        await writer.call_at(TIMER, said.id, writer.now + self.delay, facts)

    async def tell(self, writer: Writer, due: Timer) -> None:
        """Timer: to each of the household who does not know this sum yet. At first they know the one expected."""
        facts = due.payload
        await supersede(writer, [due.key], NEW_SUM)
        told = await facts_reached(writer, [due.key], NEW_SUM)
        people = await people_of_households(writer, [facts["household_id"]])
        mails = []
        for person in people.get(facts["household_id"], []):
            last = told.get((due.key, person.id))
            known = last["asked_cents"] if last else facts["expected_cents"]
            if known == facts["asked_cents"] or (last and last["version"] >= facts["version"]):
                continue
            why = f"amount_due.new_sum:{due.key}:{facts['version']}"
            mine = facts | {"before_cents": known}
            mails.append(message_row(writer, NEW_SUM, person, caused_by=why, about=due.key, facts=mine))
        await write_messages(writer, mails)
