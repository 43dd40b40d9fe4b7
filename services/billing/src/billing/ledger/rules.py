"""What is booked for what: the posting rules, all of them. Nothing here does I/O.

A rule that changes gets the next version; entries say by which they were made, and a counter-entry takes back what was
booked, whatever the rule says by then. Who is paid (the hub as agent, or the producer itself) is no matter here: what
is sold in a producer's name is the producer's turnover and its claim on the household; the hub owes it what it has
collected, not what it may collect some day (it stands surety for nobody, no ducroire).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from billing.commission import Earned
from billing.fee.charged import in_cheque, parts_of
from billing.ledger.chart import CAUTIONS, FUND, HUB, WALLETS, Account
from billing.ledger.entry import Movement, Side, WrongEntry, move
from billing.vat import VatShare


@dataclass(frozen=True)
class Rule:
    """`journal`: the code of the journal it books in, as accountants name them."""

    name: str
    version: int
    journal: str


SALE = Rule("sale", 1, "VE")
"""Goods sold to a household in a producer's name, in the book of the producer."""

RESALE = Rule("resale", 1, "VE")
"""Goods the hub bought and sells again, to a household, in its own book."""

FEE = Rule("fee", 1, "VE")
"""What a household owes the hub for a service of its own beside the goods, in the book of the hub."""
CARRIAGE = Rule("carriage", 1, "VE")
"""What a household owes a producer for bringing its goods, in the book of the producer."""

PAID = Rule("paid", 1, "BQ")
"""A household paid who sold to it, in the book of the seller."""
ADVANCED = Rule("advanced", 1, "BQ")
"""Another household of its group paid a producer for it, in the book of the producer."""
COLLECTED = Rule("collected", 1, "BQ")
"""A household paid the hub as the producers' agent, in the books of both."""
ROUNDED = Rule("rounded", 1, "CA")
"""Cash was rounded as the law where it was paid has it, in the book of who was paid."""
DEPOSITED = Rule("deposited", 1, "BQ")
"""Cheques to the hub brought to the bank, in the book of the hub."""

BANK_FEE = Rule("bank_fee", 1, "BQ")
"""What the bank takes of the hub's account for itself, in the book of the hub."""

COMMISSION = Rule("commission", 1, "VE")
"""What the hub earns of a producer for a cycle by its mandate, in the book of the hub."""

COMMISSION_OWED = Rule("commission_owed", 1, "AC")
"""The same commission in the book of the producer."""

CAUTION = Rule("caution", 1, "BQ")
"""A household left a caution with the hub, in the book of the hub."""
CAUTION_REFUNDED = Rule("caution_refunded", 1, "BQ")
"""It was given back."""
CAUTION_KEPT = Rule("caution_kept", 1, "OD")
"""It was kept, with a reason."""
GIFT = Rule("gift", 1, "BQ")
"""Somebody gave to the solidarity fund, in the book of the hub."""
FUND_PAID = Rule("fund_paid", 1, "OD")
"""The solidarity fund pays a producer for a household, which is not named, in the book of the hub."""
PAID_FOR = Rule("paid_for", 1, "OD")
"""Somebody else pays a producer for a household, through the hub, in the book of the producer."""
CASH_DEPOSITED = Rule("cash_deposited", 1, "CA")
"""Cash out of the till brought to the bank, in the book of the hub."""

PAID_OUT = Rule("paid_out", 1, "BQ")
"""The hub sent a producer what it had collected for it, in the books of both."""
COMMISSION_TAKEN = Rule("commission_taken", 1, "BQ")
"""What the hub earned of what it collected for a producer becomes its own money at the bank, in the book of the hub."""
EXPENSE = Rule("expense", 1, "OD")
"""What a volunteer spent for the hub was accepted, in the book of the hub."""
EXPENSE_PAID = Rule("expense_paid", 1, "BQ")
"""It was paid, or went into the wallet of the volunteer's household."""
WALLET_FILLED = Rule("wallet_filled", 1, "BQ")
"""A household paid in advance, into its wallet, in the book of the hub."""
WALLET_USED = Rule("wallet_used", 1, "OD")
"""What it owes was paid out of its wallet, in the book of the hub; in the producer's it is COLLECTED."""
WALLET_REFUNDED = Rule("wallet_refunded", 1, "BQ")
"""It was paid back."""
MEMBERSHIP = Rule("membership", 1, "BQ")
"""A household paid its fee of a year, in the book of the hub."""

