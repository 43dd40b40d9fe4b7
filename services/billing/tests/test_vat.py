from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.vat import NoRate, Rate, VatTables, by_rate, load, net_of_lines, share_at, vat_inside

NOW = date(2026, 11, 27)
TABLES = load()
LINES = st.lists(st.tuples(st.sampled_from([0, 550, 1000, 2000]), st.integers(0, 10**6)), max_size=40)


# Prices of the guide at 5.5 %: gross, VAT, net.
@pytest.mark.parametrize(
    ("gross", "vat", "net"),
    [
        (2200, 115, 2085),
        (2400, 125, 2275),
        (2500, 130, 2370),
        (3500, 182, 3318),
        (500, 26, 474),
        (1800, 94, 1706),
        (400, 21, 379),
        (700, 36, 664),
        (850, 44, 806),
        (1100, 57, 1043),
    ],
)
def test_the_guides_prices_hold_their_vat(gross, vat, net):
    share = share_at(550, gross)
    assert (share.gross_cents, share.vat_cents, share.net_cents) == (gross, vat, net)


def test_thirty_small_lines_are_taxed_as_one_sum():
    """30 × 1.07 € at 5.5 %: line by line the VAT would be 1.80 €, of the sum it is 1.67 €."""
    (share,) = by_rate([(550, 107)] * 30)
    assert share.gross_cents == 3210
    assert share.vat_cents == vat_inside(3210, 550) == 167
    assert sum(vat_inside(107, 550) for _ in range(30)) == 180


@given(LINES)
def test_gross_is_net_and_vat_at_every_rate(lines):
    shares = by_rate(lines)
    assert all(share.gross_cents == share.net_cents + share.vat_cents for share in shares)
    assert sum(share.gross_cents for share in shares) == sum(gross for _rate, gross in lines)


@given(LINES)
def test_the_nets_of_the_lines_add_up_to_the_net_of_their_rate(lines):
    nets = net_of_lines(lines, by_rate(lines))
    for share in by_rate(lines):
        spread = [net for (rate, _gross), net in zip(lines, nets, strict=True) if rate == share.hundredths]
        assert sum(spread) == share.net_cents


@pytest.mark.parametrize(
    ("vat_class", "hundredths"),
    [("FOOD", 550), ("ALCOHOL", 2000), ("TAKEAWAY", 1000), ("PLANTS_ORNAMENTAL", 1000), ("HOUSEHOLD", 2000)],
)
def test_a_normal_seller_charges_the_rate_of_the_class(vat_class, hundredths):
    assert TABLES.rate(vat_class, "FR", NOW, "NORMAL") == hundredths


@pytest.mark.parametrize("regime", ["FRANCHISE_293B", "FARMER_FLAT_RATE", "NOT_TAXABLE"])
@pytest.mark.parametrize("vat_class", ["FOOD", "ALCOHOL", "SERVICE"])
def test_a_seller_who_is_not_liable_never_carries_vat(regime, vat_class):
    """T24: a pay-out report showed VAT for a producer under the franchise."""
    assert TABLES.rate(vat_class, "FR", NOW, regime) == 0


def test_a_seller_who_is_not_liable_prints_why():
    assert TABLES.regime("FRANCHISE_293B").mention == "TVA non applicable, article 293 B du CGI"
    assert "forfaitaire agricole" in TABLES.regime("FARMER_FLAT_RATE").mention
    assert TABLES.regime("NORMAL").mention == ""


def test_rates_hold_from_a_day_to_a_day():
    tables = VatTables(
        [
            Rate("FOOD", "FR", 550, date(2014, 1, 1), date(2026, 12, 31)),
            Rate("FOOD", "FR", 600, date(2027, 1, 1), None),
        ],
        TABLES.regimes.values(),
    )
    assert tables.rate("FOOD", "FR", date(2026, 12, 31), "NORMAL") == 550
    assert tables.rate("FOOD", "FR", date(2027, 1, 1), "NORMAL") == 600


@pytest.mark.parametrize(
    ("vat_class", "country", "on", "regime"),
    [
        ("FOOD", "FR", date(2013, 12, 31), "NORMAL"),
        ("food", "FR", NOW, "NORMAL"),
        ("FOOD", "XX", NOW, "NORMAL"),
        ("FOOD", "FR", NOW, "UNHEARD_OF"),
    ],
)
def test_what_the_tables_do_not_say_is_not_guessed(vat_class, country, on, regime):
    with pytest.raises(NoRate):
        TABLES.rate(vat_class, country, on, regime)
