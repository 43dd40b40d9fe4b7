"""The demo's farms, with what makes a closing difficult: goods in cases, deposits, least quantities and minima; sizes
of one product that draw on one quantity, and a crate that two products fill together."""

import csv
import io
from dataclasses import dataclass, replace
from typing import Any

from cabas.demo.goods import Farm, farms
from cabas.demo.size import Size

CASES = {"piece": "6", "kg": "5", "litre": "5"}
"""What a case holds, in order units."""
MINIMA: tuple[dict[str, Any] | None, ...] = (
    None,
    {"kind": "money", "amount": 12_000},
    {"kind": "weight", "amount": 9_000},
)
"""Of one farm after the other: none, cents, grams. Large enough to be missed by some cycles."""


@dataclass(frozen=True)
class Sizes:
    """A pool of the farm `POOLED`, in kilos: `references` of its sizes, what a case holds and what there is (None: it
    has no cases, or no bound), and the name of the pool that completes its cases."""

    name: str
    references: tuple[str, ...]
    case: int | None
    available: int | None
    completed_by: str = ""


AGENT_OF = "Le Four de Tréziers"
"""The hub sells in its name, collects for it, and earns a commission."""
SOLD_AGAIN = "Les Chèvres de Bugarach"
"""The hub buys of it and sells in its own name."""
BRINGS_FOR = 1_20
"""Cents that the farm `POOLED` charges each household for bringing what it bought of it in a cycle."""
POOLED = "Moulin de Tréziers"
POOLS = (
    Sizes("Pois chiche", ("P06", "P07"), None, 8),
    Sizes("Seigle", ("P04", "P05"), 10, None, completed_by="Pois chiche"),
    Sizes("Blé", ("P01", "P02"), 10, 30),
)
"""Whoever completes another's cases first."""

_SIZES = {(POOLED, reference) for sizes in POOLS for reference in sizes.references}


def difficult_farms(size: Size, seed: int) -> list[Farm]:
    """The first, with a real list, stays as it is."""
    [first, *others] = farms(size.producers, size.products, seed)
    found = [first, *(_difficult(farm, MINIMA[number % len(MINIMA)]) for number, farm in enumerate(others))]
    sales = {AGENT_OF: "mandate", SOLD_AGAIN: "resale"}
    return [replace(farm, sheet=farm.sheet | {"sale": sales.get(farm.name, "direct")}) for farm in found]


def _difficult(farm: Farm, minimum: dict[str, Any] | None) -> Farm:
    rows = list(csv.DictReader(io.StringIO(farm.price_list.decode())))
    for number, row in enumerate(rows):
        row["case"] = CASES[row["unit"]] if number % 3 == 0 else ""
        row["deposit"] = "0.45" if number % 4 == 1 else ""
        row["minimum"] = "25 €" if number % 5 == 2 else ""
        if (farm.name, row["reference"]) in _SIZES:
            # The cases are those of its pool.
            row["case"] = row["minimum"] = ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return replace(farm, sheet=farm.sheet | {"minimum": minimum}, price_list=text.getvalue().encode())
