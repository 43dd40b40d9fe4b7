"""Handing in a claim, deciding it, paying it: the register and the books in one transaction.

Locks are taken in one order: the claim, the household where it goes into a wallet, the books.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from billing.days import today_at
from billing.expense.claim import (
    Claim,
    Kind,
    Means,
    Move,
    OutOfTurn,
    Stage,
    expense_claim,
    find,
    lands_on,
    locked,
    moved,
    note,
)
from billing.household_balance import say_balances
from billing.ledger import rules
from billing.ledger.chart import HUB, Account
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry, Movement
from billing.ledger.posting import post
from billing.ledger.rules import EXPENSE, EXPENSE_PAID, JOURNALS, Rule
from billing.payment import wallet
from billing.payment.held import MoreThanHeld
from billing.payout.register import InPayout, What, number_reserving
from chassis.database import Writer
from chassis.identity import Person

COSTS = {Kind.DRIVE: Account.TRAVEL, Kind.TRAVEL: Account.TRAVEL, Kind.OTHER: Account.MISSIONS}
MONEY = {Means.TRANSFER: Account.BANK, Means.CASH: Account.CASH, Means.WALLET: Account.BANK}
"""Where it leaves; by a payout it leaves the bank."""


@dataclass(frozen=True)
class Said:
    """A claim as it is typed. `cents`: of the receipt, or reckoned from `km`."""

    household_id: str
    kind: Kind
    km: int
    cents: int
    day: date
    why: str


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


class OwnClaim(Exception):
    """Nobody decides or pays a claim of their own."""


class NoWallet(Exception):
    """Who claimed it has no household here."""


async def hand_in(writer: Writer, claim_id: str, said: Said, by: Person) -> Claim:
    """The id comes with the form: sent twice, it is one claim. Raises OtherThere."""
    row = {
        "id": claim_id,
        "person_id": by.id,
        "person_name": by.name,
        "household_id": said.household_id,
        "kind": said.kind.value,
        "km": said.km,
        "cents": said.cents,
        "day": said.day,
        "why": said.why,
        "stage": Stage.HANDED_IN.value,
        "paid_by": "",
        "handed_in_at": writer.now,
    }
    added = await writer.execute(writer.insert(expense_claim).values(**row).on_conflict_do_nothing())
    one = await find(writer, claim_id)
    assert one is not None
    if added.rowcount:
        await note(writer, claim_id, Stage.HANDED_IN.value, by)
    elif Said(one.household_id, one.kind, one.km, one.cents, one.day, one.why) != said or one.person_id != by.id:
        raise OtherThere
    return one


async def withdraw(writer: Writer, claim_id: str, by: Person) -> Claim:
    """By who handed it in. Raises NoClaim, OutOfTurn, OwnClaim for another's."""
    one = await locked(writer, claim_id)
    if one.person_id != by.id:
        raise OwnClaim
    return await _move(writer, one, Move.WITHDRAW, by)


async def refuse(writer: Writer, claim_id: str, by: Person, reason: str) -> Claim:
    """Raises NoClaim, OutOfTurn, OwnClaim."""
    return await _move(writer, await _anothers(writer, claim_id, by), Move.REFUSE, by, reason)


async def accept(writer: Writer, claim_id: str, by: Person, zone: ZoneInfo) -> Claim:
    """It is a cost of the hub, and owed to who claimed it. Done twice, it is done once. Raises NoClaim, OutOfTurn,
    OwnClaim."""
    one = await _anothers(writer, claim_id, by)
    after = await _move(writer, one, Move.ACCEPT, by)
    if after is not one:
        day = min(one.day, today_at(writer, zone))
        await post(writer, [_entry(one, "expense", EXPENSE, day, by, rules.expense(COSTS[one.kind], one.cents))])
    return after


async def pay(writer: Writer, claim_id: str, means: Means, by: Person, zone: ZoneInfo) -> Claim:
    """By the hub's own money; into the wallet of the household it stays at the bank, held for it. Done twice, it is
    done once; who pays what another paid by other means is told. Raises NoClaim, OutOfTurn, OwnClaim, NoWallet,
    InPayout."""
    one = await _anothers(writer, claim_id, by)
    if one.stage is Stage.PAID and one.paid_by != means:
        raise OutOfTurn(f"paid by {one.paid_by} already")
    await _check_free(writer, one)
    if means is Means.WALLET:
        if not one.household_id:
            raise NoWallet
        await wallet.APART.hold(writer, one.household_id)
    after = await _move(writer, one, Move.PAY, by, values={"paid_by": means.value})
    if after is not one:
        if means is Means.WALLET:
            moves = rules.expense_into_wallet(one.household_id, one.cents)
        else:
            moves = rules.expense_paid(MONEY[means], one.cents)
        await post(writer, [_entry(after, "expense_paid", EXPENSE_PAID, today_at(writer, zone), by, moves)])
        await _say(writer, after)
    return after


