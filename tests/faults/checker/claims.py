"""Claims: what was acknowledged is there as it was typed, came to where the one answer that was taken left it, and
those concerned were told. What an accepted one takes off an amount is held against the amounts by `goods`."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import TAKEN, by_paper, statuses, there
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import Entry, History

LEADS_TO = {"accept": "accepted", "refuse": "refused", "replace": "replaced", "withdraw": "withdrawn"}
TYPED = ("cycle_id", "household_id", "product_id", "spoiled")
Line = tuple[str, str, str]
"""(cycle, household, product)"""


def taken_off(evidence: Evidence) -> dict[Line, int]:
    """Thousandths of lines that were spoiled and are not charged."""
    found: Counter[Line] = Counter()
    for row in evidence.of("billing", "claims"):
        if row["state"] == "accepted":
            found[row["cycle_id"], row["household_id"], row["product_id"]] += row["spoiled"]
    return found


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    sent, steps = by_paper(history.of("claim")), by_paper(history.of("claim step"))
    register = {row["id"]: row for row in evidence.of("billing", "claims")}
    went: dict[str, Counter[str]] = defaultdict(Counter)
    for row in evidence.of("billing", "claim_steps"):
        went[row["claim_id"]][row["what"]] += 1
    yield from there("claim", sent, register, status)
    for claim_id in sorted(sent.keys() & register.keys()):
        row, said = register[claim_id], sent[claim_id][0]
        if any(row[name] != said[name] for name in TYPED):
            yield Violation("claim", f"{claim_id} is {row}, and {said} was typed in")
        yield from _settled(row, went[claim_id], steps.get(claim_id, []), status)
    yield from _told(evidence, register)


def _settled(
    row: dict[str, Any], went: Counter[str], steps: list[Entry], status: dict[int, int]
) -> Iterator[Violation]:
    known = {LEADS_TO[step["do"]] for step in steps if status.get(step["n"]) == TAKEN}
    maybe = {LEADS_TO[step["do"]] for step in steps if step["n"] not in status}
    if len(known) > 1:
        yield Violation("claim", f"{row['id']} was acknowledged to be {' and '.join(sorted(known))}")
    if row["state"] not in (known or maybe | {"open"}):
        yield Violation("claim", f"{row['id']} is {row['state']}; acknowledged was {known}, unknown is {maybe}")
    way = Counter({"claimed": 1}) + Counter({do: 1 for do, state in LEADS_TO.items() if state == row["state"]})
    if went != way:
        yield Violation("claim", f"{row['id']} is {row['state']}, and came there by {dict(went)}")


def _told(evidence: Evidence, register: dict[str, dict[str, Any]]) -> Iterator[Violation]:
    """Accepted, refused or replaced, the household reads it; what is still to be answered its producer."""
    told: dict[str, set[str]] = defaultdict(set)
    for row in evidence.of("notify", "messages"):
        if row["template"] == "claim":
            told[row["about"]].add(row["facts"]["state"])
    for claim_id, row in register.items():
        if row["state"] not in told[claim_id]:
            yield Violation("claim told", f"nobody was told that {claim_id} is {row['state']}: {told[claim_id]}")
    for claim_id in sorted(told.keys() - register.keys()):
        yield Violation("claim told", f"{claim_id} was told of, and there is no such claim")
