"""The mail that tells a household what it pays to others of its group, and what it gets from them."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from contracts.billing import HouseholdTransfer, HouseholdTransfersDrawn
from notify.household import people_of_households
from notify.message import TRANSFERS, message_row, newest_told, reached, supersede, write_messages
from notify.reason import reason_of


@dataclass(frozen=True)
class HouseholdTransfers:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: HouseholdTransfersDrawn) -> None:
        """To everybody of the household who has an address; what was to be told before and did not leave yet is not
        sent any more, and what is older than what was told is told to nobody. That nothing is to be paid is told to
        those who were told otherwise."""
        if said.drawn_at <= writer.now - self.stale or await newest_told(writer, said.id, TRANSFERS) > said.version:
            return
        why = reason_of(said)
        await supersede(writer, [said.id], TRANSFERS, but=why)
        facts = {
            "cycle_names": list(said.cycle_names),
            "pays": [_told(each) for each in said.pays],
            "gets": [_told(each) for each in said.gets],
            "path": said.path,
        }
        people = (await people_of_households(writer, [said.household_id])).get(said.household_id, [])
        if not said.pays and not said.gets:
            told = await reached(writer, said.id, TRANSFERS)
            people = [whom for whom in people if whom.id in told]
        await write_messages(
            writer, [message_row(writer, TRANSFERS, whom, caused_by=why, about=said.id, facts=facts) for whom in people]
        )


def _told(one: HouseholdTransfer) -> list[str | int]:
    return [one.household_name, one.cents]
