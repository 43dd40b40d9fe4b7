"""The mail that takes a seal of the books out of the hub."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Writer
from contracts.billing import BooksSealed
from notify.household import Addressee
from notify.message import SEAL, message_row, write_messages
from notify.reason import reason_of


@dataclass(frozen=True)
class Seals:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: BooksSealed) -> None:
        if said.sealed_at <= writer.now - self.stale:
            return
        facts = {
            "day": said.day.isoformat(),
            "root": said.root,
            "text": said.text,
            "signed": said.signed,
            "path": said.path,
        }
        mails = [
            message_row(
                writer,
                SEAL,
                Addressee(each.id, each.name, each.email, each.language),
                caused_by=reason_of(said),
                about=said.id,
                facts=facts,
            )
            for each in said.readers
        ]
        if mails:
            await write_messages(writer, mails)
