"""The lists of codes that products and producers are described with, each with its words in French and English.

VAT classes: BOI-TVA-LIQ-30 (rates of mainland France). Temperature classes: order of 21 December 2009 and
regulation 853/2004. Allergens: the fourteen of annex II of regulation 1169/2011.
"""

import csv
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Code:
    """One entry. `extra` holds the other columns of the file (rates, temperatures)."""

    code: str
    fr: str
    en: str
    synonyms: frozenset[str]
    extra: dict[str, str]

    def name(self, language: str) -> str:
        return self.en if language == "en" and self.en else self.fr


class Nomenclature:
    """A closed list of codes, in the order in which people should see them."""

    def __init__(self, codes: list[Code]) -> None:
        self.codes = {code.code: code for code in codes}
        self._by_word = {word: code.code for code in codes for word in code.synonyms}

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def name(self, code: str, language: str) -> str:
        """The words for a code; the code itself where a newer release wrote one we do not know."""
        found = self.codes.get(code)
        return found.name(language) if found else code

    def choices(self, language: str) -> list[tuple[str, str]]:
        return [(code.code, code.name(language)) for code in self.codes.values()]

    def recognise(self, written: str) -> str | None:
        """The code somebody means who writes a code, its name, or a known synonym."""
        return self._by_word.get(folded(written))


def folded(text: str) -> str:
    """Without accents, capitals, ligatures or doubled spaces, for comparing what people write."""
    opened = text.replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae").replace("’", "'")
    bare = "".join(c for c in unicodedata.normalize("NFKD", opened) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def _read(file: str) -> list[dict[str, str]]:
    with (files("catalog") / "data" / file).open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


@cache
def _nomenclature(file: str) -> Nomenclature:
    codes = []
    for row in _read(file):
        given = {folded(word) for word in row.pop("synonyms").split("|") if word}
        code, fr, en = row.pop("code"), row.pop("fr").replace("'", "’"), row.pop("en").replace("'", "’")
        codes.append(Code(code, fr, en, frozenset(given | {folded(code), folded(fr), folded(en)}), row))
    return Nomenclature(codes)


def vat_classes() -> Nomenclature:
    return _nomenclature("vat_classes.csv")


def temperature_classes() -> Nomenclature:
    return _nomenclature("temperature_classes.csv")


def labels() -> Nomenclature:
    return _nomenclature("labels.csv")


def needs_proof(label: str) -> bool:
    """Whether a label is shown only with a certificate: what a certifying body controls has one, and "organic" may
    not be said without (regulation EU 2018/848, article 30). What a participatory guarantee or a visit of the farm
    vouches for has none."""
    found = labels().codes.get(label)
    return found is not None and found.extra["proof"] == "required"


def is_organic(label: str) -> bool:
    """Whether goods that carry the label may be called organic."""
    found = labels().codes.get(label)
    return found is not None and found.extra["is_organic"] == "yes"


def seller_regimes() -> Nomenclature:
    return _nomenclature("seller_regimes.csv")


def allergens() -> Nomenclature:
    return _nomenclature("allergens.csv")


def dispensations() -> Nomenclature:
    """Categories of the dispensation from approval."""
    return _nomenclature("dispensations.csv")


def countries() -> Nomenclature:
    return _nomenclature("countries.csv")


def vat_rate(vat_class: str) -> Decimal | None:
    """Percent in mainland France today, to show beside a price; what is invoiced is billing's dated table."""
    found = vat_classes().codes.get(vat_class)
    return Decimal(found.extra["rate_percent"]) if found else None
