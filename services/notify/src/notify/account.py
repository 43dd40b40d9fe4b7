"""The mail to a producer whose account the hub has closed for a period."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from contracts.billing import AccountRendered
from notify.message import ACCOUNT, message_row, write_messages
from notify.producer import find_producer
from notify.reason import reason_of


@dataclass(frozen=True)
class Accounts:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: AccountRendered) -> None:
        if said.rendered_at <= writer.now - self.stale:
            return
        producer = await find_producer(writer, said.producer_id)
        if producer is None:
            return
        facts = {
            "producer_name": said.producer_name,
            "number": said.number,
            "since": said.since.isoformat(),
            "until": said.until.isoformat(),
            "closing_cents": said.closing_cents,
            "commission_number": said.commission_number,
            "path": said.path,
        }
        mail = message_row(writer, ACCOUNT, producer, caused_by=reason_of(said), about=said.id, facts=facts)
        await write_messages(writer, [mail])
