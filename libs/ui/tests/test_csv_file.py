"""Tables as files for spreadsheets."""

from datetime import date

import pytest

from ui.csv_file import csv_of, harmless


def test_a_text_stays_a_text() -> None:
    assert harmless("Pélardon") == "Pélardon"
    assert harmless("=1+1") == "'=1+1"
    assert harmless("two\nlines") == "two lines"


@pytest.mark.parametrize(
    ("language", "row"), [("fr", "Pélardon;-2,40;2026-11-27;"), ("en", "Pélardon,-2.40,2026-11-27,")]
)
def test_cents_are_money_also_below_zero_and_a_cell_may_be_empty(language: str, row: str) -> None:
    made = csv_of([("Pélardon", -240, date(2026, 11, 27), None)], language)
    assert made.decode("utf-8-sig") == row + "\r\n"
