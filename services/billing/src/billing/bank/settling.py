"""Settling a line: what it pays is noted and booked, or it is joined to what a person noted, or set aside; and undone.

Locks are taken in one order: the line, then households by id, then payments by id or one payout, then the books.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select

from billing.bank import debits, payouts
from billing.bank.keeping import NotThis, SettledBefore, WrongSum, add_part, is_joined, matched, opened
from billing.bank.matching import Found, How, decide, knowledge
from billing.bank.register import Kept, NoLine, Part, Stage, What, kept_of, line, locked, note, part, parts_of
from billing.bank.statement import Line
from billing.days import today_at
from billing.household import household
from billing.ledger import rules
from billing.ledger.chart import HUB
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry
from billing.ledger.posting import post
from billing.ledger.rules import BANK_FEE
from billing.payment import noting, owing, register
from billing.payment.life import Kind, Move
from billing.payment.life import Stage as Paid
from billing.payment.noting import Noted, collects_for
from billing.payment.owing import Owing
from billing.payment.register import Payment, payment
from chassis.database import Database, Reader, Writer
from chassis.identity import Person

DAYS_APART = timedelta(days=10)
"""So far from the bank's day a transfer noted by hand can be to be the same."""


@dataclass(frozen=True)
class Transfer:
    """A part of a line that a household paid. `shares`: cents by producer, which come to `cents`."""

    household_id: str
    cents: int
    shares: dict[str, int]


async def settle(writer: Writer, line_id: str, found: Found, by: Person, zone: ZoneInfo) -> bool:
    """Note and book what a household paid by this line, its oldest debts first, to the producers the hub collects for.
    False where it has to be left to a person, and the line says why. Raises NoLine, SettledBefore."""
    one = await opened(writer, line_id)
    why: How | None = found.how if found.how is How.SEVERAL else None
    shares: dict[str, int] = {}
    if why is None:
        await writer.scalar(select(household.c.id).where(household.c.id == found.household_id).with_for_update())
        # First: where a person noted this very transfer, nothing may be owed any more.
        if await noted_before(writer, one.said, found.household_id):
            why = How.NOTED_BEFORE
        else:
            owed = await _owed(writer, found.household_id, one.said)
            # Held against what is left once more: somebody may have noted a payment since it was decided.
            told = found.how is not How.IBAN or sum(each.left_cents for each in owed) == one.said.cents
            shares = owing.proposed(owed, one.said.cents) if told else {}
            why = None if shares else How.NOTHING_OWED
    if why is not None:
        await writer.execute(line.update().where(line.c.id == one.id).values(how=why.value))
        return False
    await _note(writer, one, [Transfer(found.household_id, one.said.cents, shares)], by, zone)
    await matched(writer, one, found.how, by)
    return True


async def _owed(reader: Reader, household_id: str, said: Line) -> list[Owing]:
    """What a household has to pay to the hub, its own goods and those of producers it collects for; empty where nothing
    is left to pay."""
    collected = await collects_for(reader, said.day) | {HUB}
    owed = (await owing.owing_of(reader, [household_id]))[household_id]
    mine = [each for each in owed if each.producer_id in collected]
    return mine if any(each.left_cents for each in mine) else []


async def settle_all(database: Database, account_id: str, by: Person, zone: ZoneInfo) -> int:
    """Every open line that a rule tells of, payer, payout or debit, each in a transaction of its own, so that nobody
    waits for the books until all are done, and what was interrupted can be gone on with. How many."""
    settled = await payouts.SENT.settle_all(database, account_id, by, zone)
    settled += await debits.TAKEN.settle_all(database, account_id, by, zone)
    settled += (once := await _settle_decided(database, account_id, by, zone))
    while once:
        # What was matched tells whose other lines are: an IBAN is known by now, and what is left to pay.
        once = await _settle_decided(database, account_id, by, zone)
        settled += once
    return settled


async def _settle_decided(database: Database, account_id: str, by: Person, zone: ZoneInfo) -> int:
    settled = 0
    for line_id, found in await _decided(database, account_id):
        try:
            async with database.write() as writer:
                settled += await settle(writer, line_id, found, by, zone)
        except (NoLine, SettledBefore, noting.NotCollected):
            # Somebody was faster, or a mandate has just ended: it is left to a person.
            continue
    return settled