PURCHASE_EXPECTED = Rule("purchase_expected", 1, "AC")
"""Goods came that the hub bought, and their supplier has not billed them yet, in the book of the hub."""
PURCHASE = Rule("purchase", 1, "AC")
"""A supplier billed what the hub bought, or gave credit for it, in the book of the hub."""
SUPPLIER_PAID = Rule("supplier_paid", 1, "BQ")
"""The hub paid a supplier, or was paid back."""

WEIGHT_HUB = Rule("weight_hub", 1, "OD")
"""Goods measured less than their producer's bill, and the hub bears the rest, in the books of both."""
WEIGHT_FUND = Rule("weight_fund", 1, "OD")
"""The solidarity fund bears it as far as there is money in it, and the hub what is beyond, in the books of both."""

CLAIM_HUB = Rule("claim_hub", 1, "OD")
"""Goods were spoiled, and the hub bears it by a clause of the mandate, in the books of both."""

RULES = {
    rule.name: rule
    for rule in (
        SALE,
        RESALE,
        FEE,
        CARRIAGE,
        PAID,
        ADVANCED,
        COLLECTED,
        ROUNDED,
        DEPOSITED,
        CASH_DEPOSITED,
        BANK_FEE,
        COMMISSION,
        COMMISSION_OWED,
        PAID_OUT,
        COMMISSION_TAKEN,
        CAUTION,
        CAUTION_REFUNDED,
        CAUTION_KEPT,
        GIFT,
        FUND_PAID,
        PAID_FOR,
        EXPENSE,
        EXPENSE_PAID,
        WALLET_FILLED,
        WALLET_USED,
        WALLET_REFUNDED,
        MEMBERSHIP,
        PURCHASE_EXPECTED,
        PURCHASE,
        SUPPLIER_PAID,
        WEIGHT_HUB,
        WEIGHT_FUND,
        CLAIM_HUB,
    )
}

JOURNALS = {Account.CASH: "CA", Account.THIRD_PARTY: "OD"}
"""The journal of what was paid, by the account it came to, where it is not the rule's: the till has its own, and what
moves no money of the book's own is a sundry one."""


VAT = Side(Account.VAT)


def rule_of_sale(book: str) -> Rule:
    """By which rule the sales in a book are booked: a producer's own, or what the hub bought and sells again."""
    return RESALE if book == HUB else SALE


def rule_of_fees(book: str) -> Rule:
    """By which rule the fees in a book are booked."""
    return FEE if book == HUB else CARRIAGE


def sale(household_id: str, cheque: Mapping[str, Any]) -> tuple[Movement, ...]:
    """What a household owes who sold to it for one cycle: the goods without VAT by rate, the VAT in them, and the
    deposits on containers, a debt until they come back. The fees on the cheque are booked apart. `cheque`: as in
    `amount_due.cheques`. Raises WrongEntry where its parts are not its sum."""
    owed, returnable = Side(Account.HOUSEHOLD, household_id), Side(Account.CONTAINERS, household_id)
    income = Side(Account.RESALES if cheque["producer_id"] == HUB else Account.SALES)
    deposit_cents = cheque.get("deposit_cents", 0)
    of_fees = {part.rate_hundredths: part for part in parts_of(cheque)} if "fees" in cheque else {}
    moved: list[Movement] = []
    for share in cheque["vat"]:
        rate, net, vat = share["rate_hundredths"], share["net_cents"], share["vat_cents"]
        fee = of_fees.get(rate)
        if fee is not None:
            net, vat = net - fee.net_cents, vat - fee.vat_cents
        moved += move(owed, income, net, rate)
        moved += move(owed, VAT, vat, rate)
    moved += move(owed, returnable, deposit_cents)
    whole = _owed(moved, owed) + sum(part.gross_cents for part in of_fees.values())
    if whole != cheque["gross_cents"] + deposit_cents:
        raise WrongEntry(f"the parts of a cheque come to {whole} cents: {cheque['producer_name']}")
    return tuple(moved)


