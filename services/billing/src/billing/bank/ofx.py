"""Statements in OFX, 1 (SGML, where most tags are never closed) and 2 (XML): what most French banks offer.

Both are the same tags, so one small reader takes both; it knows nothing of DTDs and entities of a file's own. Why not
the library there is for OFX: ADR 0019.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from billing.bank.statement import (
    AMOUNT,
    BALANCE,
    CURRENCIES,
    CURRENCY,
    CUT,
    ENTITIES,
    NO_DAY,
    NO_STATEMENT,
    NONE_IN_IT,
    WRONG_DAY,
    Line,
    Statement,
    Unreadable,
    cents_of,
    checked,
    letters,
    tidied,
)

_TAG = re.compile(r"<(/?)([A-Za-z0-9_.]+)\s*>([^<]*)")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_CHARSET = re.compile(rb"CHARSET:\s*([A-Za-z0-9_-]+)|encoding=[\"']([A-Za-z0-9_-]+)[\"']")
_BBAN = (5, 5, 11, 2)
"""Bank, branch, account and key: a French account number as OFX gives it in pieces."""


@dataclass
class _Piece:
    """An aggregate: its values by tag, the first of each, and the aggregates in it."""

    tag: str
    values: dict[str, str] = field(default_factory=dict)
    pieces: list["_Piece"] = field(default_factory=list)

    def all(self, tag: str) -> Iterator["_Piece"]:
        for each in self.pieces:
            if each.tag == tag:
                yield each
            yield from each.all(tag)

    def first(self, tag: str) -> "_Piece | None":
        return next(self.all(tag), None)


def is_ofx(data: bytes) -> bool:
    head = data[:2000].upper()
    return b"<OFX>" in head or b"OFXHEADER" in head


def read(data: bytes) -> list[Statement]:
    """Raises Unreadable."""
    text = _decoded(data)
    if "<!" in text:
        raise Unreadable(ENTITIES)
    whole = _tree(text[text.upper().find("<OFX>") :])
    found = [_statement(each) for each in whole.all("STMTRS")]
    if not found:
        raise Unreadable(NONE_IN_IT)
    return found


def _decoded(data: bytes) -> str:
    named = _CHARSET.search(data[:1000])
    charset = (named[1] or named[2]).decode("ascii").lower() if named else "utf-8"
    charset = {"1252": "cp1252", "none": "utf-8", "8859-1": "latin-1"}.get(charset, charset)
    for each in ("utf-8", charset, "cp1252"):
        # UTF-8 first: many files that say 1252 are UTF-8, and what is no UTF-8 cannot be taken for it.
        try:
            return data.decode(each)
        except (UnicodeDecodeError, LookupError):
            continue
    raise Unreadable(NO_STATEMENT)


_AGGREGATES = frozenset(
    {"OFX", "SIGNONMSGSRSV1", "SONRS", "FI", "STATUS", "BANKMSGSRSV1", "STMTTRNRS", "STMTRS", "BANKACCTFROM"}
    | {"BANKACCTTO", "CCACCTTO", "BANKTRANLIST", "STMTTRN", "PAYEE", "LEDGERBAL", "AVAILBAL", "CURRENCY"}
    | {"ORIGCURRENCY", "BALLIST", "BAL"}
)
_MOST_DEEP = 40


def _tree(text: str) -> _Piece:
    top = _Piece("")
    open_pieces, line = [top], 1
    for match in _TAG.finditer(text):
        closing, tag, value = match[1], match[2].upper(), html.unescape(match[3]).strip()
        line += match[0].count("\n")
        if closing:
            # What closes a value has nothing to close; what closes an aggregate closes what is open within.
            if any(each.tag == tag for each in open_pieces[1:]):
                while open_pieces.pop().tag != tag:
                    pass
        elif tag in _AGGREGATES or (not value and f"</{tag}>" in text[match.end() : match.end() + 4000].upper()):
            piece = _Piece(tag)
            open_pieces[-1].pieces.append(piece)
            open_pieces.append(piece)
            if len(open_pieces) > _MOST_DEEP:
                raise Unreadable(NO_STATEMENT)
        else:
            open_pieces[-1].values.setdefault(tag, value)
    if len(open_pieces) > 1 or top.first("OFX") is None:
        raise Unreadable(CUT, line=line)
    return top


def _statement(told: _Piece) -> Statement:
    currency = told.values.get("CURDEF", CURRENCY)
    if currency != CURRENCY:
        raise Unreadable(CURRENCIES, currency=currency)
    account = told.first("BANKACCTFROM") or _Piece("")
    period, balance = told.first("BANKTRANLIST") or _Piece(""), told.first("LEDGERBAL")
    lines = tuple(_line(each, place) for place, each in enumerate(period.all("STMTTRN"), 1))
    days = [each.day for each in lines]
    since = _day(period.values.get("DTSTART", "")) or min(days, default=None)
    until = _day((balance or period).values.get("DTASOF" if balance else "DTEND", "")) or max(days, default=None)
    if since is None or until is None:
        raise Unreadable(NONE_IN_IT)
    return checked(
        Statement(
            lines=lines,
            since=min([since, until, *days]),
            until=max([until, *days]),
            iban=_iban(account),
            number=letters(account.values.get("ACCTID", "")),
            closing_cents=None if balance is None else _cents(balance.values.get("BALAMT", ""), 0),
        )
    )


def _iban(account: _Piece) -> str:
    """Where it is written, or where a French number is there with its key."""
    pieces = [letters(account.values.get(tag, "")) for tag in ("BANKID", "BRANCHID", "ACCTID", "ACCTKEY")]
    if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", pieces[2]):
        return pieces[2]
    if tuple(len(each) for each in pieces) != _BBAN:
        return ""
    bban = "".join(pieces)
    figures = int("".join(str(int(each, 36)) for each in bban + "FR00"))
    return f"FR{98 - figures % 97:02d}{bban}"


def _line(told: _Piece, place: int) -> Line:
    day, values = _day(told.values.get("DTPOSTED", "")), told.values
    if day is None:
        raise Unreadable(NO_DAY, place=place)
    payee, other = told.first("PAYEE"), told.first("BANKACCTTO")
    name = tidied(values.get("NAME") or (payee.values.get("NAME", "") if payee else ""), 140)
    texts = [tidied(values.get("MEMO", "")), values.get("CHECKNUM", "")]
    return Line(
        day=day,
        cents=_cents(values.get("TRNAMT", ""), place),
        bank_reference=values.get("FITID", "")[:70],
        text=tidied(" ".join(each for each in texts if each)) or name,
        party_name=name,
        party_iban=_iban(other) if other else "",
    )


def _cents(text: str, place: int) -> int:
    plain = text.replace(" ", "").replace("\u00a0", "")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        return cents_of(plain)
    except ValueError as error:
        raise Unreadable(AMOUNT if place else BALANCE, place=place, amount=tidied(text, 40)) from error


def _day(text: str) -> date | None:
    match = _DAY.match(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError as error:
        raise Unreadable(WRONG_DAY, day=tidied(text, 40)) from error
