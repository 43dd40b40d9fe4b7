"""The second pass of settlement: what everybody owes on what was delivered and weighed, no more as expected.

A record of a delivery and the amounts it leads to are one transaction where the amounts of the cycle are there. Where
they are not yet, the record waits for them; a later revision of the cycle is computed with what was recorded before.

What logistics says of many households at once is taken in together: what only all of them can tell is reckoned once,
after the last of them. What is booked of a household names the record that is its own.

What is delivered to one household changes what the others pay of a fee they share: that is shared anew, and the amounts
that change are made anew, a while after the last record.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping

from billing import order
from billing.claim.effect import concerned_with
from billing.cycle import COMPUTED, computing, hear_of, locked
from billing.delivery import Of, Record, keep
from billing.ledger.sales import Because
from billing.order import next_placed
from billing.price import Came
from billing.producer_bill import Bill, keep_bills
from billing.settlement import FIRST, PORTION, Settlement
from billing.solidarity.band import ever_set
from chassis import trace
from chassis.database import Writer
from chassis.timers import Timer
from contracts.logistics import DeliveryRecorded

DELIVERED, SHARED = "delivered", "shared_fees"
PATIENCE = timedelta(seconds=5)
"""Until it is looked again whether the amounts that are being made are there."""


@dataclass(frozen=True)
class Deliveries:
    """Takes in what was delivered."""

    settlement: Settlement

    async def hear(self, writer: Writer, events: Sequence[DeliveryRecorded]) -> None:
        """Take in what was delivered to some households, together. Amounts, books and what the fund pays come to the
        same as one by one; entries that the next event would have taken back at once are not made."""
        records = [_record(said, event) for said, event in zip(events, trace.current().together, strict=True)]
        for cycle_id in sorted({record.of.cycle_id for record in records}):
            # Held in the order of their ids, so that two do not wait for each other.
            await hear_of(writer, cycle_id, "")
            await locked(writer, cycle_id)
        of_fund = await ever_set(writer, {record.of.household_id for record in records})
        for run in self._runs(records, of_fund):
            last = run[-1]
            await self.record(writer, last.of.cycle_id, run, _because(last))

    def _runs(self, records: Sequence[Record], of_fund: Collection[str]) -> Iterator[list[Record]]:
        """Records that are settled together: of one cycle, booked on one day. `of_fund`: households that are settled by
        themselves, for what the fund has left when their turn comes is what it pays for them."""

        def run_of(numbered: tuple[int, Record]) -> tuple[str, Any, int]:
            number, record = numbered
            day = record.recorded_at.astimezone(self.settlement.sales.zone).date()
            return record.of.cycle_id, day, number + 1 if record.of.household_id in of_fund else 0

        for _, run in groupby(enumerate(records), run_of):
            yield [record for _, record in run]

    async def record(
        self,
        writer: Writer,
        cycle_id: str,
        records: Sequence[Record],
        because: Because,
        bills: Sequence[Bill] = (),
        buyers: Collection[str] = (),
    ) -> None:
        """Keep records of one cycle, and make the amounts of their households anew, and of those who share a bill with
        one of them. `bills`: what producers billed; `buyers`: one household at least that shares each."""
        # There is a row to lock, also of a cycle that was not heard of.
        await hear_of(writer, cycle_id, "")
        held = await locked(writer, cycle_id)
        assert held is not None
        await keep_bills(writer, bills)
        kept = await keep(writer, records)
        own = {household_id: _because(record) for household_id, record in kept.items()}
        told = {*own, *buyers}
        others = await concerned_with(writer, cycle_id, told) - own.keys() if told else ()
        # Those of whom something is recorded first, so that what is booked of them names it.
        news = [*own, *sorted(others)]
        if news and held["state"] == COMPUTED:
            await self.settlement.settle_delivered(writer, held, news[:PORTION], because, own)
        if news:
            await self._share_later(writer, held, because)
        if news and (computing(held) or len(news) > PORTION):
            await self._later(writer, cycle_id, writer.now, "", because)

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: the amounts of the next households; any may share a bill with one of whom something was recorded."""
        held = await locked(writer, timer.key)
        said = timer.payload
        because = Because(said["event"], datetime.fromisoformat(said["at"]), said["person_id"])
        if held is None or held["state"] != COMPUTED:
            if held is not None and computing(held):
                await self._later(writer, timer.key, writer.now + PATIENCE, "", because)
            # Else the amounts wait for orders: they are computed with what is recorded.
            return
        ids = await order.households_after(writer, timer.key, said["after"], PORTION)
        await self.settlement.settle_delivered(writer, held, ids, because)
        await self._share_later(writer, held, because)
        if len(ids) == PORTION:
            await self._later(writer, timer.key, writer.now, ids[-1], because)

    async def share_anew(self, writer: Writer, timer: Timer) -> None:
        """Timer: what the households of a cycle share is shared on what was delivered; the next amounts."""
        held, said = await locked(writer, timer.key), timer.payload
        if held is None or held["state"] != COMPUTED:
            if held is not None and computing(held):
                await writer.call_at(SHARED, timer.key, writer.now + PATIENCE, said)
            # Else the amounts wait for orders: they are computed with what is recorded.
            return
        because = Because(said["event"], datetime.fromisoformat(said["at"]), said["person_id"])
        if "after" not in said:
            await self.settlement.share_anew(writer, held)
        group_id, household_id = said.get("after", FIRST)
        rows, more = await next_placed(writer, timer.key, (group_id, household_id), PORTION)
        await self.settlement.settle_delivered(writer, held, {row["household_id"] for row in rows}, because)
        if more:
            last = rows[-1]["group_id"], rows[-1]["household_id"]
            await writer.call_at(SHARED, timer.key, writer.now, said | {"after": last})

    async def _share_later(self, writer: Writer, held: RowMapping, because: Because) -> None:
        """Once no more deliveries come for a while: each changes what all others pay of a fee that is shared."""
        if held["manifest"] is not None and await self.settlement.shares_fees(writer, held):
            await writer.call_at(SHARED, held["id"], writer.now + PATIENCE, _told(because))

    async def _later(self, writer: Writer, cycle_id: str, at: datetime, after: str, because: Because) -> None:
        await writer.call_at(DELIVERED, cycle_id, at, _told(because) | {"after": after})


def _record(said: DeliveryRecorded, event: str) -> Record:
    lines = {
        line.product_id: Came(line.quantity_thousandths, line.weight_thousandths, line.borne_by_producer)
        for line in said.lines
    }
    of = Of(said.cycle_id, said.household_id, said.producer_id)
    return Record(of, lines, said.recorded_at, said.recorded_by, "", event, said.version)


def _because(record: Record) -> Because:
    return Because(record.event, record.recorded_at, record.person_id)


def _told(because: Because) -> dict[str, Any]:
    return {"event": because.event, "at": because.at.isoformat(), "person_id": because.person_id}
