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
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def csv_file(name: str, rows: Iterable[Iterable[Cell]], language: str) -> Response:
    """`name`: of the file, without its ending."""
    output = io.StringIO()
    writer = csv.writer(output, delimiter=";" if language == "fr" else ",", lineterminator="\r\n")
    writer.writerows([_written(value, language) for value in row] for row in rows)
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(output.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _written(value: Cell, language: str) -> str:
    if isinstance(value, int):
        return decimals.typed_money(value, language)
    if value is None or isinstance(value, date):
        return value.isoformat() if value else ""
    # Names are typed by strangers, and a spreadsheet reckons what begins like this.
    return f"'{value}" if value.startswith(_DANGEROUS) else value
