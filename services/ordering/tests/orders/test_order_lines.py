"""Money and quantities of a line, without a database."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.goods import Article, Bilingual, PriceBasis, Unit
from ordering.offer import Offer
from ordering.order_line import gross_cents, half_up
from ordering.wanted import MOST_QUANTITY, Wanted, Wrong, wrong_lines


def article(unit: Unit = Unit.KG, price: int = 245, content: int | None = None) -> Article:
    return Article(
        product_id="p",
        producer_id="bousole",
        reference="P",
        name=Bilingual(fr="Pommes"),
        unit=unit,
        content_thousandths=content,
        content_unit=Unit.KG if content else None,
        price_cents=price,
        price_basis=PriceBasis.CONTENT if content else PriceBasis.UNIT,
        vat_class="FOOD",
        temperature_class="AMBIENT",
    )


@pytest.mark.parametrize(
    ("of", "quantity", "cents"),
    [
        (article(price=245), 1500, 368),  # 3.675 is rounded up
        (article(price=245), 735, 180),  # 1.80075 is rounded down
        (article(price=1), 500, 1),  # half a cent is a cent
        (article(price=1), 499, 0),
        (article(Unit.PIECE, price=220, content=10_000), 1000, 2200),  # a crate of 10 kg at 2.20 the kilo
        (article(Unit.PIECE, price=220, content=10_000), 3000, 6600),
        (article(Unit.PIECE, price=333, content=1_250), 1000, 416),  # 4.1625
    ],
)
def test_a_line_costs_quantity_times_price_half_up(of, quantity, cents):
    assert gross_cents(of, quantity) == cents


@given(st.integers(0, 10**8), st.integers(0, MOST_QUANTITY), st.none() | st.integers(1, 10**6))
def test_a_line_is_exact_to_half_a_cent(price, quantity, content):
    exact = Fraction(price * quantity, 1000) * (Fraction(content, 1000) if content else 1)
    cents = gross_cents(article(price=price, content=content), quantity)
    assert isinstance(cents, int)
    assert -Fraction(1, 2) < cents - exact <= Fraction(1, 2)


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_half_up_is_the_nearest_and_a_half_goes_up(numerator, denominator):
    rounded = half_up(numerator, denominator)
    assert 2 * rounded * denominator - denominator <= 2 * numerator < 2 * rounded * denominator + denominator


def judged(unit: Unit, quantity: int, said: str = "") -> Wrong | None:
    found = wrong_lines([Wanted("p", quantity, said)], {"p": Offer(article(unit), "Bousole")})
    return found["p"].wrong if found else None


@pytest.mark.parametrize(
    ("unit", "quantity", "said", "wrong"),
    [
        (Unit.KG, 1500, "", None),
        (Unit.KG, 1500, "kg", None),
        (Unit.KG, 1500, "piece", Wrong.WRONG_UNIT),
        (Unit.PIECE, 1500, "", Wrong.WHOLE_ONLY),
        (Unit.PIECE, 2000, "", None),
        (Unit.KG, 0, "", Wrong.NOT_ABOVE_ZERO),
        (Unit.KG, -1000, "", Wrong.NOT_ABOVE_ZERO),
        (Unit.KG, 10**9, "", Wrong.TOO_MUCH),
        (Unit.KG, MOST_QUANTITY, "", None),
    ],
)
def test_a_quantity_is_judged_by_what_the_product_is_sold_in(unit, quantity, said, wrong):
    assert judged(unit, quantity, said) is wrong


@given(st.sampled_from(Unit), st.integers(-(10**10), 10**10))
def test_what_is_accepted_can_be_weighed_or_counted(unit, quantity):
    if judged(unit, quantity) is None:
        assert 0 < quantity <= MOST_QUANTITY
        assert unit is not Unit.PIECE or quantity % 1000 == 0


def test_a_product_that_is_not_offered_and_one_named_twice_are_refused():
    offers = {"p": Offer(article(), "Bousole")}
    found = wrong_lines([Wanted("p", 1000), Wanted("p", 1000), Wanted("q", 1000)], offers)
    assert {product: line.wrong for product, line in found.items()} == {"p": Wrong.TWICE, "q": Wrong.NOT_OFFERED}
