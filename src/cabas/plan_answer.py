"""What `cabas plan --check` prints: each broken rule in words, or as JSON."""

from collections.abc import Callable, Iterable
from typing import Any

from coldchain import Violation, Weight
from coldchain.words import WEIGHTS, Figures, heading, told

Say = Callable[[str], str]


def answer(violations: Iterable[Violation], say: Say, figures: Figures) -> dict[str, Any]:
    """`holds`: no hard rule is broken."""
    violations = tuple(violations)
    return {
        "holds": all(one.weight is not Weight.HARD for one in violations),
        "violations": [
            {**one.model_dump(mode="json"), **told(one, say, figures)._asdict()} for one in violations
        ],
    }  # fmt: skip


def report(violations: Iterable[Violation], say: Say, figures: Figures) -> str:
    violations = tuple(violations)
    lines = [heading(violations, say)]
    for one in violations:
        what, mend = told(one, say, figures)
        lines += ["", f"[{say(WEIGHTS[one.weight])}] {one.rule}", f"  {what}", f"  → {mend}", f"  ({say(one.source)})"]
    return "\n".join(lines) + "\n"
