"""The four units of a product and the exact ways between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from catalog.packing import Cases, NotEven, Packing, Weight, price_of
from contracts import PriceBasis, StockUnit, Unit

CRATE = Packing(Unit.PIECE, 10_000, Unit.KG, PriceBasis.CONTENT, 3_000, StockUnit.CONTENT)
POTATOES = Packing(Unit.KG, case_thousandths=10_000)
EGGS = Packing(Unit.PIECE, 6_000, Unit.PIECE, case_thousandths=12_000, stock_unit=StockUnit.CASE)


def test_a_crate_of_ten_kilos_is_measured_and_priced_in_kilos():
    assert CRATE.measure(2000) == 20_000
    assert CRATE.price_unit is Unit.KG
    assert POTATOES.price_unit is Unit.KG
    assert Packing(Unit.PIECE).price_unit is Unit.PIECE
    assert price_of(240, CRATE.measure(1000)) == 2400


def test_245_kilos_are_24_crates_and_5_kilos_are_left():
    assert CRATE.from_stock(240_000) == 24_000
    with pytest.raises(NotEven) as uneven:
        CRATE.from_stock(245_000)
    assert (uneven.value.whole, uneven.value.rest) == (24_000, 5_000)


def test_a_case_of_eggs_is_twelve_boxes():
    assert EGGS.from_stock(2_000) == 24_000
    assert EGGS.to_stock(30_000) == 2_000
    with pytest.raises(NotEven):
        EGGS.from_stock(1_500)


def test_what_misses_to_a_full_case_is_said():
    assert POTATOES.cases(25_000) == Cases(2, 5_000, 5_000)
    assert POTATOES.cases(30_000).complete
    assert POTATOES.cases(10_400) == Cases(1, 400, 9_600), "10.4 in tens is not complete"
    assert Packing(Unit.KG, case_thousandths=100).cases(300).complete, "0.3 is a multiple of 0.1"
    assert Packing(Unit.KG).cases(7) == Cases(0, 0, 0), "without a case nothing is missing"


def test_the_margin_of_a_weight_is_rounded_outwards():
    chicken = Packing(Unit.PIECE, 1_333, Unit.KG, PriceBasis.CONTENT)
    assert chicken.weight(1000, 10) == Weight(1_333, 1_199, 1_467)
    assert chicken.weight(3000, 0) == Weight(3_999, 3_999, 3_999)


@given(pieces=some.integers(0, 1_000_000), size=some.integers(1, 10_000_000))
def test_pieces_go_to_their_content_and_back_without_loss(pieces, size):
    packing = Packing(Unit.PIECE, size, Unit.KG, stock_unit=StockUnit.CONTENT)
    assert packing.from_stock(packing.to_stock(pieces * 1000)) == pieces * 1000


@given(quantity=some.integers(0, 10**9), case=some.integers(1, 10**7))
def test_full_cases_the_rest_and_what_is_missing_add_up(quantity, case):
    found = Packing(Unit.KG, case_thousandths=case).cases(quantity)
    assert found.full * case + found.rest == quantity
    assert (found.rest + found.missing) % case == 0
    assert 0 <= found.missing < case
