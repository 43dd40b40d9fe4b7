from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from catalog import nomenclature
from catalog.place import completed, great_circle_km, known_places
from catalog.terms import Terms, UnitPrice, check, pack_price_cents, unit_price
from contracts import Place, PriceBasis, Unit

OIL = Terms("EVO-5", "Huile d’olive", 3500, "FOOD", "AMBIENT", content_thousandths=5000, content_unit=Unit.LITRE)
ORANGES = Terms(
    "ORA-10",
    "Oranges",
    220,
    "FOOD",
    "AMBIENT",
    content_thousandths=10_000,
    content_unit=Unit.KG,
    price_basis=PriceBasis.CONTENT,
    weighed=True,
)


def faulty(terms):
    return {fault.field for fault in check(terms)}


def test_a_can_of_five_litres_at_35_euros_is_7_euros_a_litre():
    assert unit_price(OIL) == UnitPrice(700, Unit.LITRE, exact=True)


def test_a_crate_priced_by_the_kilo_costs_what_it_should_weigh():
    assert unit_price(ORANGES) == UnitPrice(220, Unit.KG, exact=True)
    assert pack_price_cents(ORANGES) == 2200


def test_a_piece_without_content_has_no_unit_price():
    assert unit_price(replace(OIL, content_thousandths=None, content_unit=None)) is None


@given(cents=some.integers(1, 1_000_000), content=some.integers(1, 10_000_000))
def test_a_unit_price_is_the_exact_one_rounded_half_up(cents, content):
    found = unit_price(replace(OIL, price_cents=cents, content_thousandths=content))
    exact = Fraction(cents * 1000, content)
    assert found.cents == (exact + Fraction(1, 2)).__floor__()
    assert found.exact == (exact.denominator == 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reference": ""}, "reference"),
        ({"name_fr": ""}, "name_fr"),
        ({"name_fr": "=SUM(A1)"}, "name_fr"),
        ({"reference": "@cmd"}, "reference"),
        ({"price_cents": 0}, "price"),
        ({"price_cents": -5}, "price"),
        ({"price_cents": 1_000_000_001}, "price"),
        ({"vat_class": "NONE"}, "vat_class"),
        ({"temperature_class": ""}, "temperature_class"),
        ({"season_from": 13, "season_to": 2}, "season_from"),
        ({"season_from": 3}, "season_to"),
        ({"unit": Unit.KG}, "content"),
        ({"content_unit": None}, "content_unit"),
        ({"content_thousandths": 0}, "content"),
        ({"content_thousandths": 1500, "content_unit": Unit.PIECE}, "content"),
        ({"content_thousandths": None, "price_basis": PriceBasis.CONTENT}, "content"),
        ({"weighed": True}, "weighed"),
        ({"allergens": ("chocolate",)}, "allergens"),
        ({"labels": ("BIO",)}, "labels"),
        ({"available_thousandths": -1}, "available"),
        ({"available_thousandths": 1500}, "available"),
    ],
)
def test_what_cannot_be_offered_is_told_at_its_field(wrong, field):
    assert faulty(OIL) == set()
    assert faulty(replace(OIL, **wrong)) == {field}


def test_every_list_of_codes_speaks_french_and_english():
    lists = (
        nomenclature.vat_classes(),
        nomenclature.temperature_classes(),
        nomenclature.labels(),
        nomenclature.seller_regimes(),
        nomenclature.allergens(),
        nomenclature.countries(),
    )
    assert all(code.fr and code.en for nomen in lists for code in nomen.codes.values())
    assert len(nomenclature.allergens().codes) == 14
    assert len(nomenclature.temperature_classes().codes) == 16


@pytest.mark.parametrize(
    ("name", "km"), [("Quillan", 19.1), ("Carcassonne", 20.4), ("Sigean", 58.8), ("Florac Trois Rivières", 179.3)]
)
def test_distances_from_limoux_are_those_of_the_guide(name, km):
    places = {place.name: place for place in known_places()}
    assert round(great_circle_km(places["Limoux"], places[name]), 1) == km


def test_homps_of_the_gers_is_not_homps_of_the_aude():
    assert completed(Place(name="Homps")).insee == "11172"
    assert completed(Place(name="Homps", insee="32154")).latitude is None


@pytest.mark.parametrize("written", ["5,5", "5,5 %", "5,5\u202f%", "5.5%", "Alimentation", "FOOD"])
def test_the_rate_of_food_is_known_as_people_write_it(written):
    assert nomenclature.vat_classes().recognise(written) == "FOOD"
