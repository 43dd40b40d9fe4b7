"""What an entry is, and what entries come to. Nothing here does I/O.

An entry moves cents from one account to another, some times. Each movement has its debit and its credit in itself, so
an entry that does not balance cannot be written down at all, neither here nor in the database.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from billing.ledger.chart import Account, fits


class Side(NamedTuple):
    """An account, and of whom: a household's or a producer's id, or "" where it is kept for nobody apart."""

    account: Account
    of: str = ""


class Movement(NamedTuple):
    """`cents`, above zero, in the debit of one account and the credit of the other. `rate_hundredths`: the rate of VAT
    of what was sold or taxed, 0 where there is none."""

    debit: Side
    credit: Side
    cents: int
    rate_hundredths: int = 0


class WrongEntry(Exception):
    """A rule made what no book may hold."""


def move(debit: Side, credit: Side, cents: int, rate_hundredths: int = 0) -> list[Movement]:
    """One movement; none for nothing. A sum below zero goes the other way."""
    if cents < 0:
        debit, credit, cents = credit, debit, -cents
    return [Movement(debit, credit, cents, rate_hundredths)] if cents else []


def opposite(movements: Iterable[Movement]) -> tuple[Movement, ...]:
    """What takes movements back: the same in the other direction."""
    return tuple(each._replace(debit=each.credit, credit=each.debit) for each in movements)


@dataclass(frozen=True)
class Cause:
    """Why an entry was made: the `event` that led to it (its ce-id), who did it ("" where nobody did, a closing for
    instance), and the `rule` that was applied, in its `version`."""

    event: str
    rule: str
    version: int
    person_id: str = ""


@dataclass(frozen=True)
class Entry:
    """An entry to be made. `key` is its business key: a book has one entry of a key. `day`: of what it tells; it is
    booked on that day or on the first that is not closed. `document_hash`: of the paper it was made from, of the
    `revision` of a cycle's amount due (0 where it is no such paper). `counters`: the number of the entry taken back."""

    book: str
    key: str
    day: date
    journal: str
    cause: Cause
    movements: tuple[Movement, ...]
    cycle_id: str = ""
    household_id: str = ""
    revision: int = 0
    document_hash: str = ""
    counters: int | None = None

    def __post_init__(self) -> None:
        if not self.movements:
            raise WrongEntry(f"{self.key} moves nothing")
        for debit, credit, cents, _rate in self.movements:
            if cents <= 0 or debit == credit:
                raise WrongEntry(f"{self.key} moves {cents} cents from {credit} to {debit}")
            for account in (debit[0], credit[0]):
                if not fits(self.book, account):
                    raise WrongEntry(f"{self.key}: {account} is no account of the book {self.book}")


Totals = dict[Any, tuple[int, int]]
"""What stands in the debit and what in the credit, by whatever they are summed up by. Cents."""


def fold(movements: Iterable[Movement]) -> Totals:
    """By `Side`."""
    sums: Totals = {}
    for debit, credit, cents, _rate in movements:
        in_debit, in_credit = sums.get(debit, (0, 0))
        sums[debit] = in_debit + cents, in_credit
        in_debit, in_credit = sums.get(credit, (0, 0))
        sums[credit] = in_debit, in_credit + cents
    return sums


def added(one: Totals, other: Totals) -> Totals:
    return {
        key: (one.get(key, (0, 0))[0] + other.get(key, (0, 0))[0], one.get(key, (0, 0))[1] + other.get(key, (0, 0))[1])
        for key in one.keys() | other.keys()
    }


GENESIS = "0" * 64
"""What the first link of a chain follows."""


def link(previous: str, content: Sequence[Any]) -> str:
    """The hash (SHA-256) of `content` chained to the one before: whoever changes a byte breaks all that follow.

    Written as JSON: numbers, texts and None as they are, days and instants by ISO 8601, instants in UTC.
    """
    return sha256(_text_of([previous, *content]).encode()).hexdigest()


def as_written(value: Any) -> str:
    """Days and instants as they go into hashes."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} is nothing that is kept in a book")


_text_of = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=as_written).encode
