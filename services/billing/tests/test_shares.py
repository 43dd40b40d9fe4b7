from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing.shares import half_up, largest_remainder

WEIGHTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=40)
TOTALS = st.integers(-(10**9), 10**9)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (149, 100, 1), (150, 100, 2), (0, 7, 0), (-149, 100, -1)],
)
def test_a_half_cent_goes_up_as_merchants_round(numerator, denominator, rounded):
    assert half_up(numerator, denominator) == rounded


@given(TOTALS, WEIGHTS)
@example(1, [0, 0, 0])
@example(100, [1, 1, 1])
@example(7, [0, 5])
def test_shares_always_add_up(total, weights):
    assert sum(largest_remainder(total, weights)) == total


@given(TOTALS, WEIGHTS)
def test_no_share_is_a_cent_or_more_from_its_exact_part(total, weights):
    whole = sum(weights)
    for share, weight in zip(largest_remainder(total, weights), weights, strict=True):
        if whole:
            assert abs(share * whole - total * weight) < whole


@given(TOTALS, WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_those_who_share_changes_nothing(total, weights, random: Random):
    shuffled = random.sample(weights, len(weights))
    before = sorted(zip(weights, largest_remainder(total, weights), strict=True))
    assert sorted(zip(shuffled, largest_remainder(total, shuffled), strict=True)) == before


def test_who_has_no_weight_pays_nothing_of_it():
    assert largest_remainder(100, [0, 3, 0]) == [0, 100, 0]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_there_must_be_somebody_to_share_with(weights):
    with pytest.raises(ValueError, match="cannot be shared"):
        largest_remainder(5, weights)
