"""The file of a temperature recorder, as its maker's program exports it: read whole, or told what is wrong by line.

Makers agree on nothing: the delimiter is found, headings are known in French and English or named by the coordinator,
dates are read in the order that the recorder writes them, decimals with comma or point. Fahrenheit is converted only
where the file itself says that it is.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from coldchain.sentences import marked
from logistics.cold import plausible

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 20_000
TOLD = 20
"""Faults told at once."""
HEAD = 80
"""Lines before the headings at most: makers put serial numbers and alarms there."""
AHEAD = timedelta(hours=1)

NO_HEADINGS = marked(
    "No line has headings for the date and the temperature: name them in the recorder's settings as they are written "
    "in the file."
)
TWO_UNITS = marked("The heading names Fahrenheit and Celsius at once: export the file in one unit.")
CUT = marked("The file ends in the middle of a line: export it again, whole.")
FEW_CELLS = marked("There are fewer cells than headings.")
NO_DATE = marked("“%(text)s” is no date and time in the order that this recorder writes.")
SKIPPED_HOUR = marked("“%(text)s” does not exist: the clocks go forward that night.")
NO_TEMPERATURE = marked("“%(text)s” is no temperature.")
IMPOSSIBLE = marked("“%(text)s”: no food and no cold room has that; the probe is broken, or this is another unit.")
OTHER_UNIT = marked("“%(text)s” is in Fahrenheit, and the heading does not say so.")
FUTURE = marked("“%(text)s” is still to come: is the order of day and month right, and the recorder's clock?")
TWICE = marked("The same moment comes twice with two temperatures: “%(text)s”.")
EMPTY = marked("There is no reading in this file.")
TOO_LONG = marked("This file is too long: at most 20,000 lines and 2 MiB. Export a shorter time.")
NO_TEXT = marked("This is no text file: export it as CSV.")


class Order(StrEnum):
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


@dataclass(frozen=True)
class Layout:
    """How a recorder writes. Empty headings: the usual ones."""

    zone: ZoneInfo
    order: Order = Order.DAY_FIRST
    date: str = ""
    time: str = ""
    temperature: str = ""


@dataclass(frozen=True)
class Line:
    """`number` in the file, from 1; `temperature` in tenths of °C."""

    number: int
    at: datetime
    temperature: int


class Fault(NamedTuple):
    """`line` 0: of the file as a whole."""

    line: int
    sentence: str
    text: str = ""


class Wrong(Exception):
    """Nothing of the file is taken."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


class _Headings(NamedTuple):
    row: int
    delimiter: str
    date: int
    time: int | None
    temperature: int
    fahrenheit: bool


