"""A pick list as an XLSX workbook: all there is to bring, then by group, then by bag."""

import io
from decimal import Decimal
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from logistics.sheet import Plain, shares

_WIDTHS = {
    "product": 38,
    "group": 24,
    "pickup": 30,
    "household": 26,
    "share": 40,
    "class": 32,
    "temperature": 16,
    "pack": 22,
}
_TOTAL = ("class", "temperature", "reference", "product", "pack", "quantity", "unit", "contents")
_GROUPS = ("group", "pickup", "class", "temperature", "reference", "product", "pack", "quantity", "unit", "contents")
_CHANGES = ("reference", "product", "pack", "share", "was", "now")
_BAGS = ("group", "household", "class", "temperature", "reference", "product", "pack", "quantity", "unit")


def workbook_of(sheet: Plain) -> bytes:
    output = io.BytesIO()
    # Names are typed by strangers: nothing they begin with makes a formula or a link of them.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(output, options)
    book.set_properties({"title": f"{sheet['labels']['title']} – {sheet['producer']}", "author": sheet["hub"]})
    writer = _Pages(book, sheet)
    writer.page("to_bring", _TOTAL, [({}, block, "", item) for block in sheet["classes"] for item in block["items"]])
    writer.page(
        "by_group",
        _GROUPS,
        [
            (group, block, "", item)
            for group in sheet["groups"]
            for block in group["classes"]
            for item in block["items"]
        ],
    )
    if sheet["changes"]:
        writer.changes()
    if any(group["bags"] for group in sheet["groups"]):
        writer.page("bags", _BAGS, [share for share in shares(sheet) if share[2]])
    book.close()
    return output.getvalue()


class _Pages:
    def __init__(self, book: Any, sheet: Plain) -> None:
        self.book = book
        self.sheet = sheet
        self.labels: dict[str, str] = sheet["labels"]
        self.big = book.add_format({"bold": True, "font_size": 16})
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
        self.cell = book.add_format({"bottom": 4, "valign": "top", "text_wrap": True})
        self.number = book.add_format({"bottom": 4, "valign": "top", "bold": True, "num_format": "#,##0.###"})
        self.whole = book.add_format({"bottom": 4, "valign": "top", "bold": True, "num_format": "#,##0"})
        self.money = book.add_format({"bold": True, "num_format": '#,##0.00 "€"', "align": "left"})

    def page(self, name: str, columns: tuple[str, ...], rows: list[tuple[Plain, Plain, str, Plain]]) -> None:
        page = self.book.add_worksheet(self.labels[name][:31])
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.set_footer(f"&L{_footer(self.sheet['producer'])}&R&P / &N")
        line = self._head(page)
        page.repeat_rows(line)
        page.freeze_panes(line + 1, 0)
        for column, key in enumerate(columns):
            page.write_string(line, column, self.labels[key], self.head)
            page.set_column(column, column, _WIDTHS.get(key, 13))
        for group, block, household, item in rows:
            line += 1
            texts = {
                "group": group.get("name", ""),
                "pickup": group.get("when", ""),
                "household": household,
                "class": block["name"],
                "temperature": block["limits"],
                "product": item["name"],
                **{key: item[key] for key in ("reference", "pack", "unit", "contents")},
            }
            for column, key in enumerate(columns):
                if key == "quantity":
                    style = self.number if item["thousandths"] % 1000 else self.whole
                    page.write_number(line, column, decimal_of(item["thousandths"]), style)
                else:
                    page.write_string(line, column, texts[key], self.cell)

    def changes(self) -> None:
        """What the revision before asked for, and this one does."""
        page = self.book.add_worksheet(self.labels["changes"][:31])
        line = self._head(page)
        for column, key in enumerate(_CHANGES):
            page.write_string(line, column, self.labels[key], self.head)
            page.set_column(column, column, _WIDTHS.get(key, 13))
        for item in self.sheet["changes"]:
            line += 1
            texts = item | {"product": item["name"], "share": item["share"] or self.labels["in_all_groups"]}
            for column, key in enumerate(_CHANGES):
                page.write_string(line, column, texts[key], self.cell)

    def _head(self, page: Any) -> int:
        """What is on every page of the book; gives the row of the column heads."""
        page.write_string(0, 0, f"{self.labels['title']} – {self.sheet['producer']}", self.big)
        page.write_string(1, 0, f"{self.labels['deliver']} {self.sheet['delivers_on']}", self.bold)
        page.write_string(2, 0, f"{self.sheet['cycle']} – {self.sheet['issued']}")
        for column, said in enumerate(filter(None, (self.sheet["corrected"], self.sheet["outdated"]))):
            page.write_string(4, column * 4, said, self.bold)
        page.write_string(3, 0, f"{self.labels['gross']} ({' + '.join(self.sheet['sums'])})")
        page.write_number(3, 4, decimal_of(self.sheet["gross_cents"] * 10), self.money)
        return 5


def _footer(text: str) -> str:
    """Excel reads & as the start of a code."""
    return text.replace("&", "&&")[:200]


def decimal_of(thousandths: int) -> Decimal:
    return Decimal(thousandths) / 1000
