"""What a violation says to people, and what would mend it.

The sentences are English here and French in `locale/`. Who shows them says how: `say` translates (ui's `Translate`
does), `figures` writes numbers and times in the reader's language (ui's `Words` does).
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from coldchain.sentences import SENTENCES, marked
from coldchain.violation import Violation, Weight


class Figures(Protocol):
    """How numbers are written for one reader."""

    def number(self, value: int | Decimal, /) -> str: ...

    def quantity(self, thousandths: int, unit: str, /) -> str: ...

    def clock_time(self, value: datetime, /) -> str: ...


class Told(NamedTuple):
    """What is broken, and what would mend it."""

    what: str
    mend: str


def told(violation: Violation, say: Callable[[str], str], figures: Figures) -> Told:
    """Of a rule that this release does not know (an accepted plan of another one): its name alone."""
    values = {name: _written(name, value, figures) for name, value in violation.values.items()}
    what, mend = SENTENCES.get(violation.rule, (violation.rule.replace("%", "%%"), ""))
    return Told(say(what) % values, say(mend) % values if mend else "")


HOLDS = marked("The plan holds.")
HOLDS_SOFTLY = marked("The plan holds; soft rules are broken %(soft)s times, and a person must agree.")
BREAKS = marked("The plan cannot be held: hard rules broken %(hard)s times, soft ones %(soft)s times.")


def heading(violations: Iterable[Violation], say: Callable[[str], str]) -> str:
    """In one sentence whether a plan holds."""
    weights = [one.weight for one in violations]
    counts = {"hard": weights.count(Weight.HARD), "soft": weights.count(Weight.SOFT)}
    return say(BREAKS if counts["hard"] else HOLDS_SOFTLY if counts["soft"] else HOLDS) % counts


def _written(name: str, value: str | int, figures: Figures) -> str:
    """What a value is, its name says."""
    kind = name.removeprefix("limit_").removeprefix("used_")
    if isinstance(value, str):
        return figures.clock_time(datetime.fromisoformat(value)) if kind in ("at", "until", "held") and value else value
    match kind:
        case "temperature":
            return degrees(value, figures)
        case "metres":
            return f"{figures.number(Decimal(-(-value // 100)) / 10)}\u00a0km"
        case "volume":
            return figures.quantity(value, "litre")
        case "weight":
            return figures.quantity(value, "kg")
        case "quantity":
            return figures.number(Decimal(value) / 1000)
        case _:
            return figures.number(value)


def degrees(temperature: int, figures: Figures) -> str:
    """-185 -> `-18,5 °C`."""
    return f"{figures.number(Decimal(temperature) / 10 if temperature % 10 else temperature // 10)}\u00a0°C"
