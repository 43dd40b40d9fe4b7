"""Batches of debits are drawn up, approved by another person, taken by the bank and booked; or called off. Each in one
transaction.

Locks are taken in one order: a line of the bank, the batch, the households by id, the books. Who notes a payment of a
household holds its row, so that what is taken of it and what it pays cannot pass each other by.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from billing import announcing
from billing.bank_day import first_collection, open_from
from billing.days import today_at
from billing.debit import file, mandate
from billing.debit.amended import originals
from billing.debit.due import Due, dues
from billing.debit.register import BATCHES, Batch, Debit, debit, last_taken_on, share
from billing.debit.returned import SUSPENDING
from billing.iban import BankAccount
from billing.instruction import approval
from billing.instruction.approval import OtherThere, approved, executed, to_approve, to_move
from billing.instruction.life import Move, OutOfTurn, Stage
from billing.ledger.book import locked_heads
from billing.ledger.chart import HUB
from billing.payment import noting
from billing.payment.life import Kind
from billing.payment.life import Move as PaymentMove
from billing.payment.noting import Noted, OnStatement
from chassis.database import Writer
from chassis.identity import Person


@dataclass(frozen=True)
class Creditor:
    """Who takes the money: the hub's account, and its creditor identifier (ICS). `notice_days`: so long before a debit
    its household is told."""

    account: BankAccount
    id: str
    notice_days: int


class NothingToTake(Exception):
    """A batch takes something of somebody."""


class NotOwed(Exception):
    """Of these households, by id, another sum can be taken than was said, or nothing."""

    def __init__(self, household_ids: Collection[str]) -> None:
        super().__init__(", ".join(sorted(household_ids)))
        self.household_ids = frozenset(household_ids)


class TooSoon(Exception):
    """Households are told before; `first`: the first day it can be."""

    def __init__(self, first: date) -> None:
        super().__init__(first.isoformat())
        self.first = first


class ToldByBank(Exception):
    """The bank's statement tells of it, or gave one of its debits back: it was taken."""


class WrongDay(Exception):
    """It could not be taken on that day, or the day is still to come."""


async def draw_up(
    writer: Writer,
    batch_id: str,
    day: date,
    sums: Mapping[str, int],
    creditor: Creditor,
    by: Person,
    zone: ZoneInfo,
) -> Batch:
    """A draft; what it takes is reserved. `sums`: cents by household, as they were shown; each is all that is left to
    pay. `day`: on which the bank is asked to take it, or the next on which banks move money. The id comes with the
    form, so that a form sent twice is one batch. Raises NothingToTake, TooSoon, NotOwed, OtherThere."""
    day = open_from(day)
    await _hold(writer, sums)
    there = await BATCHES.find(writer, batch_id)
    if there is not None:
        if (there.day, {each.household_id: each.cents for each in there.debits}) != (day, sums):
            raise OtherThere
        return there
    if not sums:
        raise NothingToTake
    _check_notice(day, today_at(writer, zone), creditor)
    owed = {due.household_id: due for due in await dues(writer, today_at(writer, zone), day)}
    other = [each for each, cents in sums.items() if each not in owed or owed[each].cents != cents or cents <= 0]
    if other:
        raise NotOwed(other)
    number = await BATCHES.next_number(writer)
    await BATCHES.add(writer, batch_id, number, day, creditor.account, by, creditor_id=creditor.id)
    await _add_debits(writer, batch_id, number, [due for due in owed.values() if due.household_id in sums])
    return await BATCHES.get(writer, batch_id)


async def _hold(writer: Writer, household_ids: Collection[str]) -> None:
    for each in sorted(household_ids):
        try:
            await mandate.hold_household(writer, each)
        except mandate.NoHousehold as error:
            raise NotOwed([each]) from error
    await locked_heads(writer, {HUB})


def _check_notice(day: date, today: date, creditor: Creditor) -> None:
    first = first_collection(today, creditor.notice_days)
    if day < first:
        raise TooSoon(first)


async def _add_debits(writer: Writer, batch_id: str, number: int, chosen: Collection[Due]) -> None:
    """In the order of the households' names."""
    rows, shares = [], []
    for place, due in enumerate(chosen, 1):
        debit_id, held = writer.ids.new(), due.mandate
        rows.append(
            {
                "id": debit_id,
                "batch_id": batch_id,
                "place": place,
                "household_id": due.household_id,
                "household_name": due.household_name,
                "cents": due.cents,
                "mandate_id": held.id,
                "mandate_ref": held.ref,
                "signed_on": held.signed_on,
                "sequence": due.sequence.value,
                "holder": held.account.holder,
                "iban": held.account.iban,
                "bic": held.account.bic,
                "end_to_end_id": file.end_to_end_id(batch_id, number, place),
                "returned_why": "",
            }
        )
        shares += [
            {"debit_id": debit_id, "producer_id": each, "cents": cents} for each, cents in sorted(due.shares.items())
        ]
    await writer.execute(debit.insert(), rows)
    await writer.execute(share.insert(), shares)


