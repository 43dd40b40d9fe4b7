"""The mails about a claim: to the producer who answers, to who else bought of it, to who coordinates where no answer
came, and to the household what became of it.

One for each state a claim comes to, whatever else is told of it meanwhile: that somebody shares the loss is no mail.
"""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from chassis.tables import Row
from contracts.claim import ClaimChanged, ClaimState
from notify.coordinator import who_coordinates
from notify.household import Addressee, people_of_households
from notify.message import SPOILED, message_row, supersede, write_messages
from notify.producer import find_producer

PRODUCER, BUYER, COORDINATOR, HOUSEHOLD = "producer", "buyer", "coordinator", "household"
"""As whom somebody is written to."""


@dataclass(frozen=True)
class Claims:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: ClaimChanged) -> None:
        if said.changed_at <= writer.now - self.stale:
            return
        why = f"{said.aggregate}.{said.event}:{said.id}:{said.state.value}"
        if said.state is not ClaimState.OPEN:
            await supersede(writer, [said.id], SPOILED, but=why)
        facts = said.model_dump(mode="json")
        mails: dict[str, Row] = {}
        for role, to in await self._whom(writer, said):
            # Who is more than one of these reads one mail.
            told = facts | {"to": role}
            mails.setdefault(to.id, message_row(writer, SPOILED, to, caused_by=why, about=said.id, facts=told))
        await write_messages(writer, list(mails.values()))

    async def _whom(self, writer: Writer, said: ClaimChanged) -> list[tuple[str, Addressee]]:
        if said.state is ClaimState.TO_DECIDE:
            return [(COORDINATOR, each) for each in await who_coordinates(writer)]
        producer = await find_producer(writer, said.producer_id)
        makers = [(PRODUCER, producer)] if producer is not None else []
        if said.state is ClaimState.OPEN:
            people = await people_of_households(writer, [each.household_id for each in said.asked])
            return [*makers, *((BUYER, each) for theirs in people.values() for each in theirs)]
        if said.state is ClaimState.WITHDRAWN:
            return makers if said.answer_until is not None else []
        people = await people_of_households(writer, [said.household_id])
        mine = [(HOUSEHOLD, each) for each in people.get(said.household_id, [])]
        return [*mine, *(makers if said.decided else [])]
