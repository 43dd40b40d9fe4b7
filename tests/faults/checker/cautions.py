"""Cautions: what went out is there as it was typed, and is taken back when, and only when, somebody did that; what a
household gave and did not get back lies apart for it; and nothing goes out that was not held."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import Sums, booked, by_paper, sent_again, statuses, taken_or_not, there
from tests.faults.checker.violation import Violation
from tests.faults.evidence import HUB, Evidence, Rows
from tests.faults.history import History

CAUTIONS = "cautions"
OWED, KEPT = "deposits", "cautions_kept"
MONEY = ("bank", "cash", "cheques")


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    sent, undone = by_paper(history.of("caution")), by_paper(history.of("caution undone"))
    register = {row["id"]: row for row in evidence.of("billing", "cautions")}
    books = booked(evidence.of("billing", "given_out"), "caution")
    yield from there("caution", sent, register, status)
    for out_id in sorted(sent.keys() & register.keys()):
        row, said = register[out_id], sent[out_id][0]
        found = row["household_id"], row["kind"] or row["what"], row["cents"]
        if found != (said["household_id"], said["how"], said["cents"]):
            yield Violation("caution", f"{row} is not what was typed in: {said}")
        if (row["undone_at"] is not None) not in taken_or_not(undone.get(out_id, []), status):
            yield Violation("caution", f"{row} was taken back, and nobody did, or was not, and somebody did")
        yield from sent_again("caution", out_id, sent[out_id], status)
        yield from _booked(row, books.get(out_id, Counter()))
    for out_id in sorted(books.keys() - register.keys()):
        yield Violation("caution", f"{out_id} is in the book, and nothing of that id went out")
    yield from _held(evidence)


def _booked(row: dict[str, Any], sums: Sums) -> Iterator[Violation]:
    """The debt is less by it, and the money is not apart any more; refunded it is gone, kept it is the hub's own."""
    cents = 0 if row["undone_at"] is not None else row["cents"]
    kept = cents if row["what"] == "kept" else 0
    apart = sum(sums[HUB, account, CAUTIONS] for account in MONEY)
    money = sum(count for (_, account, _), count in sums.items() if account in MONEY)
    found = sums[HUB, OWED, row["household_id"]], apart, money, sums[HUB, KEPT, ""]
    if found != (cents, -cents, kept - cents, -kept):
        yield Violation("caution", f"{row}: the book says {dict(sums)}")


def _held(evidence: Evidence) -> Iterator[Violation]:
    owed, apart = sums_of(evidence)
    for household_id, cents in sorted(owed.items()):
        if cents < 0:
            yield Violation("caution", f"{household_id} got {-cents} cents more than were held for it")
    if apart != owed.total():
        yield Violation("caution", f"{owed.total()} cents of cautions are owed, and {apart} lie apart")


def sums_of(evidence: Evidence) -> tuple[Counter[str], int]:
    """By the book: what is owed to each household as its caution, and what lies apart for all."""
    owed: Counter[str] = Counter()
    apart = 0
    rows: Rows = [*evidence.of("billing", "paid"), *evidence.of("billing", "given_out")]
    for row in rows:
        for side, sign in (("debit", 1), ("credit", -1)):
            if row[side] == OWED:
                owed[row[f"{side}_of"]] -= sign * row["cents"]
            elif row[side] in MONEY and row[f"{side}_of"] == CAUTIONS:
                apart += sign * row["cents"]
    return owed, apart
