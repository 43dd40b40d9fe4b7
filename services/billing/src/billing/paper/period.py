"""Which days an account is rendered of: periods of one producer follow each other without a gap. Nothing here does I/O.

An account is cut by the numbers of its entries, not by their days alone: what is booked on a day whose account was
rendered already is in the next one, and says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing.mandate.clauses import Rendering

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """`after`, `last`: the entries beyond the one, up to the other."""

    since: date
    until: date
    after: int
    last: int


@dataclass(frozen=True)
class Rendered:
    """How far account was rendered: to the end of `until`, the entries up to `last`."""

    until: date
    last: int


def last_day(rendering: Rendering, day: date) -> date:
    """Of the week, month or quarter in which a day lies."""
    if rendering is Rendering.WEEKLY:
        return day + timedelta(days=7 - day.isoweekday())
    month = day.month if rendering is Rendering.MONTHLY else (day.month + 2) // 3 * 3
    return date(day.year + month // 12, month % 12 + 1, 1) - _DAY


def over(
    rendering: Rendering, before: Rendered | None, days: Sequence[tuple[date, int]], today: date
) -> Iterable[Period]:
    """The whole periods that are over today and not rendered, the first first. `days`: those on which something was
    booked that is in no account yet, with the last number of each, in their order. A period in which nothing was
    booked is part of the one after it."""
    if not days:
        return
    since, after = (before.until + _DAY, before.last) if before else (days[0][0], 0)
    until = last_day(rendering, since)
    while until < today and after < days[-1][1]:
        last = max((number for day, number in days if day <= until), default=after)
        if last > after:
            yield Period(since, until, after, last)
            since, after = until + _DAY, last
        until = last_day(rendering, until + _DAY)


def up_to(before: Rendered | None, days: Sequence[tuple[date, int]], until: date) -> Period | None:
    """The period that ends on a day; None where nothing was booked by then that is in no account."""
    known = [number for day, number in days if day <= until]
    if not known:
        return None
    since, after = (before.until + _DAY, before.last) if before else (days[0][0], 0)
    return Period(since, until, after, max(known))
