"""The mail to a household that invoices were issued to it."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from contracts.billing import InvoicesIssued
from notify.household import people_of_households
from notify.message import INVOICES, message_row, write_messages
from notify.reason import reason_of


@dataclass(frozen=True)
class Invoices:
    """`stale`: of what was issued longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: InvoicesIssued) -> None:
        """To everybody of the household who has an address."""
        if said.issued_at <= writer.now - self.stale:
            return
        facts = {
            "household_name": said.household_name,
            "invoices": [each.model_dump(mode="json") for each in said.invoices],
        }
        people = await people_of_households(writer, [said.household_id])
        why = reason_of(said)
        mails = [
            message_row(writer, INVOICES, person, caused_by=why, about=said.id, facts=facts)
            for person in people.get(said.household_id, [])
        ]
        await write_messages(writer, mails)
