"""What a round costs and who bears it: to the cent."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_day import reference_day

from coldchain.day import Day
from coldchain.plan import Plan
from logistics.solver import Budget, plan
from logistics.solver.costs import Rule, by_largest_remainder, costs, shared


@cache
def planned() -> tuple[Day, Plan]:
    day = reference_day(farms=12, places=5)
    return day, plan(day, budget=Budget(iterations=60))


def test_a_round_costs_its_kilometres_and_its_hours() -> None:
    day, done = planned()
    first = costs(day, done)[0]
    carrier = next(one for one in day.carriers if one.id == done.rounds[0].carrier_id)
    vehicle = next(one for one in day.vehicles if one.id == done.rounds[0].vehicle_id)
    assert first.metres > 0
    expected = vehicle.cents_per_km * first.metres / 1000 + carrier.cents_per_hour * first.seconds / 3600
    assert abs(first.cents - expected) <= 0.51
    assert abs(first.co2_grams - vehicle.co2_grams_per_km * first.metres / 1000) <= 0.5


@pytest.mark.parametrize("rule", list(Rule))
def test_what_is_shared_is_what_the_rounds_cost(rule: Rule) -> None:
    day, done = planned()
    value_of = {one.id: 100 * len(one.lines) for one in day.consignments}
    borne = shared(day, done, rule, lambda one: one.producer_id, value_of)
    assert sum(borne.values()) == sum(cost.cents for cost in costs(day, done))
    assert len(borne) == len({one.producer_id for one in day.consignments})


def test_who_has_twice_the_volume_bears_twice_as_much() -> None:
    assert by_largest_remainder(900, {"milk": 2000, "bread": 1000}) == {"milk": 600, "bread": 300}


def test_the_cents_that_are_over_go_to_the_largest_remainders() -> None:
    assert by_largest_remainder(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert by_largest_remainder(10, {"a": 1, "b": 8, "c": 6}) == {"a": 1, "b": 5, "c": 4}


def test_goods_that_weigh_nothing_are_shared_equally() -> None:
    assert by_largest_remainder(3, {"a": 0, "b": 0}) == {"a": 2, "b": 1}
    assert by_largest_remainder(3, {}) == {}


@given(st.integers(0, 10**7), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10**6), min_size=1))
def test_nothing_is_lost_and_nobody_is_a_cent_away_from_its_share(cents: int, weights: dict[str, int]) -> None:
    shares = by_largest_remainder(cents, weights)
    assert sum(shares.values()) == cents
    total = sum(weights.values())
    if total:
        assert all(abs(shares[one] * total - cents * weights[one]) < total for one in weights)
