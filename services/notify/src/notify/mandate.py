"""The mails about a mandate contract: the link by which the producer signs, and that its term ends soon."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from contracts.mandate import MandateChanged, MandateEnded, MandateEndsSoon, MandateProposed, MandateSigned
from notify.coordinator import who_coordinates
from notify.message import MANDATE, MANDATE_ENDS, message_row, supersede, write_messages
from notify.producer import find_producer
from notify.reason import reason_of


@dataclass(frozen=True)
class Mandates:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear_proposal(self, writer: Writer, said: MandateProposed) -> None:
        """To the producer alone: the link is its own. A newer one takes the place of one that still waits."""
        if said.proposed_at <= writer.now - self.stale:
            return
        why = reason_of(said)
        await supersede(writer, [said.id], MANDATE, but=why)
        producer = await find_producer(writer, said.producer_id)
        if producer is None:
            return
        facts = {
            "producer_name": said.producer_name,
            "another": bool(said.terms),
            "path": said.path,
            "expires_at": said.expires_at.isoformat(),
        }
        mail = message_row(
            writer, MANDATE, producer, caused_by=why, about=said.id, facts=facts, expires_at=said.expires_at
        )
        await write_messages(writer, [mail])

    async def hear_warning(self, writer: Writer, said: MandateEndsSoon) -> None:
        """To the producer and to those who coordinate."""
        if said.said_at <= writer.now - self.stale:
            return
        facts = {
            "mandate_id": said.id,
            "producer_name": said.producer_name,
            "term_ends_on": said.term_ends_on.isoformat(),
            "notice_by": said.notice_by.isoformat() if said.renews and said.notice_by else "",
        }
        producer = await find_producer(writer, said.producer_id)
        to = [*([producer] if producer is not None else []), *await who_coordinates(writer)]
        mails = [
            message_row(writer, MANDATE_ENDS, whom, caused_by=reason_of(said), about=said.id, facts=facts)
            for whom in to
        ]
        await write_messages(writer, mails)

    async def hear_change(self, writer: Writer, said: MandateSigned | MandateChanged | MandateEnded) -> None:
        """What still waits to be sent about how the contract stood before is not sent any more."""
        await supersede(writer, [said.id], MANDATE_ENDS)
