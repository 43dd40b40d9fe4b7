"""What people type into forms, and what they are told about it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import Unit
from ui import decimals
from ui.forms import MOST_CENTS, MOST_QUANTITY, Form
from ui.i18n import translator

FRENCH = translator("ui", "fr")
NUMBERS = ("integer", "cents", "decimal")


def form(**typed: str) -> Form:
    return Form(typed, FRENCH)


@pytest.mark.parametrize(
    ("typed", "thousandths"),
    [("1,5", 1500), ("1.5", 1500), ("0,735", 735), (" 2 ", 2000), ("1,500", 1500), ("1,5 kg", 1500), ("2kilos", 2000)],
)
def test_kilos_take_a_decimal_comma_or_point(typed: str, thousandths: int) -> None:
    assert form(q=typed).quantity("q", Unit.KG) == thousandths


@pytest.mark.parametrize("typed", ["1,5", "1.5", "0,5"])
def test_pieces_are_whole(typed: str) -> None:
    filled = form(q=typed)
    assert filled.quantity("q", Unit.PIECE) is None
    assert filled.errors == {"q": "Vendu à la pièce\u00a0: tapez un nombre entier, par exemple 2."}
    assert filled.value("q") == typed


@pytest.mark.parametrize("typed", ["2", "2,0", "2 pièces"])
def test_pieces_are_counted_in_thousandths(typed: str) -> None:
    assert form(q=typed).quantity("q", Unit.PIECE) == 2000


@pytest.mark.parametrize(
    "typed",
    [
        "abc",
        "1e9",
        "NaN",
        "inf",
        "-1",
        "−1",
        "0",
        "0,000",
        "٣",
        "½",
        "1_000",
        "0x10",
        "1,2,3",
        "--1",
        "1.234,5",
        "9" * 40,
    ],
)
@pytest.mark.parametrize("unit", list(Unit))
def test_a_quantity_that_is_none_is_refused_with_a_sentence(typed: str, unit: Unit) -> None:
    filled = form(q=typed)
    assert filled.quantity("q", unit) is None
    assert filled.errors["q"].endswith(".")
    assert filled.value("q") == typed


def test_a_billion_kilos_is_a_slip_of_the_finger() -> None:
    filled = form(q="1000000000")
    assert filled.quantity("q", Unit.KG) is None
    assert "100000" in filled.errors["q"]


def test_nothing_of_a_product_takes_it_out_of_the_basket_where_the_page_says_so() -> None:
    assert form(q="0").quantity("q", Unit.KG, zero=True) == 0


@pytest.mark.parametrize(("typed", "unit"), [("2 l", Unit.KG), ("1,5 kg", Unit.PIECE), ("3 pièces", Unit.LITRE)])
def test_another_unit_than_the_products_is_told_not_believed(typed: str, unit: Unit) -> None:
    filled = form(q=typed)
    assert filled.quantity("q", unit) is None
    assert filled.errors["q"].startswith("Vendu")


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("12,50", 1250),
        ("12.5", 1250),
        ("12", 1200),
        ("1 234,50", 123450),
        ("1\u202f234,50 €", 123450),
        ("0", 0),
    ],
)
def test_money_is_read_to_the_cent(typed: str, cents: int) -> None:
    assert form(p=typed).cents("p") == cents


@pytest.mark.parametrize("typed", ["12,505", "12,500", "1,234.50", "1.234,50", "-3", "12 50 0", "€", "10000000"])
def test_money_that_is_none_is_refused(typed: str) -> None:
    filled = form(p=typed)
    assert filled.cents("p") is None
    assert not filled.ok


@given(st.integers(0, MOST_CENTS), st.sampled_from(["fr", "en"]))
def test_a_price_shown_in_a_field_is_read_back_the_same(cents: int, language: str) -> None:
    assert form(p=decimals.typed_money(cents, language)).cents("p") == cents


@given(st.integers(1, MOST_QUANTITY), st.sampled_from(["fr", "en"]))
def test_a_quantity_shown_in_a_field_is_read_back_the_same(thousandths: int, language: str) -> None:
    assert form(q=decimals.typed(thousandths, 3, language)).quantity("q", Unit.KG) == thousandths


@given(st.decimals(min_value=-999999, max_value=999999, places=3))
def test_decimals_are_exact(number: Decimal) -> None:
    assert form(n=f"{number:f}").decimal("n") == number


@given(st.text(max_size=40))
def test_whatever_is_typed_a_number_is_exact_or_refused_with_a_sentence(typed: str) -> None:
    for method in NUMBERS:
        filled = form(n=typed)
        value = getattr(filled, method)("n")
        assert filled.value("n") == typed
        seen = Form({"n": typed}).text("n", max_length=100)
        assert filled.ok is (value is not None or not seen)
        if value is not None:
            assert filled.ok
            assert str(typed).isascii() or any(space in typed for space in "\u00a0\u2009\u202f€−")


@given(st.text(max_size=300))
def test_text_comes_out_short_tidy_and_without_control_characters(typed: str) -> None:
    text = form(t=typed).text("t", max_length=50)
    assert len(text) <= 50
    assert text == " ".join(text.split())
    assert all(character.isprintable() or character.isspace() or ord(character) > 127 for character in text)


def test_a_needed_field_is_asked_for() -> None:
    filled = form(name="   ")
    assert filled.text("name", required=True) == ""
    assert filled.errors == {"name": "Ce champ est nécessaire."}


def test_too_long_a_text_is_told_by_how_much() -> None:
    filled = form(name="x" * 101)
    filled.text("name", max_length=100)
    assert filled.errors == {"name": "C’est trop long\u00a0: 100 caractères au plus, vous en avez tapé 101."}


@pytest.mark.parametrize(
    "typed", ["a@b", "a b@c.fr", "@c.fr", "a@.fr", "a..b@c.fr", "a@c.fr\nBcc: x@y.fr", "é@c.fr", "a@c.f"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    filled = form(email=typed)
    assert filled.email("email") == ""
    assert not filled.ok


def test_an_address_keeps_its_box_and_loses_its_capitals_after_the_at() -> None:
    assert form(email=" Josette.Durand+Cabas@Exemple.FR ").email("email") == "Josette.Durand+Cabas@exemple.fr"


def test_one_of_the_list_and_nothing_else() -> None:
    assert form(unit="kg").choice("unit", Unit) == "kg"
    filled = form(unit="tonne")
    assert filled.choice("unit", Unit) == ""
    assert filled.errors == {"unit": "Choisissez dans la liste."}


@pytest.mark.parametrize("typed", ["2026-05-31", "31/05/2026", "31.5.2026"])
def test_a_day_is_read_as_browsers_and_as_people_write_it(typed: str) -> None:
    assert form(day=typed).date("day") == date(2026, 5, 31)


@pytest.mark.parametrize("typed", ["2026-02-30", "31/05/26", "demain", "0001-01-01", "٢٠٢٦-05-31"])
def test_a_day_that_is_none_is_refused(typed: str) -> None:
    filled = form(day=typed)
    assert filled.date("day") is None
    assert "31/05/2026" in filled.errors["day"]


@pytest.mark.parametrize("typed", ["2026-11-22T20:00", "22/11/2026 20:00", "22/11/2026 20h"])
def test_the_hubs_time_becomes_utc(typed: str) -> None:
    assert form(at=typed).local_datetime("at", "Europe/Paris") == datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


def test_an_hour_that_summer_time_skips_is_refused() -> None:
    filled = form(at="2026-03-29T02:30")
    assert filled.local_datetime("at", ZoneInfo("Europe/Paris")) is None
    assert "heure d’été" in filled.errors["at"]


def test_of_an_hour_that_comes_twice_the_first_is_taken() -> None:
    taken = form(at="2026-10-25T02:30").local_datetime("at", "Europe/Paris")
    assert taken == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_box_that_was_unticked_stays_unticked_on_the_page_that_comes_back() -> None:
    assert Form({"name": "x"}, values={"bags": "on"}).value("bags") == ""
    assert Form({}, values={"bags": "on"}).value("bags") == "on"


def test_the_first_reason_stays() -> None:
    filled = form(q="")
    filled.quantity("q", Unit.KG, required=True)
    filled.error("q", "Something else.")
    assert filled.errors == {"q": "Ce champ est nécessaire."}
