"""The ledger: in each producer's book stands what its households' cheques say, once, and no number is missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence, Rows
from tests.faults.history import History

Claims = dict[tuple[str, str, str], int]
"""(producer, cycle, household) -> cents that the household owes by the sales."""


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    owed = claims_of(evidence.of("billing", "amounts"))
    # What was booked and taken back stands with nothing.
    booked = {key: cents for key, cents in _booked(evidence.of("billing", "sales")).items() if cents}
    for key in sorted(owed.keys() | booked.keys()):
        if owed.get(key) != booked.get(key):
            book, cycle_id, household_id = key
            yield Violation(
                "books",
                f"in the book of {book} household {household_id} owes {booked.get(key)} for cycle {cycle_id},"
                f" its cheque says {owed.get(key)}",
            )
    for row in evidence.of("billing", "books"):
        if not row["entries"] == row["newest"] == row["there"]:
            yield Violation("books", f"the numbers of a book have a gap: {row}")


def claims_of(amounts: Iterable[dict[str, Any]]) -> Claims:
    """What the amounts that hold say."""
    found: Claims = defaultdict(int)
    for amount in amounts:
        for cheque in amount["cheques"]:
            owes = cheque["gross_cents"] + cheque.get("deposit_cents", 0)
            found[cheque["producer_id"], amount["cycle_id"], amount["household_id"]] += owes
    return {key: cents for key, cents in found.items() if cents}


def _booked(rows: Rows) -> Claims:
    return {(row["book"], row["cycle_id"], row["household_id"]): row["claim_cents"] for row in rows}


def booked_as(amounts: Iterable[dict[str, Any]]) -> dict[str, Rows]:
    """The rows of books in which all that is right."""
    claims = claims_of(amounts)
    sales = [
        {"book": book, "cycle_id": cycle_id, "household_id": household_id, "claim_cents": cents}
        for (book, cycle_id, household_id), cents in claims.items()
    ]
    numbers = {book: sum(key[0] == book for key in claims) for book in sorted({key[0] for key in claims})}
    books = [{"id": book, "entries": count, "newest": count, "there": count} for book, count in numbers.items()]
    return {"sales": sales, "books": books}
