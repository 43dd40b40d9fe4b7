"""Producers' answers: each that was acknowledged is kept, none overwrites another unseen, and what they say they bring
is what households get."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.decisions import outcomes_of
from tests.faults.checker.given import Given, given
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import Entry, History

TAKEN = 303


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    outcomes = outcomes_of(history)
    yield from _kept(history, evidence, outcomes)
    yield from _unseen(history, outcomes)
    yield from _heard(evidence)
    yield from _brought(evidence)


def can_bring(answer: list[dict[str, Any]]) -> dict[str, int]:
    return {line["product_id"]: line["deliverable_thousandths"] for line in answer}


def _instead(answer: list[dict[str, Any]]) -> dict[str, str]:
    return {line["product_id"]: line["substitute_id"] for line in answer if line["substitute_id"]}


def _kept(history: History, evidence: Evidence, outcomes: dict[int, Entry]) -> Iterator[Violation]:
    rows = [
        (row["list_id"], row["revision"], can_bring(row["answer"]), _instead(row["answer"]))
        for row in evidence.of("logistics", "answers")
    ]
    sent = {
        entry["n"]: (entry["list_id"], entry["revision"], entry["lines"], entry["instead"])
        for entry in history.of("reply")
    }
    for n, reply in sent.items():
        if n in outcomes and outcomes[n]["status"] == TAKEN and reply not in rows:
            yield Violation("answer kept", f"answer {n} was acknowledged and is not there: {reply}")
    possible = [reply for n, reply in sent.items() if n not in outcomes or outcomes[n]["status"] == TAKEN]
    for row in rows:
        if row not in possible:
            yield Violation("answer kept", f"nobody gave this answer, or it was refused: {row}")


def _unseen(history: History, outcomes: dict[int, Entry]) -> Iterator[Violation]:
    """Of those who looked at the same list and say different things one is told to look again."""
    taken: dict[tuple[str, int], Any] = {}
    for entry in history.of("reply"):
        if entry["n"] in outcomes and outcomes[entry["n"]]["status"] == TAKEN:
            said = (entry["lines"], entry["instead"])
            if taken.setdefault((entry["list_id"], entry["seen"]), said) != said:
                yield Violation("one answer", f"list {entry['list_id']} was answered twice at {entry['seen']}")


def _heard(evidence: Evidence) -> Iterator[Violation]:
    """Ordering goes by the newest answer to every list."""
    newest: dict[str, tuple[int, int, dict[str, int]]] = {}
    for row in sorted(evidence.of("logistics", "answers"), key=lambda row: int(row["version"])):
        newest[row["list_id"]] = (row["version"], row["revision"], can_bring(row["answer"]))
    heard = {
        row["list_id"]: (row["version"], row["list_revision"], can_bring(row["answer"]))
        for row in evidence.of("ordering", "answers")
    }
    for list_id in sorted({*newest, *heard}):
        if newest.get(list_id) != heard.get(list_id):
            yield Violation(
                "answer heard", f"of list {list_id} ordering knows {heard.get(list_id)}, not {newest.get(list_id)}"
            )


def brought_short(evidence: Evidence) -> set[tuple[str, str]]:
    """(cycle, product) of which, by any answer, not all came that was on the list, or that was to be given meanwhile:
    who answered a list that was being changed brings what stood on it."""
    short = {
        (row["cycle_id"], line["product_id"])
        for row in evidence.of("logistics", "answers")
        for line in row["answer"]
        if line["deliverable_thousandths"] < line["asked_thousandths"]
    }
    for row in evidence.of("ordering", "answers"):
        before = given(evidence, {row["cycle_id"]: row["base_revision"]})
        short |= {
            (row["cycle_id"], product_id)
            for product_id, can in can_bring(row["answer"]).items()
            if can < before.sum_of(row["cycle_id"], product_id)
        }
    return short


def _brought(evidence: Evidence) -> Iterator[Violation]:
    """What a cycle gives is what was to be given, or what the producer can bring where that is less; beside it what
    stands in for something else."""
    now = given(evidence)
    choosy = _choosy(now)
    said_last: dict[tuple[str, str], int] = {}
    for row in sorted(evidence.of("logistics", "answers"), key=lambda row: int(row["version"])):
        for product_id, can in can_bring(row["answer"]).items():
            said_last[row["cycle_id"], product_id] = can
    for (cycle_id, product_id), can in said_last.items():
        gives = now.sum_of(cycle_id, product_id) - now.sum_of(cycle_id, product_id, instead=True)
        if gives > can:
            yield Violation("brought as said", f"cycle {cycle_id} gives {gives} of {product_id}, {can} can be brought")
    for row in evidence.of("ordering", "answers"):
        cycle_id = row["cycle_id"]
        before = given(evidence, {cycle_id: row["base_revision"]})
        for product_id, can in can_bring(row["answer"]).items():
            asked, gives = before.sum_of(cycle_id, product_id), now.sum_of(cycle_id, product_id)
            right = min(can, asked) + _new_substitutes(before, now, cycle_id, product_id)
            fewer = (cycle_id, product_id) in choosy and can < asked
            if gives > right or (gives < right and not fewer):
                yield Violation(
                    "brought as said",
                    f"cycle {cycle_id} gives {gives} of {product_id}; {asked} were to be given, {can} can be brought",
                )


def _choosy(now: Given) -> set[tuple[str, str]]:
    """(cycle, product) of which somebody wants nothing rather than less."""
    found = defaultdict(list)
    for order_id in now.cycle_of:
        for product_id, line in now.asked.get(order_id, {}).items():
            found[now.cycle_of[order_id], product_id].append(line[2])
    return {key for key, leasts in found.items() if any(leasts)}


def _new_substitutes(before: Given, now: Given, cycle_id: str, product_id: str) -> int:
    return sum(
        gets[product_id].quantity
        for order_id, gets in now.gets.items()
        if now.cycle_of[order_id] == cycle_id
        and product_id in gets
        and gets[product_id].instead_of
        and not (product_id in before.gets[order_id] and before.gets[order_id][product_id].instead_of)
    )
