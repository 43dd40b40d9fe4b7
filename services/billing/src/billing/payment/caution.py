"""The caution (guarantee deposit) of a household: held, refunded, or kept with a reason.

It is received like any payment to the hub, and shares its register: a cheque is brought to the bank, bounces, or is
taken back, which is also how one that was never cashed is given back. What goes out is noted here. A cheque that still
lies here is no money yet: nothing is refunded or kept of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, RowMapping, String, Table, Text, select

from billing.days import today_at
from billing.household import household
from billing.household_balance import cautions_of, say_balances
from billing.ledger import rules
from billing.ledger.book import hold_books
from billing.ledger.chart import CAUTIONS, HUB, Account
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry
from billing.ledger.posting import post
from billing.ledger.rules import CAUTION_KEPT, CAUTION_REFUNDED, JOURNALS
from billing.payment.compartment import cheques_here, lies, parts_of
from billing.payment.life import Kind
from billing.payment.noting import MONEY, NoHousehold, OtherThere
from billing.payout.register import InPayout, number_of, reserved
from billing.payout.register import What as Sent
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

caution_out = Table(
    "caution_out",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("household_id", String(100), nullable=False, index=True),
    Column("what", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("undone_at", Utc),
    Column("undone_by", Text, nullable=False),
    Column("undone_because", Text, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`id`: the form's own. `kind`: how it was refunded, "" where it was kept. Written once; `undone_…`: where it was noted
by mistake."""

REFUNDED_BY = (Kind.TRANSFER, Kind.CASH)
"""By the bank (a transfer or a cheque of the hub), or from the till."""


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


@dataclass(frozen=True)
class Held:
    """Cents that the hub owes a household as its caution; `cheques_cents` of them lie here as cheques,
    `reserved_cents` in payouts that are not executed."""

    cents: int = 0
    cheques_cents: int = 0
    reserved_cents: int = 0

    @property
    def free_cents(self) -> int:
        """What can be refunded or kept."""
        return max(0, self.cents - self.cheques_cents - self.reserved_cents)


class MoreThanHeld(Exception):
    """More than can be refunded or kept; `held`: as it is now."""

    def __init__(self, held: Held) -> None:
        super().__init__(f"{held.free_cents} cents are held")
        self.held = held


class NothingThere(Exception):
    """Nothing of this id was refunded or kept."""


async def held_of(reader: Reader, household_id: str, but: str = "") -> Held:
    """`but`: the id of a payout that reserves nothing."""
    cents = (await cautions_of(reader, [household_id])).get(household_id, 0)
    in_payouts = (await reserved(reader, but, Sent.CAUTION)).get(household_id, 0)
    return Held(cents, await cheques_here(reader, household_id, CAUTIONS), in_payouts)


async def give_out(writer: Writer, out_id: str, said: Out, by: Person, zone: ZoneInfo) -> RowMapping:
    """Refund a caution or keep it, wholly or in part. The id comes with the form, so that a form sent twice books once.

    Raises NoHousehold, OtherThere, MoreThanHeld.
    """
    await _hold(writer, said.household_id)
    there = await find(writer, out_id)
    if there is not None:
        if not _same(there, said):
            raise OtherThere
        return there
    held = await held_of(writer, said.household_id)
    if said.cents > held.free_cents:
        raise MoreThanHeld(held)
    return await given_out(writer, out_id, said, f"caution:{out_id}", by, zone)


async def given_out(writer: Writer, out_id: str, said: Out, event: str, by: Person, zone: ZoneInfo) -> RowMapping:
    """Book it, whatever is left of the caution: it has gone out. `event`: see `entry.Cause`."""
    row = {
        "id": out_id,
        "household_id": said.household_id,
        "what": said.what.value,
        "kind": said.kind.value if said.kind else "",
        "cents": said.cents,
        "day": said.day,
        "reason": said.reason,
        "noted_at": writer.now,
        "noted_by": by.name,
        "undone_by": "",
        "undone_because": "",
    }
    await writer.execute(caution_out.insert().values(**row))
    day = min(said.day, today_at(writer, zone))
    await post(writer, [_entry(out_id, said, await lies(writer, CAUTIONS), day, event, by)])
    await say_balances(writer, {said.household_id})
    done = await find(writer, out_id)
    assert done is not None
    return done


async def _hold(writer: Writer, household_id: str) -> None:
    """Of two people who refund the same caution the second sees the first's. Raises NoHousehold."""
    mine = select(household.c.id).where(household.c.id == household_id).with_for_update()
    if await writer.scalar(mine) is None:
        raise NoHousehold
    await hold_books(writer)


def _same(there: RowMapping, said: Out) -> bool:
    kept = (there["household_id"], there["what"], there["cents"], there["day"], there["kind"], there["reason"])
    return kept == (said.household_id, said.what, said.cents, said.day, said.kind or "", said.reason)


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


async def undo(writer: Writer, out_id: str, by: Person, zone: ZoneInfo, reason: str) -> RowMapping:
    """Take back what was noted by mistake, by a counter-entry; done twice, it is done once. Raises NothingThere,
    InPayout."""
    number = await number_of(writer, out_id)
    if number is not None:
        raise InPayout(number)
    return await taken_back(writer, out_id, today_at(writer, zone), f"caution:{out_id}", by, reason)


async def taken_back(writer: Writer, out_id: str, day: date, event: str, by: Person, reason: str) -> RowMapping:
    """The same of whatever went out. Raises NothingThere."""
    row = await writer.first(select(caution_out).where(caution_out.c.id == out_id).with_for_update())
    if row is None:
        raise NothingThere
    if row["undone_at"] is None:
        changes = {"undone_at": writer.now, "undone_by": by.name, "undone_because": reason}
        await writer.execute(caution_out.update().where(caution_out.c.id == out_id).values(**changes))
        household_id = row["household_id"]
        await post(writer, await counters_of(writer, [f"caution:{out_id}"], day, event, by.id, household_id))
        await say_balances(writer, {household_id})
    return row


async def find(reader: Reader, out_id: str) -> RowMapping | None:
    return await reader.first(select(caution_out).where(caution_out.c.id == out_id))


async def outs_of(reader: Reader, household_id: str) -> list[RowMapping]:
    """What was refunded or kept of a household, the newest first."""
    mine = select(caution_out).where(caution_out.c.household_id == household_id)
    return await reader.all(mine.order_by(caution_out.c.day.desc(), caution_out.c.id.desc()))