def fees(household_id: str, cheque: Mapping[str, Any]) -> tuple[Movement, ...]:
    """The fees on the same cheque: income of whose cheque it is, without VAT by rate, and the VAT in them."""
    owed = Side(Account.HOUSEHOLD, household_id)
    income = Side(Account.FEES if cheque["producer_id"] == HUB else Account.CARRIAGE)
    moved: list[Movement] = []
    for part in parts_of(cheque):
        moved += move(owed, income, part.net_cents, part.rate_hundredths)
        moved += move(owed, VAT, part.vat_cents, part.rate_hundredths)
    whole = sum(fee["gross_cents"] for fee in in_cheque(cheque))
    if _owed(moved, owed) != whole:
        raise WrongEntry(f"the parts of the fees on a cheque are not {whole} cents: {cheque['producer_name']}")
    return tuple(moved)


def _owed(moved: Iterable[Movement], owed: Side) -> int:
    return sum(each.cents if each.debit == owed else -each.cents for each in moved)


def paid(household_id: str, money: Account, cents: int) -> tuple[Movement, ...]:
    """What a seller got of a household for its own goods. In a producer's book it is none of the hub's money; in the
    hub's it is its own."""
    return tuple(move(Side(money), Side(Account.HOUSEHOLD, household_id), cents))


def rounded(cents: int) -> tuple[Movement, ...]:
    """More was taken in cash than was paid of the debt, or below zero less: a gain or a loss of who was paid."""
    other = Account.ROUNDING_GAIN if cents > 0 else Account.ROUNDING_LOSS
    return tuple(move(Side(Account.CASH), Side(other), cents))


def collected_for_it(household_id: str, cents: int) -> tuple[Movement, ...]:
    """What the hub collected of a household for this producer: the household has paid (who pays the agent pays the
    principal, code civil art. 1342-2), the hub holds it. In the producer's book."""
    return tuple(move(Side(Account.THIRD_PARTY, HUB), Side(Account.HOUSEHOLD, household_id), cents))


def collected(money: Account, shares: Mapping[str, int]) -> tuple[Movement, ...]:
    """The same in the hub's book: money held apart for each producer, and a debt to it. `shares`: cents by producer."""
    moved = [move(Side(money, each), Side(Account.THIRD_PARTY, each), cents) for each, cents in sorted(shares.items())]
    return tuple(one for each in moved for one in each)


def deposited(shares: Mapping[str, int]) -> tuple[Movement, ...]:
    """A cheque to the hub that goes to the bank; it stays money of those it was collected for. `shares`: "" for the
    hub's own."""
    moved = [
        move(Side(Account.BANK, each), Side(Account.CHEQUES, each), cents) for each, cents in sorted(shares.items())
    ]
    return tuple(one for each in moved for one in each)


def cash_deposited(shares: Mapping[str, int]) -> tuple[Movement, ...]:
    """Cash that goes to the bank; it stays money of those it was collected for, "" the hub's own."""
    moved = [move(Side(Account.BANK, each), Side(Account.CASH, each), cents) for each, cents in sorted(shares.items())]
    return tuple(one for each in moved for one in each)


def bank_fee(cents: int) -> tuple[Movement, ...]:
    """The hub's own cost, from the hub's own money: never from what it holds for a producer."""
    return tuple(move(Side(Account.BANK_FEES), Side(Account.BANK), cents))


