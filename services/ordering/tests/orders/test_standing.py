"""From offers and lines to what is shared out, without a database: pools, sizes, crates, bounds, minima, prices."""

import pytest

import allocation
from contracts.catalog import Minimum, MinimumKind, Pool
from contracts.goods import Bilingual, PriceTier, Unit
from ordering.allocation import Asked, Choice, Option, Standing
from ordering.decision import questions
from ordering.minimum import Goods, reached
from ordering.offer import Details, Offer
from ordering.order_line import gross_cents
from ordering.wanted import Terms

from .conftest import product


def offer(product_id, *, available=None, pool=None, minimum=None, **changes):
    said = product(product_id, **changes)
    return Offer(
        said.article, said.producer_name, available_thousandths=available, details=Details(pool=pool, minimum=minimum)
    )


def pool_of_lemons(size=1_000, case=10_000, pool_id="lemons", unit=Unit.KG, **more):
    return Pool(
        pool_id=pool_id,
        name=Bilingual(fr="Citrons"),
        unit=unit,
        size_thousandths=size,
        case_thousandths=case,
        **more,
    )


def standing(offers, *lines, minima=None):
    """Lines as (household, product, thousandths, terms)."""
    by_id = {one.product_id: one for one in offers}
    asked = tuple(
        Asked(
            f"order-{household}",
            household,
            household,
            "limoux",
            product_id,
            quantity,
            gross_cents(by_id[product_id].article, quantity),
            terms[0] if terms else Terms(),
        )
        for household, product_id, quantity, *terms in lines
    )
    return Standing("Semaine 48", by_id, asked, minima or {})


def given(sharing):
    return [share.quantity_thousandths for share in sharing.shares]


def test_loose_goods_are_shared_out_by_the_hundred_grams():
    flour = offer("flour", unit=Unit.KG, case_thousandths=5_000)
    shared = standing([flour], ("a", "flour", 2_300), ("b", "flour", 2_000, Terms(tolerance=1_000))).shared()
    assert given(shared) == [2_300, 2_700]


def test_who_asks_by_the_gram_gets_it_by_the_gram():
    flour = offer("flour", unit=Unit.KG, case_thousandths=5_000)
    shared = standing([flour], ("a", "flour", 1_234), ("b", "flour", 3_000, Terms(tolerance=1_000))).shared()
    assert given(shared) == [1_234, 3_766]


def test_bags_and_kilos_fill_one_case_and_bags_stay_whole():
    offers = [
        offer("loose", unit=Unit.KG, pool=pool_of_lemons()),
        offer("bag", pool=pool_of_lemons(5_000), content_thousandths=5_000, content_unit=Unit.KG),
    ]
    shared = standing(offers, ("a", "bag", 3_000), ("b", "loose", 4_000, Terms(tolerance=2_000))).shared()
    assert given(shared) == [3_000, 5_000]
    assert [(supply.cases, supply.goods, supply.surplus) for supply in shared.supplies] == [(2, 20_000, 0)]


def test_a_size_that_takes_no_whole_units_is_a_product_by_itself():
    odd = offer("loose", unit=Unit.KG, pool=pool_of_lemons(333))
    shared = standing([odd], ("a", "loose", 1_500)).shared()
    assert given(shared) == [1_500]
    assert [supply.id for supply in shared.supplies] == ["loose"]


def test_what_there_is_of_a_pool_bounds_all_its_sizes():
    pool = pool_of_lemons(case=None, available_thousandths=6_000)
    shared = standing([offer("loose", unit=Unit.KG, pool=pool)], ("a", "loose", 5_000), ("b", "loose", 3_000)).shared()
    assert sum(given(shared)) == 6_000
    assert {share.why.cause for share in shared.shares if share.why} == {allocation.Cause.NOT_AVAILABLE}


def test_tolerance_never_takes_more_than_there_is_of_one_size():
    bags = offer("bag", available=3_000, pool=pool_of_lemons(1_000, 4_000, unit=Unit.PIECE))
    shared = standing([bags], ("a", "bag", 3_000, Terms(tolerance=1_000))).shared()
    assert sum(given(shared)) <= 3_000


def test_goods_of_two_producers_share_no_crate():
    offers = [
        offer("lemons1", pool=pool_of_lemons(completes_with=("limes",))),
        offer("limes1", producer_id="other", producer_name="Autre", pool=pool_of_lemons(pool_id="limes")),
    ]
    shared = standing(offers, ("a", "lemons1", 6_000), ("b", "limes1", 4_000)).shared()
    assert given(shared) == [0, 0]


def test_a_mixed_crate_of_which_only_one_kind_is_asked_is_still_that_crate():
    """The shop says how full it is by all that is offered, and what is decided about it is about all of it."""
    lemons = offer("lemons1", unit=Unit.KG, pool=pool_of_lemons(completes_with=("clementines",)))
    clementines = offer("clementines1", unit=Unit.KG, pool=pool_of_lemons(case=None, pool_id="clementines"))
    for one, other in ((lemons, "clementines"), (clementines, "lemons")):
        held = standing([lemons, clementines], ("h1", one.product_id, 4_000))
        (question,) = questions(held, held.shared())
        assert (question.subject, question.missing) == ("case:mixed-clementines", 6_000), f"without {other}"
        assert question.product_ids == (one.product_id,)
        assert {rest.product_id for rest in question.rests} == {"lemons1", "clementines1"}