async def _decided(database: Database, account_id: str) -> list[tuple[str, Found]]:
    async with database.read() as reader:
        mine = (line.c.account_id == account_id, line.c.stage == Stage.OPEN.value, line.c.cents > 0)
        rows = await reader.all(select(line).where(*mine).order_by(line.c.day, line.c.id))
        waiting = [kept_of(row) for row in rows]
        known = await knowledge(reader, [each.said for each in waiting], reader.now.date())
    found = [(each.id, decide(each.said, known)) for each in waiting]
    return [(line_id, one) for line_id, one in found if one is not None]


async def settle_by_hand(
    writer: Writer, line_id: str, transfers: Sequence[Transfer], by: Person, zone: ZoneInfo
) -> None:
    """Note and book what households paid by this line, as a person says. Raises NoLine, SettledBefore, WrongSum, and
    what `noting.note_payment` raises."""
    one = await opened(writer, line_id)
    whole = sum(each.cents for each in transfers)
    if whole != one.said.cents or not transfers:
        raise WrongSum(whole)
    await _note(writer, one, sorted(transfers, key=lambda each: each.household_id), by, zone)
    await matched(writer, one, How.BY_HAND, by)


async def _note(writer: Writer, one: Kept, transfers: Sequence[Transfer], by: Person, zone: ZoneInfo) -> None:
    reference = " ".join(each for each in (one.said.reference, one.said.text) if each)[:140]
    for place, each in enumerate(transfers, 1):
        said = Noted(each.household_id, Kind.TRANSFER, HUB, each.cents, one.said.day, each.shares, reference=reference)
        noted = await noting.note_payment(writer, writer.ids.new(), said, by, zone)
        await add_part(writer, one, place, Part.NOTED, each.cents, noted.id, each.household_id)


async def join(writer: Writer, line_id: str, payment_ids: Collection[str], by: Person, zone: ZoneInfo) -> None:
    """The line is what a person noted before: transfers, or cheques brought to the bank together, which are booked as
    brought if nobody said so yet. Raises NoLine, SettledBefore, NoPayment, NotThis, WrongSum."""
    one = await opened(writer, line_id)
    held = [await register.locked(writer, each) for each in sorted(set(payment_ids))]
    for each in held:
        if not _can_be(each) or await is_joined(writer, each.id, Part.NOTED, Part.JOINED):
            raise NotThis
    whole = sum(each.cents for each in held)
    if whole != one.said.cents or not held:
        raise WrongSum(whole)
    for place, each in enumerate(held, 1):
        if each.kind is Kind.CHEQUE and each.stage is Paid.RECEIVED:
            await noting.move(writer, each.id, Move.DEPOSIT, by, zone)
        await add_part(writer, one, place, Part.JOINED, each.cents, each.id, each.household_id)
    await matched(writer, one, How.BY_HAND, by)


def _can_be(one: Payment) -> bool:
    """Whether it is money that came to the hub's account."""
    if one.kind is Kind.TRANSFER:
        return one.to_hub and one.stage is Paid.RECEIVED
    return one.kind is Kind.CHEQUE and one.to_hub and one.stage in (Paid.RECEIVED, Paid.DEPOSITED)


async def bounce(writer: Writer, line_id: str, payment_id: str, by: Person, zone: ZoneInfo) -> None:
    """The bank took back a cheque it had been brought: it is booked as refused. Raises NoLine, SettledBefore,
    NoPayment, NotThis, WrongSum."""
    one = await opened(writer, line_id)
    cheque = await register.locked(writer, payment_id)
    stands = cheque.stage in (Paid.DEPOSITED, Paid.BOUNCED)
    if not (cheque.kind is Kind.CHEQUE and cheque.to_hub and stands):
        raise NotThis
    if await is_joined(writer, cheque.id, Part.BOUNCE):
        raise NotThis
    if cheque.cents != -one.said.cents:
        raise WrongSum(cheque.cents)
    await noting.move(writer, cheque.id, Move.BOUNCE, by, zone)
    await add_part(writer, one, 1, Part.BOUNCE, one.said.cents, cheque.id, cheque.household_id)
    await matched(writer, one, How.BY_HAND, by)


