"""A rhythm: how cycles come again, for a group or for several. Rules without a database.

A rhythm names days of delivery: every so many weeks, a weekday of the month, or days one by one. Each such day is a
turn. What falls on a public holiday is kept, skipped or moved, as the rhythm says, for the delivery and for opening and
closing; a coordinator may skip or move a turn by hand. A turn keeps the name of its first day for ever: by it nothing
is made twice. Opening and closing are so many days before the delivery, at an hour of the clock on the wall, whatever
the season.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday
from sqlalchemy import RowMapping

from chassis.tables import Row
from ordering.hours import Hours
from ordering.offer import Choice
from ordering.plan import Plan

SUNDAY = 6
MOST_MOVED = 7
"""Days a delivery is moved at most to get off a holiday."""

Offset = tuple[int, time]
"""Days before the delivery, and the hour of the clock on the wall."""
DaysOff = Callable[[date], str]
"""The name of the public holiday on a day; "" where there is none."""


class Every(StrEnum):
    WEEKS = "weeks"
    MONTHS = "months"
    DATES = "dates"


class OnHoliday(StrEnum):
    KEEP = "keep"
    SKIP = "skip"
    BEFORE = "before"
    AFTER = "after"


class HoursOnHoliday(StrEnum):
    """What becomes of an opening or a closing, of the cycle or of a producer, that falls on a public holiday. Only the
    cycle's own can have the turn skipped."""

    KEEP = "keep"
    EARLIER = "earlier"
    SKIP = "skip"


@dataclass(frozen=True)
class Rule:
    """Days of delivery. `first`: the first day of all; it sets the weekday of weeks, and which months count where not
    every month does. `nth`: of MONTHS, the first to fourth `weekday` (Monday 0) of the month, -1 the last."""

    every: Every
    first: date
    interval: int = 1
    nth: int = 1
    weekday: int = 0
    until: date | None = None
    dates: tuple[date, ...] = ()

    def between(self, start: date, end: date) -> list[date]:
        """The days from `start` to `end`, both included."""
        if self.every is Every.DATES:
            return sorted({day for day in self.dates if start <= day <= end})
        begin = datetime.combine(self.first, time())
        if self.every is Every.WEEKS:
            days = rrule(WEEKLY, interval=self.interval, dtstart=begin)
        else:
            days = rrule(MONTHLY, interval=self.interval, dtstart=begin, byweekday=weekday(self.weekday)(self.nth))
        last = min(end, self.until) if self.until else end
        found = days.between(datetime.combine(start, time()), datetime.combine(last, time()), inc=True)
        return [moment.date() for moment in found]


