"""Dead letters: exactly what was planted, at exactly those who listen to it; and no effect for one cause twice."""

from collections import Counter
from collections.abc import Iterator

from cabas.parts import NAMES
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    yield from _letters(history, evidence)
    yield from _causes(evidence)


def _letters(history: History, evidence: Evidence) -> Iterator[Violation]:
    planted = {entry["subject"]: entry for entry in history.of("planted")}
    buried = {(name, row["subject"]): row for name in NAMES for row in evidence.of(name, "letters")}
    for (service, subject), row in buried.items():
        plant = planted.get(subject)
        if plant is None or service not in plant["listeners"]:
            yield Violation("dead letters", f"{service} buried {subject}: {row['reason']}, {row['error'][:300]}")
        elif row["reason"] != plant["reason"]:
            yield Violation("dead letters", f"{service} buried {subject} for {row['reason']}, not {plant['reason']}")
    # What a broker without its store forgot before anybody read it, nobody can bury.
    wiped_at = max((entry["t"] for entry in history.of("mended") if entry["sort"] == "wipe broker"), default=-1.0)
    for subject, plant in planted.items():
        if not plant["certain"] or plant["t"] < wiped_at:
            continue
        for service in plant["listeners"]:
            if (service, subject) not in buried:
                yield Violation("dead letters", f"{service} swallowed {subject} ({plant['reason']})")


def _causes(evidence: Evidence) -> Iterator[Violation]:
    """An event that was heard is answered once, however often it is delivered."""
    for name in NAMES:
        answers = Counter(
            (row["headers"]["cabas-causation"], row["subject"], row["headers"]["cabas-version"])
            for row in evidence.of(name, "outbox")
            if row["headers"].get("cabas-causation")
        )
        for (cause, subject, version), count in answers.items():
            if count > 1:
                yield Violation("once for a cause", f"{name} said {subject} {version} {count} times because of {cause}")
