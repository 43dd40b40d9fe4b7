"""Minima as people write them: understood or refused, never zero."""

import pytest

from catalog.minimum import NotAMinimum, read, typed
from contracts.catalog import Minimum, MinimumKind

MONEY, WEIGHT, CASES = MinimumKind


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("€ 50,00", Minimum(kind=MONEY, amount=5000)),
        ("50,00 €", Minimum(kind=MONEY, amount=5000)),
        ("50", Minimum(kind=MONEY, amount=5000)),
        ("1 200,50 EUR", Minimum(kind=MONEY, amount=120_050)),
        ("80 € HT", Minimum(kind=MONEY, amount=8000, net=True)),
        ("80 € net", Minimum(kind=MONEY, amount=8000, net=True)),
        ("80 euros TTC, consignes comprises".replace(",", ""), Minimum(kind=MONEY, amount=8000, with_deposits=True)),
        ("80 € TTC hors consignes", Minimum(kind=MONEY, amount=8000)),
        ("80 € HT avec consignes", Minimum(kind=MONEY, amount=8000, net=True, with_deposits=True)),
    ],
)
def test_an_amount_of_money_is_understood_as_it_is_written(written, meant):
    assert read(written, MONEY) == meant


@pytest.mark.parametrize(
    ("written", "kind", "meant"),
    [
        ("25 kg", None, Minimum(kind=WEIGHT, amount=25_000)),
        ("12,5", WEIGHT, Minimum(kind=WEIGHT, amount=12_500)),
        ("3 caisses", None, Minimum(kind=CASES, amount=3)),
        ("3", CASES, Minimum(kind=CASES, amount=3)),
        ("€50", None, Minimum(kind=MONEY, amount=5000)),
        ("", MONEY, None),
        ("  ", None, None),
    ],
)
def test_weights_and_cases_and_nothing_at_all(written, kind, meant):
    assert read(written, kind) == meant


@pytest.mark.parametrize("written", ["cinquante", "5O €", "€", "50 € 60", "1e3", "-50 €", "0", "0,00 €", "50,005 €",
                                     "1.234,50 €", "99999999999 €", "50 $", "HT"])  # fmt: skip
def test_what_is_no_minimum_is_refused_and_never_zero(written):
    with pytest.raises(NotAMinimum) as wrong:
        read(written, MONEY)
    assert wrong.value.fault.field == "minimum"


@pytest.mark.parametrize(
    ("written", "kind", "beside"),
    [
        ("25 kg", MONEY, {}),
        ("50 €", CASES, {}),
        ("50 € 3 caisses", None, {}),
        ("80 € TTC", MONEY, {"net": True}),
        ("80 € TTC HT", MONEY, {}),
        ("25 kg", None, {"net": True}),
        ("3 caisses", None, {"with_deposits": True}),
        ("1,5", CASES, {}),
        ("50", None, {}),
    ],
)
def test_a_contradiction_is_told_and_neither_side_believed(written, kind, beside):
    with pytest.raises(NotAMinimum):
        read(written, kind, **beside)


def test_what_is_chosen_beside_counts_where_the_text_does_not_say():
    assert read("50", MONEY, net=True, with_deposits=True) == Minimum(
        kind=MONEY, amount=5000, net=True, with_deposits=True
    )


@pytest.mark.parametrize("minimum", [Minimum(kind=MONEY, amount=5050), Minimum(kind=WEIGHT, amount=12_500),
                                     Minimum(kind=CASES, amount=3)])  # fmt: skip
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_the_field_shows_reads_as_the_same_minimum(minimum, language):
    assert read(typed(minimum, language), minimum.kind) == minimum