@dataclass(frozen=True)
class Rhythm:
    """A template of cycles. `opens`, `closes`: days before the delivery, and the hour; `hours`: the same of producers
    that have some of their own, None where the cycle's count. `completion_hours`: for filling begun cases afterwards.
    `exceptions`: turn -> the day it is moved to, None where it is skipped. `ahead_weeks`: so long before it opens a
    cycle is made."""

    id: str
    version: int
    name: str
    group_ids: tuple[str, ...]
    rule: Rule
    opens: Offset
    closes: Offset
    choice: Choice = field(default_factory=Choice)
    on_holiday: OnHoliday = OnHoliday.BEFORE
    exceptions: Mapping[date, date | None] = field(default_factory=dict)
    ahead_weeks: int = 3
    active: bool = True
    completion_hours: int = 0
    hours: Mapping[str, tuple[Offset | None, Offset | None]] = field(default_factory=dict)
    hours_on_holiday: HoursOnHoliday = HoursOnHoliday.KEEP

    def terms(self) -> Row:
        """All but id, version, name and whether it is active, as JSON."""
        rule = self.rule
        return {
            "group_ids": list(self.group_ids),
            "every": rule.every.value,
            "first": rule.first.isoformat(),
            "interval": rule.interval,
            "nth": rule.nth,
            "weekday": rule.weekday,
            "until": rule.until.isoformat() if rule.until else None,
            "dates": [day.isoformat() for day in rule.dates],
            "opens": _stored(self.opens),
            "closes": _stored(self.closes),
            "completion_hours": self.completion_hours,
            "hours": {producer: [_stored(one) for one in its] for producer, its in sorted(self.hours.items())},
            "choice": self.choice.as_json(),
            "on_holiday": self.on_holiday.value,
            "hours_on_holiday": self.hours_on_holiday.value,
            "exceptions": {day.isoformat(): to.isoformat() if to else None for day, to in self.exceptions.items()},
            "ahead_weeks": self.ahead_weeks,
        }

    @staticmethod
    def read(row: Mapping[str, Any] | RowMapping) -> "Rhythm":
        """From id, version, name, active and `terms`."""
        said = row["terms"]
        rule = Rule(
            Every(said["every"]),
            date.fromisoformat(said["first"]),
            said["interval"],
            said["nth"],
            said["weekday"],
            date.fromisoformat(said["until"]) if said["until"] else None,
            tuple(date.fromisoformat(day) for day in said["dates"]),
        )
        return Rhythm(
            row["id"],
            row["version"],
            row["name"],
            tuple(said["group_ids"]),
            rule,
            _offset(said["opens"]),
            _offset(said["closes"]),
            Choice.from_json(said["choice"]),
            OnHoliday(said["on_holiday"]),
            {date.fromisoformat(day): date.fromisoformat(to) if to else None for day, to in said["exceptions"].items()},
            said["ahead_weeks"],
            row["active"],
            said.get("completion_hours", 0),
            {
                producer: (_offset(opens) if opens else None, _offset(closes) if closes else None)
                for producer, (opens, closes) in said.get("hours", {}).items()
            },
            HoursOnHoliday(said.get("hours_on_holiday", HoursOnHoliday.KEEP)),
        )


def _stored(offset: Offset | None) -> list[Any] | None:
    return [offset[0], f"{offset[1]:%H:%M}"] if offset else None


def _offset(stored: list[Any]) -> Offset:
    return stored[0], time.fromisoformat(stored[1])


class Why(StrEnum):
    """Why a turn is when it is."""

    REGULAR = "regular"
    ON_HOLIDAY = "on_holiday"
    MOVED_FOR_HOLIDAY = "moved_for_holiday"
    SKIPPED_FOR_HOLIDAY = "skipped_for_holiday"
    MOVED_BY_HAND = "moved_by_hand"
    SKIPPED_BY_HAND = "skipped_by_hand"
    SKIPPED_FOR_HOURS = "skipped_for_hours"


@dataclass(frozen=True)
class OnDayOff:
    """An opening (else a closing) that falls on a public holiday. `moved_to`: None where it stays."""

    opening: bool
    day: date
    holiday: str
    moved_to: date | None


@dataclass(frozen=True)
class Turn:
    """One day of a rhythm. `on`: the day of the rule, which names it; `delivers_on`: None where it is skipped.
    `holiday`: what is celebrated on `on`. `holidays`: what is celebrated on days of opening and closing; `moved`: those
    of them that are moved, and to which day."""

    rhythm: Rhythm
    on: date
    delivers_on: date | None
    why: Why = Why.REGULAR
    holiday: str = ""
    holidays: Mapping[date, str] = field(default_factory=dict)
    moved: Mapping[date, date] = field(default_factory=dict)

    @property
    def on_days_off(self) -> list[OnDayOff]:
        """The opening and the closing of the cycle, where they fall on a public holiday."""
        assert self.delivers_on is not None, "this turn is skipped"
        ends = [(True, self.rhythm.opens), (False, self.rhythm.closes)]
        days = [(opening, self.delivers_on - timedelta(days=offset[0])) for opening, offset in ends]
        return [OnDayOff(e, day, self.holidays[day], self.moved.get(day)) for e, day in days if day in self.holidays]

    @property
    def cycle_id(self) -> str:
        """The id of its cycle, before there is one."""
        return f"{self.rhythm.id}-{self.on:%Y%m%d}"

    def plan(self, zone: ZoneInfo) -> Plan:
        """Its cycle. Not of a turn that is skipped."""
        day = self.delivers_on
        assert day is not None, "this turn is skipped"

        def at(offset: Offset) -> datetime:
            on = day - timedelta(days=offset[0])
            return datetime.combine(self.moved.get(on, on), offset[1], zone).astimezone(UTC)

        return Plan(
            name=f"{self.rhythm.name} {day:%d/%m/%Y}",
            opens_at=at(self.rhythm.opens),
            closes_at=at(self.rhythm.closes),
            delivers_on=day,
            group_ids=self.rhythm.group_ids,
            choice=self.rhythm.choice,
            completion_hours=self.rhythm.completion_hours,
            hours={
                producer: Hours(opens and at(opens), closes and at(closes))
                for producer, (opens, closes) in self.rhythm.hours.items()
            },
        )


