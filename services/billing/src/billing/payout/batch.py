"""Payouts are drawn up, approved by another person, sent and booked; or called off. Each in one transaction.

Locks are taken in one order: a line of the bank, the payout, expense claims and households by id, the books. The hub's
book is held while one is drawn up or approved, as it is for every entry: what is reserved and what is booked
cannot pass each other by.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.bank_day import open_from
from billing.days import today_at
from billing.expense.claim import expense_claim
from billing.household import household
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
from billing.payout import file, refunding
from billing.payout.account import is_paid
from billing.payout.due import at_bank, dues, held_by_producer, to_take
from billing.payout.refund import Key, Refund, beyond, room, short
from billing.payout.refund import refunds as refunds_of
from billing.payout.register import OWN, PAYOUTS, Payout, Transfer, What, reserved, transfer
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


class RefundsNotCovered(Exception):
    """More than can be sent of these, or part of a claim: `sendable`, cents."""

    def __init__(self, sendable: Mapping[Key, int]) -> None:
        super().__init__(", ".join(of for _what, of in sorted(sendable)))
        self.sendable = sendable


class TooLittleApart(Exception):
    """More than lies at the bank of that money: `at_bank`, cents. Nothing is taken out of another's."""

    def __init__(self, at_bank: Mapping[What, int]) -> None:
        super().__init__(", ".join(sorted(at_bank)))
        self.at_bank = at_bank


class AccountChanged(Exception):
    """The accounts of these owners were changed since it was drawn up."""

    def __init__(self, owners: Sequence[str]) -> None:
        super().__init__(", ".join(owners))
        self.owners = owners


class OwnMoney(Exception):
    """Who is paid by it neither draws it up nor approves it."""


class OwnAccount(Exception):
    """Who noted an account that never got money cannot approve the first payout to it."""


class WrongDay(Exception):
    """It was not approved yet on that day, or the day is still to come."""


async def draw_up(
    writer: Writer,
    payout_id: str,
    day: date,
    sums: Mapping[str, int],
    hub: BankAccount,
    by: Person,
    refunds: Mapping[Key, int] | None = None,
) -> Payout:
    """A draft; its money is reserved. `sums`: cents by producer; `refunds`: of what is sent to households, volunteers
    and suppliers; `day`: on which the bank is asked to send it, or the next on which banks move money. The id comes
    with the form, so that a form sent twice is one payout. Raises NothingToSend, NotCovered, TooLittleAtBank,
    RefundsNotCovered, TooLittleApart, OwnMoney, OtherThere."""
    refunds, day = refunds or {}, open_from(day)
    await _hold(writer, refunds)
    there = await PAYOUTS.find(writer, payout_id)
    if there is not None:
        if (there.day, there.sums, there.refunds) != (day, sums, refunds):
            raise OtherThere
        return there
    wanted = [*sums.values(), *refunds.values()]
    if not wanted or min(wanted) <= 0:
        raise NothingToSend
    known = await _covered(writer, sums, refunds)
    owed = await _covered_refunds(writer, refunds)
    if any(is_paid(each.payee, by) for each in owed):
        raise OwnMoney
    number = await PAYOUTS.next_number(writer)
    await PAYOUTS.add(writer, payout_id, number, day, hub, by)
    chosen = [({"producer_id": each}, sums[each], known[each]) for each in known if each in sums]
    for each in owed:
        assert each.account is not None
        named = {"what": each.what.value, "of": each.of, "payee": each.payee, "name": each.called}
        named["producer_id"] = each.supplier_id
        chosen.append((named, refunds[each.key], (each.account.number, each.account.account)))
    blank = {"what": What.PRODUCER.value, "of": "", "payee": "", "name": ""}
    rows = [
        {
            "id": writer.ids.new(),
            "payout_id": payout_id,
            "place": place,
            "cents": cents,
            "account_number": account_number,
            "holder": account.holder,
            "iban": account.iban,
            "bic": account.bic,
            "end_to_end_id": file.end_to_end_id(payout_id, number, place),
            **blank,
            **to,
        }
        for place, (to, cents, (account_number, account)) in enumerate(chosen, 1)
    ]
    await writer.execute(transfer.insert(), rows)
    return await PAYOUTS.get(writer, payout_id)


async def _hold(writer: Writer, keys: Collection[Key]) -> None:
    """The claims, the households, the books: in that order, as whoever pays one of them by hand; bills are held by the
    books. One that is not there is owed nothing."""
    held = [key for key in keys if key[0] is not What.SUPPLIER]
    for what, of in sorted(held, key=lambda key: (key[0] is not What.EXPENSE, key[1])):
        table = expense_claim if what is What.EXPENSE else household
        await writer.scalar(select(table.c.id).where(table.c.id == of).with_for_update())
    await locked_heads(writer, {HUB})