async def approve(writer: Writer, batch_id: str, creditor: Creditor, by: Person, zone: ZoneInfo) -> Batch:
    """Let it go to the bank: looked at again, each household told, and its file made. Done twice, it is done once.
    Raises NoInstruction, OutOfTurn, SamePerson, TooSoon, NotOwed."""
    one, due = await to_approve(BATCHES, writer, batch_id, by)
    if not due:
        return one
    today = today_at(writer, zone)
    _check_notice(one.day, today, creditor)
    await _hold(writer, {each.household_id for each in one.debits})
    owed = {each.household_id: each for each in await dues(writer, today, one.day, but=one.id)}
    changed = [each.household_id for each in one.debits if not _still_owed(each, owed.get(each.household_id))]
    if changed:
        raise NotOwed(changed)
    made = await asyncio.to_thread(file.written, one, writer.now, await originals(writer, one))
    for each in one.debits:
        await writer.announce(announcing.direct_debit_announced(one, each, writer.now))
    return await approved(BATCHES, writer, one, by, made)


def _still_owed(of: Debit, due: Due | None) -> bool:
    if due is None or due.why_not is not None or due.mandate.id != of.mandate_id:
        return False
    if (due.mandate.ref, due.mandate.account) != (of.mandate_ref, of.account):
        return False
    return all(due.shares.get(each, 0) >= cents for each, cents in of.shares.items())


async def call_off(writer: Writer, batch_id: str, by: Person, reason: str, not_taken: bool = False) -> Batch:
    """What it reserved is free again; households that were told of it are told that nothing is taken. `not_taken`:
    somebody says that the bank has not got the file, or gave it up. Raises NoInstruction, OutOfTurn, MayBeDone."""
    before, after = await approval.call_off(BATCHES, writer, batch_id, by, reason, not_taken)
    if before.stage is Stage.APPROVED:
        for each in before.debits:
            await writer.announce(announcing.direct_debit_called_off(before, each, writer.now))
    return after


async def execute(writer: Writer, batch_id: str, day: date, by: Person, zone: ZoneInfo) -> Batch:
    """The bank has taken it on `day`: each debit is a payment of its household from then on, whatever was paid
    meanwhile. Done twice, it is done once. Raises NoInstruction, OutOfTurn, WrongDay."""
    one, due = await to_move(BATCHES, writer, batch_id, Move.EXECUTE)
    if not due:
        return one
    if not one.day <= day <= today_at(writer, zone):
        raise WrongDay
    await _hold(writer, {each.household_id for each in one.debits})
    # First: what is reserved no more is paid, in one transaction.
    after = await executed(BATCHES, writer, one, by, day)
    for each in one.debits:
        said = Noted(each.household_id, Kind.DEBIT, HUB, each.cents, day, each.shares, reference=each.end_to_end_id)
        await noting.note_payment(writer, each.paid_as, said, by, zone)
        held = await mandate.find(writer, each.mandate_id)
        assert held is not None
        await mandate.used(writer, held, each.sequence, day, by)
    return after


async def undo(writer: Writer, batch_id: str, by: Person, zone: ZoneInfo, reason: str) -> Batch:
    """It was noted as taken by mistake: counter-entries of all its payments, and it waits for the bank again. Not once
    the bank's statement tells of one of them, or one came back. What each is taken as then is another payment. Raises
    NoInstruction, OutOfTurn, ToldByBank."""
    one, due = await to_move(BATCHES, writer, batch_id, Move.UNDO)
    if not due:
        return one
    if any(each.returned_on is not None for each in one.debits):
        raise ToldByBank
    await _hold(writer, {each.household_id for each in one.debits})
    today = today_at(writer, zone)
    for each in one.debits:
        try:
            await noting.move(writer, each.paid_as, PaymentMove.TAKE_BACK, by, zone, reason, on=today)
        except OnStatement as error:
            raise ToldByBank from error
        await writer.execute(debit.update().where(debit.c.id == each.id).values(payment_id=writer.ids.new()))
    values = {"stage": Stage.APPROVED.value, "executed_on": None}
    after = await BATCHES.set(writer, one.id, Move.UNDO.value, by, values, reason)
    for each in one.debits:
        await mandate.unused(writer, each.mandate_id, each.sequence, await last_taken_on(writer, each.mandate_id), by)
    return after


async def take_back(
    writer: Writer, batch_id: str, debit_id: str, why: str, day: date, by: Person, zone: ZoneInfo
) -> Batch:
    """The bank gave one debit back: counter-entries of it, and the household owes it again. Where another would come
    back too its mandate is suspended. `why`: a code of `returned`. Done twice, it is done once. Raises NoInstruction,
    OutOfTurn, WrongDay; KeyError for no debit of this batch."""
    one = await BATCHES.locked(writer, batch_id)
    of = {each.id: each for each in one.debits}[debit_id]
    if of.returned_on is not None:
        return one
    if one.executed_on is None:
        raise OutOfTurn("nothing is booked of it")
    if not one.executed_on <= day <= today_at(writer, zone):
        raise WrongDay
    await mandate.hold_household(writer, of.household_id)
    await writer.execute(debit.update().where(debit.c.id == of.id).values(returned_on=day, returned_why=why))
    await BATCHES.note(writer, one.id, "returned", by, f"{of.household_name}: {why}")
    await noting.move(writer, of.paid_as, PaymentMove.BOUNCE, by, zone, why, on=day)
    held = await mandate.find(writer, of.mandate_id)
    if held is not None and why in SUSPENDING:
        await mandate.suspend(writer, held, by, why)
    return await BATCHES.get(writer, one.id)
