"""Whatever the day: a plan, the same one each time, that breaks no hard rule but for what it says it leaves behind."""

from drawn_days import days
from hypothesis import HealthCheck, given, settings

from coldchain.checker import check
from coldchain.day import Day
from coldchain.day_faults import find
from coldchain.violation import Weight
from logistics.solver import Budget, plan

SHORT = Budget(iterations=30)
BY_THE_CHECKER = {"uncooled-too-long"}
"""What the planner itself does not foresee; anything else there is a slip of it that the checker made up for."""


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(days())
def test_a_plan_of_any_day_breaks_no_hard_rule(day: Day) -> None:
    done = plan(day, budget=SHORT)
    left = {one.consignment_id for one in done.left_behind}
    carried = {load.consignment_id for one in done.rounds for stop in one.stops for load in stop.loads}
    assert left | carried == {one.id for one in day.consignments}
    assert not left & carried
    assert all(one.why for one in done.left_behind)
    assert {one.rule for one in done.left_behind if one.rule} <= BY_THE_CHECKER
    if not list(find(day)):
        broken = [one for one in check(day, done) if one.weight is Weight.HARD and one.rule != "left-behind"]
        assert broken == []


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(days())
def test_a_plan_of_any_day_is_the_same_each_time(day: Day) -> None:
    done = plan(day, seed=3, budget=SHORT)
    assert plan(day, seed=3, budget=SHORT) == done
    again = plan(day, previous=done)
    assert {one.consignment_id for one in again.left_behind} <= {one.consignment_id for one in done.left_behind}
