"""The mails to a household that is reminded of what it has not paid: goods, or its membership fee."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chassis.database import Writer
from contracts.billing import MembershipReminded, PaymentReminded
from notify.household import people_of_households
from notify.message import MEMBERSHIP, PAYMENT, message_row, write_messages
from notify.reason import reason_of


@dataclass(frozen=True)
class PaymentReminders:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: PaymentReminded) -> None:
        """To everybody of the household who has an address; a household without one gets its letter on paper."""
        facts = {
            "household_name": said.household_name,
            "level": said.level,
            "cents": said.cents,
            "debts": [debt.model_dump(mode="json") for debt in said.debts],
            "path": said.path,
        }
        await self._write(writer, said, PAYMENT, facts)

    async def hear_membership(self, writer: Writer, said: MembershipReminded) -> None:
        """To the same; who has no address is called."""
        await self._write(writer, said, MEMBERSHIP, {"year": said.year, "cents": said.cents})

    async def _write(
        self, writer: Writer, said: PaymentReminded | MembershipReminded, template: str, facts: dict[str, Any]
    ) -> None:
        if said.reminded_at <= writer.now - self.stale:
            return
        people = await people_of_households(writer, {said.household_id})
        mails = [
            message_row(writer, template, person, caused_by=reason_of(said), about=said.id, facts=facts)
            for person in people.get(said.household_id, ())
        ]
        await write_messages(writer, mails)
