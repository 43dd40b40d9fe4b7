"""The hub as it stands on its papers: who it is, and the phrases the law wants, each with the days it holds.

Laws are renumbered (the code général des impôts becomes the code des impositions sur les biens et services; its
references are tolerated on invoices until 31 December 2027, ordonnance 2025-1247): the phrases are a dated table,
`data/legal_phrases.csv`, and no constants. Nothing here does I/O but `phrases`, which reads the package's table.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from billing.paper.charged import Charged

FRANCHISE = "FRANCHISE_293B"


class NoPhrase(Exception):
    """The table has no phrase of this key for that day."""


@dataclass(frozen=True)
class Phrase:
    """`until` is the last day, included; None: until further notice."""

    key: str
    since: date
    until: date | None
    printed: str


@cache
def phrases() -> tuple[Phrase, ...]:
    with (files("billing") / "data" / "legal_phrases.csv").open(encoding="utf-8") as table:
        return tuple(
            Phrase(
                row["key"],
                date.fromisoformat(row["valid_from"]),
                date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
                row["printed"],
            )
            for row in csv.DictReader(table)
        )


def phrase(key: str, on: date) -> str:
    """Raises NoPhrase."""
    for each in phrases():
        if each.key == key and each.since <= on and (each.until is None or on <= each.until):
            return each.printed
    raise NoPhrase(f"{key} on {on}")


@dataclass(frozen=True)
class Issuer:
    """`root`: what all its numbers begin with, proper to this hub; `regime`: a code of the table of sellers' regimes;
    `on_debits`: it chose to pay VAT when it invoices; `due_days`: after which a commission that is not taken from
    proceeds is to be paid."""

    name: str
    legal_form: str
    address: str
    siren: str
    vat_number: str
    regime: str
    country: str
    root: str
    on_debits: bool
    due_days: int

    def lacks(self, one: Charged) -> list[str]:
        """Settings without which the commission cannot be invoiced."""
        needed = {"CABAS_HUB_LEGAL_FORM": self.legal_form, "CABAS_HUB_ADDRESS": self.address}
        needed["CABAS_HUB_SIREN"] = self.siren
        if any(rate or self.reversed(rate) for rate, _, _ in one.by_rate()):
            needed["CABAS_HUB_VAT_NUMBER"] = self.vat_number
        return [name for name, value in needed.items() if not value]

    def lacks_to_sell(self, *, taxed: bool) -> list[str]:
        """Settings without which it cannot invoice what it sells itself."""
        needed = {"CABAS_HUB_LEGAL_FORM": self.legal_form, "CABAS_HUB_ADDRESS": self.address}
        needed |= {"CABAS_HUB_SIREN": self.siren} | ({"CABAS_HUB_VAT_NUMBER": self.vat_number} if taxed else {})
        return [name for name, value in needed.items() if not value]

    def reversed(self, rate_hundredths: int) -> bool:
        """Whether what is charged without VAT is so because the producer owes it in its own country: the rule of
        commissions charges none else but under the franchise."""
        return rate_hundredths == 0 and self.regime != FRANCHISE

    def mentions(self, one: Charged, on: date) -> list[str]:
        """What the law wants on an invoice or credit note of that day. Raises NoPhrase."""
        keys = ["NATURE"]
        if self.regime == FRANCHISE:
            keys.append("FRANCHISE")
        elif any(self.reversed(rate) for rate, _, _ in one.by_rate()):
            keys.append("REVERSE_CHARGE")
        if self.on_debits:
            keys.append("DEBITS")
        return [phrase(key, on) for key in (*keys, "DISCOUNT", "LATE_PENALTY", "RECOVERY")]

    def due_on(self, issued_on: date) -> date:
        return issued_on + timedelta(days=self.due_days)
