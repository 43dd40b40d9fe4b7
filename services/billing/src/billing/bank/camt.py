"""Statements in ISO 20022, camt.053.001.02 (2009) and .08 (2019), as banks in the SEPA send them.

What the two write differently is read either way: the state of an entry (`Sts` or `Sts/Cd`) and a party (`Dbtr/Nm` or
`Dbtr/Pty/Nm`). An entry that gathers several transactions is split into them where their amounts come to its own.
"""

import re
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from billing.bank.statement import (
    AMOUNT,
    BALANCE,
    CURRENCIES,
    CURRENCY,
    NO_DAY,
    NO_STATEMENT,
    NONE_IN_IT,
    NOT_PROVIDED,
    WRONG_DAY,
    Line,
    Statement,
    Unreadable,
    _,
    cents_of,
    checked,
    letters,
    tidied,
)
from billing.bank.xml_file import parsed

NAMESPACES = ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02", "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08")
_ANY = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]+\.[0-9]+\.[0-9]+\.[0-9]+)")
_NO_REFERENCE = ("NONREF", NOT_PROVIDED)


def read(data: bytes) -> list[Statement]:
    """Raises Unreadable."""
    root, namespace = parsed(data)
    if root.tag != "Document" or namespace not in NAMESPACES:
        kind = _ANY.fullmatch(namespace)
        if kind:
            sentence = _("This is a file %(kind)s: ask the bank for camt.053.001.02 or camt.053.001.08.")
            raise Unreadable(sentence, kind=kind[1])
        raise Unreadable(NO_STATEMENT)
    found = [_statement(each) for each in root.iterfind("BkToCstmrStmt/Stmt")]
    if not found:
        raise Unreadable(NONE_IN_IT)
    return found


def _statement(told: Element) -> Statement:
    iban, number = letters(_text(told, "Acct/Id/IBAN")), _text(told, "Acct/Id/Othr/Id")
    currency = _text(told, "Acct/Ccy") or CURRENCY
    if currency != CURRENCY:
        raise Unreadable(CURRENCIES, currency=currency)
    balances = {_text(each, "Tp/CdOrPrtry/Cd"): each for each in told.iterfind("Bal")}
    opening, closing = balances.get("OPBD", balances.get("PRCD")), balances.get("CLBD")
    lines: list[Line] = []
    pending = 0
    for place, entry in enumerate(told.iterfind("Ntry"), 1):
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts")) != "BOOK":
            pending += 1
        else:
            lines += _lines(entry, place)
    days = [each.day for each in lines]
    since = _day_of(told, "FrToDt/FrDtTm", "FrToDt/FrDt") or min(days, default=None)
    until = _day_of(closing, "Dt/Dt", "Dt/DtTm") or _day_of(told, "FrToDt/ToDtTm") or max(days, default=None)
    if until is None:
        raise Unreadable(NONE_IN_IT)
    return checked(
        Statement(
            lines=tuple(lines),
            since=min([since or until, until, *days]),
            until=max([until, *days]),
            iban=iban,
            number=number,
            opening_cents=None if opening is None else _signed(opening, 0),
            closing_cents=None if closing is None else _signed(closing, 0),
            pending=pending,
        )
    )


def _lines(entry: Element, place: int) -> Iterator[Line]:
    """An entry as it is, or the transactions it gathers."""
    cents = _signed(entry, place)
    day = _day_of(entry, "BookgDt/Dt", "BookgDt/DtTm") or _day_of(entry, "ValDt/Dt", "ValDt/DtTm")
    if day is None:
        raise Unreadable(NO_DAY, place=place)
    own, returned = _reference(entry), _text(entry, "RvslInd") in ("true", "1")
    gathered = entry.findall("NtryDtls/TxDtls")
    parts = [_part(each, cents, place) for each in gathered]
    if len(gathered) > 1 and None not in parts and sum(part or 0 for part in parts) == cents:
        for nth, (each, part) in enumerate(zip(gathered, parts, strict=True), 1):
            yield _line(each, entry, day, part or 0, _reference(each) or (own and f"{own}/{nth}"), returned)
    else:
        # Details that are of several payers name none of them.
        yield _line(gathered[0] if len(gathered) == 1 else None, entry, day, cents, own, returned)