_MOMENTS = frozenset({
    "date/time", "date / time", "date time", "datetime", "date et heure", "date/heure", "date / heure", "date heure",
    "date & heure", "date-heure", "horodatage", "timestamp", "time stamp", "moment",
})  # fmt: skip
_DATES = frozenset({"date", "jour", "day"})
_TIMES = frozenset({"time", "heure", "hour", "heures"})
_TEMPERATURES = frozenset({
    "temperature", "température", "temp", "temp.", "t", "t°", "t1", "celsius", "fahrenheit", "value", "valeur",
    "mesure",     "température 1", "temperature 1", "temp 1", "channel 1", "voie 1", "ch1", "",
})  # fmt: skip
_UNIT = re.compile(
    r"[\[(]?\s*(?:°|º|deg\.?|degrés?|degrees?)\s*(celsius|fahrenheit|c|f)\b\s*[\])]?"
    r"|[\[(]\s*(c|f)\s*[\])]|(celsius|fahrenheit)|(℃|℉)"
)
_CELL = re.compile(
    r"(?P<sign>[-+\u2212]?)\s*(?P<whole>[0-9]{1,4})(?:[.,](?P<part>[0-9]{1,4}))?\s*(?P<unit>[°º]?\s*[CFcf]?)"
)
_MOMENT = re.compile(
    r"(?P<a>[0-9]{1,4})[-/. ](?P<b>[0-9]{1,2})[-/. ](?P<c>[0-9]{1,4})[T ,;]+"
    r"(?P<hour>[0-9]{1,2})[:h](?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,]0+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def read(content: bytes, layout: Layout, now: datetime) -> list[Line]:
    """Every reading of the file. Raises Wrong."""
    text = _text(content)
    # Not splitlines: it takes more for line ends than recorders and people do.
    rows = re.split(r"\r\n|\n|\r", text)
    if len(content) > MOST_BYTES or len(rows) > MOST_LINES:
        raise Wrong([Fault(0, TOO_LONG)])
    headings = _headings(rows, layout)
    faults: list[Fault] = []
    found = list(_lines(rows, headings, layout, now, faults))
    if not text.endswith(("\n", "\r")) and not faults and not _ends_whole(rows, headings):
        faults.append(Fault(len(rows), CUT))
    if faults:
        raise Wrong(faults[:TOLD])
    if not found:
        raise Wrong([Fault(0, EMPTY)])
    return found


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise Wrong([Fault(0, NO_TEXT)]) from None
    if b"\x00" in content:
        raise Wrong([Fault(0, NO_TEXT)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _headings(rows: Sequence[str], layout: Layout) -> _Headings:
    """The line that names the columns. Raises Wrong."""
    for number, row in enumerate(rows[:HEAD]):
        for delimiter in (";", "\t", ","):
            cells = _cells(row, delimiter)
            if len(cells) < 2:
                continue
            named = [_plain(cell) for cell in cells]
            temperature = _find(named, layout.temperature, _TEMPERATURES, cells)
            date, time = _when(named, layout)
            if temperature is None or date is None or temperature == date:
                continue
            units = set(_units(cells[temperature]))
            if len(units) > 1:
                raise Wrong([Fault(number + 1, TWO_UNITS, cells[temperature])])
            return _Headings(number, delimiter, date, time, temperature, units == {"f"})
    raise Wrong([Fault(0, NO_HEADINGS)])


def _when(named: Sequence[str], layout: Layout) -> tuple[int | None, int | None]:
    """The columns of date and time; one column of both where there is no second."""
    if layout.date or layout.time:
        date = _find(named, layout.date, _MOMENTS | _DATES)
        return date, _find(named, layout.time, frozenset()) if layout.time else None
    both = _find(named, "", _MOMENTS)
    if both is not None:
        return both, None
    date, time = _find(named, "", _DATES), _find(named, "", _TIMES)
    return (time, None) if date is None else (date, time)


def _find(named: Sequence[str], wanted: str, usual: frozenset[str], cells: Sequence[str] = ()) -> int | None:
    if wanted:
        return next((at for at, name in enumerate(named) if name == _plain(wanted)), None)
    # A heading that is a unit alone ("°C") is one of a temperature.
    return next((at for at, name in enumerate(named) if name in usual and (name or (cells and _unit(cells[at])))), None)


def _cells(row: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([row], delimiter=delimiter), [])]
    except csv.Error:
        # A cell longer than any text: what is no table has none.
        return []


def _plain(cell: str) -> str:
    """A heading without its unit."""
    return " ".join(_UNIT.sub(" ", cell.casefold()).replace("()", " ").split()).strip(" :_-/")


def _units(cell: str) -> Iterator[str]:
    for match in _UNIT.finditer(cell.casefold()):
        said = next(group for group in match.groups() if group)
        yield {"℃": "c", "℉": "f"}.get(said, said[0])


def _unit(cell: str) -> str:
    return next(_units(cell), "")


def _lines(
    rows: Sequence[str], headings: _Headings, layout: Layout, now: datetime, faults: list[Fault]
) -> Iterator[Line]:
    seen: dict[datetime, int] = {}
    last: datetime | None = None
    for number, row in enumerate(rows[headings.row + 1 :], start=headings.row + 2):
        cells = _cells(row, headings.delimiter)
        if not any(cells):
            continue
        if len(cells) <= max(headings.date, headings.time or 0, headings.temperature):
            faults.append(Fault(number, FEW_CELLS))
            continue
        said = cells[headings.date] if headings.time is None else f"{cells[headings.date]} {cells[headings.time]}"
        at = _moment(said, layout, last)
        temperature = _temperature(cells[headings.temperature], headings.fahrenheit)
        if isinstance(at, str):
            faults.append(Fault(number, at, said))
        elif isinstance(temperature, str):
            faults.append(Fault(number, temperature, cells[headings.temperature]))
        elif at > now + AHEAD:
            faults.append(Fault(number, FUTURE, said))
        elif seen.get(at, temperature) != temperature:
            faults.append(Fault(number, TWICE, said))
        else:
            last = at
            if at not in seen:
                seen[at] = temperature
                yield Line(number, at, temperature)


def _moment(text: str, layout: Layout, last: datetime | None) -> datetime | str:
    """In UTC, or the sentence that says why not. An hour that comes twice is the second one where the line before is
    already in the first."""
    match = _MOMENT.fullmatch(" ".join(text.split()))
    if match is None:
        return NO_DATE
    a, b, c = match["a"], match["b"], match["c"]
    order = Order.YEAR_FIRST if len(a) == 4 else layout.order
    year, month, day = {Order.DAY_FIRST: (c, b, a), Order.MONTH_FIRST: (c, a, b), Order.YEAR_FIRST: (a, b, c)}[order]
    if len(year) not in (2, 4):
        return NO_DATE
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return NO_DATE
        hour = hour % 12 + (12 if match["half"].lower().startswith("p") else 0)
    try:
        plain = datetime(
            int(year) + (2000 if len(year) == 2 else 0), int(month), int(day), hour, int(match["minute"]),
            int(match["second"] or 0), tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return NO_DATE
    if match["zone"]:
        offset = match["zone"].replace("Z", "+00:00")
        return datetime.fromisoformat(f"{plain:%Y-%m-%dT%H:%M:%S}{offset}").astimezone(UTC)
    local = plain.replace(tzinfo=layout.zone)
    first = local.astimezone(UTC)
    if first.astimezone(layout.zone).replace(tzinfo=UTC) != plain:
        return SKIPPED_HOUR
    second = local.replace(fold=1).astimezone(UTC)
    return second if second != first and last is not None and first <= last else first


def _temperature(text: str, fahrenheit: bool) -> int | str:
    """In tenths of °C, to the nearest; or the sentence that says why not."""
    match = _CELL.fullmatch(text)
    if match is None:
        return NO_TEMPERATURE
    said = match["unit"].casefold()
    if said.endswith("f") and not fahrenheit:
        return OTHER_UNIT
    hundredths = int(match["whole"] + (match["part"] or "").ljust(4, "0")[:4])
    value = -hundredths if match["sign"] in ("-", "\u2212") else hundredths
    if fahrenheit and not said.endswith("c"):
        value = _nearest((value - 32_0000) * 5, 9)
    tenths = _nearest(value, 1000)
    return tenths if plausible.possible(tenths) else IMPOSSIBLE


def _nearest(value: int, by: int) -> int:
    """Halves away from zero."""
    whole = (2 * abs(value) + by) // (2 * by)
    return whole if value >= 0 else -whole


def _ends_whole(rows: Sequence[str], headings: _Headings) -> bool:
    """Whether the last line, which has no end, looks like the one before: a cut one has fewer digits somewhere. Of
    whole degrees in the last column nobody can tell."""
    last = _cells(rows[-1], headings.delimiter)
    before = _cells(rows[-2], headings.delimiter) if len(rows) - 2 > headings.row else []
    if not any(last) or len(last) != len(before):
        return False
    shapes = [re.sub(r"[0-9]", "0", cell) for cell in last], [re.sub(r"[0-9]", "0", cell) for cell in before]
    if headings.temperature != len(last) - 1:
        return shapes[0][-1] == shapes[1][-1]
    parts = [re.search(r"[.,]([0-9]+)\D*$", cells[-1]) for cells in (last, before)]
    return parts[0] is not None and parts[1] is not None and len(parts[0][1]) == len(parts[1][1])
