"""The demo's farms, with what makes a closing difficult: goods in cases, deposits, least quantities and minima."""

import csv
import io
from dataclasses import replace
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


def difficult_farms(size: Size, seed: int) -> list[Farm]:
    """The first, with a real list, stays as it is."""
    [first, *others] = farms(size.producers, size.products, seed)
    return [first, *(_difficult(farm, MINIMA[number % len(MINIMA)]) for number, farm in enumerate(others))]


def _difficult(farm: Farm, minimum: dict[str, Any] | None) -> Farm:
    rows = list(csv.DictReader(io.StringIO(farm.price_list.decode())))
    for number, row in enumerate(rows):
        row["case"] = CASES[row["unit"]] if number % 3 == 0 else ""
        row["deposit"] = "0.45" if number % 4 == 1 else ""
        row["minimum"] = "25 €" if number % 5 == 2 else ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return replace(farm, sheet=farm.sheet | {"minimum": minimum}, price_list=text.getvalue().encode())
