"""What a violation says to people, and what would mend it.

The sentences are English here and French in `locale/`. Who shows them says how: `say` translates (ui's `Translate`
does), `figures` writes numbers and times in the reader's language (ui's `Words` does).
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from coldchain.early import Never, Refusal
from coldchain.sentences import SENTENCES, WHY, marked
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
    if values.get("why") in WHY:
        values["why"] = say(values["why"])
    what, mend = SENTENCES.get(violation.rule, (violation.rule.replace("%", "%%"), ""))
    return Told(say(what) % values, say(mend) % values if mend else "")


REFUSALS = {
    Never.NO_HAND_OVER: marked("%(product)s: households cannot collect at %(site)s."),
    Never.NOT_KEPT: marked(
        "%(product)s cannot be received at %(site)s: nothing there keeps it at %(temperature)s until households have "
        "collected it, neither a cold room nor a cool box that holds long enough."
    ),
    Never.NOT_CARRIED: marked(
        "%(product)s cannot be brought to %(site)s: no vehicle and no box of the hub keeps it at %(temperature)s."
    ),
    Never.EGGS_FAR: marked(
        "%(product)s: eggs without packing centre may go %(limit_metres)s as the crow flies; %(site)s is %(metres)s "
        "away."
    ),
    Never.EGGS_RESOLD: marked("%(product)s: eggs without packing centre cannot be resold."),
    Never.MINCED_RESOLD: marked("%(product)s: minced meat is never under the dispensation from approval."),
    Never.DISPENSATION_FAR: marked(
        "%(product)s: under dispensation it may go %(limit_metres)s as the crow flies; %(site)s is %(metres)s away."
    ),
}
"""Why goods can never be ordered to a place (early.py)."""

WEIGHTS = {Weight.HARD: marked("hard"), Weight.SOFT: marked("soft")}
HOLDS = marked("The plan holds.")
HOLDS_SOFTLY = marked("The plan holds; soft rules are broken %(soft)s times, and a person must agree.")
BREAKS = marked("The plan cannot be held: hard rules broken %(hard)s times, soft ones %(soft)s times.")


def heading(violations: Iterable[Violation], say: Callable[[str], str]) -> str:
    """In one sentence whether a plan holds."""
    weights = [one.weight for one in violations]
    counts = {"hard": weights.count(Weight.HARD), "soft": weights.count(Weight.SOFT)}
    return say(BREAKS if counts["hard"] else HOLDS_SOFTLY if counts["soft"] else HOLDS) % counts


def refused(refusal: Refusal, say: Callable[[str], str], figures: Figures) -> str:
    """Why goods can never be ordered to a place."""
    values = {
        "product": refusal.product,
        "site": refusal.site,
        "temperature": "" if refusal.limit is None else degrees(refusal.limit, figures),
        "metres": _written("metres", refusal.metres, figures),
        "limit_metres": _written("metres", refusal.limit_metres, figures),
    }
    return say(REFUSALS[refusal.never]) % values


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
