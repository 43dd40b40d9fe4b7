"""Noting a payment, and what happens to it: the register and the books in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.bank.register import line_of_payment
from billing.days import today_at
from billing.household import household
from billing.household_balance import cautions_of, say_balances, wallets_of
from billing.ledger import rules
from billing.ledger.book import hold_books
from billing.ledger.chart import APART, CAUTIONS, HUB, WALLETS, Account
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry, Movement
from billing.ledger.posting import post
from billing.ledger.rules import (
    CAUTION,
    COLLECTED,
    DEPOSITED,
    GIFT,
    JOURNALS,
    MEMBERSHIP,
    PAID,
    ROUNDED,
    WALLET_FILLED,
    WALLET_USED,
    Rule,
)
from billing.mandate import contract
from billing.payment.compartment import lies, shared_parts
from billing.payment.life import BY_HAND, VOID, Kind, Move, OutOfTurn, Stage, lands_on, moved
from billing.payment.register import Payment, find, is_fee, locked, note, payment, share
from chassis.database import Reader, Writer
from chassis.identity import Person
from contracts.mandate import Collection

MONEY = {Kind.CHEQUE: Account.CHEQUES, Kind.CASH: Account.CASH, Kind.TRANSFER: Account.BANK, Kind.DEBIT: Account.BANK}
MOST_CASH_CENTS = 1000_00
"""What a private person may pay a professional in cash for one debt (code monétaire et financier art. L. 112-6 and
D. 112-3); each producer is a creditor of its own."""


@dataclass(frozen=True)
class Noted:
    """A payment as it is typed. `payee`: "hub", or a producer's id; `shares`: cents by who sold, which may be the hub
    itself, and come to `cents`, or all of it CAUTIONS, FUND or a fee (`register.fee_of`); see `register.payment`.
    `promised`: a cheque that is not here yet. `rounding_cents`: see `cash_rounding.settled`."""

    household_id: str
    kind: Kind
    payee: str
    cents: int
    day: date
    shares: Mapping[str, int]
    cheque_number: str = ""
    bank: str = ""
    reference: str = ""
    promised: bool = False
    rounding_cents: int = 0


class NoHousehold(Exception):
    """Nobody told of this household."""


class WrongShares(Exception):
    """The shares do not come to the sum, or a share is nothing."""


class NotCollected(Exception):
    """No mandate lets the hub receive money for these producers, named by id, on that day."""

    def __init__(self, producer_ids: list[str]) -> None:
        super().__init__(", ".join(producer_ids))
        self.producer_ids = producer_ids


class TooMuchCash(Exception):
    """More than the law allows for one debt."""


class SameCheque(Exception):
    """This cheque is noted already, as the payment `payment_id`."""

    def __init__(self, payment_id: str) -> None:
        super().__init__(payment_id)
        self.payment_id = payment_id


class GivenOut(Exception):
    """This caution was refunded or kept already, at least in part: that is to be taken back first."""


class UsedUp(Exception):
    """What was paid into this wallet was used or paid back already, at least in part: that is taken back first."""


class FeeThere(Exception):
    """The membership fee of this year is noted already."""


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


class OnStatement(Exception):
    """The bank's statement tells of this payment: its line is undone first."""

    def __init__(self, account_id: str, line_id: str) -> None:
        super().__init__(line_id)
        self.account_id = account_id
        self.line_id = line_id


async def collects_for(reader: Reader, day: date) -> frozenset[str]:
    """The producers for whom the hub may receive money that day: whose mandate in force says so."""
    held = {one.producer_id: one.in_force(day) for one in await contract.listed(reader) if one.in_force(day)}
    mine = (each for each, version in held.items() if version and version.terms.collection is Collection.AGENT_ACCOUNT)
    return frozenset(mine)


