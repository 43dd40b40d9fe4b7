"""Files as they come: CSV in whatever encoding and separator, or an XLSX workbook, to rows of text."""

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from catalog.price_list.columns import recognised
from catalog.sentence import Sentence, _

MOST_LINES = 20_000
MOST_COLUMNS = 200
MOST_CELL = 4_000
MOST_UNPACKED = 400 * 1024**2
"""Bytes a workbook may unpack to: a few kilobytes of zip can hold gigabytes of nothing."""
_HEADER_WITHIN = 20
_SEPARATORS = (";", ",", "\t")


class Unreadable(Exception):
    """The file as a whole cannot be read; `sentence` says why, for the person who sent it."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class Row:
    """`number` counts from 1 as a spreadsheet shows it, the header included."""

    number: int
    cells: tuple[str, ...]


def rows_of(data: bytes, file_name: str = "") -> list[Row]:
    """The rows that hold anything, from the header on. Raises Unreadable."""
    if not data.strip():
        raise Unreadable(_("The file is empty."))
    if data.startswith(b"PK\x03\x04"):
        table = _workbook(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("This is an old workbook (.xls): save it as .xlsx or .csv, then send it again."))
    elif data.startswith(b"%PDF"):
        raise Unreadable(_("This is a PDF: send the price list as .xlsx or .csv."))
    else:
        table = _text_table(_decoded(data))
    rows = [Row(n, cells) for n, cells in enumerate(table, start=1) if any(cells)]
    if not rows:
        raise Unreadable(_("The file is empty."))
    rows = rows[_header_index(rows) :]
    if len(rows) - 1 > MOST_LINES:
        raise Unreadable(
            _(
                "The list has %(lines)s lines, at most %(most)s can be read at once: send it in several parts.",
                lines=len(rows) - 1,
                most=MOST_LINES,
            )
        )
    return rows


def _header_index(rows: list[Row]) -> int:
    """Lists begin with an address or a title: the header is the row that names most columns we know."""
    known = [recognised(row.cells) for row in rows[:_HEADER_WITHIN]]
    return max(range(len(known)), key=lambda index: (known[index], -index))


# --- CSV ---


def _decoded(data: bytes) -> str:
    """UTF-8 (with or without its mark) where it is valid; else UTF-16 by its mark, else the Windows page 1252.

    Every Latin-1 list is a valid 1252 one, and old French spreadsheets write 1252; the five bytes 1252 leaves
    undefined are read as Latin-1.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _text_table(text: str) -> list[tuple[str, ...]]:
    if "\x00" in text:
        raise Unreadable(_("This is neither a CSV file nor an XLSX workbook."))
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]
    start = text[:20_000]
    separator = max(_SEPARATORS, key=lambda mark: _columns_seen(start, mark))
    rows: list[tuple[str, ...]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            rows.append(_tidy(cells))
            if len(rows) > 2 * MOST_LINES:
                break
    except csv.Error as error:
        raise Unreadable(
            _("Line %(line)s cannot be read as CSV: is there a quotation mark too many?", line=reader.line_num)
        ) from error
    return rows


def _columns_seen(start: str, separator: str) -> tuple[int, int]:
    """How many columns we know, and how many there are, when lines are cut at `separator`."""
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=separator)
    seen: list[tuple[int, int]] = [(0, 0)]
    try:
        for _number, cells in zip(range(_HEADER_WITHIN), reader, strict=False):
            seen.append((recognised(cells), len(cells)))
    except csv.Error:
        pass
    return max(seen)


def _tidy(cells: list[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell[:MOST_CELL].split()) for cell in cells[:MOST_COLUMNS])


# --- XLSX ---


def _workbook(data: bytes) -> list[tuple[str, ...]]:
    """The first sheet that names columns we know. Of a formula we read the value that the workbook kept of it."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable(_("The workbook is too large: keep only the price list in it."))
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        best: list[tuple[str, ...]] = []
        for meta in workbook.sheets_metadata:
            if meta.visible is not SheetVisibleEnum.Visible:
                continue
            sheet = workbook.get_sheet_by_name(meta.name)
            if sheet.total_width > 16 * MOST_COLUMNS or sheet.total_height > 10 * MOST_LINES:
                raise Unreadable(_("The workbook is too large: keep only the price list in it."))
            values = sheet.to_python(skip_empty_area=False, nrows=2 * MOST_LINES)
            table = [tuple(_cell(value) for value in row[:MOST_COLUMNS]) for row in values]
            if _known_in(table) > _known_in(best) or not best:
                best = table
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable(_("This workbook cannot be opened: is it damaged, or locked with a password?")) from error
    return best


def _known_in(table: list[tuple[str, ...]]) -> int:
    return max((recognised(cells) for cells in table[:_HEADER_WITHIN]), default=-1)


def _cell(value: object) -> str:
    """A cell as a person reads it. Numbers are binary in workbooks: six decimals of them are meant."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return ""
        number = Decimal(repr(value))
        if abs(number) >= 10**15:
            return str(number)
        number = round(number, 6).normalize()
        return f"{number:f}"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return " ".join(str(value)[:MOST_CELL].split()) if value is not None else ""
