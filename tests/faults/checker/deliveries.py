"""What came: every form that was taken is recorded as it was typed in, the last of them holds, and nothing else does.
What the records lead to is held against the amounts by `goods`."""

from collections.abc import Iterator

from tests.faults.checker.desk import TAKEN, statuses
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

Line = tuple[str, str, str]
"""(cycle, household, product)"""


def came(evidence: Evidence) -> dict[Line, int]:
    """Thousandths that came of lines, by the records that hold."""
    newest: dict[tuple[str, str, str], tuple[int, dict[str, list[int]]]] = {}
    for row in evidence.of("billing", "deliveries"):
        key = row["cycle_id"], row["household_id"], row["producer_id"]
        newest[key] = max(newest.get(key, (0, {})), (row["version"], row["came"]), key=lambda record: record[0])
    return {
        (cycle_id, household_id, product_id): line[0]
        for (cycle_id, household_id, _), (_, lines) in newest.items()
        for product_id, line in lines.items()
    }


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    may_be: dict[Line, set[int | None]] = {}
    missing: set[tuple[str, str]] = set()
    for form in history.of("delivery"):
        known = status.get(form["n"])
        if known not in (TAKEN, None):
            continue
        # Of other groups than were on the page somebody may have ordered it.
        missing |= {(form["cycle_id"], product_id) for product_id in form["missing"]}
        for household_id, product_id, thousandths in form["came"]:
            line = form["cycle_id"], household_id, product_id
            may_be[line] = {thousandths} if known == TAKEN else may_be.get(line, {None}) | {thousandths}
    recorded = came(evidence)
    for line in sorted(may_be.keys() | recorded.keys()):
        found, wanted = recorded.get(line), may_be.get(line, {None})
        if found not in wanted and not (found == 0 and (line[0], line[2]) in missing):
            yield Violation("delivery", f"of {line} {found} came by the record, and {wanted} was typed in")
