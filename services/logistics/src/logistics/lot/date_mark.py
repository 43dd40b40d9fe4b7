"""The date on a lot: which kinds the law allows goods of a class, and what a date must hold on the day of delivery.

Regulation (EU) 1169/2011: article 24 (a use-by date on what is very perishable from a microbiological point of view;
once it is past the food is unsafe), annex X 1 d (what needs no date: fresh fruit and vegetables, bread of the day,
wine, vinegar, salt, sugar), article 44 (what is not prepacked may go without one). Eggs: best before 28 days after
laying at most (marketing standards for eggs); that they are handed over after the 21st day is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

EGGS = "EGGS"
EGGS_KEEP = timedelta(days=28)
EGGS_SELL = timedelta(days=21)


class Mark(StrEnum):
    """Use-by (DLC), best-before (DDM), or no date."""

    USE_BY = "use_by"
    BEST_BEFORE = "best_before"
    NONE = "none"


@dataclass(frozen=True)
class Dating:
    """What a class of goods asks. `marks`: the kinds it may bear, the usual one first; `reason`: it is to be said why
    there is no date; `laid`: the day of laying is asked for."""

    marks: tuple[Mark, ...]
    reason: bool = True
    laid: bool = False


_ALWAYS = Dating((Mark.USE_BY,))
_UNLESS_LOOSE = Dating((Mark.USE_BY, Mark.NONE))
_DATINGS = {
    "VERY_PERISHABLE": _ALWAYS,
    "COLD_DISH": _ALWAYS,
    "MINCED_MEAT": _ALWAYS,
    "MEAT_PREPARATION": _ALWAYS,
    "MEAT_CUTS": _UNLESS_LOOSE,
    "OFFAL": _UNLESS_LOOSE,
    "POULTRY": _UNLESS_LOOSE,
    "FRESH_FISH": _UNLESS_LOOSE,
    "MEAT_CARCASS": Dating((Mark.USE_BY, Mark.NONE)),
    "PERISHABLE": Dating((Mark.USE_BY, Mark.BEST_BEFORE, Mark.NONE)),
    # Alive when they are sold: the words may stand in the place of a date (regulation 853/2004, annex III, VII).
    "LIVE_SHELLFISH": Dating((Mark.NONE, Mark.USE_BY, Mark.BEST_BEFORE)),
    "FROZEN": Dating((Mark.BEST_BEFORE,)),
    "FROZEN_OTHER": Dating((Mark.BEST_BEFORE,)),
    EGGS: Dating((Mark.BEST_BEFORE,), laid=True),
    "AMBIENT": Dating((Mark.NONE, Mark.BEST_BEFORE, Mark.USE_BY), reason=False),
    "HOT_DISH": Dating((Mark.NONE, Mark.USE_BY), reason=False),
}
_UNKNOWN = Dating((Mark.USE_BY, Mark.BEST_BEFORE, Mark.NONE))


def dating(temperature_class: str) -> Dating:
    """Of a class that this release does not know a date is wanted, or the reason why there is none."""
    return _DATINGS.get(temperature_class, _UNKNOWN)


class Fault(StrEnum):
    """What is wrong with the date of a lot. The last three are told, and do not keep the goods back."""

    NOT_THIS_KIND = "not_this_kind"
    DATE_WANTED = "date_wanted"
    REASON_WANTED = "reason_wanted"
    USE_BY_OVER = "use_by_over"
    LAID_WANTED = "laid_wanted"
    LAID_LATER = "laid_later"
    EGGS_TOO_LONG = "eggs_too_long"
    FAR_AWAY = "far_away"
    BEST_BEFORE_OVER = "best_before_over"
    LAST_DAY = "last_day"
    EGGS_OLD = "eggs_old"

    @property
    def told_only(self) -> bool:
        return self in {Fault.BEST_BEFORE_OVER, Fault.LAST_DAY, Fault.EGGS_OLD}


MOST = timedelta(days=3660)
"""A date further away is a slip of the finger; honey and preserves bear ten years at most."""


def faults(
    temperature_class: str, mark: Mark, marked: date | None, because: str, laid_on: date | None, collected_on: date
) -> Iterator[Fault]:
    """All that is wrong, the most serious first. `because`: why there is no date; `collected_on`: the last day on which
    a group collects of it. What is past its use-by date then would be handed out unsafe."""
    asks = dating(temperature_class)
    if mark not in asks.marks:
        yield Fault.NOT_THIS_KIND
        return
    if mark is Mark.NONE:
        if asks.reason and not because:
            yield Fault.REASON_WANTED
    elif marked is None:
        yield Fault.DATE_WANTED
    elif marked > collected_on + MOST:
        yield Fault.FAR_AWAY
    elif marked < collected_on:
        yield Fault.USE_BY_OVER if mark is Mark.USE_BY else Fault.BEST_BEFORE_OVER
    elif marked == collected_on and mark is Mark.USE_BY:
        yield Fault.LAST_DAY
    if asks.laid:
        yield from _of_eggs(marked, laid_on, collected_on)


def _of_eggs(marked: date | None, laid_on: date | None, collected_on: date) -> Iterator[Fault]:
    if laid_on is None:
        yield Fault.LAID_WANTED
        return
    if laid_on > collected_on:
        yield Fault.LAID_LATER
    elif marked is not None and marked > laid_on + EGGS_KEEP:
        yield Fault.EGGS_TOO_LONG
    elif collected_on > laid_on + EGGS_SELL:
        yield Fault.EGGS_OLD
