"""The mails about food that is not safe: to every household that got of it, at once, and to the producer.

Nobody can unsubscribe from them and nothing gathers them up: they go before all other mail. Who has no address is on
the telephone list of logistics.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chassis.database import Writer
from chassis.tables import Row
from contracts.logistics import LotRecalled, LotRecallUndone
from notify.household import Addressee, people_of_households
from notify.message import RECALL, RECALL_UNDONE, facts_about, message_row, supersede, write_messages
from notify.producer import find_producer
from notify.reason import reason_of


@dataclass(frozen=True)
class Recalls:
    """`stale`: of what was said longer ago nobody is told (a replay of history)."""

    stale: timedelta

    async def hear(self, writer: Writer, said: LotRecalled) -> None:
        """One mail to each person of the households in it. One that was undone already, by an event that came first,
        is not told."""
        if said.recalled_at <= writer.now - self.stale or await facts_about(writer, said.id, RECALL_UNDONE):
            return
        whole: dict[str, Any] = said.model_dump(mode="json", exclude={"households"})
        households: dict[str, dict[str, Any]] = {}
        for each in said.households:
            held = households.setdefault(each.household_id, whole | {"household_name": each.household_name, "got": []})
            goods = [one.model_dump(mode="json") | {"held_back": each.held_back} for one in each.goods]
            held["got"] = [*held["got"], *goods]
        people = await people_of_households(writer, list(households))
        rows = [
            self._row(writer, said, RECALL, to, households[household_id])
            for household_id, theirs in sorted(people.items())
            for to in theirs
        ]
        producer = await find_producer(writer, said.producer_id)
        if producer is not None and said.version == 1:
            names = sorted({one.name.fr for each in said.households for one in each.goods})
            rows.append(self._row(writer, said, RECALL, producer, whole | {"names": names}))
        await write_messages(writer, rows)

    async def hear_undone(self, writer: Writer, said: LotRecallUndone) -> None:
        """Whoever was told of the recall is told that it was an error; what waits to leave does not leave any more."""
        if said.undone_at <= writer.now - self.stale:
            return
        await supersede(writer, [said.id], RECALL)
        facts = said.model_dump(mode="json", exclude={"household_ids"})
        people = await people_of_households(writer, said.household_ids)
        rows = [
            self._row(writer, said, RECALL_UNDONE, to, facts) for _id, them in sorted(people.items()) for to in them
        ]
        producer = await find_producer(writer, said.producer_id)
        if producer is not None:
            row = self._row(writer, said, RECALL_UNDONE, producer, facts)
            # Many households are several events, of which the producer reads one.
            rows.append(row | {"caused_by": f"{said.aggregate}.{said.event}:{said.id}"})
        await write_messages(writer, rows)

    def _row(
        self, writer: Writer, said: LotRecalled | LotRecallUndone, template: str, to: Addressee, facts: dict[str, Any]
    ) -> Row:
        return message_row(writer, template, to, caused_by=reason_of(said), about=said.id, facts=facts)
