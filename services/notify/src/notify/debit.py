"""The mails that say that a direct debit will be taken, or is not taken after all: to everybody of the household.

The first is due by the rules of SEPA (pre-notification). So where nobody of the household has an address it is kept as
one that cannot be sent, for those who coordinate to see, and to tell the household themselves.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from chassis.database import Writer
from contracts.billing import DirectDebitAnnounced, DirectDebitCalledOff
from notify.household import Addressee, household, people_of_households
from notify.message import DEBIT, message_row, reached, supersede, write_messages
from notify.reason import reason_of


@dataclass(frozen=True)
class Debits:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: DirectDebitAnnounced | DirectDebitCalledOff) -> None:
        if said.said_at <= writer.now - self.stale:
            return
        why, called_off = reason_of(said), isinstance(said, DirectDebitCalledOff)
        if called_off:
            await supersede(writer, [said.id], DEBIT, but=why)
        facts = {
            "called_off": called_off,
            "collected_on": said.collected_on.isoformat(),
            "cents": said.cents,
            "mandate_ref": said.mandate_ref,
            "creditor_id": said.creditor_id,
            "creditor_name": said.creditor_name,
            "iban_end": getattr(said, "iban_end", ""),
            "reference": getattr(said, "reference", ""),
        }
        people = (await people_of_households(writer, [said.household_id])).get(said.household_id, [])
        name = await writer.scalar(select(household.c.name).where(household.c.id == said.household_id))
        to = people or [Addressee(said.household_id, name or "", "", "fr")]
        if called_off:
            told = await reached(writer, said.id, DEBIT)
            to = [whom for whom in to if whom.id in told]
        await write_messages(
            writer, [message_row(writer, DEBIT, whom, caused_by=why, about=said.id, facts=facts) for whom in to]
        )
