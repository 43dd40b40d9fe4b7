"""Do the wallets agree with the books? Household by household what came in, was used and paid back, as it was noted, is
held against its account in the books; and what the books owe to all against the money that lies apart for them.

Both are written in one transaction, so they never differ. Where they do, somebody changed one of them past the hub:
each household is shown with the first entry that says otherwise than what was noted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CompoundSelect, Subquery, and_, func, or_, select, union_all

from billing.expense.claim import Means, expense_claim
from billing.expense.claim import Stage as Claimed
from billing.household import names_of_households
from billing.ledger.book import balance, entry, movement
from billing.ledger.chart import HUB, MONEY, WALLETS, Account
from billing.payment.life import VOID, Kind, Stage
from billing.payment.register import payment, share
from billing.payment.wallet import wallet_out
from chassis.database import Reader

BACK = "back:"
"""So begins the key of a counter-entry (`ledger.counter`); then comes that of the entry, which ends with the id of what
was noted."""


@dataclass(frozen=True)
class Wallet:
    """Cents by what was noted, and by the books. `entry`: number of the first entry of the hub's book that says
    otherwise; None where each says what was noted: then something was noted that is in no entry (`unbooked`: how many),
    or a balance is not what its entries come to."""

    household_id: str
    household_name: str
    noted_cents: int
    booked_cents: int
    entry: int | None = None
    unbooked: int = 0

    @property
    def difference_cents(self) -> int:
        return self.booked_cents - self.noted_cents


@dataclass(frozen=True)
class Control:
    """`wallets`: by name; `lies`: the money apart for them, cents by account, whatever lies there."""

    wallets: tuple[Wallet, ...]
    lies: Mapping[Account, int]

    @property
    def noted_cents(self) -> int:
        return sum(each.noted_cents for each in self.wallets)

    @property
    def booked_cents(self) -> int:
        return sum(each.booked_cents for each in self.wallets)

    @property
    def held_cents(self) -> int:
        return sum(self.lies.values())

    @property
    def differing(self) -> list[Wallet]:
        return [each for each in self.wallets if each.difference_cents]

    @property
    def agrees(self) -> bool:
        return not self.differing and self.held_cents == self.booked_cents


async def control(reader: Reader) -> Control:
    """Of all households that ever had anything in a wallet."""
    noted, booked = await _noted(reader), await _booked(reader)
    names = await names_of_households(reader, noted.keys() | booked.keys())
    found = []
    for each in noted.keys() | booked.keys():
        one = Wallet(each, names.get(each, each), noted.get(each, 0), booked.get(each, 0))
        found.append(await _looked_into(reader, one) if one.difference_cents else one)
    return Control(
        tuple(sorted(found, key=lambda one: (one.household_name.casefold(), one.household_id))), await _lies(reader)
    )


async def differing_cents(reader: Reader) -> float:
    """All differences together, whichever way they go: 0 is right."""
    noted, booked = await _noted(reader), await _booked(reader)
    apart = sum(abs(booked.get(each, 0) - noted.get(each, 0)) for each in noted.keys() | booked.keys())
    return float(apart + abs(sum((await _lies(reader)).values()) - sum(booked.values())))


def _what_was_noted() -> CompoundSelect[Any]:
    """household_id, id, cents: above zero what came in."""
    p, s, out, claim = payment.c, share.c, wallet_out.c, expense_claim.c
    void = [each.value for each in (Stage.PROMISED, *VOID)]
    filled = select(p.household_id, p.id, s.cents).join_from(payment, share, s.payment_id == p.id)
    used = select(p.household_id, p.id, -p.cents)
    paid_back = select(out.household_id, out.id, -out.cents)
    spent = select(claim.household_id, claim.id, claim.cents)
    return union_all(
        filled.where(s.producer_id == WALLETS, p.stage.not_in(void)),
        used.where(p.kind == Kind.WALLET.value, p.stage.not_in(void)),
        paid_back.where(out.undone_at.is_(None)),
        spent.where(claim.paid_by == Means.WALLET.value, claim.stage == Claimed.PAID.value),
    )


async def _noted(reader: Reader) -> dict[str, int]:
    noted: Subquery = _what_was_noted().subquery()
    summed = select(noted.c.household_id, func.sum(noted.c.cents).label("cents")).group_by(noted.c.household_id)
    # PostgreSQL sums BIGINT as NUMERIC.
    return {row["household_id"]: int(row["cents"]) for row in await reader.all(summed)}


async def _booked(reader: Reader) -> dict[str, int]:
    b = balance.c
    mine = select(b.party, (b.credit_cents - b.debit_cents).label("cents"))
    rows = await reader.all(mine.where(b.book == HUB, b.account == Account.WALLET.value))
    return {row["party"]: row["cents"] for row in rows}


async def _lies(reader: Reader) -> dict[Account, int]:
    b, money = balance.c, [each.value for each in MONEY]
    mine = select(b.account, (b.debit_cents - b.credit_cents).label("cents"))
    rows = await reader.all(mine.where(b.book == HUB, b.party == WALLETS, b.account.in_(money)))
    return {Account(row["account"]): row["cents"] for row in rows if row["cents"]}


async def _looked_into(reader: Reader, one: Wallet) -> Wallet:
    """With the first entry that says otherwise than what was noted: entry and counter-entry of one thing together."""
    noted = _what_was_noted().subquery()
    mine = select(noted.c.id, noted.c.cents).where(noted.c.household_id == one.household_id)
    said = {row["id"]: row["cents"] for row in await reader.all(mine)}
    m, account = movement.c, Account.WALLET.value
    into = and_(m.credit == account, m.credit_of == one.household_id)
    out_of = and_(m.debit == account, m.debit_of == one.household_id)
    moved = (
        select(entry.c.number, entry.c.key, m.cents, into.label("came_in"))
        .join(movement, and_(entry.c.book == m.book, entry.c.number == m.number))
        .where(entry.c.book == HUB, or_(into, out_of))
        .order_by(entry.c.number, m.place)
    )
    first: dict[str, int] = {}
    sums: dict[str, int] = {}
    for row in await reader.all(moved):
        of = row["key"].removeprefix(BACK).rpartition(":")[2]
        first.setdefault(of, row["number"])
        sums[of] = sums.get(of, 0) + (row["cents"] if row["came_in"] else -row["cents"])
    wrong = [number for of, number in first.items() if sums[of] != said.get(of, 0)]
    unbooked = len(said.keys() - sums.keys())
    return replace(one, entry=min(wrong, default=None), unbooked=unbooked)
