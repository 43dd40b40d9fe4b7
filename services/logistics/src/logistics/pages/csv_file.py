"""A pick list as CSV, for whoever feeds it to a program of their own."""

from logistics.sheet import Plain, shares
from ui import csv_file

NAMES = ("group", "pickup", "household", "class", "temperature", "reference", "product", "pack", "quantity", "unit")


def csv_of(sheet: Plain) -> bytes:
    """One row for each share: by household where the group has bags, else by group."""
    french = sheet["language"] == "fr"
    rows = [[sheet["labels"][name] for name in NAMES]]
    for group, block, household, item in shares(sheet):
        texts = (group["name"], group["when"], household, block["name"], block["limits"])
        goods = (item["reference"], item["name"], item["pack"])
        rows.append([*texts, *goods, plain_number(item["thousandths"], french=french), item["unit"]])
    return csv_file.csv_of(rows, sheet["language"])


def plain_number(thousandths: int, *, french: bool) -> str:
    """12500 -> "12,5" or "12.5": no unit, no spaces, no useless zeros."""
    whole, rest = divmod(thousandths, 1000)
    text = f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)
    return text.replace(".", ",") if french else text