def days_later(moment: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """So many days later at the same hour of the clock on the wall there. In UTC."""
    local = moment.astimezone(zone)
    return datetime.combine(local.date() + days, local.time(), zone).astimezone(UTC)


def turns(rhythm: Rhythm, start: date, end: date, days_off: DaysOff) -> list[Turn]:
    """The turns whose day by the rule lies between `start` and `end`, both included."""
    return [_turn(rhythm, on, days_off) for on in rhythm.rule.between(start, end)]


def _turn(rhythm: Rhythm, on: date, days_off: DaysOff) -> Turn:
    turn = _delivered(rhythm, on, days_off)
    day = turn.delivers_on
    if day is None:
        return turn
    own = [day - timedelta(days=days) for days, _ in (rhythm.opens, rhythm.closes)]
    theirs = [day - timedelta(days=offset[0]) for its in rhythm.hours.values() for offset in its if offset]
    turn = replace(turn, holidays={one: name for one in (*own, *theirs) if (name := days_off(one))})
    if rhythm.hours_on_holiday is HoursOnHoliday.EARLIER:
        return replace(turn, moved=_earlier(rhythm, day, turn.holidays, days_off))
    skips = rhythm.hours_on_holiday is HoursOnHoliday.SKIP and turn.why is not Why.MOVED_BY_HAND
    if skips and any(one in turn.holidays for one in own):
        return replace(turn, delivers_on=None, why=Why.SKIPPED_FOR_HOURS)
    return turn


def _earlier(rhythm: Rhythm, day: date, holidays: Collection[date], days_off: DaysOff) -> dict[date, date]:
    """Day of opening or closing -> the nearest day before that is no holiday."""

    def before(one: date) -> date:
        near = (one - n * timedelta(days=1) for n in range(1, MOST_MOVED + 1))
        return next((other for other in near if not days_off(other)), one)

    moved = {one: before(one) for one in holidays}
    opens, closes = (day - timedelta(days=days) for days, _ in (rhythm.opens, rhythm.closes))
    first, last = moved.get(opens, opens), moved.get(closes, closes)
    if (first, rhythm.opens[1]) >= (last, rhythm.closes[1]):
        # It would close before it opens: the opening goes as many days earlier.
        moved[opens] = opens - (closes - last)
    return moved


def _delivered(rhythm: Rhythm, on: date, days_off: DaysOff) -> Turn:
    holiday = days_off(on)
    if on in rhythm.exceptions:
        to = rhythm.exceptions[on]
        return Turn(rhythm, on, to, Why.MOVED_BY_HAND if to else Why.SKIPPED_BY_HAND, holiday)
    if not holiday:
        return Turn(rhythm, on, on)
    if rhythm.on_holiday is OnHoliday.KEEP:
        return Turn(rhythm, on, on, Why.ON_HOLIDAY, holiday)
    if rhythm.on_holiday is OnHoliday.SKIP:
        return Turn(rhythm, on, None, Why.SKIPPED_FOR_HOLIDAY, holiday)
    return Turn(rhythm, on, _off_the_holiday(on, rhythm.on_holiday, days_off), Why.MOVED_FOR_HOLIDAY, holiday)


def _off_the_holiday(on: date, where: OnHoliday, days_off: DaysOff) -> date | None:
    """The nearest day before or after that is neither holiday nor Sunday; None where a whole week has none."""
    step = timedelta(days=-1 if where is OnHoliday.BEFORE else 1)
    near = (on + n * step for n in range(1, MOST_MOVED + 1))
    return next((day for day in near if day.weekday() != SUNDAY and not days_off(day)), None)
