"""Payouts are drawn up, approved by another person, sent and booked; or called off. Each in one transaction.

The hub's book is held while one is drawn up or approved, as it is for every entry: what is reserved and what is booked
cannot pass each other by.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from billing.days import today_at
from billing.iban import BankAccount
from billing.instruction import approval
from billing.instruction.approval import OtherThere, approved, executed, to_approve, to_move
from billing.instruction.life import Move, OutOfTurn
from billing.ledger import rules
from billing.ledger.book import locked_heads
from billing.ledger.chart import HUB
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry, Movement
from billing.ledger.posting import post
from billing.ledger.rules import COMMISSION_TAKEN, PAID_OUT, Rule
from billing.payout import file
from billing.payout.due import at_bank, dues, held_by_producer, to_take
from billing.payout.register import PAYOUTS, Payout, Transfer, reserved, transfer
from billing.payout.untried import untried
from chassis.database import Writer
from chassis.identity import Person


class NothingToSend(Exception):
    """A payout sends something to somebody."""


class NotCovered(Exception):
    """More than can be sent to these producers: `sendable`, cents by id."""

    def __init__(self, sendable: Mapping[str, int]) -> None:
        super().__init__(", ".join(sorted(sendable)))
        self.sendable = sendable


class TooLittleAtBank(Exception):
    """All together is more than `cents`, what lies at the bank: another producer's part is short."""

    def __init__(self, cents: int) -> None:
        super().__init__(str(cents))
        self.cents = cents


class AccountChanged(Exception):
    """The accounts of these producers were changed since it was drawn up."""

    def __init__(self, producer_ids: Sequence[str]) -> None:
        super().__init__(", ".join(producer_ids))
        self.producer_ids = producer_ids


class OwnAccount(Exception):
    """Who noted an account that never got money cannot approve the first payout to it."""


class WrongDay(Exception):
    """It was not approved yet on that day, or the day is still to come."""


async def draw_up(
    writer: Writer, payout_id: str, day: date, sums: Mapping[str, int], hub: BankAccount, by: Person
) -> Payout:
    """A draft; its money is reserved. `sums`: cents by producer; `day`: on which the bank is asked to send it. The id
    comes with the form, so that a form sent twice is one payout. Raises NothingToSend, NotCovered, TooLittleAtBank,
    OtherThere."""
    await locked_heads(writer, {HUB})
    there = await PAYOUTS.find(writer, payout_id)
    if there is not None:
        if (there.day, {each.producer_id: each.cents for each in there.transfers}) != (day, sums):
            raise OtherThere
        return there
    if not sums or any(cents <= 0 for cents in sums.values()):
        raise NothingToSend
    known = await _covered(writer, sums)
    number = await PAYOUTS.next_number(writer)
    await PAYOUTS.add(writer, payout_id, number, day, hub, by)
    rows = []
    for place, producer_id in enumerate((each for each in known if each in sums), 1):
        kept = known[producer_id]
        rows.append(
            {
                "id": writer.ids.new(),
                "payout_id": payout_id,
                "place": place,
                "producer_id": producer_id,
                "cents": sums[producer_id],
                "account_number": kept[0],
                "holder": kept[1].holder,
                "iban": kept[1].iban,
                "bic": kept[1].bic,
                "end_to_end_id": file.end_to_end_id(payout_id, number, place),
            }
        )
    await writer.execute(transfer.insert(), rows)
    return await PAYOUTS.get(writer, payout_id)


async def _covered(writer: Writer, sums: Mapping[str, int], but: str = "") -> dict[str, tuple[int, BankAccount]]:
    """The account of each producer with its number, in the order of their names. `but`: see `due.dues`. Raises
    NotCovered, TooLittleAtBank."""
    found = await dues(writer, but)
    sendable = {each.producer_id: each.sendable_cents for each in found}
    beyond = {each: sendable.get(each, 0) for each, cents in sums.items() if cents > sendable.get(each, 0)}
    if beyond:
        raise NotCovered(beyond)
    lies_there = await at_bank(writer, found)
    if sum(sums.values()) > lies_there:
        raise TooLittleAtBank(lies_there)
    return {each.producer_id: (each.account.number, each.account.account) for each in found if each.account}


