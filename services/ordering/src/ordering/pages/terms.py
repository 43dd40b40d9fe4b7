"""The words for codes that products carry: allergens (annex II of regulation 1169/2011) and labels."""

import csv
from functools import cache
from importlib.resources import files


@cache
def _terms() -> dict[tuple[str, str], tuple[str, str]]:
    text = (files("ordering") / "data" / "terms.csv").read_text(encoding="utf-8")
    return {(row["kind"], row["code"]): (row["fr"], row["en"]) for row in csv.DictReader(text.splitlines())}


def term(kind: str, code: str, language: str) -> str:
    """The words for a code of a "label" or an "allergen"; the code itself where we have none."""
    fr, en = _terms().get((kind, code), (code, code))
    return en if language == "en" else fr
