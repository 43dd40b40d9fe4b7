"""The mails that say that the proof of a label ends, or has ended: to the producer, and to those who coordinate."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from contracts.catalog import CertificateEndsSoon, CertificateExpired
from notify.coordinator import who_coordinates
from notify.message import CERTIFICATE, message_row, supersede, write_messages
from notify.producer import find_producer
from notify.reason import reason_of


@dataclass(frozen=True)
class Certificates:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: CertificateEndsSoon | CertificateExpired) -> None:
        if said.said_at <= writer.now - self.stale:
            return
        why, ended = reason_of(said), isinstance(said, CertificateExpired)
        if ended:
            await supersede(writer, [said.id], CERTIFICATE, but=why)
        facts = {
            "producer_id": said.producer_id,
            "producer_name": said.producer_name,
            "product_name": said.product_name,
            "label": said.label,
            "label_name": said.label_name.model_dump(),
            "number": said.number,
            "valid_until": said.valid_until.isoformat(),
            "ended": ended,
        }
        producer = await find_producer(writer, said.producer_id)
        to = [(producer, False)] if producer is not None else []
        to += [(person, True) for person in await who_coordinates(writer)]
        mails = [
            message_row(writer, CERTIFICATE, whom, caused_by=why, about=said.id, facts=facts | {"coordinates": runs})
            for whom, runs in to
        ]
        await write_messages(writer, mails)