def _part(told: Element, whole: int, place: int) -> int | None:
    """Cents of one transaction of an entry, by the sign of the entry where it has none; None where it does not say."""
    amount = told.find("Amt")
    if amount is None:
        amount = told.find("AmtDtls/TxAmt/Amt")
    if amount is None:
        return None
    cents = _amount(amount, place)
    sign = _text(told, "CdtDbtInd") or ("CRDT" if whole >= 0 else "DBIT")
    return cents if sign == "CRDT" else -cents


def _line(told: Element | None, entry: Element, day: date, cents: int, own: str, returned: bool) -> Line:
    more = tidied(_text(entry, "AddtlNtryInf"))
    if told is None:
        return Line(day, cents, bank_reference=own, text=more, returned=returned)
    side = "Dbtr" if (cents >= 0) is not returned else "Cdtr"
    end_to_end = _text(told, "Refs/EndToEndId")
    written = [each.text or "" for each in told.iterfind("RmtInf/Ustrd")]
    references = [each.text or "" for each in told.iterfind("RmtInf/Strd/CdtrRefInf/Ref")]
    said = " ".join(written) or _text(told, "AddtlTxInf") or more
    # Of what comes back: why, as a code of the banks and in words.
    why = " ".join(_text(told, f"RtrInf/{each}") for each in ("Rsn/Cd", "Rsn/Prtry", "AddtlInf"))
    return Line(
        day=day,
        cents=cents,
        bank_reference=own or _reference(told),
        end_to_end="" if letters(end_to_end) == NOT_PROVIDED else end_to_end[:70],
        reference=tidied(" ".join(references), 140),
        text=tidied(f"{said} {why}"),
        party_name=tidied(_text(told, f"RltdPties/{side}/Pty/Nm") or _text(told, f"RltdPties/{side}/Nm"), 140),
        party_iban=letters(_text(told, f"RltdPties/{side}Acct/Id/IBAN"))[:34],
        returned=returned,
    )


def _reference(told: Element) -> str:
    found = _text(told, "AcctSvcrRef") or _text(told, "Refs/AcctSvcrRef")
    return "" if found.upper() in _NO_REFERENCE else found[:70]


def _signed(told: Element, place: int) -> int:
    amount = told.find("Amt")
    if amount is None:
        raise Unreadable(AMOUNT if place else BALANCE, place=place, amount="")
    cents, sign = _amount(amount, place), _text(told, "CdtDbtInd")
    if sign not in ("CRDT", "DBIT"):
        raise Unreadable(_("Line %(place)d does not say whether it comes in or goes out."), place=place)
    return cents if sign == "CRDT" else -cents


def _amount(told: Element, place: int) -> int:
    currency, text = told.get("Ccy", CURRENCY), tidied(told.text, 40)
    if currency != CURRENCY:
        raise Unreadable(CURRENCIES, currency=currency)
    try:
        cents = cents_of(text)
        if cents >= 0:
            return cents
    except ValueError:
        pass
    raise Unreadable(AMOUNT if place else BALANCE, place=place, amount=text)


def _text(told: Element, path: str) -> str:
    return (told.findtext(path) or "").strip()


def _day_of(told: Element | None, *paths: str) -> date | None:
    """The first of these that is there. Raises Unreadable for one that is no day."""
    for path in paths:
        text = "" if told is None else _text(told, path)
        if text:
            try:
                return date.fromisoformat(text[:10])
            except ValueError as error:
                raise Unreadable(WRONG_DAY, day=tidied(text, 40)) from error
    return None
