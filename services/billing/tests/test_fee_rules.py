"""What a fee comes to: the vectors of systems that got it wrong, and sums shared to the cent."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.fee.charged import Share, charged_on
from billing.fee.fee import Fee, Item, cents_of, weight_of
from billing.fee.sharing import Weight, shared_out
from billing.order import Goods
from billing.price import Priced, expected
from contracts import PriceBasis, Unit
from contracts.fee import FeeKind, ShareBy, topped_up

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TRANSPORT = Fee(
    id="transport",
    version=1,
    name="Transport",
    earner_id="hub",
    group_ids=frozenset(),
    first_day=date(2026, 11, 1),
    last_day=None,
    kind=FeeKind.PER_ORDER,
    cents=500,
    rate_hundredths=0,
    share_by=ShareBy.VALUE,
    free_from_cents=5000,
    stopped=False,
    set_at=NOW,
    set_by="Line",
)
EGGS = Goods(
    producer_id="roc",
    product_id="eggs",
    name_fr="Œufs",
    name_en="Eggs",
    unit="piece",
    vat_class="FOOD",
    price_cents=300,
)
CHICKEN = EGGS.model_copy(
    update={
        "product_id": "chicken",
        "price_cents": 1000,
        "price_basis": PriceBasis.CONTENT,
        "content_thousandths": 1600,
        "content_unit": Unit.KG,
        "weighed": True,
    }
)


def item(cents, count=1, rate=550, of=EGGS):
    return Item(of, count * 1000, cents, expected(of, count * 1000, cents), rate)


@pytest.mark.parametrize(("goods", "fee"), [(4000, 500), (4700, 300), (5500, 0), (5000, 0), (0, 0)])
def test_a_fee_brings_the_goods_up_to_the_sum_from_which_it_is_free(goods, fee):
    """RP-04."""
    assert topped_up(500, goods, 5000) == fee
    assert cents_of(TRANSPORT, [item(goods)] if goods else [], 0) == fee


def test_a_share_of_the_price_is_rounded_for_one_as_it_was_told_and_then_multiplied():
    """M-01: four at 3,00 with 0,33 on each come to 1,32, not to 1,33."""
    fee = replace(TRANSPORT, kind=FeeKind.PERCENT, cents=0, rate_hundredths=1110, free_from_cents=0)
    assert cents_of(fee, [item(300)], 0) == 33
    assert cents_of(fee, [item(1200, 4)], 0) == 132


def test_a_share_of_the_price_follows_what_was_weighed():
    """T15: 4,73 kg instead of 4,8 kg."""
    fee = replace(TRANSPORT, kind=FeeKind.PERCENT, cents=0, rate_hundredths=1000, free_from_cents=0)
    ordered = item(4800, 3, of=CHICKEN)
    assert cents_of(fee, [ordered], 0) == 480
    assert cents_of(fee, [ordered._replace(billed=Priced(4730, Unit.KG, 4730))], 0) == 473


def test_a_share_of_the_price_of_a_line_that_costs_something_else_is_a_share_of_that():
    fee = replace(TRANSPORT, kind=FeeKind.PERCENT, cents=0, rate_hundredths=1110, free_from_cents=0)
    assert cents_of(fee, [item(1200, 4)._replace(billed=Priced(4000, Unit.PIECE, 1000))], 0) == 111
    borne = item(4800, 3, of=CHICKEN)._replace(billed=Priced(4730, Unit.KG, 4800))
    assert cents_of(fee, [borne], 0) == 533, "4,8 kg at 1,11: the producer bears that it weighs less"


def test_what_did_not_come_bears_no_fee_and_what_was_expected_is_still_told():
    gone = item(1200, 4)._replace(billed=Priced(0, Unit.PIECE, 0))
    one = charged_on(TRANSPORT, [gone], Share(0, 0), 2000, True)
    assert one is not None
    assert (one.gross_cents, one.expected_cents, one.parts) == (0, 500, ())


def test_a_producers_transport_takes_the_rates_of_its_goods_and_the_hubs_is_a_service():
    basket = [item(3000, rate=550), item(1000, rate=2000)]
    of_producer = charged_on(replace(TRANSPORT, earner_id="roc"), basket, Share(0, 0), 2000, False)
    assert [part[:2] for part in of_producer.parts] == [(550, 375), (2000, 125)]
    of_hub = charged_on(TRANSPORT, basket, Share(0, 0), 2000, False)
    assert [part[:2] for part in of_hub.parts] == [(2000, 500)]


def test_thirds_of_ten_euros_are_ten_euros():
    """FS-50, T6: not three times 3,34."""
    fee = replace(TRANSPORT, kind=FeeKind.SHARED, cents=1000, free_from_cents=0)
    shares = shared_out(fee, {name: Weight(1, 2000) for name in ("a", "b", "c")})
    assert sorted(shares.values()) == [333, 333, 334]


@given(
    st.integers(0, 100_000),
    st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))),
    st.integers(0, 10**6),
)
def test_shares_come_to_the_sum_whoever_ordered_what(cents, households, free_from):
    fee = replace(TRANSPORT, kind=FeeKind.SHARED, cents=cents, free_from_cents=free_from)
    weights = {name: Weight(goods, goods) for name, (goods, _) in households.items()}
    shares = shared_out(fee, weights)
    goods = sum(each.goods_cents for each in weights.values())
    assert sum(shares.values()) == topped_up(cents, goods, free_from)
    assert all(weights[name].weight for name in shares), "who was brought nothing bears nothing"


def test_a_sum_is_shared_by_value_by_quantity_or_equally():
    basket = [item(1200, 4), item(800)]
    by = {way: weight_of(replace(TRANSPORT, kind=FeeKind.SHARED, share_by=way), basket) for way in ShareBy}
    assert by == {ShareBy.VALUE: 2000, ShareBy.QUANTITY: 5000, ShareBy.EQUALLY: 1}


@pytest.mark.parametrize(
    ("changes", "day", "holds"),
    [
        ({}, date(2026, 10, 31), False),
        ({}, date(2026, 11, 1), True),
        ({"last_day": date(2026, 11, 30)}, date(2026, 11, 30), True),
        ({"last_day": date(2026, 11, 30)}, date(2026, 12, 1), False),
        ({"stopped": True}, date(2026, 11, 2), False),
    ],
)
def test_a_fee_is_charged_on_deliveries_of_its_days(changes, day, holds):
    assert replace(TRANSPORT, **changes).holds_on(day) is holds