async def book_fee(writer: Writer, line_id: str, by: Person, zone: ZoneInfo) -> None:
    """What the bank took for itself: the hub's cost, from the hub's own money. Raises NoLine, SettledBefore, NotThis
    for what came in."""
    one = await opened(writer, line_id)
    if one.said.cents >= 0:
        raise NotThis
    part_id = await add_part(writer, one, 1, Part.FEE, one.said.cents)
    today = today_at(writer, zone)
    await post(
        writer,
        [
            Entry(
                book=HUB,
                key=f"bank_fee:{part_id}",
                day=min(one.said.day, today),
                journal=BANK_FEE.journal,
                cause=Cause(f"bank_line:{one.id}", BANK_FEE.name, BANK_FEE.version, by.id),
                movements=rules.bank_fee(-one.said.cents),
            )
        ],
    )
    await matched(writer, one, How.BY_HAND, by)


async def set_aside(writer: Writer, line_id: str, by: Person, reason: str) -> None:
    """The line is none of these, and why. Raises NoLine, SettledBefore."""
    one = await opened(writer, line_id)
    await writer.execute(line.update().where(line.c.id == one.id).values(stage=Stage.ASIDE.value, how=""))
    await note(writer, one.id, What.ASIDE, by.name, reason)


async def undo(writer: Writer, line_id: str, by: Person, zone: ZoneInfo, reason: str) -> None:
    """Open a line again: payments that were noted from it are taken back by counter-entries, those a person had noted
    stay as they were; a cheque that the bank refused stays refused, a payout that it sent stays booked, and a transfer
    that it gave back stays given back. So it is with direct debits. Done twice, it is done once. Raises NoLine."""
    one = await locked(writer, line_id)
    if one.stage is Stage.OPEN:
        return
    parts = (await parts_of(writer, [one.id]))[one.id]
    holds = (part.c.line_id == one.id, part.c.undone_at.is_(None))
    await writer.execute(part.update().where(*holds).values(undone_at=writer.now))
    await writer.execute(line.update().where(line.c.id == one.id).values(stage=Stage.OPEN.value, how=""))
    await note(writer, one.id, What.UNDONE, by.name, reason)
    noted = sorted(each["payment_id"] for each in parts if each["kind"] == Part.NOTED)
    for payment_id in noted:
        await noting.move(writer, payment_id, Move.TAKE_BACK, by, zone, reason)
    fees = [f"bank_fee:{each['id']}" for each in parts if each["kind"] == Part.FEE]
    today = today_at(writer, zone)
    await post(writer, await counters_of(writer, fees, today, f"bank_line:{one.id}", by.id))


# What a line can be joined to.


async def noted_before(reader: Reader, said: Line, household_id: str = "") -> list[Payment]:
    """Transfers to the hub of this sum that a person noted some days around, that no line tells of; of one household,
    or of all."""
    p = payment.c
    chosen = [p.kind == Kind.TRANSFER.value, p.stage == Paid.RECEIVED.value, p.payee == HUB, p.cents == said.cents]
    chosen += [p.day.between(said.day - DAYS_APART, said.day + DAYS_APART), p.id.not_in(_joined_already())]
    if household_id:
        chosen.append(p.household_id == household_id)
    return await _payments(reader, chosen)


async def cheques_for(reader: Reader) -> list[Payment]:
    """Cheques to the hub, here or brought to the bank, that no line tells of."""
    p = payment.c
    stages = [Paid.RECEIVED.value, Paid.DEPOSITED.value]
    chosen = [p.kind == Kind.CHEQUE.value, p.payee == HUB, p.stage.in_(stages), p.id.not_in(_joined_already())]
    return await _payments(reader, chosen)


async def bounced_by(reader: Reader, said: Line) -> list[Payment]:
    """Cheques of this sum that were brought to the bank, and that no line tells the bank refused."""
    p = payment.c
    stages = [Paid.DEPOSITED.value, Paid.BOUNCED.value]
    told = select(part.c.payment_id).where(part.c.kind == Part.BOUNCE.value, part.c.undone_at.is_(None))
    chosen = [p.kind == Kind.CHEQUE.value, p.payee == HUB, p.stage.in_(stages), p.cents == -said.cents]
    return await _payments(reader, [*chosen, p.id.not_in(told)])


def _joined_already() -> Select[tuple[str]]:
    kinds = (Part.NOTED.value, Part.JOINED.value)
    return select(part.c.payment_id).where(part.c.kind.in_(kinds), part.c.undone_at.is_(None))


async def _payments(reader: Reader, chosen: Sequence[ColumnElement[bool]]) -> list[Payment]:
    ids = [
        row["id"] for row in await reader.all(select(payment.c.id).where(*chosen).order_by(payment.c.day).limit(200))
    ]
    found = [await register.find(reader, each) for each in ids]
    return [each for each in found if each is not None]
