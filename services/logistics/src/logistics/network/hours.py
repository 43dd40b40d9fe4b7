"""Hours of a week, as a sign on a door says them: of each weekday, from when to when."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from coldchain.day import Window
from contracts import Part

MINUTES_A_DAY = 24 * 60

_SPAN = re.compile(
    r"(?P<from_hour>[0-9]{1,2})\s*(?:[:h]\s*(?P<from_minute>[0-9]{2})?)?\s*[-\u2013\u2014]\s*"
    r"(?P<to_hour>[0-9]{1,2})\s*(?:[:h]\s*(?P<to_minute>[0-9]{2})?)?",
    re.IGNORECASE,
)


class NotHours(ValueError):
    """The text is not hours of a day."""


class Reversed(ValueError):
    """Some hours end before they begin, or begin before those ahead of them end."""


class Span(Part):
    """Of one weekday (0 is Monday), in minutes since midnight of the hub's time zone."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    opens: Annotated[int, Field(ge=0, le=MINUTES_A_DAY)]
    closes: Annotated[int, Field(ge=0, le=MINUTES_A_DAY)]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("hours that end before they begin")
        return self


Week = tuple[Span, ...]
"""In order; empty: at any time."""


def spans(typed: str, weekday: int) -> Week:
    """`8:00-12:00, 14h-18h30` -> two spans; empty: none. Raises NotHours, Reversed."""
    found: list[Span] = []
    for piece in filter(None, (piece.strip() for piece in re.split(r"[,;]", typed))):
        match = _SPAN.fullmatch(piece)
        if match is None:
            raise NotHours(piece)
        opens, closes = _minutes(match, "from"), _minutes(match, "to")
        if closes <= opens or (found and opens < found[-1].closes):
            raise Reversed(piece)
        found.append(Span(weekday=weekday, opens=opens, closes=closes))
    return tuple(found)


def _minutes(match: re.Match[str], which: str) -> int:
    hour, minute = int(match[f"{which}_hour"]), int(match[f"{which}_minute"] or 0)
    if minute > 59 or hour * 60 + minute > MINUTES_A_DAY:
        raise NotHours(match[0])
    return hour * 60 + minute


def typed(week: Iterable[Span], weekday: int) -> str:
    """What `spans` reads back."""
    return ", ".join(f"{_clock(s.opens)}-{_clock(s.closes)}" for s in week if s.weekday == weekday)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def windows_on(week: Week, day: date, zone: ZoneInfo) -> tuple[Window, ...]:
    """The hours of that day as instants; none: closed, or no hours are said at all."""
    return tuple(
        Window(opens_at=_instant(day, span.opens, zone), closes_at=_instant(day, span.closes, zone))
        for span in week
        if span.weekday == day.weekday()
    )


def closed_on(week: Week, day: date) -> bool:
    """Hours are said, and none on that weekday."""
    return bool(week) and all(span.weekday != day.weekday() for span in week)


def whole_day(day: date, zone: ZoneInfo) -> Window:
    return Window(opens_at=_instant(day, 0, zone), closes_at=_instant(day, MINUTES_A_DAY - 1, zone))


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """By the clock on the wall: 8:00 stays 8:00 where the night before was an hour shorter."""
    days, rest = divmod(minutes, MINUTES_A_DAY)
    on = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    return on.astimezone(UTC)