def commission_earned(producer_id: str, one: Earned) -> tuple[Movement, ...]:
    """The hub's side. Where the hub collects, its commission lessens what it hands over (what was not collected yet it
    cannot take: the account of the producer is then in the hub's favour); else it is a claim on the producer."""
    account = Account.THIRD_PARTY if one.of.collected else Account.PRODUCERS
    claim, rate = Side(account, producer_id), one.of.vat_hundredths
    return (
        *move(claim, Side(Account.COMMISSION), one.net_cents, rate),
        *move(claim, VAT, one.vat_cents, rate),
    )


def commission_owed(one: Earned) -> tuple[Movement, ...]:
    """The producer's side: a cost, and VAT that it deducts or that is a cost too. It lessens what the hub has collected
    for it, or is owed to the hub."""
    owed = Side(Account.THIRD_PARTY if one.of.collected else Account.SUPPLIER, HUB)
    cost, rate = Side(Account.COMMISSION_PAID), one.of.vat_hundredths
    if not one.of.deductible:
        return tuple(move(cost, owed, one.net_cents + one.vat_cents))
    return (
        *move(cost, owed, one.net_cents, rate),
        *move(Side(Account.VAT_DEDUCTIBLE), owed, one.vat_cents, rate),
    )


def paid_out(producer_id: str, cents: int) -> tuple[Movement, ...]:
    """Money at the bank that goes to the producer it was held for: the hub owes it so much less. In the hub's book."""
    return tuple(move(Side(Account.THIRD_PARTY, producer_id), Side(Account.BANK, producer_id), cents))


def paid_out_to_it(cents: int) -> tuple[Movement, ...]:
    """The same in the producer's book: it has at its bank what the hub held for it."""
    return tuple(move(Side(Account.BANK), Side(Account.THIRD_PARTY, HUB), cents))


def commission_taken(producer_id: str, cents: int) -> tuple[Movement, ...]:
    """The commission was earned when it was booked; it lay with the producer's money until that was sent. Now it is
    apart, so that nothing is left where nothing is owed."""
    return tuple(move(Side(Account.BANK), Side(Account.BANK, producer_id), cents))


def caution(household_id: str, money: Account, cents: int) -> tuple[Movement, ...]:
    """A debt to the household, outside VAT; the money lies apart from the hub's own."""
    return tuple(move(Side(money, CAUTIONS), Side(Account.DEPOSITS, household_id), cents))


def caution_refunded(household_id: str, money: Account, parts: Mapping[Account, int]) -> tuple[Movement, ...]:
    """What the household gets back leaves by `money`. `parts`: where the cautions' money lies that it is taken from;
    what lies elsewhere becomes the hub's own there, and the hub pays it out of its own here."""
    return _given_back(Side(Account.DEPOSITS, household_id), CAUTIONS, money, parts)


def _given_back(owed: Side, held_for: str, money: Account, parts: Mapping[Account, int]) -> tuple[Movement, ...]:
    moved = list[Movement]()
    for account, cents in parts.items():
        if account is money:
            moved += move(owed, Side(money, held_for), cents)
        else:
            moved += move(owed, Side(money), cents) + move(Side(account), Side(account, held_for), cents)
    return tuple(moved)


def caution_kept(household_id: str, parts: Mapping[Account, int]) -> tuple[Movement, ...]:
    """The hub owes it no more, and the money becomes its own where it lies."""
    owed, moved = Side(Account.DEPOSITS, household_id), list[Movement]()
    for account, cents in parts.items():
        moved += move(owed, Side(Account.CAUTIONS_KEPT), cents) + move(Side(account), Side(account, CAUTIONS), cents)
    return tuple(moved)


def expense(cost: Account, cents: int) -> tuple[Movement, ...]:
    """A cost of the hub, VAT included: of what a volunteer paid in its own name none is deducted."""
    return tuple(move(Side(cost), Side(Account.VOLUNTEERS), cents))


def expense_paid(money: Account, cents: int) -> tuple[Movement, ...]:
    """From the hub's own money, never from what it holds for others."""
    return tuple(move(Side(Account.VOLUNTEERS), Side(money), cents))


