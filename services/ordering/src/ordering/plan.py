"""What a coordinator wants of a cycle, and what is wrong with it: rules without a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ordering.hours import OfProducers
from ordering.offer import Choice

LONGEST = timedelta(days=366)


class Problem(StrEnum):
    """Why a plan cannot be. The page says it beside the field."""

    NO_NAME = "no_name"
    CLOSES_BEFORE_IT_OPENS = "closes_before_it_opens"
    CLOSING_IN_THE_PAST = "closing_in_the_past"
    TOO_LONG = "too_long"
    DELIVERY_BEFORE_CLOSING = "delivery_before_closing"
    DELIVERY_TOO_FAR = "delivery_too_far"
    PICKUP_BEFORE_DELIVERY = "pickup_before_delivery"
    NO_GROUP = "no_group"
    UNKNOWN_GROUP = "unknown_group"
    GROUP_HAS_ORDERED = "group_has_ordered"
    NO_OFFER = "no_offer"
    UNKNOWN_PRODUCT = "unknown_product"
    PRODUCT_IS_ORDERED = "product_is_ordered"
    BELOW_WHAT_IS_ORDERED = "below_what_is_ordered"
    NEGATIVE = "negative"
    OUTSIDE_THE_CYCLE = "outside_the_cycle"


@dataclass(frozen=True)
class Plan:
    """`pickup_days`: days set by hand, by group; the others follow from the group's weekday. `completion_hours`: how
    long begun cases can be filled after the closing. `hours`: of producers that have some of their own."""

    name: str
    opens_at: datetime
    closes_at: datetime
    delivers_on: date
    group_ids: tuple[str, ...]
    choice: Choice = field(default_factory=Choice)
    pickup_days: Mapping[str, date] = field(default_factory=dict)
    completion_hours: int = 0
    hours: OfProducers = field(default_factory=dict)


class Impossible(Exception):
    """The plan breaks rules. `problems`: field -> Problem; `names`: what the sentence names, by field."""

    def __init__(self, problems: Mapping[str, Problem], names: Mapping[str, str] | None = None) -> None:
        super().__init__(", ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)
        self.names = dict(names or {})


def problems(plan: Plan, now: datetime, zone: ZoneInfo) -> dict[str, Problem]:
    """Field -> what is wrong with it; empty when the cycle can run."""
    found = _wrong_times(plan, now, zone)
    if not plan.name.strip():
        found["name"] = Problem.NO_NAME
    if not plan.group_ids:
        found["groups"] = Problem.NO_GROUP
    for group_id, day in plan.pickup_days.items():
        if group_id in plan.group_ids and day < plan.delivers_on:
            found[f"pickup_on-{group_id}"] = Problem.PICKUP_BEFORE_DELIVERY
    for product_id, thousandths in plan.choice.available.items():
        if thousandths is not None and thousandths < 0:
            found[f"available-{product_id}"] = Problem.NEGATIVE
    return found


def _wrong_times(plan: Plan, now: datetime, zone: ZoneInfo) -> dict[str, Problem]:
    found: dict[str, Problem] = {}
    closing_day = plan.closes_at.astimezone(zone).date()
    if plan.closes_at <= plan.opens_at:
        found["closes_at"] = Problem.CLOSES_BEFORE_IT_OPENS
    elif plan.closes_at <= now:
        found["closes_at"] = Problem.CLOSING_IN_THE_PAST
    elif plan.closes_at - max(now, plan.opens_at) > LONGEST:
        found["closes_at"] = Problem.TOO_LONG
    if plan.delivers_on < closing_day:
        found["delivers_on"] = Problem.DELIVERY_BEFORE_CLOSING
    elif plan.delivers_on - closing_day > LONGEST:
        found["delivers_on"] = Problem.DELIVERY_TOO_FAR
    return found
