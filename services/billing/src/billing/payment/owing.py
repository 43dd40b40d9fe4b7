"""What a household owes, has paid and has left to pay, by producer and cycle: read from the books.

A payment is not tied to a cycle: it goes to the oldest debt to its producer first, as the law has it where the payer
says nothing (code civil art. 1342-10). So a cycle that is revised later needs no payment to be moved. What was paid
beyond all debts is the household's credit with that producer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import case, func, select

from billing.cycle import cycle
from billing.ledger.book import entry, movement
from billing.ledger.chart import HUB, Account
from billing.many import among
from billing.payment.life import Kind, Stage
from billing.payment.register import payment, share
from billing.seller import sellers
from chassis.database import Reader


class Debt(NamedTuple):
    """For one cycle; `left_cents`: what payments have not reached. Below zero: a cycle that came to a credit."""

    cycle_id: str
    cycle_name: str
    delivers_on: date
    cents: int
    left_cents: int


class Owing(NamedTuple):
    """Of one household to one who sold to it, a producer or the hub. `given_cents`: cheques to its order that lie here
    for it. `debts`: the oldest delivery first."""

    producer_id: str
    producer_name: str
    debts: tuple[Debt, ...]
    paid_cents: int
    given_cents: int

    @property
    def owed_cents(self) -> int:
        return sum(each.cents for each in self.debts)

    @property
    def left_cents(self) -> int:
        return max(0, self.owed_cents - self.paid_cents - self.given_cents)

    @property
    def credit_cents(self) -> int:
        return max(0, self.paid_cents + self.given_cents - self.owed_cents)


def laid(debts: Sequence[Debt], cents: int) -> tuple[Debt, ...]:
    """The debts with what is left of each when `cents` were paid, the first first."""
    cents += sum(-each.cents for each in debts if each.cents < 0)
    found = []
    for each in debts:
        owed = max(each.cents, 0)
        reached = min(owed, max(cents, 0))
        cents -= reached
        found.append(each if each.left_cents == owed - reached else each._replace(left_cents=owed - reached))
    return tuple(found)


def proposed(owing: Iterable[Owing], cents: int) -> dict[str, int]:
    """A sum shared out by producer: the oldest debts first; what is beyond all debts goes to the producer that is paid
    last, or with no debt at all to the first. Every cent is placed. Empty where there is nobody to pay."""
    mine = list(owing)
    oldest = sorted(
        (debt.delivers_on, each.producer_name, each.producer_id, debt.left_cents)
        for each in mine
        for debt in each.debts
    )
    found: dict[str, int] = {}
    last = mine[0].producer_id if mine else ""
    for _day, _name, producer_id, left in oldest:
        part = min(left, cents)
        if part:
            found[producer_id] = found.get(producer_id, 0) + part
            cents, last = cents - part, producer_id
    if cents and last:
        found[last] = found.get(last, 0) + cents
    return found


async def owing_of(reader: Reader, household_ids: Collection[str], hub_name: str = HUB) -> dict[str, list[Owing]]:
    """By household: whom it ever owed or paid, by name. The hub is one of them for what it buys and sells again."""
    booked = await _booked(reader, household_ids)
    given = await _given(reader, household_ids)
    cycles = {cycle_id for _, _, cycle_id in booked if cycle_id}
    named = select(cycle.c.id, cycle.c.name, cycle.c.delivers_on).where(cycle.c.id.in_(sorted(cycles)))
    known = {row["id"]: row for row in await reader.all(named)}
    names = {HUB: hub_name} | {each.id: each.name for each in (await sellers(reader)).values()}
    debts: dict[tuple[str, str], list[Debt]] = {}
    paid: dict[tuple[str, str], int] = {}
    for (household_id, book, cycle_id), cents in booked.items():
        pair = household_id, book
        debts.setdefault(pair, [])
        if cycle_id:
            told = known[cycle_id]
            debts[pair].append(Debt(cycle_id, told["name"], told["delivers_on"], cents, cents))
        else:
            paid[pair] = paid.get(pair, 0) - cents
    found: dict[str, list[Owing]] = {household_id: [] for household_id in household_ids}
    by_name = {book: names.get(book, book).casefold() for _, book in debts.keys() | given.keys()}
    for pair in sorted(debts.keys() | given.keys(), key=lambda pair: by_name[pair[1]]):
        household_id, book = pair
        has_paid, has_given = paid.get(pair, 0), given.get(pair, 0)
        mine = [each for each in debts.get(pair, []) if each.cents]
        if len(mine) > 1:
            mine.sort(key=lambda each: (each.delivers_on, each.cycle_id))
        reached = laid(mine, has_paid + has_given)
        if reached or has_paid or has_given:
            found[household_id].append(Owing(book, names.get(book, book), reached, has_paid, has_given))
    return found


def left_by_cycle(owing: Mapping[str, Iterable[Owing]]) -> dict[tuple[str, str, str], int]:
    """Cents left by household, cycle and producer."""
    return {
        (household_id, debt.cycle_id, each.producer_id): debt.left_cents
        for household_id, mine in owing.items()
        for each in mine
        for debt in each.debts
    }


async def _booked(reader: Reader, household_ids: Collection[str]) -> dict[tuple[str, str, str], int]:
    """Debit less credit of the households' accounts, by household, book and cycle; what was paid is of no cycle."""
    m, e = movement.c, entry.c
    owed = Account.HOUSEHOLD.value
    debit = case((m.debit == owed, m.cents), else_=0)
    credit = case((m.credit == owed, m.cents), else_=0)
    summed = (
        select(e.household_id, e.book, e.cycle_id, func.sum(debit - credit).label("cents"))
        .select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
        .where(among(e.household_id, household_ids), (m.debit == owed) | (m.credit == owed))
        .group_by(e.household_id, e.book, e.cycle_id)
    )
    # PostgreSQL sums BIGINT as NUMERIC.
    return {(row["household_id"], row["book"], row["cycle_id"]): int(row["cents"]) for row in await reader.all(summed)}


async def _given(reader: Reader, household_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Cheques to producers' orders that were received and not handed over, cents by household and producer."""
    p = payment.c
    waiting = (
        select(p.household_id, share.c.producer_id, func.sum(share.c.cents).label("cents"))
        .select_from(payment.join(share, share.c.payment_id == p.id))
        .where(among(p.household_id, household_ids), p.kind == Kind.CHEQUE.value)
        .where(p.stage == Stage.RECEIVED.value, p.payee != HUB)
        .group_by(p.household_id, share.c.producer_id)
    )
    return {(row["household_id"], row["producer_id"]): int(row["cents"]) for row in await reader.all(waiting)}
