"""The wallet (cagnotte) of a household: paid in advance, held by the hub apart, used for what it owes, paid back.

What comes in is a payment to the hub like any other; so is what is used, of the kind `wallet`, shared out by producer,
and taken back like one. What is paid back is noted here. A cheque that still lies here is no money yet.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, RowMapping, String, Table, Text, select

from billing.days import today_at
from billing.household_balance import wallets_of
from billing.ledger import rules
from billing.ledger.chart import HUB, WALLETS
from billing.ledger.entry import Cause, Entry
from billing.ledger.rules import JOURNALS, WALLET_REFUNDED
from billing.payment import owing
from billing.payment.compartment import lies, parts_of
from billing.payment.held import Apart, MoreThanHeld, out_table
from billing.payment.life import Kind
from billing.payment.noting import MONEY, NoHousehold, Noted, OtherThere, collects_for, note_payment
from billing.payment.owing import Owing
from billing.payment.register import Payment, find
from billing.payout.register import What as Sent
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc
from chassis.timers import Timer

TIMER = "use_wallet"
BY_ITSELF = "wallet"
"""Who uses a wallet by itself, in the history of the payment and in the books."""

wallet_switch = Table(
    "wallet_switch",
    metadata,
    Column("household_id", String(100), primary_key=True),
    Column("by_itself", Boolean, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("changed_by", Text, nullable=False),
)
"""Whether what a household owes is paid out of its wallet by itself, when its amounts are made final."""

wallet_out = out_table("wallet_out")
"""What was paid back."""

APART = Apart("wallet", WALLETS, wallets_of, Sent.WALLET, wallet_out)


@dataclass(frozen=True)
class Out:
    """What is paid back, as it is typed."""

    household_id: str
    kind: Kind
    cents: int
    day: date
    reason: str = ""

    def row(self) -> dict[str, Any]:
        kept = {"household_id": self.household_id, "kind": self.kind.value, "cents": self.cents}
        return kept | {"day": self.day, "reason": self.reason}


class MoreThanOwed(Exception):
    """More than is left to pay to whom the hub collects for: `cents`."""

    def __init__(self, cents: int) -> None:
        super().__init__(str(cents))
        self.cents = cents


async def payable(reader: Reader, household_id: str, day: date) -> list[Owing]:
    """What the household has left to pay to the hub, and to producers for whom the hub may collect that day."""
    collected = await collects_for(reader, day) | {HUB}
    owed = (await owing.owing_of(reader, [household_id]))[household_id]
    return [each for each in owed if each.producer_id in collected and each.left_cents]


async def use(writer: Writer, payment_id: str, household_id: str, cents: int, by: Person, zone: ZoneInfo) -> Payment:
    """Pay so much of what the household owes out of its wallet, its oldest debts first. The id comes with the form:
    sent twice, it is used once. Raises NoHousehold, MoreThanHeld, MoreThanOwed, OtherThere."""
    await APART.hold(writer, household_id)
    there = await find(writer, payment_id)
    if there is not None:
        if (there.household_id, there.kind, there.cents) != (household_id, Kind.WALLET, cents):
            raise OtherThere
        return there
    held, today = await APART.held_of(writer, household_id), today_at(writer, zone)
    if cents > held.free_cents:
        raise MoreThanHeld(held)
    owed = await payable(writer, household_id, today)
    left = sum(each.left_cents for each in owed)
    if cents > left:
        raise MoreThanOwed(left)
    said = Noted(household_id, Kind.WALLET, HUB, cents, today, owing.proposed(owed, cents))
    return await note_payment(writer, payment_id, said, by, zone)


@dataclass(frozen=True)
class Uses:
    """Wallets that pay by themselves."""

    zone: ZoneInfo

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: what the household `key` owes by now is paid out of its wallet, as far as it reaches."""
        try:
            await APART.hold(writer, timer.key)
        except NoHousehold:
            return
        if not await is_on(writer, timer.key):
            return
        held = await APART.held_of(writer, timer.key)
        owed = await payable(writer, timer.key, today_at(writer, self.zone))
        cents = min(held.free_cents, sum(each.left_cents for each in owed))
        if cents:
            who = Person(BY_ITSELF, BY_ITSELF, "fr", ())
            await use(writer, writer.ids.new(), timer.key, cents, who, self.zone)


async def use_by_itself(writer: Writer, household_ids: Collection[str]) -> None:
    """Call the timer for those of these households that want it: their amounts were just made final."""
    s = wallet_switch.c
    wanting = select(s.household_id).where(s.household_id.in_(sorted(household_ids)), s.by_itself.is_(True))
    ids = [row["household_id"] for row in await writer.all(wanting)]
    if ids:
        await writer.call_all_at(TIMER, ids, writer.now)


async def is_on(reader: Reader, household_id: str) -> bool:
    s = wallet_switch.c
    return bool(await reader.scalar(select(s.by_itself).where(s.household_id == household_id)))


async def switch(writer: Writer, household_id: str, by_itself: bool, by: Person) -> None:
    """Raises NoHousehold."""
    await APART.hold(writer, household_id)
    row = {"household_id": household_id, "by_itself": by_itself, "changed_at": writer.now, "changed_by": by.name}
    statement = writer.insert(wallet_switch).values(**row)
    changes = {name: statement.excluded[name] for name in ("by_itself", "changed_at", "changed_by")}
    await writer.execute(statement.on_conflict_do_update(index_elements=["household_id"], set_=changes))
    if by_itself:
        await writer.call_at(TIMER, household_id, writer.now)


async def pay_back(writer: Writer, out_id: str, said: Out, by: Person, zone: ZoneInfo) -> RowMapping:
    """The id comes with the form, so that a form sent twice books once. Raises NoHousehold, OtherThere,
    MoreThanHeld."""
    there = await APART.noted_before(writer, out_id, said.row())
    return there or await paid_back(writer, out_id, said, f"wallet:{out_id}", by, zone)


async def paid_back(writer: Writer, out_id: str, said: Out, event: str, by: Person, zone: ZoneInfo) -> RowMapping:
    """Book what was paid back, whatever is left in the wallet: the money has left. `event`: see `entry.Cause`."""
    money = MONEY[said.kind]
    parts = parts_of(await lies(writer, WALLETS), money, said.cents)
    entry = Entry(
        book=HUB,
        key=f"wallet:{out_id}",
        day=min(said.day, today_at(writer, zone)),
        journal=JOURNALS.get(money, WALLET_REFUNDED.journal),
        cause=Cause(event, WALLET_REFUNDED.name, WALLET_REFUNDED.version, by.id),
        movements=rules.wallet_refunded(said.household_id, money, parts),
        household_id=said.household_id,
    )
    return await APART.note(writer, said.row(), entry, out_id, by)
