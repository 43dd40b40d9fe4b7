"""The wallet (cagnotte) of a household: paid in advance, held by the hub apart, used for what it owes, paid back.

What comes in is a payment to the hub like any other; so is what is used, of the kind `wallet`, shared out by producer,
and taken back like one. What is paid back is noted here. A cheque that still lies here is no money yet.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, RowMapping, String, Table, Text, select

from billing.days import today_at
from billing.household import household
from billing.household_balance import say_balances, wallets_of
from billing.ledger import rules
from billing.ledger.book import hold_books
from billing.ledger.chart import HUB, WALLETS
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry
from billing.ledger.posting import post
from billing.ledger.rules import JOURNALS, WALLET_REFUNDED
from billing.payment import owing
from billing.payment.compartment import cheques_here, lies, parts_of
from billing.payment.life import Kind
from billing.payment.noting import MONEY, NoHousehold, Noted, OtherThere, collects_for, note_payment
from billing.payment.owing import Owing
from billing.payment.register import Payment, find
from billing.payout.register import InPayout, number_of, reserved
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

wallet_out = Table(
    "wallet_out",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("household_id", String(100), nullable=False, index=True),
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
"""What was paid back. `id`: the form's own. `kind`: by what. Written once; `undone_…`: where it was noted by
mistake."""

REFUNDED_BY = (Kind.TRANSFER, Kind.CASH)
"""By the bank (a transfer or a cheque of the hub), or from the till."""


@dataclass(frozen=True)
class Held:
    """Cents in a wallet; `cheques_cents` of them lie here as cheques, `reserved_cents` in payouts that are not
    executed."""

    cents: int = 0
    cheques_cents: int = 0
    reserved_cents: int = 0

    @property
    def free_cents(self) -> int:
        """What can be used or paid back."""
        return max(0, self.cents - self.cheques_cents - self.reserved_cents)


@dataclass(frozen=True)
class Out:
    """What is paid back, as it is typed."""

    household_id: str
    kind: Kind
    cents: int
    day: date
    reason: str = ""


class MoreThanHeld(Exception):
    """More than can be used or paid back; `held`: as it is now."""

    def __init__(self, held: Held) -> None:
        super().__init__(f"{held.free_cents} cents are held")
        self.held = held


class MoreThanOwed(Exception):
    """More than is left to pay to whom the hub collects for: `cents`."""

    def __init__(self, cents: int) -> None:
        super().__init__(str(cents))
        self.cents = cents


class NothingThere(Exception):
    """Nothing of this id was paid back."""


async def held_of(reader: Reader, household_id: str, but: str = "") -> Held:
    """`but`: the id of a payout that reserves nothing."""
    cents = (await wallets_of(reader, [household_id])).get(household_id, 0)
    in_payouts = (await reserved(reader, but, Sent.WALLET)).get(household_id, 0)
    return Held(cents, await cheques_here(reader, household_id, WALLETS), in_payouts)


async def payable(reader: Reader, household_id: str, day: date) -> list[Owing]:
    """What the household has left to pay to the hub, and to producers for whom the hub may collect that day."""
    collected = await collects_for(reader, day) | {HUB}
    owed = (await owing.owing_of(reader, [household_id]))[household_id]
    return [each for each in owed if each.producer_id in collected and each.left_cents]


async def use(writer: Writer, payment_id: str, household_id: str, cents: int, by: Person, zone: ZoneInfo) -> Payment:
    """Pay so much of what the household owes out of its wallet, its oldest debts first. The id comes with the form:
    sent twice, it is used once. Raises NoHousehold, MoreThanHeld, MoreThanOwed, OtherThere."""
    await hold(writer, household_id)
    there = await find(writer, payment_id)
    if there is not None:
        if (there.household_id, there.kind, there.cents) != (household_id, Kind.WALLET, cents):
            raise OtherThere
        return there
    held, today = await held_of(writer, household_id), today_at(writer, zone)
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
            await hold(writer, timer.key)
        except NoHousehold:
            return
        if not await is_on(writer, timer.key):
            return
        held, owed = await held_of(writer, timer.key), await payable(writer, timer.key, today_at(writer, self.zone))
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
    await hold(writer, household_id)
    row = {"household_id": household_id, "by_itself": by_itself, "changed_at": writer.now, "changed_by": by.name}
    statement = writer.insert(wallet_switch).values(**row)
    changes = {name: statement.excluded[name] for name in ("by_itself", "changed_at", "changed_by")}
    await writer.execute(statement.on_conflict_do_update(index_elements=["household_id"], set_=changes))
    if by_itself:
        await writer.call_at(TIMER, household_id, writer.now)


async def pay_back(writer: Writer, out_id: str, said: Out, by: Person, zone: ZoneInfo) -> RowMapping:
    """The id comes with the form, so that a form sent twice books once. Raises NoHousehold, OtherThere,
    MoreThanHeld."""
    await hold(writer, said.household_id)
    there = await find_out(writer, out_id)
    if there is not None:
        kept = (there["household_id"], there["kind"], there["cents"], there["day"], there["reason"])
        if kept != (said.household_id, said.kind, said.cents, said.day, said.reason):
            raise OtherThere
        return there
    held = await held_of(writer, said.household_id)
    if said.cents > held.free_cents:
        raise MoreThanHeld(held)
    return await paid_back(writer, out_id, said, f"wallet:{out_id}", by, zone)


async def paid_back(writer: Writer, out_id: str, said: Out, event: str, by: Person, zone: ZoneInfo) -> RowMapping:
    """Book what was paid back, whatever is left in the wallet: the money has left. `event`: see `entry.Cause`."""
    row = {
        "id": out_id,
        "household_id": said.household_id,
        "kind": said.kind.value,
        "cents": said.cents,
        "day": said.day,
        "reason": said.reason,
        "noted_at": writer.now,
        "noted_by": by.name,
        "undone_by": "",
        "undone_because": "",
    }
    await writer.execute(wallet_out.insert().values(**row))
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
    await post(writer, [entry])
    await say_balances(writer, {said.household_id})
    done = await find_out(writer, out_id)
    assert done is not None
    return done


async def undo(writer: Writer, out_id: str, by: Person, zone: ZoneInfo, reason: str) -> RowMapping:
    """Take back what was noted as paid back by mistake, by a counter-entry; done twice, it is done once. Raises
    NothingThere, InPayout."""
    number = await number_of(writer, out_id)
    if number is not None:
        raise InPayout(number)
    return await taken_back(writer, out_id, today_at(writer, zone), f"wallet:{out_id}", by, reason)


async def taken_back(writer: Writer, out_id: str, day: date, event: str, by: Person, reason: str) -> RowMapping:
    """The same of whatever was paid back. Raises NothingThere."""
    row = await writer.first(select(wallet_out).where(wallet_out.c.id == out_id).with_for_update())
    if row is None:
        raise NothingThere
    if row["undone_at"] is None:
        changes = {"undone_at": writer.now, "undone_by": by.name, "undone_because": reason}
        await writer.execute(wallet_out.update().where(wallet_out.c.id == out_id).values(**changes))
        household_id = row["household_id"]
        await post(writer, await counters_of(writer, [f"wallet:{out_id}"], day, event, by.id, household_id))
        await say_balances(writer, {household_id})
    return row


async def hold(writer: Writer, household_id: str) -> None:
    """Of two people who use one wallet the second sees what the first used. Raises NoHousehold."""
    mine = select(household.c.id).where(household.c.id == household_id).with_for_update()
    if await writer.scalar(mine) is None:
        raise NoHousehold
    await hold_books(writer)


async def find_out(reader: Reader, out_id: str) -> RowMapping | None:
    return await reader.first(select(wallet_out).where(wallet_out.c.id == out_id))


async def outs_of(reader: Reader, household_id: str) -> list[RowMapping]:
    """What was paid back to a household, the newest first."""
    mine = select(wallet_out).where(wallet_out.c.household_id == household_id)
    return await reader.all(mine.order_by(wallet_out.c.day.desc(), wallet_out.c.id.desc()))