async def _check_free(writer: Writer, one: Claim) -> None:
    """Raises InPayout."""
    number = await number_reserving(writer, What.EXPENSE, one.id)
    if number is not None:
        raise InPayout(number)


async def paid_by_payout(writer: Writer, claim_id: str, transfer_id: str, day: date, event: str, by: Person) -> None:
    """The bank has sent it. `event`: see `entry.Cause`. Raises NoClaim, OutOfTurn."""
    one = await locked(writer, claim_id)
    after = await _move(writer, one, Move.PAY, by, values={"paid_by": Means.PAYOUT.value})
    moves = rules.expense_paid(Account.BANK, one.cents)
    cause = Cause(event, EXPENSE_PAID.name, EXPENSE_PAID.version, by.id)
    if after is not one:
        await post(writer, [Entry(HUB, f"expense_paid:{transfer_id}", day, EXPENSE_PAID.journal, cause, moves)])


async def came_back(
    writer: Writer, claim_id: str, transfer_id: str, day: date, event: str, by: Person, reason: str
) -> None:
    """The bank gave the transfer back: it is owed again. Raises NoClaim, OutOfTurn."""
    one = await locked(writer, claim_id)
    after = await _move(writer, one, Move.COME_BACK, by, reason, {"paid_by": ""})
    if after is not one:
        await post(writer, await counters_of(writer, [f"expense_paid:{transfer_id}"], day, event, by.id))


async def take_back(writer: Writer, claim_id: str, by: Person, zone: ZoneInfo, reason: str) -> Claim:
    """What was accepted or paid by mistake: counter-entries. Done twice, it is done once. Raises NoClaim, OutOfTurn,
    OwnClaim, InPayout, and MoreThanHeld where what went into a wallet was used."""
    one = await _anothers(writer, claim_id, by)
    await _check_free(writer, one)
    if one.paid_by == Means.PAYOUT:
        raise OutOfTurn("only the bank gives back what a payout sent")
    if one.paid_by == Means.WALLET and one.stage is Stage.PAID:
        await wallet.APART.hold(writer, one.household_id)
        held = await wallet.APART.held_of(writer, one.household_id)
        if held.free_cents < one.cents:
            raise MoreThanHeld(held)
    after = await _move(writer, one, Move.TAKE_BACK, by, reason)
    if after is not one:
        today, event = today_at(writer, zone), f"expense:{one.id}"
        keys = [f"{each}:{one.id}" for each in ("expense", "expense_paid")]
        # Entries are found by their household: of what went into a wallet it is known there.
        backs = [*await counters_of(writer, keys, today, event, by.id)]
        if one.household_id:
            backs += await counters_of(writer, keys, today, event, by.id, one.household_id)
        await post(writer, backs)
        await _say(writer, one)
    return after


async def _say(writer: Writer, one: Claim) -> None:
    if one.paid_by == Means.WALLET:
        await say_balances(writer, {one.household_id})


async def _anothers(writer: Writer, claim_id: str, by: Person) -> Claim:
    one = await locked(writer, claim_id)
    if one.person_id == by.id:
        raise OwnClaim
    return one


async def _move(
    writer: Writer, one: Claim, what: Move, by: Person, reason: str = "", values: Mapping[str, object] | None = None
) -> Claim:
    """The very same claim where the move was made before."""
    if one.stage is lands_on(what):
        return one
    stage = moved(one.stage, what)
    changes = {"stage": stage.value, **(values or {})}
    await writer.execute(expense_claim.update().where(expense_claim.c.id == one.id).values(**changes))
    await note(writer, one.id, what.value, by, reason)
    after = await find(writer, one.id)
    assert after is not None
    return after


def _entry(one: Claim, key: str, rule: Rule, day: date, by: Person, moves: tuple[Movement, ...]) -> Entry:
    cause = Cause(f"expense:{one.id}", rule.name, rule.version, by.id)
    household_id = one.household_id if one.paid_by == Means.WALLET else ""
    journal = JOURNALS.get(moves[0].credit.account, rule.journal)
    return Entry(HUB, f"{key}:{one.id}", day, journal, cause, moves, household_id=household_id)
