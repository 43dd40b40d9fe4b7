"""The temperatures at which goods travel: the one table of them.

Legal limits: order of 21 December 2009 (annexes), regulation 853/2004, order of 8 October 2013 for food of plants,
order of 1 July 2008 for transport; rows of basis "usage" follow the trade, not the law. Whoever shows them or plans
with them reads them here.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from contracts import Bilingual

FROZEN = frozenset({"FROZEN", "FROZEN_OTHER"})
HOT = "HOT_DISH"
FISH = "FRESH_FISH"
MINCED = "MINCED_MEAT"
SHELLFISH = "LIVE_SHELLFISH"
AMBIENT = "AMBIENT"

FROST = 0
HEAT = 250
"""What goods of ambient temperature should be kept from (usage: citrus, vegetables)."""


class Basis(StrEnum):
    LAW = "law"
    USAGE = "usage"
    NONE = "none"


@dataclass(frozen=True)
class TemperatureClass:
    """`max_c`, `min_c` in whole degrees Celsius, None where there is no limit. `rank`: loading order, coldest first.

    `label_prevails`: in storage and transport the packer's label stands in the place of the limit; else it can only
    lower it.
    """

    code: str
    name: Bilingual
    max_c: int | None
    min_c: int | None
    note: Bilingual
    rank: int
    basis: Basis = Basis.NONE
    label_prevails: bool = False


@dataclass(frozen=True)
class Band:
    """Between which temperatures goods must be, in tenths of a degree; None: no limit on that side."""

    lowest: int | None
    highest: int | None

    def holds(self, temperature: int) -> bool:
        return not self.too_cold(temperature) and not self.too_warm(temperature)

    def too_cold(self, temperature: int) -> bool:
        return self.lowest is not None and temperature < self.lowest

    def too_warm(self, temperature: int) -> bool:
        return self.highest is not None and temperature > self.highest


@cache
def temperature_classes() -> dict[str, TemperatureClass]:
    """Every class by code: frozen first, then from the coldest to ambient, hot dishes last."""
    text = (files("coldchain") / "data" / "temperature_classes.csv").read_text(encoding="utf-8")
    return {
        row["code"]: TemperatureClass(
            code=row["code"],
            name=Bilingual(fr=row["fr"], en=row["en"]),
            max_c=int(row["max_c"]) if row["max_c"] else None,
            min_c=int(row["min_c"]) if row["min_c"] else None,
            note=Bilingual(fr=row["note_fr"], en=row["note_en"]),
            rank=rank,
            basis=Basis(row["basis"]),
            label_prevails=row["label"] == "prevails",
        )
        for rank, row in enumerate(csv.DictReader(text.splitlines()))
    }


def temperature_class(code: str) -> TemperatureClass:
    """The class; one that this release does not know goes last under its code: goods must not vanish from a list."""
    known = temperature_classes()
    return known.get(code) or TemperatureClass(
        code, Bilingual(fr=code), max_c=None, min_c=None, note=Bilingual(fr=""), rank=len(known)
    )


@cache
def carried_at(code: str, label_max: int | None) -> Band:
    """In storage and transport. A label that is below what the goods bear on the cold side is the packer's affair: the
    lower bound gives way to it."""
    kind = temperature_class(code)
    highest = None if kind.max_c is None else kind.max_c * 10
    if label_max is not None and code != HOT:
        highest = label_max if highest is None or kind.label_prevails else min(label_max, highest)
    lowest = None if kind.min_c is None else kind.min_c * 10
    if lowest is not None and highest is not None:
        lowest = min(lowest, highest)
    return Band(lowest, highest)


@cache
def handed_over_at(code: str, label_max: int | None) -> Band:
    """Where households collect: +4, +8 and +3 °C hold whatever the label allows (order of 8 October 2013, annex I)."""
    band, kind = carried_at(code, label_max), temperature_class(code)
    if kind.max_c is None or band.highest is None:
        return band
    return Band(band.lowest, min(band.highest, kind.max_c * 10))
