"""From a closed cycle to what everybody owes: once, when every order of the manifest is here, or not at all.

Whatever brings the last missing piece (the closing, an order, a producer) settles the cycle in its own transaction.
While something is missing the cycle waits, its pages say for what, and a timer asks ordering to say its orders again.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import RowMapping

from billing import announcing, order
from billing.amount_due import AmountDue, amounts_due, write_amounts
from billing.cycle import WAITING, cycle, hear_of, locked, mark_computed, note_problem, waiting_cycles
from billing.seller import Seller, sellers
from billing.vat import NoRate, VatTables
from chassis.database import Writer
from chassis.timers import Timer
from contracts.ordering import Manifest, manifest_digest

log = structlog.get_logger()

TIMER = "manifest"
_LONGEST_WAIT = timedelta(hours=6)


class Unsettled(Exception):
    """The amounts cannot be computed yet. `kind`: orders, versions, producers, vat or totals; `detail` names what."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True)
class Settlement:
    """`country`: where the goods are handed out (ISO 3166); `patience`: how long after the closing, and then ever
    longer, until ordering is asked for what is missing."""

    vat: VatTables
    country: str
    patience: timedelta

    async def settle(self, writer: Writer, cycle_id: str, name: str = "") -> bool:
        """Compute and announce the amounts of a closed cycle if they can be; False while it waits.

        `name`: of a cycle that may not have been heard of, so that there is a row to lock against its closing.
        """
        held = await locked(writer, cycle_id)
        if held is None and name:
            await hear_of(writer, cycle_id, name)
            held = await locked(writer, cycle_id)
        if held is None or held["state"] != WAITING:
            return False
        try:
            amounts = await self._amounts(writer, held)
        except Unsettled as unsettled:
            await self._wait(writer, held, unsettled)
            return False
        written = {writer.ids.new(): due for due in amounts}
        await write_amounts(writer, cycle_id, written)
        await mark_computed(writer, cycle_id)
        await writer.cancel_call(TIMER, cycle_id)
        for amount_id, due in written.items():
            await writer.announce(announcing.amounts_due_computed(amount_id, held, due, writer.now))
        log.info("amounts due computed", cycle_id=cycle_id, households=len(written))
        return True

    async def settle_all(self, writer: Writer) -> None:
        """After news of a producer: any waiting cycle may have waited for it."""
        for held in await waiting_cycles(writer):
            await self.settle(writer, held["id"])

    async def await_orders(self, writer: Writer, cycle_id: str) -> None:
        """Begin to wait for the orders of a cycle that has just been closed."""
        await writer.call_at(TIMER, cycle_id, writer.now + self.patience)

    async def chase(self, writer: Writer, timer: Timer) -> None:
        """Ask ordering to say its orders again, if they are what is missing; and come back, later every time."""
        if await self.settle(writer, timer.key):
            return
        held = await locked(writer, timer.key)
        if held is None or held["state"] != WAITING:
            return
        asked = held["asked"] + 1
        await writer.execute(cycle.update().where(cycle.c.id == timer.key).values(asked=asked))
        delay = min(self.patience * 2**asked, _LONGEST_WAIT)
        await writer.call_at(TIMER, timer.key, writer.now + delay)
        manifest = Manifest.model_validate(held["manifest"])
        count = await order.count_placed(writer, timer.key)
        if held["problem"] is not None:
            # The orders are all here: saying them again would change nothing.
            return
        log.warning("cycle not settled", cycle_id=timer.key, orders=count, expected=manifest.orders, asked=asked)
        await writer.announce(announcing.republication_requested(timer.key, asked, manifest.orders, count))

    async def _amounts(self, writer: Writer, held: RowMapping) -> list[AmountDue]:
        """Raises Unsettled."""
        manifest = Manifest.model_validate(held["manifest"])
        if await order.count_placed(writer, held["id"]) != manifest.orders:
            raise Unsettled("orders")
        if manifest_digest(await order.versions_placed(writer, held["id"])) != manifest.digest:
            raise Unsettled("versions")
        known = await sellers(writer)
        missing = sorted(total.producer_id for total in manifest.producers if total.producer_id not in known)
        if missing:
            raise Unsettled("producers", ", ".join(missing))
        try:
            lines = await order.lines_placed(writer, held["id"])
            # In a thread: a large cycle takes a second, and pages must not wait for it.
            amounts = await asyncio.to_thread(amounts_due, lines, known, self.vat, self.country, held["delivers_on"])
        except NoRate as unknown:
            raise Unsettled("vat", str(unknown)) from unknown
        check_totals(manifest, amounts, known)
        return amounts

    async def _wait(self, writer: Writer, held: RowMapping, unsettled: Unsettled) -> None:
        alarming = unsettled.kind in ("vat", "totals", "producers")
        await note_problem(writer, held, {"kind": unsettled.kind, "detail": unsettled.detail} if alarming else None)
        if alarming:
            log.error("amounts cannot be computed", cycle_id=held["id"], problem=str(unsettled))


def check_totals(manifest: Manifest, amounts: list[AmountDue], known: dict[str, Seller]) -> None:
    """Hold the amounts against the manifest, producer by producer, to the cent. Raises Unsettled("totals")."""
    found: dict[str, tuple[int, int, int]] = {}
    for due in amounts:
        for cheque in due.cheques:
            lines, quantity, gross = found.get(cheque.producer_id, (0, 0, 0))
            found[cheque.producer_id] = (
                lines + len(cheque.lines),
                quantity + cheque.quantity_thousandths,
                gross + cheque.gross_cents,
            )
    wanted = {
        total.producer_id: (total.lines, total.quantity_thousandths, total.gross_cents)
        for total in manifest.producers
        if total.lines
    }
    wrong = sorted(producer for producer in found.keys() | wanted.keys() if found.get(producer) != wanted.get(producer))
    if wrong:
        raise Unsettled(
            "totals", ", ".join(known[producer].name if producer in known else producer for producer in wrong)
        )
    sums = (
        sum(lines for lines, _quantity, _gross in found.values()),
        sum(quantity for _lines, quantity, _gross in found.values()),
        sum(gross for _lines, _quantity, gross in found.values()),
    )
    if sums != (manifest.lines, manifest.quantity_thousandths, manifest.gross_cents):
        raise Unsettled("totals")
