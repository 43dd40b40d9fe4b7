"""The file of accounting entries that a French tax inspector may ask for (fichier des écritures comptables, FEC).

Livre des procédures fiscales art. L. 47 A I and A. 47 A-1, VII 1°: eighteen columns, named in the first line, separated
by tabs, days as AAAAMMJJ, a comma before the cents, every entry balanced, numbers without a gap. The file is called by
the SIREN, "FEC" and the last day of the accounting year.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from billing.ledger.chart import CAUTIONS, CHART, FUND, WALLETS
from billing.ledger.entry import fold
from billing.ledger.journal import Booked, Wanted, in_their_order
from chassis.database import Reader

COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
JOURNALS = {"VE": "Ventes", "AC": "Achats", "BQ": "Banque", "CA": "Caisse", "OD": "Opérations diverses"}
RULES = {
    "sale": "Vente",
    "resale": "Vente de marchandises",
    "fee": "Frais",
    "carriage": "Port et frais accessoires",
    "paid": "Règlement",
    "advanced": "Règlement par un foyer du groupe",
    "collected": "Encaissement pour le producteur",
    "rounded": "Arrondi d'un paiement en espèces",
    "deposited": "Remise en banque",
    "bank_fee": "Frais bancaires",
    "commission": "Commission",
    "commission_owed": "Commission de la plateforme",
    "caution": "Caution reçue",
    "caution_refunded": "Caution rendue",
    "caution_kept": "Caution conservée",
    "gift": "Don à la caisse de solidarité",
    "fund_paid": "Paiement par la caisse de solidarité",
    "paid_for": "Réglé pour le foyer",
    "cash_deposited": "Remise d'espèces en banque",
    "paid_out": "Versement au producteur",
    "commission_taken": "Commission prélevée à la banque",
    "membership": "Cotisation",
    "purchase_expected": "Achat de marchandises, facture non parvenue",
    "purchase": "Achat de marchandises",
    "supplier_paid": "Règlement au fournisseur",
    "claim_hub": "Réclamation prise en charge",
    "weight_hub": "Différence de poids prise en charge",
    "weight_fund": "Différence de poids, caisse de solidarité",
    "expense": "Défraiement",
    "expense_paid": "Défraiement payé",
    "wallet_filled": "Versement à la cagnotte",
    "wallet_used": "Règlement par la cagnotte",
    "wallet_refunded": "Cagnotte remboursée",
}
AUXILIARY = {
    CAUTIONS: "Cautions des foyers",
    FUND: "Caisse de solidarité",
    WALLETS: "Cagnottes des foyers",
}
"""What an account is kept apart for that is neither a household nor a producer."""


def siren_is_right(siren: str) -> bool:
    """Nine figures, the last of which checks the others (Luhn)."""
    if len(siren) != 9 or not siren.isascii() or not siren.isdigit():
        return False
    doubled = [int(figure) * (1 + place % 2) for place, figure in enumerate(siren)]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


def file_name(siren: str, until: date) -> str:
    return f"{siren}FEC{until:%Y%m%d}.txt"


async def lines(reader: Reader, wanted: Wanted, names: Mapping[str, str], zone: ZoneInfo) -> AsyncIterator[str]:
    """The file of one book, line by line. `names`: of households and producers, by id."""
    yield _line(COLUMNS)
    async for booked in in_their_order(reader, wanted):
        for each in booked:
            for line in _of_entry(each, names, zone):
                yield line


def _of_entry(booked: Booked, names: Mapping[str, str], zone: ZoneInfo) -> Iterable[str]:
    row = booked.row
    rule = RULES.get(row["rule"], row["rule"])
    what = f"Annulation de l'écriture {row['counters']}" if row["counters"] else rule
    day = f"{row['day']:%Y%m%d}"
    valid = f"{row['posted_at'].astimezone(zone):%Y%m%d}"
    told = f"{what}, {booked.household_name}" if booked.household_name else what
    journal = row["journal"], JOURNALS.get(row["journal"], row["journal"])
    for side, (in_debit, in_credit) in fold(booked.movements).items():
        heading = CHART[side.account]
        account = heading.number, heading.label, side.of, names.get(side.of, AUXILIARY.get(side.of, side.of))
        for debit, credit in ((in_debit, 0), (0, in_credit)):
            if debit or credit:
                head = (*journal, str(row["number"]), day, *account, row["key"], day, told)
                yield _line((*head, _amount(debit), _amount(credit), "", "", valid, "", ""))


def _amount(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def _line(fields: Iterable[str]) -> str:
    # A name could hold a tab or a line's end; a file that does not parse is refused whole.
    return "\t".join(" ".join(field.split()) for field in fields) + "\r\n"
