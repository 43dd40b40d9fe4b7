"""Settling between households without a database: the fewest transfers, who is paid for by an advance, a transfer's
life."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.between.advance import parted
from billing.between.life import MOVES, Move, OutOfTurn, Stage, moved, moves_of
from billing.between.transfers import MOST_EXACT, Transfer, minimal_transfers


@st.composite
def nets(draw, most):
    cents = draw(st.lists(st.integers(-60, 60), min_size=1, max_size=most - 1))
    return {f"h-{place:02}": each for place, each in enumerate([*cents, -sum(cents)])}


def fewest(cents):
    """By brute force: every way to part the households into circles that come to nothing."""
    if not cents:
        return 0
    found = len(cents) - 1
    first, *rest = cents
    for size in range(len(rest)):
        for places in combinations(range(len(rest)), size):
            if first + sum(rest[place] for place in places) == 0:
                others = [each for place, each in enumerate(rest) if place not in places]
                found = min(found, size + fewest(others))
    return found


def settled(owed, found):
    left = dict(owed)
    for each in found:
        assert each.cents > 0
        assert each.payer != each.receiver
        left[each.payer] -= each.cents
        left[each.receiver] += each.cents
    return {name: cents for name, cents in left.items() if cents}


@given(nets(7))
def test_there_are_no_fewer_transfers_that_settle_to_the_cent(owed):
    found = minimal_transfers(owed)
    assert settled(owed, found) == {}
    assert len(found) == fewest([cents for cents in owed.values() if cents])
    assert found == minimal_transfers(dict(reversed(owed.items()))), "the same sums give the same transfers"


@given(nets(40))
def test_of_many_households_each_is_settled_with_fewer_transfers_than_there_are_households(owed):
    found = minimal_transfers(owed)
    assert settled(owed, found) == {}
    assert len(found) <= max(0, sum(1 for cents in owed.values() if cents) - 1)
    for payer in {each.payer for each in found}:
        assert owed[payer] > 0, "who is owed pays nobody"


def test_one_household_paid_for_three():
    owed = {"Marie": -3500, "Paul": 1500, "Josette": 2000}
    assert minimal_transfers(owed) == [Transfer("Josette", "Marie", 2000), Transfer("Paul", "Marie", 1500)]


def test_two_circles_are_found_where_the_largest_would_pay_the_largest():
    """f is owed what a and b owe, d and e what c does: largest to largest would need five transfers."""
    found = minimal_transfers({"a": 1, "b": 4, "c": 6, "d": -3, "e": -3, "f": -5})
    assert len(found) == 4
    assert {(each.payer, each.receiver) for each in found} == {("a", "f"), ("b", "f"), ("c", "d"), ("c", "e")}


def test_the_most_households_that_are_looked_at_exactly():
    owed = {f"{place:02}": 2**place for place in range(MOST_EXACT - 1)}
    owed["zz"] = -sum(owed.values())
    assert len(minimal_transfers(owed)) == MOST_EXACT - 1


def test_nothing_is_owed():
    assert minimal_transfers({}) == []
    assert minimal_transfers({"a": 0}) == []
    with pytest.raises(ValueError, match="comes to nothing"):
        minimal_transfers({"a": 1})


# For whom an advance is


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 50), min_size=1),
    st.dictionaries(st.sampled_from("abcdefp"), st.integers(0, 50)),
    st.integers(1, 200),
)
def test_every_cent_of_an_advance_is_for_somebody_and_nobody_else_has_more_than_it_needs(needs, before, cents):
    before = {each: part for each, part in before.items() if part}
    cents = max(cents, sum(before.values()))
    parts = parted(cents, "p", needs, before)
    assert sum(parts.values()) == cents
    assert all(part > 0 for part in parts.values())
    for each, part in parts.items():
        assert each == "p" or part <= needs[each]
        if sum(needs.values()) <= cents:
            assert each == "p" or part == needs[each]
    for each in set(before) & set(needs):
        assert parts.get(each, 0) >= min(before[each], needs[each]), "who has a part keeps what it needs of it"


# What becomes of a transfer


def test_whatever_is_done_a_transfer_stands_somewhere_and_a_second_press_changes_nothing():
    for (before, move), after in MOVES.items():
        assert moved(before, move) is after
        assert moved(after, move) is after
    with pytest.raises(OutOfTurn):
        moved(Stage.CALLED_OFF, Move.SAY_PAID)
    with pytest.raises(OutOfTurn):
        moved(Stage.RECEIVED, Move.CALL_OFF)


@pytest.mark.parametrize("stage", Stage)
def test_who_pays_never_confirms_and_who_receives_never_says_that_it_was_paid(stage):
    assert Move.CONFIRM not in moves_of(stage, pays=True, receives=False, keeps=False)
    assert Move.SAY_PAID not in moves_of(stage, pays=False, receives=True, keeps=False)
    assert Move.CALL_OFF not in moves_of(stage, pays=False, receives=False, keeps=True)
    assert moves_of(stage, pays=False, receives=False, keeps=False) == ()
