"""Rounds that are locked stay to the minute, whatever is planned around them."""

from functools import cache

import pytest
from reference_day import reference_day

from coldchain.checker import check
from coldchain.day import Day
from coldchain.plan import Plan
from coldchain.violation import Weight
from logistics.schedule.locking import plan_around, rounds_kept
from logistics.solver import Budget, plan
from logistics.solver.changes import rides_of


@cache
def planned() -> tuple[Day, Plan]:
    day = reference_day()
    return day, plan(day, seed=1, budget=Budget(iterations=700))


def again(day: Day, previous: Plan) -> Plan:
    return plan(day, seed=1, budget=Budget(iterations=100), previous=previous)


def of(done: Plan, carrier_id: str):
    return [one for one in done.rounds if one.carrier_id == carrier_id]


@pytest.mark.parametrize("locked", ["employee-4", "carrier-31"])
def test_a_locked_round_stays_to_the_minute_when_another_carrier_falls_out(locked: str) -> None:
    day, done = planned()
    kept = {one.carrier_id for one in rounds_kept(done, frozenset({locked}))}
    absent = next(one.carrier_id for one in done.rounds if one.carrier_id not in kept)
    less = day.model_copy(update={"carriers": tuple(one for one in day.carriers if one.id != absent)})
    new = plan_around(less, done, [locked], again)
    assert of(done, locked)
    assert of(new, locked) == of(done, locked)
    broken = {one.rule for one in check(less, new) if one.weight is Weight.HARD}
    assert broken <= {"left-behind"}
    carried = rides_of(new)
    left = {one.consignment_id for one in new.left_behind}
    assert {one.id for one in less.consignments} == carried.keys() | left
    assert not carried.keys() & left


def test_what_feeds_a_locked_round_at_a_dock_is_locked_with_it() -> None:
    _day, done = planned()
    rides = rides_of(done)
    fed = next(ways for ways in rides.values() if len(ways) == 2 and ways[0].carrier_id != ways[1].carrier_id)
    kept = {one.carrier_id for one in rounds_kept(done, frozenset({fed[1].carrier_id}))}
    assert {fed[0].carrier_id, fed[1].carrier_id} <= kept
    assert fed[1].carrier_id not in {one.carrier_id for one in rounds_kept(done, frozenset())}


def test_without_locks_it_is_the_plan_with_the_least_change() -> None:
    day, done = planned()
    assert plan_around(day, done, [], again) == again(day, done)


def test_all_rounds_locked_leave_nothing_to_plan() -> None:
    day, done = planned()
    new = plan_around(day, done, [one.id for one in day.carriers], again)
    assert new.rounds == done.rounds
    assert check(day, new) == ()


def test_a_locked_carrier_that_is_gone_is_not_kept() -> None:
    day, done = planned()
    less = day.model_copy(update={"carriers": tuple(one for one in day.carriers if one.id != "employee-4")})
    new = plan_around(less, done, ["employee-4"], again)
    assert of(new, "employee-4") == []
    assert {one.rule for one in check(less, new) if one.weight is Weight.HARD} <= {"left-behind"}
