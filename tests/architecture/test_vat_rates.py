"""Ordering knows the rates of VAT for minima that are net of it; billing has the law's tables. They must agree."""

import csv
from decimal import Decimal
from importlib.resources import files


def rows(service: str, name: str) -> list[dict[str, str]]:
    text = (files(service) / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_ordering_takes_the_rates_that_hold_in_billings_table() -> None:
    in_force = {
        (row["vat_class"], row["country"]): int(Decimal(row["rate_percent"]) * 100)
        for row in rows("billing", "vat_rates.csv")
        if not row["valid_to"]
    }
    taken = rows("ordering", "vat_rates.csv")
    assert {(row["vat_class"], row["country"]): int(row["rate_hundredths"]) for row in taken} == in_force


def test_ordering_knows_which_sellers_charge_none() -> None:
    ours, law = (
        {row["regime"]: row["charges_vat"] for row in rows(s, "seller_regimes.csv")} for s in ("ordering", "billing")
    )
    assert ours == law
