"""What was sent from a desk and what came back: which papers are there, and where they may stand."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.faults.checker.violation import Violation
from tests.faults.evidence import Rows
from tests.faults.history import Entry, History

TAKEN = 303

Sums = Counter[tuple[str, str, str]]
"""(book, account, party) -> debit less credit."""


def by_paper(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry["id"], []).append(entry)
    return found


def statuses(history: History) -> dict[int, int]:
    """By the number of what was sent, as far as it was answered."""
    return {entry["n"]: entry["status"] for entry in history.of("outcome")}


def there(
    rule: str, sent: Mapping[str, list[Entry]], register: Mapping[str, Any], status: Mapping[int, int]
) -> Iterator[Violation]:
    """What was acknowledged is in the register, what was refused is not, and nothing else is."""
    for paper, tries in sent.items():
        answers = {status.get(one["n"]) for one in tries}
        if TAKEN in answers and paper not in register:
            yield Violation(rule, f"{paper} was acknowledged and is not in the register")
        elif paper in register and not {TAKEN, None} & answers:
            yield Violation(rule, f"{paper} was refused and is in the register")
    for paper in sorted(register.keys() - sent.keys()):
        yield Violation(rule, f"{paper} is in the register, and nobody noted it")


def sent_again(rule: str, paper: str, tries: Iterable[Entry], status: Mapping[int, int]) -> Iterator[Violation]:
    """Who sends the form of what is there once more is led to it, and not told that it is wrong."""
    answers = [status[one["n"]] for one in tries if one["n"] in status]
    if answers and answers[-1] != TAKEN:
        yield Violation(rule, f"{paper} is there, and who sent its form again was told {answers}")


def taken_or_not(steps: Iterable[Entry], status: Mapping[int, int]) -> set[bool]:
    """Whether a step may have been made that is never undone."""
    answers = {status.get(step["n"]) for step in steps}
    return {True} if TAKEN in answers else {True, False} if None in answers else {False}


def stages(first: str, leads_to: Mapping[str, str], moves: Iterable[Entry], status: Mapping[int, int]) -> set[str]:
    """Where it may stand: a move that was acknowledged has been made; one of which nobody knows may have been."""
    may_be = {first}
    for move in moves:
        known = status.get(move["n"])
        after = leads_to.get(move["do"])
        if after and known == TAKEN:
            may_be = {after}
        elif after and known is None:
            may_be |= {after}
    return may_be


def booked(rows: Rows, kind: str) -> dict[str, Sums]:
    """What the books say of each paper; what was taken back stands with nothing."""
    found: dict[str, Sums] = {}
    for row in rows:
        sums = found.setdefault(row["cause"].removeprefix(f"{kind}:"), Counter())
        sums[row["book"], row["debit"], row["debit_of"]] += row["cents"]
        sums[row["book"], row["credit"], row["credit_of"]] -= row["cents"]
    return {paper: Counter({side: cents for side, cents in sums.items() if cents}) for paper, sums in found.items()}
