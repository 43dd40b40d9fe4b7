"""The caution (guarantee deposit) of a household: held, refunded, or kept with a reason.

It is received like any payment to the hub, and shares its register: a cheque is brought to the bank, bounces, or is
taken back, which is also how one that was never cashed is given back. What goes out is noted here. A cheque that still
lies here is no money yet: nothing is refunded or kept of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, RowMapping, String

from billing.days import today_at
from billing.household_balance import cautions_of
from billing.ledger import rules
from billing.ledger.chart import CAUTIONS, HUB, Account
from billing.ledger.entry import Cause, Entry
from billing.ledger.rules import CAUTION_KEPT, CAUTION_REFUNDED, JOURNALS
from billing.payment.compartment import lies, parts_of
from billing.payment.held import Apart, out_table
from billing.payment.life import Kind
from billing.payment.noting import MONEY
from billing.payout.register import What as Sent
from chassis.database import Writer
from chassis.identity import Person

caution_out = out_table("caution_out", Column("what", String(10), nullable=False))
"""`kind`: how it was refunded, "" where it was kept."""

APART = Apart("caution", CAUTIONS, cautions_of, Sent.CAUTION, caution_out)


class What(StrEnum):
    REFUNDED = "refunded"
    KEPT = "kept"


@dataclass(frozen=True)
class Out:
    """What goes out, as it is typed. `reason`: needed where it is kept."""

    household_id: str
    what: What
    cents: int
    day: date
    kind: Kind | None = None
    reason: str = ""

    def row(self) -> dict[str, Any]:
        return {
            "household_id": self.household_id,
            "what": self.what.value,
            "kind": self.kind.value if self.kind else "",
            "cents": self.cents,
            "day": self.day,
            "reason": self.reason,
        }


async def give_out(writer: Writer, out_id: str, said: Out, by: Person, zone: ZoneInfo) -> RowMapping:
    """Refund a caution or keep it, wholly or in part. The id comes with the form, so that a form sent twice books once.

    Raises NoHousehold, OtherThere, MoreThanHeld.
    """
    there = await APART.noted_before(writer, out_id, said.row())
    return there or await given_out(writer, out_id, said, f"caution:{out_id}", by, zone)


async def given_out(writer: Writer, out_id: str, said: Out, event: str, by: Person, zone: ZoneInfo) -> RowMapping:
    """Book it, whatever is left of the caution: it has gone out. `event`: see `entry.Cause`."""
    day = min(said.day, today_at(writer, zone))
    entry = _entry(out_id, said, await lies(writer, CAUTIONS), day, event, by)
    return await APART.note(writer, said.row(), entry, out_id, by)


def _entry(out_id: str, said: Out, lying: Mapping[Account, int], day: date, event: str, by: Person) -> Entry:
    if said.what is What.KEPT or said.kind is None:
        rule, journal = CAUTION_KEPT, CAUTION_KEPT.journal
        moves = rules.caution_kept(said.household_id, parts_of(lying, Account.BANK, said.cents))
    else:
        money = MONEY[said.kind]
        rule, journal = CAUTION_REFUNDED, JOURNALS.get(money, CAUTION_REFUNDED.journal)
        moves = rules.caution_refunded(said.household_id, money, parts_of(lying, money, said.cents))
    return Entry(
        book=HUB,
        key=f"caution:{out_id}",
        day=day,
        journal=journal,
        cause=Cause(event, rule.name, rule.version, by.id),
        movements=moves,
        household_id=said.household_id,
    )
