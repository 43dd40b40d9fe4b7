"""What a payout can send besides what it collected: what lies in a wallet, a caution, what a volunteer spent, the bill
of a supplier.

Each is sent out of its own money at the bank, never out of another's: wallets and cautions out of what is held for
them there, expenses and bills out of the hub's own. To a household or a volunteer only to an account that somebody
noted with the consent of who is paid.
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
from billing.payout.account import Kept, accounts_of, accounts_of_payees, payee_of_household, payee_of_person
from billing.payout.register import OWN, What, reserved
from billing.purchase.register import Bill, to_pay
from billing.seller import sellers
from chassis.database import Reader

Key = tuple[What, str]
"""What it is of: a household's wallet or caution, an expense claim, a bill."""


@dataclass(frozen=True)
class Refund:
    """What can be sent to one payee of one thing. `payee`: "" for a supplier. `free_cents`: that is in no payout;
    `account`: None where nobody knows one. `claim`, `bill`: of an expense, of a supplier: sent whole."""

    what: What
    of: str
    payee: str
    name: str
    free_cents: int
    account: Kept | None
    claim: Claim | None = None
    bill: Bill | None = None

    @property
    def owner(self) -> str:
        """Whose account it goes to, as `Transfer.owner`."""
        return self.payee or self.supplier_id

    @property
    def supplier_id(self) -> str:
        return self.bill.supplier_id if self.bill is not None else ""

    @property
    def called(self) -> str:
        """What the transfer is called: who is paid, or the number of the bill."""
        return self.bill.number if self.bill is not None else self.name

    @property
    def whole_cents(self) -> int | None:
        """What alone can be sent of it; None where it can be less."""
        if self.bill is not None:
            return self.bill.owed_cents
        return self.claim.cents if self.claim is not None else None

    @property
    def key(self) -> Key:
        return self.what, self.of

    @property
    def sendable_cents(self) -> int:
        return self.free_cents if self.account is not None else 0


async def refunds(reader: Reader, but: str = "") -> list[Refund]:
    """Of all households whose account is known and that have something, by name; then every claim to be paid, and every
    bill, the first due first. `but`: the id of a payout whose money does not count as reserved."""
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
    return [*found, *await _bills(reader, but)]


async def _bills(reader: Reader, but: str) -> list[Refund]:
    """A credit note is no bill: the supplier pays it back, or the bookkeeper notes against what it was set."""
    accounts, taken = await accounts_of(reader), await reserved(reader, but, What.SUPPLIER)
    names = {each.id: each.name for each in (await sellers(reader)).values()}
    return [
        Refund(
            What.SUPPLIER,
            one.id,
            "",
            names.get(one.supplier_id, one.supplier_id),
            one.owed_cents - taken.get(one.id, 0),
            accounts[one.supplier_id][0] if one.supplier_id in accounts else None,
            bill=one,
        )
        for one in await to_pay(reader)
        if one.owed_cents > 0
    ]


async def _free(reader: Reader, what: What, household_id: str, but: str) -> int:
    if what is What.WALLET:
        return (await wallet.APART.held_of(reader, household_id, but)).free_cents
    return (await caution.APART.held_of(reader, household_id, but)).free_cents


async def room(reader: Reader, but: str = "") -> dict[What, int]:
    """What lies at the bank for each and is in no payout, cents; below zero where more has gone than was there. By
    `money_of`."""
    b = balance.c
    own = select(b.debit_cents - b.credit_cents).where(b.book == HUB, b.account == Account.BANK, b.party == "")
    at_bank = {
        What.WALLET: (await lies(reader, WALLETS)).get(Account.BANK, 0),
        What.CAUTION: (await lies(reader, CAUTIONS)).get(Account.BANK, 0),
        What.EXPENSE: int(await reader.scalar(own) or 0),
    }
    for what in (What.WALLET, What.CAUTION, *OWN):
        at_bank[money_of(what)] -= sum((await reserved(reader, but, what)).values())
    return at_bank


def money_of(what: What) -> What:
    """Out of which money it is sent: suppliers are paid out of the hub's own, as expenses are."""
    return What.EXPENSE if what in OWN else what


def beyond(sums: Mapping[Key, int], found: list[Refund]) -> dict[Key, int]:
    """What more is asked of than can be sent, and what can; of a claim or a bill only its whole sum can."""
    sendable = {each.key: each for each in found}
    wrong = {}
    for key, cents in sums.items():
        one = sendable.get(key)
        most = one.sendable_cents if one else 0
        if cents > most or (one is not None and one.whole_cents not in (None, cents)):
            wrong[key] = most
    return wrong


def short(sums: Mapping[Key, int], at_bank: Mapping[What, int]) -> dict[What, int]:
    """Of which money more is asked than lies at the bank for it, and what does."""
    asked: dict[What, int] = {}
    for (what, _of), cents in sums.items():
        asked[money_of(what)] = asked.get(money_of(what), 0) + cents
    return {what: max(0, at_bank[what]) for what, cents in asked.items() if cents > at_bank[what]}
