"""Expense claims: what was handed in is there as it was typed, went the way that was acknowledged, one step after the
other and each once, and stands in the hub's book as far as it went."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import TAKEN, Sums, booked, by_paper, statuses, there
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import Entry, History
from tests.faults.volunteer import RATE_MILLIS

HUB = "hub"
OWED = "volunteers"
COSTS = {"drive": "travel", "travel": "travel", "other": "missions"}
MONEY = {"transfer": "bank", "cash": "cash"}
WAYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "handed_in": ((),),
    "refused": (("refuse",),),
    "withdrawn": (("withdraw",),),
    "accepted": (("accept",),),
    "paid": (("accept", "pay"),),
    "taken_back": (("accept", "take_back"), ("accept", "pay", "take_back")),
}
"""Where a claim stands, and by which steps it may have come there; in the order of the alphabet, for clocks are wrong
in some runs."""


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    sent, steps = by_paper(history.of("expense")), by_paper(history.of("expense step"))
    register = {row["id"]: row for row in evidence.of("billing", "expenses")}
    went: dict[str, list[str]] = defaultdict(list)
    for row in evidence.of("billing", "expense_steps"):
        went[row["claim_id"]].append(row["what"])
    books = booked(evidence.of("billing", "expensed"), "expense")
    yield from there("expense", sent, register, status)
    for claim_id in sent.keys() & register.keys():
        row, way = register[claim_id], went[claim_id]
        said = sent[claim_id][0]
        wanted = said["what"], said["km"], said["cents"] or (said["km"] * RATE_MILLIS + 5) // 10
        if (row["what"], row["km"], row["cents"]) != wanted:
            yield Violation("expense", f"{claim_id} is {row}, and {wanted} was handed in")
        yield from _way(row, way, steps.get(claim_id, []), status)
        found, right = books.get(claim_id, Counter()), _wanted(row, way)
        if found != right:
            yield Violation("expense", f"{claim_id}, {row['stage']}: the book says {found}, not {right}")
    for claim_id in sorted(books.keys() - register.keys()):
        yield Violation("expense", f"{claim_id} is in the book, and there is no such claim")


def _way(row: dict[str, Any], way: list[str], steps: list[Entry], status: dict[int, int]) -> Iterator[Violation]:
    steps_made = Counter(way) - Counter(["handed_in"])
    if "handed_in" not in way or tuple(sorted(steps_made.elements())) not in WAYS[row["stage"]]:
        yield Violation("expense", f"{row['id']} is {row['stage']}, and came there by {way}")
    known = {step["do"] for step in steps if status.get(step["n"]) == TAKEN}
    maybe = {step["do"] for step in steps if step["n"] not in status}
    if not known <= steps_made.keys() <= known | maybe:
        yield Violation("expense", f"{row['id']} went by {way}; acknowledged was {known}, unknown {maybe}")
    means = {step["means"] for step in steps if step["do"] == "pay" and status.get(step["n"]) == TAKEN}
    if means and means != {row["paid_by"]}:
        yield Violation("expense", f"{row['id']} was paid by {row['paid_by']!r}, and acknowledged was {means}")


def _wanted(row: dict[str, Any], way: list[str]) -> Sums:
    """What the hub's book should say of a claim that went this way."""
    found: Sums = Counter()
    if "accept" in way and "take_back" not in way:
        found[HUB, COSTS[row["what"]], ""] += row["cents"]
        other = MONEY.get(row["paid_by"], "") if "pay" in way else OWED
        found[HUB, other, ""] -= row["cents"]
    return found