async def note_payment(writer: Writer, payment_id: str, said: Noted, by: Person, zone: ZoneInfo) -> Payment:
    """Note a payment, and book it where it pays. The id comes with the form, so that a form sent twice books once.

    Raises NoHousehold, WrongShares, NotCollected, TooMuchCash, SameCheque, FeeThere, OtherThere.
    """
    # Held until the end: of two people who note a cheque of one household the second sees the first's.
    if await writer.scalar(select(household.c.id).where(household.c.id == said.household_id).with_for_update()) is None:
        raise NoHousehold
    there = await find(writer, payment_id)
    if there is not None:
        if not _same(there, said):
            raise OtherThere
        return there
    await _check(writer, said)
    row = {
        "id": payment_id,
        "household_id": said.household_id,
        "kind": said.kind.value,
        "payee": said.payee,
        "cents": said.cents,
        "rounding_cents": said.rounding_cents,
        "day": said.day,
        "cheque_number": said.cheque_number,
        "bank": said.bank,
        "reference": said.reference,
        "stage": (Stage.PROMISED if said.promised else Stage.RECEIVED).value,
        "noted_at": writer.now,
        "noted_by": by.name,
    }
    await writer.execute(payment.insert().values(**row))
    shares = [{"payment_id": payment_id, "producer_id": each, "cents": part} for each, part in said.shares.items()]
    await writer.execute(share.insert(), shares)
    await note(writer, payment_id, "noted", by.name)
    one = await locked(writer, payment_id)
    if one.paid:
        day = min(one.day, today_at(writer, zone))
        await post(writer, [*await _receipt(writer, one, day, by), *_rounding(one, day, by)])
    await say_balances(writer, {one.household_id})
    return one


def _same(there: Payment, said: Noted) -> bool:
    names = (
        "household_id",
        "kind",
        "payee",
        "cents",
        "rounding_cents",
        "day",
        "shares",
        "cheque_number",
        "bank",
        "reference",
    )
    return all(getattr(there, name) == getattr(said, name) for name in names)


async def _check(writer: Writer, said: Noted) -> None:
    whole, rounded = sum(said.shares.values()), said.rounding_cents != 0 and said.kind is not Kind.CASH
    if rounded or whole != said.cents or said.cents <= 0 or any(part <= 0 for part in said.shares.values()):
        raise WrongShares
    if any(each in APART or is_fee(each) for each in said.shares):
        if said.payee != HUB or len(said.shares) > 1 or said.kind not in BY_HAND:
            raise WrongShares
        await _check_fee(writer, said)
    elif said.payee == HUB:
        # A batch of debits is held against the mandates when it is approved: what the bank then took is booked.
        if said.kind is not Kind.DEBIT:
            await _check_mandates(writer, said.shares, said.day)
    elif said.shares.keys() != {said.payee}:
        raise WrongShares
    if said.kind is Kind.CASH and max(said.shares.values()) > MOST_CASH_CENTS:
        raise TooMuchCash
    if said.kind is Kind.CHEQUE and said.cheque_number:
        p = payment.c
        mine = (p.household_id == said.household_id, p.cheque_number == said.cheque_number, p.bank == said.bank)
        # One that bounced may be brought again; one that was taken back was noted by mistake.
        there = await writer.scalar(select(p.id).where(*mine, p.stage.not_in(VOID)).limit(1))
        if there is not None:
            raise SameCheque(there)


async def _check_fee(writer: Writer, said: Noted) -> None:
    [key], p = said.shares, payment.c
    same = select(p.id).join(share, share.c.payment_id == p.id).where(share.c.producer_id == key)
    mine = same.where(p.household_id == said.household_id, p.stage.not_in(VOID))
    if is_fee(key) and await writer.scalar(mine.limit(1)) is not None:
        raise FeeThere


async def _check_mandates(writer: Writer, shares: Mapping[str, int], day: date) -> None:
    # What the hub sells itself it is paid for like anybody.
    refused = sorted(shares.keys() - {HUB} - await collects_for(writer, day))
    if refused:
        raise NotCollected(refused)


async def move(
    writer: Writer,
    payment_id: str,
    what: Move,
    by: Person,
    zone: ZoneInfo,
    reason: str = "",
    on: date | None = None,
) -> Payment:
    """Make a move and book it; made twice, it is made once. `on`: the day by the bank, of a direct debit that its batch
    takes back; else it is today. Raises NoPayment, OutOfTurn, GivenOut, UsedUp,
    NotCollected where the mandate of a promised cheque to the hub has ended since, and OnStatement where what is to be
    taken back came to the bank."""
    one = await locked(writer, payment_id)
    if one.stage is lands_on(what) and (what is not Move.RECEIVE or one.kind is Kind.CHEQUE):
        return one
    stage = moved(one.kind, one.to_hub, one.stage, what)
    if one.kind is Kind.DEBIT and on is None:
        raise OutOfTurn("a direct debit comes back through its batch")
    told = await line_of_payment(writer, one.id) if what is Move.TAKE_BACK else None
    if told is not None:
        raise OnStatement(told["account_id"], told["line_id"])
    today = min(on or date.max, today_at(writer, zone))
    if what is Move.RECEIVE and one.to_hub and one.for_producers:
        await _check_mandates(writer, one.shares, today)
    if what is Move.TAKE_BACK and one.paid:
        await _check_still_held(writer, one)
    await writer.execute(payment.update().where(payment.c.id == one.id).values(stage=stage.value))
    await note(writer, one.id, what.value, by.name, reason)
    after = await find(writer, one.id)
    assert after is not None
    if what is Move.DEPOSIT:
        await post(writer, [_entry(after, HUB, "deposit", DEPOSITED, today, by, rules.deposited(after.compartments))])
    elif after.paid and not one.paid:
        await post(writer, await _receipt(writer, after, today, by))
    elif one.paid and not after.paid:
        keys = [f"{each}:{one.id}" for each in ("paid", "payment", "deposit", "rounding")]
        await post(writer, await counters_of(writer, keys, today, f"payment:{one.id}", by.id, one.household_id))
    await say_balances(writer, {after.household_id})
    return after


