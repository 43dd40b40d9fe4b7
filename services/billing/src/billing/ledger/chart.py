"""The accounts of a book, by the French general chart (plan comptable général, règlement ANC 2014-03).

One chart for all books. In a producer's book the household is its customer, and the hub a third party that holds its
money. In the hub's book goods sold in a producer's name are no turnover and no claim: there is what the hub collected
for a producer and has not handed over yet, a debt to a third party (code général des impôts art. 267 II 2°), and what
it earns itself: its commission, its fees, and its own sales of what it buys and sells again.
"""

from dataclasses import dataclass
from enum import StrEnum


class Account(StrEnum):
    HOUSEHOLD = "household"
    THIRD_PARTY = "third_party"
    SALES = "sales"
    RESALES = "resales"
    COMMISSION = "commission"
    FEES = "fees"
    CARRIAGE = "carriage"
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
    PURCHASES = "purchases"
    PURCHASES_EU = "purchases_eu"
    SUPPLIERS = "suppliers"
    UNBILLED = "unbilled"
    VAT_UNBILLED = "vat_unbilled"
    VAT_REVERSE = "vat_reverse"
    CAUTIONS_KEPT = "cautions_kept"
    MEMBERSHIP = "membership"
    BANK_FEES = "bank_fees"
    WEIGHT_BORNE = "weight_borne"
    WALLET = "wallet"
    TRAVEL = "travel"
    MISSIONS = "missions"
    VOLUNTEERS = "volunteers"


HUB = "hub"
"""The book of the hub; every other book has the id of its producer."""

CAUTIONS = "cautions"
"""In place of a producer where money in the hub's book is held against the cautions of households: it has to be given
back, so it is neither a producer's nor the hub's own."""

FUND = "fund"
"""The same where it is held for the solidarity fund."""

WALLETS = "wallets"
"""The same where money is held that households paid in advance, into their wallets."""

APART = frozenset({CAUTIONS, FUND, WALLETS})
"""What money is kept apart for that is no producer's, and not the hub's own."""


@dataclass(frozen=True)
class Heading:
    """`number` and `label` as a French accountant reads them. `money`: what the hub can hold; in its book such money
    is kept apart by the producer it is held for, one of APART, or "" for its own."""

    number: str
    label: str
    money: bool = False


CHART = {
    Account.HOUSEHOLD: Heading("411", "Clients, foyers"),
    Account.THIRD_PARTY: Heading("467", "Fonds détenus pour compte de tiers"),
    Account.SALES: Heading("701", "Ventes de produits"),
    Account.RESALES: Heading("707", "Ventes de marchandises"),
    Account.COMMISSION: Heading("706", "Commissions"),
    Account.FEES: Heading("7061", "Prestations de services, frais facturés aux foyers"),
    Account.CARRIAGE: Heading("7085", "Ports et frais accessoires facturés"),
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
    Account.PURCHASES: Heading("607", "Achats de marchandises"),
    Account.PURCHASES_EU: Heading("6072", "Achats de marchandises, Union européenne"),
    Account.SUPPLIERS: Heading("4011", "Fournisseurs, achats de marchandises"),
    Account.UNBILLED: Heading("4081", "Fournisseurs, factures non parvenues"),
    Account.VAT_UNBILLED: Heading("44586", "TVA sur factures non parvenues"),
    Account.VAT_REVERSE: Heading("4452", "TVA due intracommunautaire"),
    Account.CAUTIONS_KEPT: Heading("7581", "Dédits et pénalités perçus, cautions conservées"),
    Account.MEMBERSHIP: Heading("7561", "Cotisations sans contrepartie"),
    Account.BANK_FEES: Heading("627", "Services bancaires et assimilés"),
    # Under 658, charges diverses de gestion courante: nothing is bought (60), and no claim is lost (654).
    Account.WEIGHT_BORNE: Heading("6585", "Différences de poids et réclamations prises en charge"),
    Account.WALLET: Heading("4191", "Clients, avances et acomptes reçus"),
    Account.TRAVEL: Heading("6251", "Voyages et déplacements"),
    Account.MISSIONS: Heading("6256", "Missions"),
    Account.VOLUNTEERS: Heading("4672", "Bénévoles, frais à rembourser"),
}

MONEY = frozenset(account for account, heading in CHART.items() if heading.money)

INCOME = frozenset(account for account, heading in CHART.items() if heading.number.startswith("7"))
"""Class 7."""

EARNED_BY_THE_HUB = frozenset(
    {
        Account.RESALES,
        Account.COMMISSION,
        Account.FEES,
        Account.ROUNDING_GAIN,
        Account.CAUTIONS_KEPT,
        Account.MEMBERSHIP,
    }
)
"""The only accounts of income (class 7) in the hub's book: what is sold in a producer's name never passes there. A
caution that is kept makes good a damage of the hub's own and pays no goods: it is outside VAT, as what is given in
return for nothing (code général des impôts art. 256; BOI-TVA-BASE-10-10-10). So is a membership fee."""


OF_THE_HUB = frozenset(
    {
        Account.RESALES,
        Account.FEES,
        Account.PURCHASES,
        Account.PURCHASES_EU,
        Account.SUPPLIERS,
        Account.UNBILLED,
        Account.VAT_UNBILLED,
        Account.VAT_REVERSE,
    }
)
"""Accounts that no producer's book has: what it buys for itself is none of the hub's business."""


def fits(book: str, account: Account) -> bool:
    """Whether the account may stand in this book."""
    if account in OF_THE_HUB:
        return book == HUB
    return account not in INCOME or book != HUB or account in EARNED_BY_THE_HUB
