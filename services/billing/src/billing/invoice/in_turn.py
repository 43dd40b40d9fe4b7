"""All invoices of a cycle, some households at a time: each transaction says where the next goes on, so that whoever is
killed goes on there."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.amount_due import HOLDS, amount_due
from billing.days import today_at
from billing.invoice.drawing import Printer, draw
from billing.invoice.wish import wishes
from billing.paper.issuer import Issuer
from chassis.database import Writer
from chassis.timers import Timer

TIMER = "draw_invoices"
PORTION = 100
"""Households whose invoices are drawn up in one transaction."""


@dataclass(frozen=True)
class InTurn:
    hub: Issuer
    zone: ZoneInfo
    printer: Printer

    async def begin(self, writer: Writer, cycle_id: str, by: str) -> None:
        """Have all of a cycle drawn up; whoever begins again meanwhile begins anew, and what is issued stays."""
        await writer.call_at(TIMER, cycle_id, writer.now, {"after": "", "by": by})

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: the next households, in the order of their ids; not those that want one invoice a month."""
        a = amount_due.c
        mine = select(a.household_id).where(a.cycle_id == timer.key, HOLDS, a.household_id > timer.payload["after"])
        rows = await writer.all(mine.order_by(a.household_id).limit(PORTION))
        ids = [row["household_id"] for row in rows]
        wanted = await wishes(writer, ids)
        each_time = [each for each in ids if each not in wanted or not wanted[each].monthly]
        today = today_at(writer, self.zone)
        await draw(writer, self.hub, today, timer.key, each_time, timer.payload["by"], self.printer)
        if len(ids) == PORTION:
            await writer.call_at(TIMER, timer.key, writer.now, {"after": ids[-1], "by": timer.payload["by"]})
