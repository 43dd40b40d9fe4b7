"""What a coordinator changed by hand in the cycle of one turn, and how it goes on when the turn moves.

Nothing of it is lost: hours stay so many days before the delivery, days of pickup so many behind it, the rest as it is.
"""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ordering.cycle import Cycle
from ordering.hours import ALWAYS, Hours, OfProducers
from ordering.pickup import Slot, pickup_day
from ordering.plan import Plan
from ordering.rhythm import Turn, days_later


def differs(its: Cycle, turn: Turn, zone: ZoneInfo) -> bool:
    """Whether the cycle is another than its rhythm makes of the turn."""
    if turn.delivers_on is None:
        return True
    plan = turn.plan(zone)
    as_it_is = (its.opens_at, its.closes_at, its.delivers_on, its.completion_hours, dict(its.hours), its.choice)
    as_made = (plan.opens_at, plan.closes_at, plan.delivers_on, plan.completion_hours, dict(plan.hours), plan.choice)
    return as_it_is != as_made or its.group_ids != set(plan.group_ids)


def moved_plan(its: Cycle, before: Turn, turn: Turn, slots: Iterable[Slot], zone: ZoneInfo) -> Plan:
    """What becomes of the cycle of a turn: as its rhythm has it, and as it was where that was changed. `before`: the
    turn as it was."""
    plan = turn.plan(zone)
    usual = before.plan(zone) if before.delivers_on else None
    by = plan.delivers_on - its.delivers_on

    def later(moment: datetime) -> datetime:
        return days_later(moment, by, zone)

    def hours_of(producer_id: str) -> Hours:
        now = its.hours.get(producer_id, ALWAYS)
        if usual is not None and now == usual.hours.get(producer_id, ALWAYS):
            return plan.hours.get(producer_id, ALWAYS)
        return Hours(now.opens_at and later(now.opens_at), now.closes_at and later(now.closes_at))

    hours: OfProducers = {producer: hours_of(producer) for producer in {*its.hours, *plan.hours}}
    return Plan(
        name=plan.name if usual and its.name == usual.name else its.name,
        opens_at=plan.opens_at if usual and its.opens_at == usual.opens_at else later(its.opens_at),
        closes_at=plan.closes_at if usual and its.closes_at == usual.closes_at else later(its.closes_at),
        delivers_on=plan.delivers_on,
        group_ids=tuple(pickup.group_id for pickup in its.pickups),
        choice=its.choice,
        pickup_days=_pickup_days(its, slots, plan.delivers_on, zone),
        completion_hours=its.completion_hours,
        hours={producer: one for producer, one in hours.items() if one != ALWAYS},
    )


def _pickup_days(its: Cycle, slots: Iterable[Slot], delivers_on: date, zone: ZoneInfo) -> dict[str, date]:
    """Days of pickup that were set by hand."""
    weekdays = {slot.group_id: slot.weekday for slot in slots}
    found: dict[str, date] = {}
    for pickup in its.pickups:
        day, weekday = pickup.starts_at.astimezone(zone).date(), weekdays.get(pickup.group_id)
        if weekday is not None and day != pickup_day(weekday, its.delivers_on):
            found[pickup.group_id] = day + (delivers_on - its.delivers_on)
    return found
