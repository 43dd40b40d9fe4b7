"""The chain of each book: every entry's hash is that of the one before it and of all that it says, reckoned here once
more from the rows as they lie there."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence, Rows
from tests.faults.history import History

BEGINS = "0" * 64
SAYS = (
    *(
        "book",
        "number",
        "key",
        "booked_on",
        "posted_at",
        "journal",
        "rule",
        "rule_version",
        "cause",
        "person_id",
        "cycle_id",
    ),
    *("household_id", "revision", "document_hash", "counters"),
)
MOVES = ("debit", "debit_of", "credit", "credit_of", "cents", "rate_hundredths")


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    movements: dict[tuple[str, int], Rows] = defaultdict(list)
    for row in evidence.of("billing", "movements"):
        movements[row["book"], row["number"]].append(row)
    last: dict[str, str] = {}
    for row in sorted(evidence.of("billing", "entries"), key=lambda row: (row["book"], row["number"])):
        book = row["book"]
        moved = sorted(movements.pop((book, row["number"]), []), key=lambda one: one["place"])
        if not moved:
            yield Violation("chain", f"entry {row['number']} of {book} moves nothing")
        if row["hash"] != linked(last.get(book, BEGINS), row, moved):
            yield Violation("chain", f"entry {row['number']} of {book} is not what its hash says, or does not follow")
        last[book] = row["hash"]
    for book, number in sorted(movements):
        yield Violation("chain", f"something moves in {book} by entry {number}, which is not there")
    heads = {row["id"]: row["hash"] for row in evidence.of("billing", "heads")}
    for book in sorted(heads.keys() | last.keys()):
        if heads.get(book, BEGINS) != last.get(book, BEGINS):
            yield Violation("chain", f"{book} ends with {last.get(book)}, and says {heads.get(book)}")


def linked(before: str, row: dict[str, Any], movements: Rows) -> str:
    at = datetime.fromisoformat(row["posted_at"])
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    says = row | {"posted_at": at.isoformat(timespec="microseconds")}
    told = [before, *(says[name] for name in SAYS), [[one[name] for name in MOVES] for one in movements]]
    return sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
