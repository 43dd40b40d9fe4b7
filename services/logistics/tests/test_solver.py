"""The planner on the reference day: everything arrives, in time, by whom it must; the same seed gives the same plan."""

from functools import cache
from itertools import pairwise

import pytest
from baselines import driven, nearest_neighbour, one_producer_one_trip
from reference_day import LAGOON_FARM, LAGOON_PLACE, at, reference_day

from coldchain.checker import check
from coldchain.day import Day
from coldchain.day_faults import check_day
from coldchain.plan import Plan
from coldchain.road import DayRoads
from logistics.solver import Budget, Progress, plan

BUDGET = Budget(iterations=700)


@cache
def planned() -> tuple[Day, Plan]:
    day = reference_day()
    return day, plan(day, seed=1, budget=BUDGET)


def test_nothing_of_the_reference_day_is_left_behind() -> None:
    _, done = planned()
    assert [(one.consignment_id, one.why) for one in done.left_behind] == []


def test_the_checker_finds_nothing_wrong_with_it() -> None:
    day, done = planned()
    check_day(day)
    assert [(one.rule, one.consignment_ids) for one in check(day, done)] == []


def test_every_consignment_is_at_its_place_before_households_come() -> None:
    day, done = planned()
    sites = {site.id: site for site in day.sites}
    arrived = {
        unload.consignment_id: stop
        for one in done.rounds
        for stop in one.stops
        for unload in stop.unloads
        if sites[stop.site_id].handover is not None
    }
    for consignment in day.consignments:
        stop = arrived[consignment.id]
        assert stop.site_id == consignment.to_site
        handover = sites[stop.site_id].handover
        assert handover is not None
        assert stop.departs_at <= handover.opens_at, consignment.id


def test_who_takes_goods_on_at_a_dock_comes_after_who_brings_them() -> None:
    _, done = planned()
    there = {
        unload.consignment_id: stop.departs_at
        for one in done.rounds
        for stop in one.stops
        for unload in stop.unloads
        if stop.site_id == "dock"
    }
    taken = [(load, stop) for one in done.rounds for stop in one.stops for load in stop.loads if stop.site_id == "dock"]
    assert len(taken) == len(there) > 400
    for load, stop in taken:
        assert there[load.consignment_id] <= stop.arrives_at, load.consignment_id


def test_the_fisher_of_the_lagoon_brings_its_fish_itself() -> None:
    _, done = planned()
    carriers = {
        one.carrier_id
        for one in done.rounds
        for stop in one.stops
        for load in stop.loads
        if load.consignment_id == f"{LAGOON_FARM}/{LAGOON_PLACE}"
    }
    assert carriers == {"carrier-70"}


def test_a_fixed_round_is_driven_by_its_carrier_in_its_order() -> None:
    _, done = planned()
    by = {
        stop.site_id: one.carrier_id
        for one in done.rounds
        for stop in one.stops
        if stop.site_id in {"place-3", "place-4"}
    }
    assert by == {"place-3": "employee-2", "place-4": "employee-2"}
    stops = [stop for one in done.rounds if one.carrier_id == "employee-2" for stop in one.stops]
    order = [stop.site_id for stop in sorted(stops, key=lambda stop: stop.arrives_at)]
    assert order.index("place-3") < order.index("place-4")


def test_the_same_seed_and_budget_give_the_same_plan() -> None:
    day, done = planned()
    assert plan(day, seed=1, budget=BUDGET).model_dump_json() == done.model_dump_json()


def test_a_search_that_is_stopped_at_once_still_gives_a_plan() -> None:
    """Anytime: the first draft is always finished."""
    day = reference_day(farms=12, places=5)
    done = plan(day, budget=Budget(over=lambda: True))
    carried = {load.consignment_id for one in done.rounds for stop in one.stops for load in stop.loads}
    assert carried
    assert carried | {one.consignment_id for one in done.left_behind} == {one.id for one in day.consignments}


def test_progress_never_goes_back() -> None:
    told: list[Progress] = []
    plan(reference_day(farms=12, places=5), budget=Budget(iterations=500), progress=told.append)
    assert len(told) > 1
    assert [one.done for one in told] == sorted(one.done for one in told)
    scores = [(one.left, one.cents) for one in told]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("seed", [2, 3])
def test_other_days_of_that_size_are_planned_as_well(seed: int) -> None:
    assert not plan(reference_day(seed), seed=1, budget=Budget(iterations=900)).left_behind


def test_a_carrier_drives_within_its_hours_and_no_longer_than_it_may() -> None:
    day, done = planned()
    roads = DayRoads(day)
    for carrier in day.carriers:
        rounds = [one for one in done.rounds if one.carrier_id == carrier.id]
        stops = sorted(
            (stop for one in rounds for stop in one.stops), key=lambda stop: (stop.arrives_at, stop.departs_at)
        )
        if not stops:
            continue
        assert carrier.hours.opens_at <= stops[0].arrives_at
        assert stops[-1].departs_at <= carrier.hours.closes_at
        driven = sum(roads.way(a.site_id, b.site_id).seconds for one in rounds for a, b in pairwise(one.stops))
        assert carrier.at_most_driving is not None
        assert driven <= carrier.at_most_driving * 60


def test_the_plan_is_of_its_day() -> None:
    day, done = planned()
    assert done.day_id == day.id
    assert all(at(4) <= stop.arrives_at <= stop.departs_at <= at(20) for one in done.rounds for stop in one.stops)


def test_it_brings_more_than_nearest_neighbours_and_drives_less_for_each() -> None:
    day, done = planned()
    left, metres = nearest_neighbour(day)
    assert len(done.left_behind) <= left
    brought, brought_so = len(day.consignments) - len(done.left_behind), len(day.consignments) - left
    assert driven(day, done) * brought_so < metres * brought


def test_it_drives_a_fraction_of_one_producer_one_trip() -> None:
    day, done = planned()
    assert driven(day, done) * 5 < one_producer_one_trip(day)
