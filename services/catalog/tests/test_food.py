"""Which facts the law wants of which goods, and what a price says of itself: rules without a database."""

from dataclasses import replace

import pytest

from catalog.terms import Terms, check
from contracts import PriceBasis, PriceTier, Unit
from contracts.catalog import Breakdown, Food

HONEY = Terms(
    "MIEL",
    "Miel",
    820,
    "FOOD",
    "AMBIENT",
    content_thousandths=500,
    content_unit=Unit.KG,
    food=Food(legal_name="Miel de garrigue", ingredients="Miel", origin="France (Aude)"),
)


def test_all_is_told_of_the_honey():
    assert HONEY.facts_missing == []


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"food": None}, ["legal_name", "ingredients", "origin"]),
        ({"content_thousandths": None, "content_unit": None}, ["net_quantity"]),
        ({"temperature_class": "PERISHABLE"}, ["storage"]),
        ({"temperature_class": "FRESH_FISH"}, ["storage", "animal_origin"]),
        ({"vat_class": "ALCOHOL"}, ["alcohol"]),
        ({"vat_class": "HOUSEHOLD", "food": None}, []),
        ({"unit": Unit.KG, "content_thousandths": None, "content_unit": None}, []),
    ],
)
def test_what_is_missing_depends_on_what_it_is(changed, missing):
    assert replace(HONEY, **changed).facts_missing == missing


def faulty(terms):
    return {fault.field for fault in check(terms)}


def test_a_price_is_what_its_parts_come_to():
    parts = Breakdown(production_cents=600, packing_cents=90, transport_cents=30, margin_cents=100)
    assert faulty(replace(HONEY, breakdown=parts)) == set()
    assert faulty(replace(HONEY, breakdown=parts, price_cents=821)) == {"production"}


def test_prices_fall_while_quantities_rise():
    def tiers(*pairs):
        found = tuple(PriceTier(from_thousandths=quantity, price_cents=cents) for quantity, cents in pairs)
        return faulty(replace(HONEY, tiers=found))

    assert tiers((6000, 800), (12_000, 780)) == set()
    assert tiers((6000, 820)) == {"tier_price_1"}
    assert tiers((6000, 800), (6000, 780)) == {"tier_from_2"}
    assert tiers((1500, 800)) == {"tier_from_1"}
    assert tiers((1000, 800), (2000, 790), (3000, 780), (4000, 770)) == {"tier_from_1"}


def test_only_a_weighed_piece_has_a_margin():
    chicken = replace(HONEY, weighed=True, price_basis=PriceBasis.CONTENT, weight_margin_percent=10)
    assert faulty(chicken) == set()
    assert faulty(replace(chicken, weighed=False)) == {"weight_margin"}
    assert faulty(replace(chicken, weight_margin_percent=51)) == {"weight_margin"}
