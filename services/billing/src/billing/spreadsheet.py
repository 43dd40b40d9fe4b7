"""A closed cycle as an XLSX file: the table of cheques, the VAT for each producer.

Names come from people: every text is written as text, never taken for a formula, a link or a number. Sums are
numbers, not formulas, so that what is printed is what was computed.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from sqlalchemy import RowMapping

from billing.statement import HouseholdRow

_MONEY = '#,##0.00 "€"'
_RATE = "0.0# %"


@dataclass(frozen=True)
class CycleFigures:
    """All that the file shows; see `billing.statement` for the rows."""

    title: str
    producers: Sequence[RowMapping]
    households: Sequence[HouseholdRow]
    vat: dict[str, list[RowMapping]]


def workbook(figures: CycleFigures, translate: Callable[[str], str]) -> bytes:
    """The file. Takes about a second for 1,000 households and 70 producers: call it in a thread."""
    file = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(file, safe)
    looks = {
        "head": book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"}),
        "money": book.add_format({"num_format": _MONEY}),
        "sum": book.add_format({"num_format": _MONEY, "bold": True, "top": 6}),
        "total": book.add_format({"bold": True, "top": 6}),
        "rate": book.add_format({"num_format": _RATE}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    _cheques(_Sheet(book.add_worksheet(translate("Cheques")), looks), figures, translate)
    _vat(_Sheet(book.add_worksheet(translate("VAT")), looks), figures, translate)
    book.close()
    return file.getvalue()


class _Sheet:
    """A worksheet written cell by cell, each of a declared kind."""

    def __init__(self, sheet: Any, looks: dict[str, Any]) -> None:
        self.sheet = sheet
        self.looks = looks

    def words(self, row: int, column: int, text: str, look: str = "") -> None:
        self.sheet.write_string(row, column, text, self.looks.get(look))

    def cents(self, row: int, column: int, cents: int, look: str = "money") -> None:
        self.sheet.write_number(row, column, Decimal(cents) / 100, self.looks[look])

    def rate(self, row: int, column: int, hundredths: int) -> None:
        self.sheet.write_number(row, column, Decimal(hundredths) / 10000, self.looks["rate"])

    def paper(self, first_row: int, first_column: int) -> None:
        self.sheet.freeze_panes(first_row, first_column)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(first_row - 1)


def _cheques(sheet: _Sheet, figures: CycleFigures, translate: Callable[[str], str]) -> None:
    producers = figures.producers
    sheet.words(0, 0, figures.title, "title")
    heads = [translate("Group"), translate("Household"), *(each["producer_name"] for each in producers)]
    for column, text in enumerate([*heads, translate("Total")]):
        sheet.words(2, column, text, "head")
    last = len(producers) + 2
    for row, household in enumerate(figures.households, start=3):
        sheet.words(row, 0, household.group_name)
        sheet.words(row, 1, household.household_name)
        for column, producer in enumerate(producers, start=2):
            cents = household.by_producer.get(producer["producer_id"])
            if cents is not None:
                sheet.cents(row, column, cents)
        sheet.cents(row, last, household.to_pay_cents)
    foot = len(figures.households) + 3
    sheet.words(foot, 0, translate("Total"), "total")
    sheet.words(foot, 1, "", "total")
    for column, producer in enumerate(producers, start=2):
        sheet.cents(foot, column, int(producer["to_pay_cents"]), "sum")
    sheet.cents(foot, last, sum(household.to_pay_cents for household in figures.households), "sum")
    if any(producer["deposit_cents"] for producer in producers):
        sheet.words(foot + 1, 0, translate("of which deposits, outside VAT"))
        for column, producer in enumerate(producers, start=2):
            sheet.cents(foot + 1, column, int(producer["deposit_cents"]))
        sheet.cents(foot + 1, last, sum(int(producer["deposit_cents"]) for producer in producers))
    sheet.sheet.set_column(0, 1, 24)
    sheet.sheet.set_column(2, last, 13)
    sheet.paper(3, 2)


def _vat(sheet: _Sheet, figures: CycleFigures, translate: Callable[[str], str]) -> None:
    sheet.words(0, 0, figures.title, "title")
    heads = (
        translate("Producer"),
        translate("Rate"),
        translate("Price with VAT"),
        translate("VAT"),
        translate("Price without VAT"),
        translate("Mention"),
    )
    for column, text in enumerate(heads):
        sheet.words(2, column, text, "head")
    row = 3
    sums = [0, 0, 0]
    for producer in figures.producers:
        for share in figures.vat.get(producer["producer_id"], []):
            sheet.words(row, 0, producer["producer_name"])
            sheet.rate(row, 1, share["rate_hundredths"])
            for place, name in enumerate(("gross_cents", "vat_cents", "net_cents")):
                sheet.cents(row, 2 + place, int(share[name]))
                sums[place] += int(share[name])
            sheet.words(row, 5, producer["mention"])
            row += 1
    sheet.words(row, 0, translate("Total"), "total")
    sheet.words(row, 1, "", "total")
    for place, cents in enumerate(sums):
        sheet.cents(row, 2 + place, cents, "sum")
    sheet.sheet.set_column(0, 0, 30)
    sheet.sheet.set_column(1, 4, 16)
    sheet.sheet.set_column(5, 5, 48)
    sheet.paper(3, 1)