async def _check_still_held(writer: Writer, one: Payment) -> None:
    """Of what is held for the household itself. Raises GivenOut, UsedUp."""
    for held_for, sums_of in ((CAUTIONS, cautions_of), (WALLETS, wallets_of)):
        if held_for in one.shares:
            await hold_books(writer)
            if (await sums_of(writer, [one.household_id])).get(one.household_id, 0) < one.cents:
                raise GivenOut if held_for == CAUTIONS else UsedUp


async def _receipt(writer: Writer, one: Payment, day: date, by: Person) -> list[Entry]:
    """What is booked when a payment is made."""
    if one.kind is Kind.WALLET:
        await hold_books(writer)
        parts = shared_parts(await lies(writer, WALLETS), one.shares)
        moves = rules.wallet_used(one.household_id, parts)
        theirs = {each: cents for each, cents in sorted(one.shares.items()) if each != HUB}
        return [_entry(one, HUB, "payment", WALLET_USED, day, by, moves), *_for_producers(one, theirs, day, by)]
    money = MONEY[one.kind]
    if one.fills_wallet:
        moves = rules.wallet_filled(one.household_id, money, one.cents)
        return [_entry(one, HUB, "payment", WALLET_FILLED, day, by, moves)]
    if one.is_caution:
        moves = rules.caution(one.household_id, money, one.cents)
        return [_entry(one, HUB, "payment", CAUTION, day, by, moves)]
    if one.is_gift:
        return [_entry(one, HUB, "payment", GIFT, day, by, rules.gift(money, one.cents))]
    if one.fee_year is not None:
        return [_entry(one, HUB, "payment", MEMBERSHIP, day, by, rules.membership(money, one.cents))]
    if not one.to_hub:
        moves = rules.paid(one.household_id, money, one.cents)
        return [_entry(one, one.payee, "payment", PAID, day, by, moves)]
    entries = []
    if HUB in one.shares:
        moves = rules.paid(one.household_id, money, one.shares[HUB])
        entries.append(_entry(one, HUB, "paid", PAID, day, by, moves))
    theirs = {each: cents for each, cents in sorted(one.shares.items()) if each != HUB}
    if theirs:
        entries.append(_entry(one, HUB, "payment", COLLECTED, day, by, rules.collected(money, theirs)))
    return entries + _for_producers(one, theirs, day, by)


def _rounding(one: Payment, day: date, by: Person) -> list[Entry]:
    """What cash was more or less, in the book of who was paid: of the hub's own where it collected."""
    if not one.rounding_cents:
        return []
    moves = rules.rounded(one.rounding_cents)
    entry = _entry(one, HUB if one.to_hub else one.payee, "rounding", ROUNDED, day, by, moves)
    return [replace(entry, journal=ROUNDED.journal)]


def _for_producers(one: Payment, theirs: Mapping[str, int], day: date, by: Person) -> list[Entry]:
    """In the book of each: what the hub holds for it from now on."""
    return [
        _entry(one, each, "payment", COLLECTED, day, by, rules.collected_for_it(one.household_id, cents))
        for each, cents in theirs.items()
    ]


def _entry(one: Payment, book: str, key: str, rule: Rule, day: date, by: Person, moves: tuple[Movement, ...]) -> Entry:
    return Entry(
        book=book,
        key=f"{key}:{one.id}",
        day=day,
        journal=JOURNALS.get(moves[0].debit.account, rule.journal),
        cause=Cause(f"payment:{one.id}", rule.name, rule.version, by.id),
        movements=moves,
        household_id=one.household_id,
    )