def test_whoever_takes_the_rest_of_a_mixed_crate_completes_it():
    """There are 8 kg of clementines, and who accepts more of them fills the crate: only lemons complete it."""
    lemons = offer("lemons1", unit=Unit.KG, pool=pool_of_lemons(completes_with=("clementines",)))
    few = pool_of_lemons(case=None, pool_id="clementines", available_thousandths=8_000)
    clementines = offer("clementines1", unit=Unit.KG, pool=few)
    more = Terms(tolerance=3_000)
    asked = (("a", "lemons1", 10_000), ("b", "clementines1", 3_000), ("c", "clementines1", 3_000, more))
    held = standing([lemons, clementines], *asked)
    (question,) = questions(held, held.shared())
    assert [(rest.product_id, rest.quantity_thousandths) for rest in question.rests] == [("lemons1", 2_000)]
    taken = held.shared({question.subject: Choice(Option.TOP_UP, "order-a", "lemons1", 2_000)})
    assert given(taken) == [12_000, 3_000, 5_000]


def test_tolerance_reaches_a_weight_that_must_come_together():
    minimum = Minimum(kind=MinimumKind.WEIGHT, amount=20_000)
    flour = offer("flour", unit=Unit.KG, minimum=minimum)
    these = standing([flour], ("a", "flour", 15_000, Terms(tolerance=4_000)), ("b", "flour", 3_000))
    shared = these.shared()
    assert given(shared) == [17_000, 3_000]
    assert questions(these, shared) == []


def test_what_more_costs_is_what_the_price_makes_of_it():
    tiers = (PriceTier(from_thousandths=5_000, price_cents=300),)
    jam = offer("jam", price_cents=400, case_thousandths=6_000, tiers=tiers)
    (share,) = standing([jam], ("a", "jam", 4_000, Terms(tolerance=2_000))).shared().shares
    assert (share.quantity_thousandths, share.gross_cents, share.why.cost) == (6_000, 1_800, 200)


def test_nothing_rather_than_less_than_the_least():
    jam = offer("jam", case_thousandths=6_000)
    these = standing([jam], ("a", "jam", 5_000, Terms(least=5_000)), ("b", "jam", 5_000))
    assert given(these.shared()) in ([5_000, 1_000], [0, 5_000])
    assert sum(given(these.shared())) == 6_000


def test_what_cannot_be_worked_out_is_given_as_asked(monkeypatch):
    def fails(problem):
        raise allocation.WrongProblem(())

    monkeypatch.setattr("ordering.allocation.allocation.allocate", fails)
    jam = offer("jam", case_thousandths=6_000)
    assert given(standing([jam], ("a", "jam", 5_000)).shared()) == [5_000]


def test_a_top_up_for_a_producer_reaches_its_minimum():
    minima = {"bousole": Minimum(kind=MinimumKind.MONEY, amount=10_000)}
    these = standing([offer("tomme"), offer("ham", price_cents=1_200)], ("a", "tomme", 20_000), minima=minima)
    (question,) = questions(these, these.shared())
    assert (question.reached, question.minimum.amount) == (7_000, 10_000)
    (rest,) = question.rests
    topped = these.shared(
        {question.subject: Choice(Option.TOP_UP, "order-a", rest.product_id, rest.quantity_thousandths)}
    )
    assert (rest.product_id, rest.quantity_thousandths) == ("tomme", 9_000)
    assert topped.unmet == ()
    assert given(topped) == [29_000]


@pytest.mark.parametrize(
    ("more", "with_deposits", "quantity"),
    [
        ({}, False, 3_000),
        ({"tiers": (PriceTier(from_thousandths=3_000, price_cents=2_250),)}, False, 4_000),
        ({"deposit_cents": 1_200}, False, 3_000),
        ({"deposit_cents": 1_200}, True, 2_000),
    ],
)
def test_a_top_up_counts_with_the_price_it_reaches_and_the_deposits_that_count(more, with_deposits, quantity):
    """72.00 are missing, at 24.00 each; three cost 67.50 where the price falls."""
    wine = offer("wine", price_cents=2_400, **more)
    so_far = 2_400 + (more.get("deposit_cents", 0) if with_deposits else 0)
    minima = {"bousole": Minimum(kind=MinimumKind.MONEY, amount=so_far + 7_200, with_deposits=with_deposits)}
    these = standing([wine], ("a", "wine", 1_000), minima=minima)
    (question,) = questions(these, these.shared())
    assert [rest.quantity_thousandths for rest in question.rests] == [quantity]


@pytest.mark.parametrize(
    ("minimum", "expected"),
    [
        (Minimum(kind=MinimumKind.MONEY, amount=1), 10_550),
        (Minimum(kind=MinimumKind.MONEY, amount=1, net=True), 10_000),
        (Minimum(kind=MinimumKind.MONEY, amount=1, with_deposits=True), 10_750),
        (Minimum(kind=MinimumKind.WEIGHT, amount=1), 20_000),
        (Minimum(kind=MinimumKind.CASES, amount=1), 3),
    ],
)
def test_how_much_of_a_minimum_is_reached(minimum, expected):
    crate = offer("crate", content_thousandths=10_000, content_unit=Unit.KG, deposit_cents=100).article
    assert reached(minimum, [Goods(crate, 2_000, 10_550)], cases=3) == expected


def test_a_weight_that_nobody_told_is_no_minimum_missed():
    minimum = Minimum(kind=MinimumKind.WEIGHT, amount=1_000)
    these = standing([offer("tomme", minimum=minimum)], ("a", "tomme", 1_000))
    assert these.shared().unmet == ()
