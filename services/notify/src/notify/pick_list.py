"""The mail with a producer's pick list, and with each that corrects it: the PDF, and a link that opens the list without
an account and takes the answer."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from chassis.database import Writer
from chassis.timers import Timer
from contracts.logistics import PickListIssued
from notify.message import PICK_LIST, facts_about, message_row, supersede, write_messages
from notify.producer import find_producer
from notify.reason import reason_of

log = structlog.get_logger()

TIMER = "pick_list"
PATIENCE = timedelta(seconds=5)
TRIES = 1000
"""How often to look for a producer whose list came before its address: about an hour and a half."""


@dataclass(frozen=True)
class PickLists:
    """`stale`: of older lists nothing is said (a replay of history)."""

    stale: timedelta

    async def hear_issued(self, writer: Writer, said: PickListIssued) -> None:
        if said.issued_at <= writer.now - self.stale:
            return
        if not await self._write(writer, said):
            # Catalog's word of the producer comes by another road, and may be slower.
            # A call for each revision: an older one that comes late must not take the newer one's.
            key, payload = f"{said.id}:{said.version}", {"said": said.model_dump(mode="json")}
            await writer.call_at(TIMER, key, writer.now + PATIENCE, payload)

    async def look_again(self, writer: Writer, timer: Timer) -> None:
        tries = int(timer.payload.get("tries", 0)) + 1
        if await self._write(writer, PickListIssued.model_validate(timer.payload["said"])):
            return
        if tries > TRIES:
            log.error("a pick list of a producer nobody told of", pick_list_id=timer.key)
            return
        await writer.call_at(TIMER, timer.key, writer.now + PATIENCE, timer.payload | {"tries": tries})

    async def _write(self, writer: Writer, said: PickListIssued) -> bool:
        producer = await find_producer(writer, said.producer_id)
        if producer is None:
            return False
        told = await facts_about(writer, said.id, PICK_LIST)
        if any(facts["version"] > said.version for facts in told):
            return True
        await supersede(writer, [said.id], PICK_LIST, but=reason_of(said))
        facts = {
            "version": said.version,
            "revision": said.revision,
            "cycle_name": said.cycle_name,
            "delivers_on": said.delivers_on.isoformat(),
            "producer_name": said.producer_name,
            "lines": len(said.lines),
            "gross_cents": said.gross_cents,
            "path": said.path,
        }
        mail = message_row(writer, PICK_LIST, producer, caused_by=reason_of(said), about=said.id, facts=facts)
        await write_messages(writer, [mail])
        return True
