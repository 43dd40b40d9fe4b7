"""Figures as people read them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import Bilingual, Unit
from contracts.goods import Season
from ui import decimals, words

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("cents", "french", "english"),
    [
        (1250, "12,50\u00a0€", "€12.50"),
        (1234567, "12\u202f345,67\u00a0€", "€12,345.67"),
        (0, "0,00\u00a0€", "€0.00"),
        (-5, "-0,05\u00a0€", "-€0.05"),
    ],
)
def test_money(cents: int, french: str, english: str) -> None:
    assert words.money(cents) == french
    assert words.money(cents, "en") == english


@given(st.integers(-(10**12), 10**12))
def test_money_never_loses_a_cent(cents: int) -> None:
    assert decimals.scaled(words.money(cents).removesuffix("€"), 2) == cents


@pytest.mark.parametrize(
    ("thousandths", "unit", "french", "english"),
    [
        (735, Unit.KG, "0,735\u00a0kg", "0.735\u00a0kg"),
        (1000, Unit.PIECE, "1\u00a0pièce", "1\u00a0piece"),
        (2000, "piece", "2\u00a0pièces", "2\u00a0pieces"),
        (0, Unit.PIECE, "0\u00a0pièce", "0\u00a0pieces"),
        (1500000, Unit.LITRE, "1\u202f500\u00a0l", "1,500\u00a0l"),
    ],
)
def test_quantities(thousandths: int, unit: Unit | str, french: str, english: str) -> None:
    assert words.quantity(thousandths, unit) == french
    assert words.quantity(thousandths, unit, "en") == english


def test_days_and_times_are_those_of_the_hub() -> None:
    closing = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert words.moment(closing, PARIS) == "mardi 1er\u00a0décembre 2026 à 0\u00a0h\u00a030"
    assert words.moment(closing, PARIS, "en") == "Tuesday 1 December 2026 at 00:30"
    assert words.short_moment(datetime(2026, 11, 22, 19, 0, tzinfo=UTC), PARIS) == "dim. 22 nov., 20\u00a0h"
    assert words.short_day(date(2026, 11, 22), "en") == "Sun 22 Nov"


@pytest.mark.parametrize(
    ("season", "french", "english"),
    [
        (Season(from_month=11, to_month=5), "de novembre à mai", "November to May"),
        (Season(from_month=1, to_month=12), "toute l’année", "all year"),
        (Season(from_month=4, to_month=10), "d’avril à octobre", "April to October"),
        (Season(from_month=6, to_month=6), "en juin", "in June"),
        (Season(from_month=6, to_month=5), "toute l’année", "all year"),
    ],
)
def test_seasons_wrap_over_new_year(season: Season, french: str, english: str) -> None:
    assert words.season_name(season) == french
    assert words.season_name(season, "en") == english


def test_an_untranslated_name_is_shown_in_french() -> None:
    assert words.in_language(Bilingual(fr="Poireaux"), "en") == "Poireaux"
    assert words.in_language(Bilingual(fr="Poireaux", en="Leeks"), "en") == "Leeks"


def test_distances_and_lists() -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert words.distance(now + timedelta(days=2), now) == "dans 2 jours"
    assert words.distance(now - timedelta(hours=3), now, "en") == "3 hours ago"
    assert words.listing(["Limoux", "Quillan", "Sigean"]) == "Limoux, Quillan et Sigean"
    assert words.percent(550) == "5,5\u202f%"


@pytest.mark.parametrize(("language", "said"), [("fr", "17\u00a0h – 18\u00a0h\u00a030"), ("en", "17:00 – 18:30")])
def test_a_weekly_slot_is_written_as_times_are_elsewhere(language: str, said: str) -> None:
    assert words.hours("17:00", "18:30", language) == said


def test_a_product_in_several_packs_is_named_with_its_pack() -> None:
    @dataclass(frozen=True)
    class Article:
        name: Bilingual
        pack_label: str

    lemons = Bilingual(fr="Citrons", en="Lemons")
    assert words.goods_name(Article(lemons, "filet 1 kg")) == "Citrons, filet 1 kg"
    assert words.goods_name(Article(lemons, ""), "en") == "Lemons"
