"""Batches of debits are drawn up, approved by another person, taken by the bank and booked; or called off. Each in one
transaction.

Locks are taken in one order: a line of the bank, the batch, the households by id, the books. Who notes a payment of a
household holds its row, so that what is taken of it and what it pays cannot pass each other by.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from billing import announcing
from billing.days import today_at
from billing.debit import file, mandate
from billing.debit.due import Due, dues
from billing.debit.register import Batch, Debit, batch, debit, find, locked, next_number, note, share
from billing.debit.returned import SUSPENDING
from billing.iban import BankAccount
from billing.ledger.book import locked_heads
from billing.ledger.chart import HUB
from billing.payment import noting
from billing.payment.life import Kind
from billing.payment.life import Move as PaymentMove
from billing.payment.noting import Noted
from billing.payout.life import Move, OutOfTurn, Stage, lands_on, moved
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


class SamePerson(Exception):
    """Who drew it up cannot approve it."""


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


class MayBeTaken(Exception):
    """It is approved: whoever calls it off says that the bank takes nothing of it."""


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
    pay. `day`: on which the bank is asked to take it. The id comes with the form, so that a form sent twice is one
    batch. Raises NothingToTake, TooSoon, NotOwed, OtherThere."""
    await _hold(writer, sums)
    there = await find(writer, batch_id)
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
    number = await next_number(writer)
    row = {
        "id": batch_id,
        "number": number,
        "stage": Stage.DRAFT.value,
        "day": day,
        "hub_holder": creditor.account.holder,
        "hub_iban": creditor.account.iban,
        "hub_bic": creditor.account.bic,
        "creditor_id": creditor.id,
        "drawn_up_at": writer.now,
        "drawn_up_by": by.name,
        "drawn_up_by_id": by.id,
        "approved_by": "",
        "file": "",
    }
    await writer.execute(batch.insert().values(**row))
    await _add_debits(writer, batch_id, number, [due for due in owed.values() if due.household_id in sums])
    await note(writer, batch_id, "drawn_up", by)
    return await _found(writer, batch_id)


async def _hold(writer: Writer, household_ids: Collection[str]) -> None:
    for each in sorted(household_ids):
        try:
            await mandate.hold_household(writer, each)
        except mandate.NoHousehold as error:
            raise NotOwed([each]) from error
    await locked_heads(writer, {HUB})


def _check_notice(day: date, today: date, creditor: Creditor) -> None:
    first = today + timedelta(days=creditor.notice_days)
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
    Raises NoBatch, OutOfTurn, SamePerson, TooSoon, NotOwed."""
    one = await locked(writer, batch_id)
    if one.drawn_up_by_id == by.id:
        raise SamePerson
    if one.stage is lands_on(Move.APPROVE):
        return one
    stage = moved(one.stage, Move.APPROVE)
    today = today_at(writer, zone)
    _check_notice(one.day, today, creditor)
    await _hold(writer, {each.household_id for each in one.debits})
    owed = {due.household_id: due for due in await dues(writer, today, one.day, but=one.id)}
    changed = [each.household_id for each in one.debits if not _still_owed(each, owed.get(each.household_id))]
    if changed:
        raise NotOwed(changed)
    made = await asyncio.to_thread(file.written, one, writer.now)
    for each in one.debits:
        await writer.announce(announcing.direct_debit_announced(one, each, writer.now))
    values = {"stage": stage.value, "approved_at": writer.now, "approved_by": by.name, "file": made}
    return await _set(writer, one, Move.APPROVE.value, by, values)


def _still_owed(of: Debit, due: Due | None) -> bool:
    if due is None or due.why_not is not None or due.mandate.id != of.mandate_id:
        return False
    return all(due.shares.get(each, 0) >= cents for each, cents in of.shares.items())


async def call_off(writer: Writer, batch_id: str, by: Person, reason: str, not_taken: bool = False) -> Batch:
    """What it reserved is free again; households that were told of it are told that nothing is taken. `not_taken`:
    somebody says that the bank has not got the file, or gave it up. Raises NoBatch, OutOfTurn, MayBeTaken."""
    one = await locked(writer, batch_id)
    if one.stage is lands_on(Move.CALL_OFF):
        return one
    stage = moved(one.stage, Move.CALL_OFF)
    if one.stage is Stage.APPROVED:
        if not not_taken:
            raise MayBeTaken
        for each in one.debits:
            await writer.announce(announcing.direct_debit_called_off(one, each, writer.now))
    return await _set(writer, one, Move.CALL_OFF.value, by, {"stage": stage.value}, reason)


async def execute(writer: Writer, batch_id: str, day: date, by: Person, zone: ZoneInfo) -> Batch:
    """The bank has taken it on `day`: each debit is a payment of its household from then on, whatever was paid
    meanwhile. Done twice, it is done once. Raises NoBatch, OutOfTurn, WrongDay."""
    one = await locked(writer, batch_id)
    if one.stage is lands_on(Move.EXECUTE):
        return one
    stage = moved(one.stage, Move.EXECUTE)
    if not one.day <= day <= today_at(writer, zone):
        raise WrongDay
    await _hold(writer, {each.household_id for each in one.debits})
    # First: what is reserved no more is paid, in one transaction.
    after = await _set(writer, one, Move.EXECUTE.value, by, {"stage": stage.value, "executed_on": day})
    for each in one.debits:
        said = Noted(each.household_id, Kind.DEBIT, HUB, each.cents, day, each.shares, reference=each.end_to_end_id)
        await noting.note_payment(writer, each.id, said, by, zone)
        held = await mandate.find(writer, each.mandate_id)
        assert held is not None
        await mandate.used(writer, held, each.sequence, day, by)
    return after


async def take_back(
    writer: Writer, batch_id: str, debit_id: str, why: str, day: date, by: Person, zone: ZoneInfo
) -> Batch:
    """The bank gave one debit back: counter-entries of it, and the household owes it again. Where another would come
    back too its mandate is suspended. `why`: a code of `returned`. Done twice, it is done once. Raises NoBatch,
    OutOfTurn, WrongDay; KeyError for no debit of this batch."""
    one = await locked(writer, batch_id)
    of = {each.id: each for each in one.debits}[debit_id]
    if of.returned_on is not None:
        return one
    if one.executed_on is None:
        raise OutOfTurn("nothing is booked of it")
    if not one.executed_on <= day <= today_at(writer, zone):
        raise WrongDay
    await mandate.hold_household(writer, of.household_id)
    await writer.execute(debit.update().where(debit.c.id == of.id).values(returned_on=day, returned_why=why))
    await note(writer, one.id, "returned", by, f"{of.household_name}: {why}")
    await noting.move(writer, of.id, PaymentMove.BOUNCE, by, zone, why, on=day)
    held = await mandate.find(writer, of.mandate_id)
    if held is not None and why in SUSPENDING:
        await mandate.suspend(writer, held, by, why)
    return await _found(writer, one.id)


async def _set(
    writer: Writer, one: Batch, what: str, by: Person, values: Mapping[str, object], reason: str = ""
) -> Batch:
    await writer.execute(batch.update().where(batch.c.id == one.id).values(**values))
    await note(writer, one.id, what, by, reason)
    return await _found(writer, one.id)


async def _found(writer: Writer, batch_id: str) -> Batch:
    found = await find(writer, batch_id)
    assert found is not None
    return found