def expense_into_wallet(household_id: str, cents: int) -> tuple[Movement, ...]:
    """It is owed to the household now, and the hub's own money at the bank is held for it."""
    owed = move(Side(Account.VOLUNTEERS), Side(Account.WALLET, household_id), cents)
    return (*owed, *move(Side(Account.BANK, WALLETS), Side(Account.BANK), cents))


def wallet_filled(household_id: str, money: Account, cents: int) -> tuple[Movement, ...]:
    """A debt to the household: it pays for no goods yet, so there is no VAT in it. The money lies apart."""
    return tuple(move(Side(money, WALLETS), Side(Account.WALLET, household_id), cents))


def wallet_used(household_id: str, shares: Mapping[str, Mapping[Account, int]]) -> tuple[Movement, ...]:
    """The hub owes the household so much less, and each producer so much more; the money is the producer's where it
    lies. `shares`: by producer, or HUB for what the household owes to the hub itself, from where each part is taken."""
    wallet, moved = Side(Account.WALLET, household_id), list[Movement]()
    for of, parts in sorted(shares.items()):
        owed, party = (Side(Account.HOUSEHOLD, household_id), "") if of == HUB else (Side(Account.THIRD_PARTY, of), of)
        for account, cents in parts.items():
            moved += move(wallet, owed, cents) + move(Side(account, party), Side(account, WALLETS), cents)
    return tuple(moved)


def wallet_refunded(household_id: str, money: Account, parts: Mapping[Account, int]) -> tuple[Movement, ...]:
    """As with a caution, see `caution_refunded`."""
    return _given_back(Side(Account.WALLET, household_id), WALLETS, money, parts)


def membership(money: Account, cents: int) -> tuple[Movement, ...]:
    """The hub's own, outside VAT where nothing is given in return."""
    return tuple(move(Side(money), Side(Account.MEMBERSHIP), cents))


def weight_completed(shares: Iterable[VatShare]) -> tuple[Movement, ...]:
    """What of the producer's bill its buyers do not pay: sold too, and owed by the hub. In the producer's book."""
    owed, moved = Side(Account.THIRD_PARTY, HUB), list[Movement]()
    for share in shares:
        moved += move(owed, Side(Account.SALES), share.net_cents, share.hundredths)
        moved += move(owed, VAT, share.vat_cents, share.hundredths)
    return tuple(moved)


def weight_borne(producer_id: str, cents: int, of_fund: Mapping[Account, int]) -> tuple[Movement, ...]:
    """The same in the hub's book: what the fund does not give is a cost of the hub, from its own money at the bank. It
    is set apart for the producer at once. `of_fund`: what the fund gives, by where its money lies."""
    owed, given = Side(Account.THIRD_PARTY, producer_id), sum(of_fund.values())
    moved = move(Side(Account.SOLIDARITY), owed, given)
    for account, part in of_fund.items():
        moved += move(Side(account, producer_id), Side(account, FUND), part)
    moved += move(Side(Account.WEIGHT_BORNE), owed, cents - given)
    moved += move(Side(Account.BANK, producer_id), Side(Account.BANK), cents - given)
    return tuple(moved)


def gift(money: Account, cents: int) -> tuple[Movement, ...]:
    """A debt of the hub until it is spent as it was given for: outside VAT, for nothing is given in return."""
    return tuple(move(Side(money, FUND), Side(Account.SOLIDARITY), cents))


def fund_paid(producer_id: str, parts: Mapping[Account, int]) -> tuple[Movement, ...]:
    """The fund owes less and the hub owes the producer so much more; the money is held for the producer from now on.
    `parts`: where the fund's money lies that it is taken from."""
    moved = move(Side(Account.SOLIDARITY), Side(Account.THIRD_PARTY, producer_id), sum(parts.values()))
    for account, cents in parts.items():
        moved += move(Side(account, producer_id), Side(account, FUND), cents)
    return tuple(moved)


def paid_for(household_id: str, cents: int) -> tuple[Movement, ...]:
    """The same in the producer's book: the household owes it so much less, and the hub holds it."""
    return collected_for_it(household_id, cents)
