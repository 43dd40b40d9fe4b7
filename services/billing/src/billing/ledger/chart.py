"""The accounts of a book, by the French general chart (plan comptable général, règlement ANC 2014-03).

One chart for all books. In a producer's book the household is its customer, and the hub a third party that holds its
money. In the hub's book goods sold in a producer's name are no turnover and no claim: there is what the hub collected
for a producer and has not handed over yet, a debt to a third party (code général des impôts art. 267 II 2°), and what
it earns itself, its commission.
"""

from dataclasses import dataclass
from enum import StrEnum


class Account(StrEnum):
    HOUSEHOLD = "household"
    THIRD_PARTY = "third_party"
    SALES = "sales"
    COMMISSION = "commission"
    VAT = "vat"
    DEPOSITS = "deposits"
    CONTAINERS = "containers"
    SOLIDARITY = "solidarity"
    CASH = "cash"
    CHEQUES = "cheques"
    BANK = "bank"
    PSP = "psp"
    ROUNDING_LOSS = "rounding_loss"
    ROUNDING_GAIN = "rounding_gain"
    PRODUCERS = "producers"
    SUPPLIER = "supplier"
    COMMISSION_PAID = "commission_paid"
    VAT_DEDUCTIBLE = "vat_deductible"
    BANK_FEES = "bank_fees"


HUB = "hub"
"""The book of the hub; every other book has the id of its producer."""


@dataclass(frozen=True)
class Heading:
    """`number` and `label` as a French accountant reads them. `money`: what the hub can hold; in its book such money
    is kept apart by the producer it is held for, "" for its own."""

    number: str
    label: str
    money: bool = False


CHART = {
    Account.HOUSEHOLD: Heading("411", "Clients, foyers"),
    Account.THIRD_PARTY: Heading("467", "Fonds détenus pour compte de tiers"),
    Account.SALES: Heading("701", "Ventes de produits"),
    Account.COMMISSION: Heading("706", "Commissions"),
    Account.VAT: Heading("44571", "TVA collectée"),
    Account.DEPOSITS: Heading("165", "Dépôts et cautionnements reçus"),
    Account.CONTAINERS: Heading("4196", "Clients, dettes pour emballages consignés"),
    Account.SOLIDARITY: Heading("4671", "Caisse de solidarité"),
    Account.CASH: Heading("531", "Caisse", money=True),
    Account.CHEQUES: Heading("5112", "Chèques à encaisser", money=True),
    Account.BANK: Heading("512", "Banque", money=True),
    Account.PSP: Heading("517", "Prestataire de services de paiement", money=True),
    Account.ROUNDING_LOSS: Heading("658", "Différences de règlement, charges"),
    Account.ROUNDING_GAIN: Heading("758", "Différences de règlement, produits"),
    Account.PRODUCERS: Heading("4112", "Clients, producteurs"),
    Account.SUPPLIER: Heading("401", "Fournisseurs, plateforme"),
    Account.COMMISSION_PAID: Heading("6222", "Commissions sur ventes"),
    Account.VAT_DEDUCTIBLE: Heading("44566", "TVA déductible sur autres biens et services"),
    Account.BANK_FEES: Heading("627", "Services bancaires et assimilés"),
}

MONEY = frozenset(account for account, heading in CHART.items() if heading.money)

EARNED_BY_THE_HUB = frozenset({Account.COMMISSION, Account.ROUNDING_GAIN})
"""The only accounts of income (class 7) in the hub's book: what is sold in a producer's name never passes there."""


def fits(book: str, account: Account) -> bool:
    """Whether the account may stand in this book."""
    income = CHART[account].number.startswith("7")
    return not income or book != HUB or account in EARNED_BY_THE_HUB