async def approve(writer: Writer, payout_id: str, by: Person) -> Payout:
    """Let it go to the bank: looked at again, and its file made. Done twice, it is done once. Raises NoInstruction,
    OutOfTurn, SamePerson, OwnAccount, NotCovered, TooLittleAtBank, AccountChanged."""
    one, due = await to_approve(PAYOUTS, writer, payout_id, by)
    if not due:
        return one
    await locked_heads(writer, {HUB})
    known = await _covered(writer, {each.producer_id: each.cents for each in one.transfers}, but=one.id)
    changed = [each.producer_id for each in one.transfers if known[each.producer_id][0] != each.account_number]
    if changed:
        raise AccountChanged(changed)
    if any(each.noted_by_id == by.id for each in (await untried(writer, one)).values()):
        raise OwnAccount
    made = await asyncio.to_thread(file.written, one, writer.now)
    return await approved(PAYOUTS, writer, one, by, made)


async def call_off(writer: Writer, payout_id: str, by: Person, reason: str, not_sent: bool = False) -> Payout:
    """Its money is free again. `not_sent`: somebody says that the bank has not got the file, or gave it up. Raises
    NoInstruction, OutOfTurn, MayBeDone."""
    return (await approval.call_off(PAYOUTS, writer, payout_id, by, reason, not_sent))[1]


async def execute(writer: Writer, payout_id: str, day: date, by: Person, zone: ZoneInfo) -> Payout:
    """The bank has sent it on `day`: book it, and take the hub's commission that lay with it. Done twice, it is done
    once. Raises NoInstruction, OutOfTurn, WrongDay."""
    one, due = await to_move(PAYOUTS, writer, payout_id, Move.EXECUTE)
    if not due:
        return one
    assert one.approved_at is not None
    if not one.approved_at.astimezone(zone).date() <= day <= today_at(writer, zone):
        raise WrongDay
    after = await executed(PAYOUTS, writer, one, by, day)
    sent = [
        entry
        for each in one.transfers
        for entry in (
            _entry(each, HUB, f"payout:{each.id}", PAID_OUT, day, by, rules.paid_out(each.producer_id, each.cents)),
            _entry(each, each.producer_id, f"payout:{each.id}", PAID_OUT, day, by, rules.paid_out_to_it(each.cents)),
        )
    ]
    await post(writer, sent)
    await post(writer, await _commissions(writer, one, day, by))
    return after


async def _commissions(writer: Writer, one: Payout, day: date, by: Person) -> list[Entry]:
    """Once the transfers are booked: what is left of the hub's own with each producer's money at the bank, but for what
    other payouts reserve."""
    owed = {each.producer_id: each.owed_cents for each in await dues(writer)}
    held, kept = await held_by_producer(writer), await reserved(writer)
    found = []
    for each in one.transfers:
        whole, lies_there = held.get(each.producer_id, (0, 0))
        cents = to_take(owed[each.producer_id], whole, lies_there - kept.get(each.producer_id, 0))
        if cents:
            moves = rules.commission_taken(each.producer_id, cents)
            found.append(_entry(each, HUB, f"commission-taken:{each.id}", COMMISSION_TAKEN, day, by, moves))
    return found


def _entry(of: Transfer, book: str, key: str, rule: Rule, day: date, by: Person, moves: tuple[Movement, ...]) -> Entry:
    cause = Cause(f"payout:{of.payout_id}", rule.name, rule.version, by.id)
    return Entry(book=book, key=key, day=day, journal=rule.journal, cause=cause, movements=moves)


async def refuse(writer: Writer, payout_id: str, transfer_id: str, day: date, reason: str, by: Person) -> Payout:
    """The bank gave one transfer back: counter-entries of it. The commission that was taken stays taken, it was earned.
    Done twice, it is done once. Raises NoInstruction, OutOfTurn, WrongDay; KeyError for no transfer of this payout."""
    one = await PAYOUTS.locked(writer, payout_id)
    of = {each.id: each for each in one.transfers}[transfer_id]
    if of.refused_on is not None:
        return one
    if one.executed_on is None:
        raise OutOfTurn("nothing is booked of it")
    if day < one.executed_on:
        raise WrongDay
    await writer.execute(transfer.update().where(transfer.c.id == of.id).values(refused_on=day))
    await PAYOUTS.note(writer, one.id, "refused", by, f"{of.account.holder}: {reason}")
    back = await counters_of(writer, [f"payout:{of.id}"], day, f"payout:{one.id}", by.id)
    await post(writer, back)
    return await PAYOUTS.get(writer, one.id)
