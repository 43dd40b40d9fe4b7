"""The temperatures at which goods travel.

Legal limits: arrêté of 21 December 2009 (annexes), regulation 853/2004, arrêté of 8 October 2013 for food of plants;
rows of basis "usage" follow the trade, not the law. For perishable goods the packer's label prevails.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from contracts import Bilingual


@dataclass(frozen=True)
class TemperatureClass:
    """`max_c`, `min_c` in whole degrees Celsius, None where there is no limit. `rank`: loading order, coldest first."""

    code: str
    name: Bilingual
    max_c: int | None
    min_c: int | None
    note: Bilingual
    rank: int


@cache
def temperature_classes() -> dict[str, TemperatureClass]:
    """Every class by code: frozen first, then from the coldest to ambient, hot dishes last."""
    text = (files("logistics") / "data" / "temperature_classes.csv").read_text(encoding="utf-8")
    return {
        row["code"]: TemperatureClass(
            code=row["code"],
            name=Bilingual(fr=row["fr"], en=row["en"]),
            max_c=int(row["max_c"]) if row["max_c"] else None,
            min_c=int(row["min_c"]) if row["min_c"] else None,
            note=Bilingual(fr=row["note_fr"], en=row["note_en"]),
            rank=rank,
        )
        for rank, row in enumerate(csv.DictReader(text.splitlines()))
    }


def temperature_class(code: str) -> TemperatureClass:
    """The class; one that this release does not know goes last under its code: goods must not vanish from a list."""
    known = temperature_classes()
    return known.get(code) or TemperatureClass(
        code, Bilingual(fr=code), max_c=None, min_c=None, note=Bilingual(fr=""), rank=len(known)
    )
