"""What a statement of a bank account is, whatever file it came in. Nothing here does I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

MOST_LINES = 20_000
MOST_CENTS = 10**12
MOST_TEXT = 500
CURRENCY = "EUR"
NOT_PROVIDED = "NOTPROVIDED"
"""What a bank writes where the payer gave no end-to-end id (EPC rulebook of credit transfers)."""


class Unreadable(Exception):
    """The file says nothing that can be kept. `text`: an English sentence, with %(name)s where one of `values` goes."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values)
        self.text = text
        self.values: Mapping[str, object] = values


def _(text: str) -> str:
    """Marks a sentence for the translators."""
    return text


NO_STATEMENT = _("This is no statement of a bank.")
NONE_IN_IT = _("There is no statement in this file.")
CUT = _("The file is cut off or damaged at line %(line)d: take it from the bank again.")
ENTITIES = _("This file defines entities of its own: no bank sends that, and it is not read.")
TOO_LONG = _("This file has more than %(most)d lines: ask the bank for a shorter period.")
CURRENCIES = _("This account is kept in %(currency)s; only euros are understood.")
NO_DAY = _("Line %(place)d has no day.")
WRONG_DAY = _("“%(day)s” is no day.")
AMOUNT = _("The amount of line %(place)d cannot be read: “%(amount)s”.")
BALANCE = _("A balance of this file cannot be read: “%(amount)s”.")


@dataclass(frozen=True)
class Line:
    """One movement of the account. `cents`: above zero what came in, below what went out. `bank_reference`: the bank's
    own, "" where it gives none. `end_to_end`: the payer's id; `reference`: a structured one (ISO 11649); `text`: what
    was written with it. `party_name`, `party_iban`: the other side. `returned`: takes an earlier movement back."""

    day: date
    cents: int
    bank_reference: str = ""
    end_to_end: str = ""
    reference: str = ""
    text: str = ""
    party_name: str = ""
    party_iban: str = ""
    returned: bool = False


@dataclass(frozen=True)
class Statement:
    """`iban`: "" where the file names no account by it; `number`: what the file names the account by then, or "".
    `opening_cents`, `closing_cents`: None where the file does not say. `until`: the day of the closing balance.
    `pending`: lines left out, that the bank has announced but not booked."""

    lines: tuple[Line, ...]
    since: date
    until: date
    iban: str = ""
    number: str = ""
    opening_cents: int | None = None
    closing_cents: int | None = None
    pending: int = 0


def checked(one: Statement) -> Statement:
    """The statement, if what it opens with and its lines come to what it closes with. Raises Unreadable."""
    if len(one.lines) > MOST_LINES:
        raise Unreadable(TOO_LONG, most=MOST_LINES)
    if one.opening_cents is None or one.closing_cents is None:
        return one
    comes_to = one.opening_cents + sum(each.cents for each in one.lines)
    if comes_to != one.closing_cents:
        sentence = _(
            "The balance at the beginning and the lines come to %(sum)s, but the file says %(closing)s: "
            "lines are missing, or too many are there."
        )
        raise Unreadable(sentence, sum=in_euros(comes_to), closing=in_euros(one.closing_cents))
    return one


def in_euros(cents: int) -> str:
    """As in a file: for sentences about what stands in one."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]*)?")


def cents_of(text: str) -> int:
    """`12.5`, `-12.50`, `+0012.500` -> 1250, -1250, 1250: what machines write. Raises ValueError."""
    if not _PLAIN.fullmatch(text):
        raise ValueError(text)
    try:
        cents = Decimal(text).scaleb(2)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if cents != cents.to_integral_value() or abs(cents) > MOST_CENTS:
        raise ValueError(text)
    return int(cents)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]+")


def tidied(text: str | None, most: int = MOST_TEXT) -> str:
    """One line of text, without what no page can show."""
    return " ".join(_CONTROL.sub(" ", text or "").split())[:most]


def letters(text: str) -> str:
    """Only letters and figures, in capitals: how references and account numbers are compared."""
    return "".join(each for each in text.upper() if each.isascii() and each.isalnum())
