"""One invoice a month: of what each seller delivered to a household in it (code général des impôts art. 289 I-3).

It is issued by the last day of the month. So on its last evening what is not invoiced yet is, by a timer for each
household that wants it so; a person can have it done before, and what comes after is on another. What is another since
it was issued has an invoice of the difference, as every other.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from billing.amount_due import HOLDS, amount_due
from billing.cycle import COMPUTED, cycle, locked
from billing.days import today_at
from billing.invoice import register
from billing.invoice.drawing import (
    Delivery,
    Drawn,
    Printer,
    Refusal,
    Right,
    Told,
    booked,
    issue,
    regimes,
    rights_of,
    sold_in,
    tell,
    too_early,
    why_not,
)
from billing.invoice.register import Buyer, Kind
from billing.invoice.wish import Wish, wish_of
from billing.ledger.book import hold_books
from billing.ledger.chart import HUB
from billing.mandate import contract
from billing.paper.issuer import Issuer
from chassis.database import Reader, Writer
from chassis.timers import Timer

TIMER = "monthly_invoices"
EVENING = time(21)
MOST_MONTHS = 12
"""So many months back a page looks for what is not invoiced."""


def month_of(day: date) -> date:
    """Its first day."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def last_evening(month: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(month_after(month) - timedelta(days=1), EVENING, zone)


async def deliveries_of(reader: Reader, household_id: str, since: date, until: date) -> list[RowMapping]:
    """Cycles that were delivered to it between two days, and are computed: in their order."""
    a, c = amount_due.c, cycle.c
    mine = select(a.cycle_id).where(a.household_id == household_id, HOLDS)
    chosen = select(cycle).where(c.id.in_(mine), c.state == COMPUTED, c.delivers_on.between(since, until))
    return await reader.all(chosen.order_by(c.delivers_on, c.id))


async def not_invoiced(reader: Reader, household_id: str, today: date) -> dict[date, list[Delivery]]:
    """By month, the newest first: what was delivered to it and is on no invoice."""
    since = month_of(today)
    for _month in range(MOST_MONTHS):
        since = month_of(since - timedelta(days=1))
    found: dict[date, list[Delivery]] = {}
    for held in (await deliveries_of(reader, household_id, since, today))[::-1]:
        for each in await _deliveries(reader, held, household_id):
            found.setdefault(month_of(held["delivers_on"]), []).append(each)
    return found


async def _deliveries(reader: Reader, held: RowMapping, household_id: str) -> list[Delivery]:
    return [
        Delivery(sold, held["id"], held["name"], held["delivers_on"])
        for sold in await sold_in(reader, held["id"], [household_id])
        if not sold.issued and not sold.missing.nothing
    ]


async def draw(
    writer: Writer, hub: Issuer, today: date, month: date, household_id: str, by: str, printer: Printer
) -> Drawn:
    """Issue for one household what is on no invoice of a month, one for each seller. Asked twice, it is done once.
    Locks: the cycles by id, then as `drawing.draw`."""
    drawn = Drawn()
    until = min(today, month_after(month) - timedelta(days=1))
    ids = sorted(row["id"] for row in await deliveries_of(writer, household_id, month, until))
    cycles = [held for each in ids if too_early(held := await locked(writer, each), today) is None and held is not None]
    found = [each for held in cycles for each in await _deliveries(writer, held, household_id)]
    sellers = {each.sold.seller_id for each in found}
    for one in sorted(await contract.listed(writer, sellers - {HUB}), key=lambda each: each.id):
        await contract.locked(writer, one.id)
    await hold_books(writer)
    rights = await rights_of(writer, sellers, today)
    known = {held["id"]: await regimes(writer, held, hub) for held in cycles}
    left = {held["id"]: await booked(writer, held["id"], [household_id]) for held in cycles}
    buyer = (await register.buyers(writer, [household_id])).get(household_id)
    # Who stands otherwise to VAT since the middle of the month issues two.
    by_seller: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for each in sorted(found, key=lambda each: (each.sold.seller_id, each.delivers_on, each.cycle_id)):
        seller_id = each.sold.seller_id
        refused = why_not(hub, each.sold, rights)
        if refused is None and _left(left, each)[0] != each.sold.now.to_pay_cents:
            refused = Refusal.NOT_BOOKED
        if refused is not None:
            drawn.refused[seller_id] = refused
        else:
            by_seller[seller_id, known[each.cycle_id][seller_id]].append(each)
    for (seller_id, regime), mine in by_seller.items():
        right: Right = rights[seller_id]
        told = Told(
            hub,
            right.terms.principal if right.terms else None,
            tuple(mine),
            regime,
            buyer or Buyer(mine[0].sold.household_name),
            Kind.INVOICE,
            today,
            right.contest_until(today),
            sum(_left(left, each)[1] for each in mine),
            month=month,
        )
        drawn.ids.append(await issue(writer, told, by, printer))
    await tell(writer, drawn.ids)
    return drawn


def _left(left: Mapping[str, Mapping[tuple[str, str], tuple[int, int]]], of: Delivery) -> tuple[int, int]:
    """By the books: what was sold, and what of it is not paid."""
    return left[of.cycle_id].get((of.sold.household_id, of.sold.seller_id), (0, 0))


@dataclass(frozen=True)
class Monthly:
    hub: Issuer
    zone: ZoneInfo
    printer: Printer

    async def set(self, writer: Writer, household_id: str, before: Wish, now: Wish) -> None:
        """Have it done on the last evening of this month, and of those after it; or not any more."""
        if now.monthly and not before.monthly:
            await self._call(writer, household_id, month_of(today_at(writer, self.zone)), now.said_by)
        elif not now.monthly:
            await writer.cancel_call(TIMER, household_id)

    async def _call(self, writer: Writer, household_id: str, month: date, by: str) -> None:
        what = {"month": month.isoformat(), "by": by}
        await writer.call_at(TIMER, household_id, last_evening(month, self.zone), what)

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: a month of one household. What cannot be issued waits, and its page says why."""
        month, by = date.fromisoformat(timer.payload["month"]), timer.payload["by"]
        wanted = await wish_of(writer, timer.key)
        if not wanted.monthly:
            return
        await draw(writer, self.hub, today_at(writer, self.zone), month, timer.key, by, self.printer)
        await self._call(writer, timer.key, month_after(month), by)
