"""A table as a file that Excel reads by double click: UTF-8 with a byte order mark; in French semicolons and decimal
commas."""

import csv
import io
from collections.abc import Iterable
from datetime import date

from fastapi.responses import Response

from ui import decimals

Cell = str | int | date | None
"""Whole numbers are cents."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(rows: Iterable[Iterable[Cell]], language: str) -> bytes:
    output = io.StringIO()
    writer = csv.writer(output, delimiter=";" if language == "fr" else ",", lineterminator="\r\n")
    writer.writerows([_written(value, language) for value in row] for row in rows)
    return output.getvalue().encode("utf-8-sig")


def csv_file(name: str, rows: Iterable[Iterable[Cell]], language: str) -> Response:
    """To be kept by who asks for it. `name`: of the file, without its ending."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(csv_of(rows, language), media_type="text/csv; charset=utf-8", headers=headers)


def _written(value: Cell, language: str) -> str:
    if isinstance(value, int):
        return decimals.typed_money(value, language)
    return harmless(value) if isinstance(value, str) else value.isoformat() if value else ""


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for a text: names are typed by strangers, and `=1+1` would be reckoned."""
    text = text.replace("\r", " ").replace("\n", " ")
    return f"'{text}" if text.startswith(_DANGEROUS) else text
