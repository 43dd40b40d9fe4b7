"""What a payout can send to households and volunteers: what lies in a wallet, a caution, what a volunteer spent.

Each is sent out of its own money at the bank, never out of another's: wallets and cautions out of what is held for
them there, expenses out of the hub's own. Only to an account that somebody noted with the consent of who is paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from billing.expense import claim
from billing.expense.claim import Claim
from billing.ledger.book import balance
from billing.ledger.chart import CAUTIONS, HUB, WALLETS, Account
from billing.payment import caution, wallet
from billing.payment.compartment import held_by_household, lies
from billing.payout.account import Kept, accounts_of_payees, payee_of_household, payee_of_person
from billing.payout.register import What, reserved
from chassis.database import Reader

Key = tuple[What, str]
"""What it is of: a household's wallet or caution, an expense claim."""


@dataclass(frozen=True)
class Refund:
    """What can be sent to one payee of one thing. `free_cents`: that is in no payout; `account`: None where nobody
    knows one. `claim`: of an expense, which is sent whole."""

    what: What
    of: str
    payee: str
    name: str
    free_cents: int
    account: Kept | None
    claim: Claim | None = None

    @property
    def key(self) -> Key:
        return self.what, self.of

    @property
    def sendable_cents(self) -> int:
        return self.free_cents if self.account is not None else 0


async def refunds(reader: Reader, but: str = "") -> list[Refund]:
    """Of all households whose account is known and that have something, by name; then every claim to be paid. `but`:
    the id of a payout whose money does not count as reserved."""
    known = {each: kept[0] for each, kept in (await accounts_of_payees(reader)).items()}
    found = []
    for what, account in ((What.WALLET, Account.WALLET), (What.CAUTION, Account.DEPOSITS)):
        for row in await held_by_household(reader, account):
            household_id, payee = row["household_id"], payee_of_household(row["household_id"])
            if payee in known:
                free = await _free(reader, what, household_id, but)
                found.append(Refund(what, household_id, payee, row["household_name"], free, known[payee]))
    taken = await reserved(reader, but, What.EXPENSE)
    for one in await claim.to_pay(reader):
        payee, free = payee_of_person(one.person_id), one.cents - taken.get(one.id, 0)
        found.append(Refund(What.EXPENSE, one.id, payee, one.person_name, free, known.get(payee), one))
    return found


async def _free(reader: Reader, what: What, household_id: str, but: str) -> int:
    if what is What.WALLET:
        return (await wallet.held_of(reader, household_id, but)).free_cents
    return (await caution.held_of(reader, household_id, but)).free_cents


async def room(reader: Reader, but: str = "") -> dict[What, int]:
    """What lies at the bank for each and is in no payout, cents; below zero where more has gone than was there."""
    b = balance.c
    own = select(b.debit_cents - b.credit_cents).where(b.book == HUB, b.account == Account.BANK, b.party == "")
    at_bank = {
        What.WALLET: (await lies(reader, WALLETS)).get(Account.BANK, 0),
        What.CAUTION: (await lies(reader, CAUTIONS)).get(Account.BANK, 0),
        What.EXPENSE: int(await reader.scalar(own) or 0),
    }
    return {what: cents - sum((await reserved(reader, but, what)).values()) for what, cents in at_bank.items()}


def beyond(sums: Mapping[Key, int], found: list[Refund]) -> dict[Key, int]:
    """What more is asked of than can be sent, and what can; of a claim only its whole sum can."""
    sendable = {each.key: each for each in found}
    wrong = {}
    for key, cents in sums.items():
        one = sendable.get(key)
        most = one.sendable_cents if one else 0
        if cents > most or (one is not None and one.claim is not None and cents != one.claim.cents):
            wrong[key] = most
    return wrong


def short(sums: Mapping[Key, int], at_bank: Mapping[What, int]) -> dict[What, int]:
    """Of which money more is asked than lies at the bank for it, and what does."""
    asked: dict[What, int] = {}
    for (what, _of), cents in sums.items():
        asked[what] = asked.get(what, 0) + cents
    return {what: max(0, at_bank[what]) for what, cents in asked.items() if cents > at_bank[what]}
