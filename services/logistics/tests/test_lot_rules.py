"""The rules of lots alone: dates, numbers, and who got which; drawn at random where that tells more."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.temperature import temperature_classes
from logistics.lot.date_mark import EGGS_KEEP, Fault, Mark, dating, faults
from logistics.lot.lot import Lot
from logistics.lot.number import number_key, of_today, proposed
from logistics.lot.retention import HALF_A_YEAR, kept_until
from logistics.lot.sharing import Brought, Packed, Share, shares

FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)


@st.composite
def packings(draw: st.DrawFn) -> tuple[list[Packed], list[Brought]]:
    """Households in crates of one group or bags of their own, and lots that come to as much, more or less."""
    packed = []
    for crate in range(draw(st.integers(1, 4))):
        bags = draw(st.booleans())
        for home in range(draw(st.integers(1, 4))):
            name = f"{crate}-{home}"
            packed.append(Packed(name, name if bags else f"crate {crate}", draw(st.integers(1, 5)) * 1000))
    lots = draw(st.lists(st.integers(1, 30), min_size=1, max_size=4))
    return packed, [Brought(f"lot-{number}", size * 1000) for number, size in enumerate(lots)]


def handed(packed: list[Packed], lots: list[Brought], order: st.DataObject) -> set[tuple[str, str]]:
    """Somebody packs crate by crate, lot by lot, and within a crate people take as they like: who got what."""
    pieces = [lot.lot_id for lot in lots for _piece in range(lot.thousandths // 1000)]
    got: set[tuple[str, str]] = set()
    crates: dict[str, list[str]] = {}
    for each in packed:
        crates.setdefault(each.crate, []).extend([each.household_id] * (each.thousandths // 1000))
    for takers in crates.values():
        inside, pieces = pieces[: len(takers)], pieces[len(takers) :]
        shuffled = order.draw(st.permutations(inside))
        got |= set(zip(shuffled, takers, strict=False))
    return got


@given(packings(), st.booleans(), st.data())
def test_whoever_got_of_a_lot_is_in_its_share_and_what_is_sure_is_true(drawn, in_order, order) -> None:
    packed, lots = drawn
    found = list(shares(packed, lots, in_order=in_order))
    reached = {(one.lot_id, one.household_id) for one in found}
    assert len(reached) == len(found), "each once"
    got = handed(packed, lots, order)
    assert got <= reached
    wanted = {each.household_id: each.thousandths for each in packed}
    for one in found:
        assert one.at_most <= wanted[one.household_id]
        if one.sure:
            assert {lot for lot, home in got if home == one.household_id} == {one.lot_id}
            assert one.at_most == wanted[one.household_id]


def test_one_lot_is_with_everybody_for_sure() -> None:
    packed = [Packed("a", "crate", 2000), Packed("b", "crate", 1000)]
    assert list(shares(packed, [Brought("x", 3000)], in_order=False)) == [
        Share("x", "a", 2000, sure=True),
        Share("x", "b", 1000, sure=True),
    ]


def test_of_a_lot_that_comes_to_less_nobody_is_sure() -> None:
    packed = [Packed("a", "crate", 2000), Packed("b", "crate", 1000)]
    found = list(shares(packed, [Brought("x", 1000)], in_order=False))
    assert [(one.at_most, one.sure) for one in found] == [(1000, False), (1000, False)]


@pytest.mark.parametrize(
    ("kind", "mark", "marked", "found"),
    [
        ("VERY_PERISHABLE", Mark.USE_BY, SATURDAY, [Fault.LAST_DAY]),
        ("VERY_PERISHABLE", Mark.USE_BY, FRIDAY, [Fault.USE_BY_OVER]),
        ("VERY_PERISHABLE", Mark.USE_BY, None, [Fault.DATE_WANTED]),
        ("VERY_PERISHABLE", Mark.NONE, None, [Fault.NOT_THIS_KIND]),
        ("MINCED_MEAT", Mark.BEST_BEFORE, SATURDAY, [Fault.NOT_THIS_KIND]),
        ("MEAT_CUTS", Mark.NONE, None, [Fault.REASON_WANTED]),
        ("PERISHABLE", Mark.BEST_BEFORE, FRIDAY, [Fault.BEST_BEFORE_OVER]),
        ("PERISHABLE", Mark.BEST_BEFORE, date(2126, 1, 1), [Fault.FAR_AWAY]),
        ("AMBIENT", Mark.NONE, None, []),
        ("AMBIENT", Mark.BEST_BEFORE, date(2028, 1, 1), []),
        ("EGGS", Mark.BEST_BEFORE, date(2026, 12, 10), [Fault.LAID_WANTED]),
        ("A class of tomorrow", Mark.NONE, None, [Fault.REASON_WANTED]),
    ],
)
def test_a_date_is_judged_by_the_goods_and_the_last_collection(kind, mark, marked, found) -> None:
    assert list(faults(kind, mark, marked, "", None, SATURDAY)) == found


@given(st.integers(-40, 40), st.integers(-5, 60))
def test_eggs_bear_a_date_of_28_days_after_laying_at_most(laid, marked) -> None:
    laid_on = SATURDAY - timedelta(days=laid)
    best_before = SATURDAY + timedelta(days=marked)
    found = list(faults("EGGS", Mark.BEST_BEFORE, best_before, "", laid_on, SATURDAY))
    if laid_on > SATURDAY:
        assert Fault.LAID_LATER in found
    else:
        assert (Fault.EGGS_TOO_LONG in found) == (best_before - laid_on > EGGS_KEEP)


def test_every_class_of_goods_says_what_date_it_bears() -> None:
    for code in temperature_classes():
        assert dating(code).marks, code
    assert {code for code in temperature_classes() if Mark.NONE not in dating(code).marks} == {
        "VERY_PERISHABLE",
        "COLD_DISH",
        "MINCED_MEAT",
        "MEAT_PREPARATION",
        "FROZEN",
        "FROZEN_OTHER",
        "EGGS",
    }


@pytest.mark.parametrize(
    ("last", "follows"),
    [
        ("L261120-A", "L261127-A"),
        ("20/11/2026", "27/11/2026"),
        ("2026-11-20", "2026-11-27"),
        ("C 20112026 b", "C 27112026 b"),
        ("26324", "26331"),
        ("Cuve 041", "Cuve 042"),
        ("099", "100"),
        ("Cuve A", ""),
    ],
)
def test_the_next_number_keeps_the_pattern_of_the_last(last, follows) -> None:
    assert proposed(last, date(2026, 11, 20), date(2026, 11, 27)) == follows


def test_numbers_are_the_same_however_they_are_typed() -> None:
    assert number_key("L 41-b") == number_key("l41B") == number_key("L.41/B")
    assert number_key("L41") != number_key("L411")
    assert of_today(FRIDAY) == "2026-11-27"


def a_lot(mark: Mark, marked: date | None) -> Lot:
    return Lot("L", mark, marked, "", None, 1000)


@pytest.mark.parametrize(
    ("lots", "until"),
    [
        ((), date(2031, 11, 27)),
        ((a_lot(Mark.USE_BY, date(2026, 12, 7)),), date(2026, 12, 7) + HALF_A_YEAR),
        ((a_lot(Mark.NONE, None),), FRIDAY + HALF_A_YEAR),
        ((a_lot(Mark.USE_BY, date(2027, 6, 1)),), date(2031, 11, 27)),
        ((a_lot(Mark.BEST_BEFORE, date(2027, 1, 1)),), date(2031, 11, 27)),
        ((a_lot(Mark.BEST_BEFORE, date(2035, 1, 1)),), date(2035, 1, 1) + HALF_A_YEAR),
        ((a_lot(Mark.NONE, None), a_lot(Mark.BEST_BEFORE, date(2027, 1, 1))), date(2031, 11, 27)),
    ],
)
def test_how_long_it_is_kept_who_got_of_it(lots, until) -> None:
    assert kept_until(FRIDAY, lots) == until


def test_five_years_after_a_leap_day_is_the_first_of_march() -> None:
    assert kept_until(date(2028, 2, 29), ()) == date(2033, 3, 1)
