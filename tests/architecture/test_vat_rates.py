"""Ordering knows the rates of VAT for minima that are net of it; billing has the law's tables. They must agree."""

import csv
from decimal import Decimal
from importlib.resources import files


def rows(service: str) -> list[dict[str, str]]:
    text = (files(service) / "data" / "vat_rates.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_ordering_takes_the_rates_that_hold_in_france_in_billings_table() -> None:
    in_force = {
        row["vat_class"]: int(Decimal(row["rate_percent"]) * 100)
        for row in rows("billing")
        if row["country"] == "FR" and not row["valid_to"]
    }
    assert {row["vat_class"]: int(row["rate_hundredths"]) for row in rows("ordering")} == in_force
