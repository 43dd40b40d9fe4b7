"""Weekly caps of the dispensation from approval: order of 8 June 2006, annex III (field.md 4.3).

One who sells at most 30 % of what it makes of a category to other retailers may sell more of it. Minced meat is
excluded. Meals to canteens (annex IV) are not sold here.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from contracts import Bilingual, Unit

CONSTRAINED_METRES = 200_000
"""As the crow flies, in zones of constraints; elsewhere `Limits.dispensation_metres`."""


@dataclass(frozen=True)
class Category:
    """`unit`: what its cap is counted in; `within_share`, `without`: caps with and without the 30 %, in thousandths of
    it."""

    code: str
    name: Bilingual
    unit: Unit
    within_share: int
    without: int

    def cap(self, within_share: bool) -> int:
        return self.within_share if within_share else self.without


@cache
def categories() -> dict[str, Category]:
    text = (files("coldchain") / "data" / "dispensations.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Category(
            code=row["code"],
            name=Bilingual(fr=row["fr"], en=row["en"]),
            unit=Unit(row["unit"]),
            within_share=int(row["within_share"]) * 1000,
            without=int(row["without"]) * 1000,
        )
        for row in csv.DictReader(text.splitlines())
    }
