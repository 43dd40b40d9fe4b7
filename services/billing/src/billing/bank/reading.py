"""A file of the bank, whatever its format, read for one account. Nothing here does I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from billing.bank import camt, ofx, table
from billing.bank.statement import Line, Statement, Unreadable, _, checked, letters
from billing.bank.table import Mapping

MOST_BYTES = 10 * 1024**2


class Format(StrEnum):
    CAMT = "camt"
    OFX = "ofx"
    TABLE = "table"


@dataclass(frozen=True)
class Gap:
    """The account does not go on with what it closed with: statements between two are missing."""

    day: date
    closed_cents: int
    opens_cents: int


@dataclass(frozen=True)
class BankFile:
    """What a file says of one account: `statements`, the oldest first, at least one. `others`: of how many other
    accounts it tells too, which is left aside."""

    format: Format
    statements: Sequence[Statement]
    others: int = 0

    @property
    def lines(self) -> list[Line]:
        return [line for each in self.statements for line in each.lines]

    @property
    def in_cents(self) -> int:
        return sum(each.cents for each in self.lines if each.cents > 0)

    @property
    def out_cents(self) -> int:
        return sum(each.cents for each in self.lines if each.cents < 0)

    @property
    def since(self) -> date:
        return min(each.since for each in self.statements)

    @property
    def until(self) -> date:
        return max(each.until for each in self.statements)

    @property
    def opening_cents(self) -> int | None:
        return self.statements[0].opening_cents

    @property
    def closing_cents(self) -> int | None:
        return self.statements[-1].closing_cents

    @property
    def pending(self) -> int:
        return sum(each.pending for each in self.statements)

    @property
    def gaps(self) -> list[Gap]:
        return gaps((each.until, each.opening_cents, each.closing_cents) for each in self.statements)


def gaps(balances: Iterable[tuple[date, int | None, int | None]]) -> list[Gap]:
    """`balances`: until when, opening, closing, the oldest first; None where a statement does not say."""
    told = [each for each in balances if each[1] is not None or each[2] is not None]
    return [
        Gap(day, closed, opens)
        for (day, _opened, closed), (_until, opens, _closed) in pairwise(told)
        if closed is not None and opens is not None and closed != opens
    ]


LARGE = _("This file is larger than %(most)d MB: ask the bank for a shorter period.")
EMPTY = _("This file is empty.")
ARCHIVE = _("This is an archive or a spreadsheet: unpack it, or ask the bank for camt.053, OFX or CSV.")
NO_MAPPING = _("If this is a table (CSV), say first, on the page of this account, how its bank writes them.")
OTHER_ACCOUNT = _("This file is of another account: %(account)s.")


def read(data: bytes, iban: str, how: Mapping | None) -> BankFile:
    """The file, for the account `iban`. `how`: as this bank writes tables, None where nobody said it. Raises
    Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(LARGE, most=MOST_BYTES // 1024**2)
    if not data.strip():
        raise Unreadable(EMPTY)
    if data.startswith(b"PK\x03\x04"):
        raise Unreadable(ARCHIVE)
    if ofx.is_ofx(data):
        return _of(Format.OFX, ofx.read(data), iban)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _of(Format.CAMT, camt.read(data), iban)
    if how is None:
        raise Unreadable(NO_MAPPING)
    return BankFile(Format.TABLE, [checked(table.read(data, how))])


def _of(kind: Format, told: list[Statement], iban: str) -> BankFile:
    mine = [each for each in told if _is_of(each, iban)]
    others = {each.iban or each.number for each in told if each not in mine}
    if not mine:
        raise Unreadable(OTHER_ACCOUNT, account=", ".join(sorted(others - {""})) or "?")
    return BankFile(kind, sorted(mine, key=lambda each: (each.since, each.until)), others=len(others))


def _is_of(one: Statement, iban: str) -> bool:
    """By its IBAN, or by the account number that is in the IBAN."""
    if one.iban:
        return one.iban == iban
    number = letters(one.number)
    return len(number) >= 8 and number in iban
