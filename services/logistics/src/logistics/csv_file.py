"""A pick list as CSV, for whoever feeds it to a program of their own.

As Excel reads it by double click: UTF-8 with a byte order mark; in French semicolons and decimal commas.
"""

import csv
import io
from decimal import Decimal

from logistics.sheet import Plain, shares

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(sheet: Plain) -> bytes:
    """One row for each share: by household where the group has bags, else by group."""
    french = sheet["language"] == "fr"
    labels = sheet["labels"]
    names = ("group", "pickup", "household", "class", "temperature", "reference", "product", "pack", "quantity", "unit")
    output = io.StringIO()
    rows = csv.writer(output, delimiter=";" if french else ",", lineterminator="\r\n")
    rows.writerow([labels[name] for name in names])
    for group, block, household, item in shares(sheet):
        texts = (group["name"], group["when"], household, block["name"], block["limits"])
        goods = (item["reference"], item["name"], item["pack"])
        quantity = plain_number(item["thousandths"], french=french)
        rows.writerow([*map(harmless, texts), *map(harmless, goods), quantity, item["unit"]])
    return output.getvalue().encode("utf-8-sig")


def plain_number(thousandths: int, *, french: bool) -> str:
    """12500 -> "12,5" or "12.5": no unit, no spaces, no useless zeros."""
    whole, rest = divmod(thousandths, 1000)
    text = f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)
    return text.replace(".", ",") if french else text


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for a text: names are typed by strangers, and `=1+1` would be reckoned."""
    text = text.replace("\r", " ").replace("\n", " ")
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def decimal_of(thousandths: int) -> Decimal:
    return Decimal(thousandths) / 1000
