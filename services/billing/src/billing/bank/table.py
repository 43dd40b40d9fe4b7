"""Statements as a table (CSV): every bank writes its own, so an account keeps how its bank does, its `Mapping`."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from billing.bank.statement import (
    CUT,
    Line,
    Statement,
    Unreadable,
    _,
    cents_of,
    letters,
    tidied,
)

DELIMITERS = {"semicolon": ";", "comma": ",", "tab": "\t"}
ENCODINGS = ("utf-8", "cp1252")
DAYS = {"dmy": "%d/%m/%Y", "dmy_short": "%d/%m/%y", "ymd": "%Y-%m-%d"}
DECIMALS = {"comma": ",", "point": "."}
_TITLES_WITHIN = 40
"""Lines; banks write the account and its balance above the titles."""


@dataclass(frozen=True)
class Mapping:
    """How a bank writes its table. `delimiter`, `encoding`, `days`, `decimal`: keys of the tables above. The others are
    titles of columns: `amount`, or `credit` and `debit`; `texts`: one or several, with commas between; "" where there
    is none."""

    day: str
    delimiter: str = "semicolon"
    encoding: str = "utf-8"
    days: str = "dmy"
    decimal: str = "comma"
    amount: str = ""
    credit: str = ""
    debit: str = ""
    texts: str = ""
    name: str = ""
    iban: str = ""
    reference: str = ""

    @property
    def written(self) -> dict[str, str]:
        return asdict(self)

    @property
    def titles(self) -> list[str]:
        """Of the columns that must be there."""
        texts = [each.strip() for each in self.texts.split(",")]
        sums = [self.amount] if self.amount else [self.credit, self.debit]
        return [each for each in [self.day, *sums, *texts, self.name, self.iban, self.reference] if each]


def read(data: bytes, how: Mapping) -> Statement:
    """Raises Unreadable, which says where."""
    try:
        text = data.decode("utf-8-sig" if how.encoding == "utf-8" else how.encoding)
    except UnicodeDecodeError as error:
        sentence = _("The letters of line %(line)d cannot be read: try the other encoding.")
        raise Unreadable(sentence, line=data[: error.start].count(b"\n") + 1) from error
    rows = list(_rows(text, DELIMITERS[how.delimiter]))
    places = _places(rows, how)
    lines = []
    for number, row in rows[places["first"] :]:
        if any(cell.strip() for cell in row):
            lines.append(_line(row, number, places, how))
    if not lines:
        raise Unreadable(_("There is no line below the titles."))
    days = [each.day for each in lines]
    return Statement(lines=tuple(lines), since=min(days), until=max(days))


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """With the number of the line in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found = []
    try:
        for row in reader:
            found.append((reader.line_num, row))
    except csv.Error as error:
        raise Unreadable(CUT, line=reader.line_num) from error
    return found


def _places(rows: list[tuple[int, list[str]]], how: Mapping) -> dict[str, int]:
    """Where each column is, by title, and under "first" where the lines begin."""
    wanted = [_title(each) for each in how.titles]
    missing = how.titles
    for place, (_number, row) in enumerate(rows[:_TITLES_WITHIN]):
        titles = [_title(each) for each in row]
        lacking = [title for title, key in zip(how.titles, wanted, strict=True) if key not in titles]
        if not lacking:
            return {key: titles.index(key) for key in wanted} | {"first": place + 1}
        missing = min(missing, lacking, key=len)
    raise Unreadable(_("No line of titles with: %(titles)s."), titles=", ".join(missing))


def _title(text: str) -> str:
    return " ".join(text.split()).casefold()


def _line(row: list[str], number: int, places: dict[str, int], how: Mapping) -> Line:
    def cell(title: str) -> str:
        place = places[_title(title)] if title else len(row)
        return row[place].strip() if place < len(row) else ""

    needed = how.titles[: 2 if how.amount else 3]
    if len(row) <= max(places[_title(each)] for each in needed):
        raise Unreadable(CUT, line=number)
    texts = [cell(each.strip()) for each in how.texts.split(",") if each.strip()]
    return Line(
        day=_day(cell(how.day), number, how),
        cents=_cents(cell, number, how),
        bank_reference=cell(how.reference)[:70],
        text=tidied(" ".join(each for each in texts if each)),
        party_name=tidied(cell(how.name), 140),
        party_iban=letters(cell(how.iban))[:34],
    )


def _day(text: str, number: int, how: Mapping) -> date:
    for pattern in (DAYS[how.days], DAYS[how.days].replace("/", "-"), DAYS[how.days].replace("/", ".")):
        try:
            # A calendar day: it has no zone.
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
    sentence = _("Line %(line)d: “%(day)s” is no day as this bank writes them.")
    raise Unreadable(sentence, line=number, day=tidied(text, 40))


_Cell = Callable[[str], str]
"""What stands in the column of a title."""


def _cents(cell: _Cell, number: int, how: Mapping) -> int:
    if how.amount:
        return _sum(cell(how.amount), number, how)
    typed = cell(how.credit), cell(how.debit)
    if not any(typed):
        raise Unreadable(_("Line %(line)d has no amount."), line=number)
    came, went = (_sum(each, number, how) if each else 0 for each in typed)
    if came and went:
        raise Unreadable(_("Line %(line)d has both a credit and a debit."), line=number)
    # Some banks write what went out with a minus, some without.
    return came or -abs(went)


def _sum(text: str, number: int, how: Mapping) -> int:
    plain = re.sub(r"[\s\u00a0\u202f']|€|EUR$", "", text).replace("\u2212", "-")
    if how.decimal == "comma":
        plain = plain.replace(".", "") if re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,.*)?", plain) else plain
        plain = "?" if "." in plain else plain.replace(",", ".")
    elif re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\..*)?", plain):
        plain = plain.replace(",", "")
    try:
        return cents_of(plain)
    except ValueError as error:
        sentence = _("Line %(line)d: “%(amount)s” is no amount as this bank writes them.")
        raise Unreadable(sentence, line=number, amount=tidied(text, 40)) from error
