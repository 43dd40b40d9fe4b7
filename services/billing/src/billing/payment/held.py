"""What the hub holds for a household apart, its caution or its wallet: how much of it can go out, and what did.

A cheque that still lies here is no money yet. What goes out is written once, by the id of its form; what was noted by
mistake is taken back by a counter-entry.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, RowMapping, String, Table, Text, select

from billing.days import today_at
from billing.household import household
from billing.household_balance import say_balances
from billing.ledger.book import hold_books
from billing.ledger.counter import counters_of
from billing.ledger.entry import Entry
from billing.ledger.posting import post
from billing.payment.compartment import cheques_here
from billing.payment.noting import NoHousehold, OtherThere
from billing.payout.register import InPayout, What, number_of, reserved
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc


def out_table(name: str, *own: Column[Any]) -> Table:
    """What went out. `id`: the form's own. `kind`: by what. Written once; `undone_…`: where it was noted by mistake."""
    return Table(
        name,
        metadata,
        Column("id", String(36), primary_key=True),
        Column("household_id", String(100), nullable=False, index=True),
        *own,
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


@dataclass(frozen=True)
class Held:
    """Cents held for a household; `cheques_cents` of them lie here as cheques, `reserved_cents` in payouts that are not
    executed."""

    cents: int = 0
    cheques_cents: int = 0
    reserved_cents: int = 0

    @property
    def free_cents(self) -> int:
        """What can go out, or be used."""
        return max(0, self.cents - self.cheques_cents - self.reserved_cents)


class MoreThanHeld(Exception):
    """More than can go out or be used; `held`: as it is now."""

    def __init__(self, held: Held) -> None:
        super().__init__(f"{held.free_cents} cents are held")
        self.held = held


class NothingThere(Exception):
    """Nothing of this id went out."""


@dataclass(frozen=True)
class Apart:
    """Cautions, or wallets. `name`: of the keys of what is booked when it goes out; `party`: whose the money is in the
    book of the hub; `sums_of`: what is held by household; `sent`: what a payout sends of it; `out`: what went out."""

    name: str
    party: str
    sums_of: Callable[[Reader, Collection[str]], Awaitable[Mapping[str, int]]]
    sent: What
    out: Table

    async def held_of(self, reader: Reader, household_id: str, but: str = "") -> Held:
        """`but`: the id of a payout that reserves nothing."""
        cents = (await self.sums_of(reader, [household_id])).get(household_id, 0)
        in_payouts = (await reserved(reader, but, self.sent)).get(household_id, 0)
        return Held(cents, await cheques_here(reader, household_id, self.party), in_payouts)

    async def hold(self, writer: Writer, household_id: str) -> None:
        """Of two people who use what is held for one household the second sees what the first used. Raises
        NoHousehold."""
        mine = select(household.c.id).where(household.c.id == household_id).with_for_update()
        if await writer.scalar(mine) is None:
            raise NoHousehold
        await hold_books(writer)

    async def noted_before(self, writer: Writer, out_id: str, said: Mapping[str, Any]) -> RowMapping | None:
        """What this form noted when it was sent before; None where it may go out now. `said`: columns of `out`. Raises
        NoHousehold, OtherThere, MoreThanHeld."""
        await self.hold(writer, said["household_id"])
        there = await self.find_out(writer, out_id)
        if there is not None:
            if any(there[name] != value for name, value in said.items()):
                raise OtherThere
            return there
        held = await self.held_of(writer, said["household_id"])
        if said["cents"] > held.free_cents:
            raise MoreThanHeld(held)
        return None

    async def note(self, writer: Writer, said: Mapping[str, Any], entry: Entry, out_id: str, by: Person) -> RowMapping:
        """Write down what went out, and book it by `entry`."""
        noted = {"noted_at": writer.now, "noted_by": by.name, "undone_by": "", "undone_because": ""}
        await writer.execute(self.out.insert().values(id=out_id, **said, **noted))
        await post(writer, [entry])
        await say_balances(writer, {said["household_id"]})
        done = await self.find_out(writer, out_id)
        assert done is not None
        return done

    async def undo(self, writer: Writer, out_id: str, by: Person, zone: ZoneInfo, reason: str) -> RowMapping:
        """Take back what was noted by mistake, by a counter-entry; done twice, it is done once. Raises NothingThere,
        InPayout."""
        number = await number_of(writer, out_id)
        if number is not None:
            raise InPayout(number)
        return await self.taken_back(writer, out_id, today_at(writer, zone), f"{self.name}:{out_id}", by, reason)

    async def taken_back(
        self, writer: Writer, out_id: str, day: date, event: str, by: Person, reason: str
    ) -> RowMapping:
        """The same of whatever went out. `event`: see `entry.Cause`. Raises NothingThere."""
        row = await writer.first(select(self.out).where(self.out.c.id == out_id).with_for_update())
        if row is None:
            raise NothingThere
        if row["undone_at"] is None:
            changes = {"undone_at": writer.now, "undone_by": by.name, "undone_because": reason}
            await writer.execute(self.out.update().where(self.out.c.id == out_id).values(**changes))
            household_id = row["household_id"]
            await post(writer, await counters_of(writer, [f"{self.name}:{out_id}"], day, event, by.id, household_id))
            await say_balances(writer, {household_id})
        return row

    async def find_out(self, reader: Reader, out_id: str) -> RowMapping | None:
        return await reader.first(select(self.out).where(self.out.c.id == out_id))

    async def outs_of(self, reader: Reader, household_id: str) -> list[RowMapping]:
        """What went out to a household, the newest first."""
        mine = select(self.out).where(self.out.c.household_id == household_id)
        return await reader.all(mine.order_by(self.out.c.day.desc(), self.out.c.id.desc()))
