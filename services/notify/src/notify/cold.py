"""The mails to those who coordinate: goods that stood too warm or too cold are held, and a probe that is silent.

Each is told once for each time that it is said; what is told anew of one nonconformity takes the place of what waits.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from chassis.database import Writer
from contracts import Event
from contracts.logistics import NonconformityOpened, ProbeFellSilent
from notify.coordinator import who_coordinates
from notify.message import NONCONFORMITY, SILENT_PROBE, message_row, supersede, write_messages
from notify.reason import reason_of

log = structlog.get_logger()


@dataclass(frozen=True)
class ColdChain:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear_nonconformity(self, writer: Writer, said: NonconformityOpened) -> None:
        if said.opened_at <= writer.now - self.stale:
            return
        await self._tell(writer, said, NONCONFORMITY, said.model_dump(mode="json"))

    async def hear_silence(self, writer: Writer, said: ProbeFellSilent) -> None:
        if said.told_at <= writer.now - self.stale:
            return
        await self._tell(writer, said, SILENT_PROBE, said.model_dump(mode="json"))

    async def _tell(self, writer: Writer, said: Event, template: str, facts: dict[str, Any]) -> None:
        people = await who_coordinates(writer)
        if not people:
            log.error("nobody coordinates: nobody is told that goods may spoil", template=template, about=said.id)
            return
        why = reason_of(said)
        await supersede(writer, [said.id], template, but=why)
        rows = [message_row(writer, template, each, caused_by=why, about=said.id, facts=facts) for each in people]
        await write_messages(writer, rows)