async def _covered_refunds(writer: Writer, sums: Mapping[Key, int], but: str = "") -> list[Refund]:
    """Those asked for. Raises RefundsNotCovered, TooLittleApart."""
    found = await refunds_of(writer, but) if sums else []
    wrong = beyond(sums, found)
    if wrong:
        raise RefundsNotCovered(wrong)
    lacking = short(sums, await room(writer, but))
    if lacking:
        raise TooLittleApart(lacking)
    return [each for each in found if each.key in sums]


async def _covered(
    writer: Writer, sums: Mapping[str, int], refunds: Mapping[Key, int], but: str = ""
) -> dict[str, tuple[int, BankAccount]]:
    """The account of each producer with its number, in the order of their names. The hub's own money may have gone to
    producers: of what is left of all of it expenses and suppliers are paid too. `but`: see `due.dues`. Raises
    NotCovered, TooLittleAtBank."""
    found = await dues(writer, but)
    sendable = {each.producer_id: each.sendable_cents for each in found}
    beyond = {each: sendable.get(each, 0) for each, cents in sums.items() if cents > sendable.get(each, 0)}
    if beyond:
        raise NotCovered(beyond)
    lies_there = await at_bank(writer, found, but)
    lies_there -= sum(cents for (what, _of), cents in refunds.items() if what in OWN)
    if sums and sum(sums.values()) > lies_there:
        raise TooLittleAtBank(lies_there)
    return {each.producer_id: (each.account.number, each.account.account) for each in found if each.account}


async def approve(writer: Writer, payout_id: str, by: Person) -> Payout:
    """Let it go to the bank: looked at again, and its file made. Done twice, it is done once. Raises NoInstruction,
    OutOfTurn, SamePerson, OwnMoney, OwnAccount, NotCovered, TooLittleAtBank, RefundsNotCovered, TooLittleApart,
    AccountChanged."""
    one, due = await to_approve(PAYOUTS, writer, payout_id, by)
    if not due:
        return one
    if any(is_paid(each.payee, by) for each in one.transfers):
        raise OwnMoney
    await _hold(writer, one.refunds)
    known = {each: kept[0] for each, kept in (await _covered(writer, one.sums, one.refunds, but=one.id)).items()}
    known |= {
        each.owner: each.account.number
        for each in await _covered_refunds(writer, one.refunds, but=one.id)
        if each.account is not None
    }
    changed = [each.owner for each in one.transfers if known[each.owner] != each.account_number]
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
    await _hold(writer, one.refunds)
    # First: what is reserved no more is paid, in one transaction.
    after = await executed(PAYOUTS, writer, one, by, day)
    to_producers = [each for each in one.transfers if each.what is What.PRODUCER]
    sent = [
        entry
        for each in to_producers
        for entry in (
            _entry(each, HUB, f"payout:{each.id}", PAID_OUT, day, by, rules.paid_out(each.producer_id, each.cents)),
            _entry(each, each.producer_id, f"payout:{each.id}", PAID_OUT, day, by, rules.paid_out_to_it(each.cents)),
        )
    ]
    await post(writer, sent)
    await post(writer, await _commissions(writer, to_producers, day, by))
    for each in one.transfers:
        if each.what is not What.PRODUCER:
            await refunding.book(writer, one, each, day, by, zone)
    return after


async def _commissions(writer: Writer, sent: Sequence[Transfer], day: date, by: Person) -> list[Entry]:
    """Once the transfers are booked: what is left of the hub's own with each producer's money at the bank, but for what
    other payouts reserve."""
    owed = {each.producer_id: each.owed_cents for each in await dues(writer)}
    held, kept = await held_by_producer(writer), await reserved(writer)
    found = []
    for each in sent:
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
    await _hold(writer, [(of.what, of.of)] if of.what is not What.PRODUCER else [])
    await writer.execute(transfer.update().where(transfer.c.id == of.id).values(refused_on=day))
    await PAYOUTS.note(writer, one.id, "refused", by, f"{of.account.holder}: {reason}")
    if of.what is What.PRODUCER:
        await post(writer, await counters_of(writer, [f"payout:{of.id}"], day, f"payout:{one.id}", by.id))
    else:
        await refunding.take_back(writer, of, day, by, reason)
    return await PAYOUTS.get(writer, one.id)
