"""The form of a rhythm: what the coordinator types, read into a rhythm, and filled again from one."""

import re
from collections.abc import Iterable
from datetime import date, time, timedelta

from ordering.offer import Choice, Kind
from ordering.pages.cycle_form import MOST_COMPLETION_HOURS
from ordering.pickup import Slot
from ordering.rhythm import SUNDAY, Every, HoursOnHoliday, Offset, OnHoliday, Rhythm, Rule
from ui.forms import Form

MOST_BEFORE = 90
"""Days before the delivery at which a cycle may open."""
MOST_DATES = 200
KINDS = (Kind.SEASON, Kind.PRODUCERS)
"""Products chosen one by one are for one cycle: next month they are others."""


def read(form: Form, rhythm_id: str, version: int, slots: Iterable[Slot], producer_ids: Iterable[str]) -> Rhythm | None:
    """The rhythm that was sent; None when a field cannot be read or makes no sense."""
    name = form.text("name", required=True, max_length=100)
    groups = form.choices("groups", [slot.group_id for slot in slots])
    if not groups:
        form.error("groups", form._("Tick at least one group."))
    rule = _rule(form)
    opens, closes = _offset(form, "opens"), _offset(form, "closes")
    if opens and closes and (-opens[0], opens[1]) >= (-closes[0], closes[1]):
        form.error("closes_days", form._("The cycle would close before it opens."))
    kind = Kind(form.choice("offers", KINDS) or Kind.SEASON)
    producers = form.choices("producers", producer_ids)
    if kind is Kind.PRODUCERS and not producers:
        form.error("offers", form._("Tick at least one producer."))
    on_holiday, hours_on = form.choice("on_holiday", OnHoliday), form.choice("hours_on_holiday", HoursOnHoliday)
    ahead = form.integer("ahead_weeks", required=True, minimum=0, maximum=26)
    completion = form.integer("completion_hours", minimum=0, maximum=MOST_COMPLETION_HOURS) or 0
    hours = {producer: _hours(form, producer, opens, closes) for producer in producer_ids}
    if not form.ok or rule is None or opens is None or closes is None or ahead is None:
        return None
    return Rhythm(
        rhythm_id,
        version,
        name,
        tuple(groups),
        rule,
        opens,
        closes,
        Choice(kind, tuple(producers)),
        OnHoliday(on_holiday),
        ahead_weeks=ahead,
        active=form.boolean("active"),
        completion_hours=completion,
        hours={producer: its for producer, its in hours.items() if any(its)},
        hours_on_holiday=HoursOnHoliday(hours_on),
    )


def _rule(form: Form) -> Rule | None:
    every = form.choice("every", Every)
    if every == Every.DATES:
        days = _dates(form)
        return Rule(Every.DATES, days[0], dates=days) if days else None
    first = form.date("first", required=True)
    until = form.date("until")
    if first and until and until < first:
        form.error("until", form._("The last day is before the first."))
    if every == Every.WEEKS:
        interval = form.integer("weeks", required=True, minimum=1, maximum=26)
        return Rule(Every.WEEKS, first, interval, until=until) if first and interval else None
    interval = form.integer("months", required=True, minimum=1, maximum=12)
    nth = form.choice("nth", ("1", "2", "3", "4", "-1"))
    weekday = form.choice("weekday", [str(day) for day in range(7)])
    if first is None or interval is None or not nth or not weekday:
        return None
    return Rule(Every.MONTHS, first, interval, int(nth), int(weekday), until)


def _dates(form: Form) -> tuple[date, ...]:
    """Days one by one, as they were typed: one a line, or parted by commas."""
    typed = [part for part in re.split(r"[\n,;]+", form.lines("dates", required=True)) if part.strip()]
    found: set[date] = set()
    for part in typed:
        day = Form({"day": part.strip()}, form._).date("day")
        if day is None:
            form.error("dates", form._("“%(text)s” is no date: type for example 31/05/2026.") % {"text": part.strip()})
            return ()
        found.add(day)
    if len(found) > MOST_DATES:
        form.error("dates", form._("At most %(most)d days.") % {"most": MOST_DATES})
    return tuple(sorted(found))


def _hours(
    form: Form, producer_id: str, opens: Offset | None, closes: Offset | None
) -> tuple[Offset | None, Offset | None]:
    """The hours of one producer, within those of the cycle; None where nothing is typed."""
    mine = [_offset(form, f"{name}-{producer_id}", required=False) for name in ("opens", "closes")]
    if not any(mine) or opens is None or closes is None:
        return mine[0], mine[1]
    first, last = mine[0] or opens, mine[1] or closes
    points = [(-days, at) for days, at in (opens, first, last, closes)]
    if points != sorted(points) or points[1] == points[2]:
        form.error(f"closes-{producer_id}_days", form._("This lies outside the hours of the cycle."))
    return mine[0], mine[1]


def _offset(form: Form, name: str, *, required: bool = True) -> Offset | None:
    # Of two fields that belong together one alone says nothing.
    required = required or bool(form.value(f"{name}_days").strip() or form.value(f"{name}_at").strip())
    days = form.integer(f"{name}_days", required=required, minimum=0, maximum=MOST_BEFORE)
    length = form.duration(f"{name}_at", required=required)
    if days is None or length is None:
        return None
    minutes = int(length.total_seconds()) // 60
    return days, time(minutes // 60, minutes % 60)


def filled(held: Rhythm) -> dict[str, str]:
    """The values of the form for a rhythm as it is; groups and producers are boxes, told apart."""
    rule = held.rule
    offsets = {"opens": held.opens, "closes": held.closes}
    for producer, (opens, closes) in held.hours.items():
        offsets |= {f"opens-{producer}": opens} if opens else {}
        offsets |= {f"closes-{producer}": closes} if closes else {}
    return {
        **{f"{name}_days": str(days) for name, (days, _) in offsets.items()},
        **{f"{name}_at": f"{at:%H:%M}" for name, (_, at) in offsets.items()},
        "name": held.name,
        "every": rule.every.value,
        "first": rule.first.isoformat(),
        "until": rule.until.isoformat() if rule.until else "",
        "weeks": str(rule.interval if rule.every is Every.WEEKS else 1),
        "months": str(rule.interval if rule.every is Every.MONTHS else 1),
        "nth": str(rule.nth),
        "weekday": str(rule.weekday),
        "dates": "\n".join(f"{day:%d/%m/%Y}" for day in rule.dates),
        "completion_hours": str(held.completion_hours) if held.completion_hours else "",
        "on_holiday": held.on_holiday.value,
        "hours_on_holiday": held.hours_on_holiday.value,
        "offers": held.choice.kind.value,
        "ahead_weeks": str(held.ahead_weeks),
        "active": "on" if held.active else "",
        "version": str(held.version),
    }


def suggested(today: date) -> dict[str, str]:
    """A rhythm to start from: every week, delivered on a Friday, open from Sunday to Sunday before."""
    sunday = today + timedelta(days=(SUNDAY - today.weekday()) % 7 or 7)
    first = sunday + timedelta(days=12)
    return {
        "every": Every.WEEKS.value,
        "first": first.isoformat(),
        "weeks": "1",
        "months": "1",
        "nth": "3",
        "weekday": "5",
        "opens_days": "12",
        "opens_at": "08:00",
        "closes_days": "5",
        "closes_at": "20:00",
        "on_holiday": OnHoliday.BEFORE.value,
        "hours_on_holiday": HoursOnHoliday.KEEP.value,
        "offers": Kind.SEASON.value,
        "ahead_weeks": "3",
        "active": "on",
        "version": "0",
    }
