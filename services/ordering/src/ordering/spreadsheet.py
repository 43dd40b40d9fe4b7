"""A spreadsheet that a household filled: XLSX, ODS or CSV, read to rows of what and how much."""

import asyncio
import csv
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import islice

from python_calamine import CalamineError, CalamineWorkbook

from ordering.offer import plain

MOST_BYTES = 2 * 1024**2
MOST_UNPACKED = 50 * 1024**2
"""Bytes a workbook may unpack to: a few kilobytes of zip can hold gigabytes of nothing."""
MOST_LINES = 5_000
MOST_COLUMNS = 50
MOST_CELL = 200
_HEADER_WITHIN = 30

_CODES = frozenset({"code", "no", "n°", "nº", "numero", "number", "num"})
_NAMES = frozenset({"produit", "product", "nom", "name", "article", "designation"})
_QUANTITIES = frozenset({"quantite", "quantity", "qte", "qty", "combien", "how many", "commande", "order"})


class Problem(StrEnum):
    """Why a file says nothing that can be ordered."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NO_COLUMNS = "no_columns"
    NO_QUANTITY = "no_quantity"
    OTHER_FORMAT = "other_format"
    BAD_CSV = "bad_csv"
    DAMAGED = "damaged"


class Unreadable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


async def order_lines(data: bytes) -> list[tuple[str, str]]:
    """`lines_of`, without holding up the event loop. Files are small: a thread will do."""
    if len(data) > MOST_BYTES:
        raise Unreadable(Problem.TOO_LARGE)
    return await asyncio.to_thread(lines_of, data)


def lines_of(data: bytes) -> list[tuple[str, str]]:
    """(number or name, quantity) of every row whose quantity is filled and not nought, as typed. Raises Unreadable."""
    if not data.strip():
        raise Unreadable(Problem.EMPTY)
    rows = _workbook(data) if data.startswith(b"PK\x03\x04") else _text(data)
    for number, header in enumerate(rows[:_HEADER_WITHIN]):
        titles = [plain(cell).strip(" .:") for cell in header]
        what = next((titles.index(t) for kind in (_CODES, _NAMES) for t in titles if t in kind), None)
        quantity = next((titles.index(t) for t in titles if t in _QUANTITIES), None)
        if what is not None and quantity is not None:
            return _filled(rows[number + 1 :], what, quantity)
    raise Unreadable(Problem.NO_COLUMNS)


def _filled(rows: Sequence[Sequence[str]], what: int, quantity: int) -> list[tuple[str, str]]:
    found = []
    for row in rows:
        cells = [*row, *[""] * (max(what, quantity) + 1 - len(row))]
        if cells[quantity].strip(" 0.,"):
            found.append((cells[what], cells[quantity]))
    if not found:
        raise Unreadable(Problem.NO_QUANTITY)
    return found


def _text(data: bytes) -> list[list[str]]:
    if b"\x00" in data or data.startswith((b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise Unreadable(Problem.OTHER_FORMAT)
    for encoding in ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    start = text[:5_000]
    separator = max(";\t,", key=start.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return [[_tidy(cell) for cell in row[:MOST_COLUMNS]] for row in islice(reader, MOST_LINES)]
    except csv.Error as error:
        raise Unreadable(Problem.BAD_CSV) from error


def _workbook(data: bytes) -> list[list[str]]:
    """The rows of its first sheet. Of a formula the value that the workbook kept of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable(Problem.TOO_LARGE)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = workbook.get_sheet_by_index(0)
        if sheet.total_width > 16 * MOST_COLUMNS or sheet.total_height > 10 * MOST_LINES:
            raise Unreadable(Problem.TOO_LARGE)
        values = sheet.to_python(skip_empty_area=False, nrows=MOST_LINES)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError) as error:
        raise Unreadable(Problem.DAMAGED) from error
    return [[_cell(value) for value in row[:MOST_COLUMNS]] for row in values]


def _cell(value: object) -> str:
    """A cell as a person reads it. Numbers are binary in workbooks: three decimals of them are meant."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")) or abs(value) >= 10**12:
            return ""
        return f"{round(Decimal(repr(value)), 3).normalize():f}"
    return _tidy(str(value)) if value is not None else ""


def _tidy(text: str) -> str:
    return " ".join(text[:MOST_CELL].split())
