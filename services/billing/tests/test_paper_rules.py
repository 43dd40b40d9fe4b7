"""Periods, phrases and numbers of papers, without a database."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.mandate.clauses import Rendering
from billing.paper.charged import Charged, Line
from billing.paper.issuer import Issuer, NoPhrase, phrase, phrases
from billing.paper.period import Rendered, last_day, over, up_to
from billing.paper.register import MOST_NUMBER, Place, link_of_paper, paper

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("rendering", "day", "last"),
    [
        (Rendering.WEEKLY, MONDAY, date(2026, 11, 29)),
        (Rendering.WEEKLY, date(2026, 11, 29), date(2026, 11, 29)),
        (Rendering.MONTHLY, date(2026, 12, 1), date(2026, 12, 31)),
        (Rendering.MONTHLY, date(2028, 2, 3), date(2028, 2, 29)),
        (Rendering.QUARTERLY, MONDAY, date(2026, 12, 31)),
        (Rendering.QUARTERLY, date(2027, 2, 1), date(2027, 3, 31)),
    ],
)
def test_a_period_ends_with_its_week_month_or_quarter(rendering, day, last):
    assert last_day(rendering, day) == last


@given(
    some.sampled_from(Rendering),
    some.lists(some.tuples(some.integers(0, 40), some.integers(1, 5)), max_size=12),
    some.integers(0, 500),
    some.booleans(),
)
def test_periods_follow_each_other_without_a_gap_and_hold_each_entry_once(rendering, steps, until_today, begun):
    """Whatever was booked on whichever days, also on days that were rendered already."""
    before = Rendered(MONDAY, 7) if begun else None
    day, number, days = MONDAY - timedelta(days=3 if begun else 0), 7 if begun else 0, []
    for gap, count in steps:
        day, number = day + timedelta(days=gap), number + count
        if days and days[-1][0] == day:
            days.pop()
        days.append((day, number))
    today = MONDAY + timedelta(days=until_today)
    found = list(over(rendering, before, days, today))
    since, after = (MONDAY + timedelta(days=1), 7) if begun else (days[0][0] if days else MONDAY, 0)
    for each in found:
        assert (each.since, each.after) == (since, after)
        assert each.since <= each.until < today
        assert each.last > each.after, "something was booked in it"
        assert each.last == max(booked for on, booked in days if on <= each.until)
        since, after = each.until + timedelta(days=1), each.last
    left = [booked for on, booked in days if booked > after and last_day(rendering, max(on, since)) < today]
    assert left == [], "nothing that is over is left out"


def test_up_to_a_day_is_what_was_booked_by_then():
    days = [(date(2026, 11, 20), 8), (date(2026, 11, 25), 9)]
    found = up_to(Rendered(MONDAY, 7), days, date(2026, 11, 24))
    assert found is not None
    assert (found.since, found.after, found.last) == (date(2026, 11, 24), 7, 8)
    assert up_to(None, days, date(2026, 11, 19)) is None


@pytest.mark.parametrize("key", sorted({each.key for each in phrases()}))
def test_each_phrase_holds_on_every_day_from_now_on_and_on_one_line_at_a_time(key):
    day = date(2026, 11, 1)
    while day < date(2029, 1, 1):
        assert len([one for one in phrases() if one.key == key and one.since <= day <= (one.until or day)]) == 1
        day += timedelta(days=30)


def test_the_old_code_is_cited_until_its_tolerance_ends():
    assert "293 B du CGI" in phrase("FRANCHISE", date(2027, 12, 31))
    assert "L. 223-1" in phrase("FRANCHISE", date(2028, 1, 1))
    with pytest.raises(NoPhrase):
        phrase("FRANCHISE", date(1999, 1, 1))


def hub(**changes):
    said = {
        "name": "Cabas",
        "legal_form": "SCIC",
        "address": "Limoux",
        "siren": "552100554",
        "vat_number": "FR57552100554",
    }
    said |= {"regime": "NORMAL", "country": "FR", "root": "H01", "on_debits": False, "due_days": 30}
    return Issuer(**{**said, **changes})


def at_rate(rate):
    return Charged([Line("c", "Semaine 48", None, rate, True, 100, 20 if rate else 0)])


def test_who_owes_the_tax_is_said():
    day = date(2026, 11, 23)
    assert not any("Autoliquidation" in each for each in hub().mentions(at_rate(2000), day))
    assert any("Autoliquidation" in each for each in hub().mentions(at_rate(0), day))
    franchise = hub(regime="FRANCHISE_293B").mentions(at_rate(0), day)
    assert any("293 B" in each for each in franchise)
    assert not any("Autoliquidation" in each for each in franchise)
    assert any("débits" in each for each in hub(on_debits=True).mentions(at_rate(2000), day))


def test_a_hub_under_the_franchise_needs_no_vat_number():
    assert hub(vat_number="").lacks(at_rate(2000)) == ["CABAS_HUB_VAT_NUMBER"]
    assert hub(vat_number="", regime="FRANCHISE_293B").lacks(at_rate(0)) == []
    assert hub(siren="", address="").lacks(at_rate(2000)) == ["CABAS_HUB_ADDRESS", "CABAS_HUB_SIREN"]


def test_the_longest_number_is_short_enough_for_the_administration():
    assert len(Place("ABCDEFGHIJ-P12345-R-2026", 99_998, "").number) <= MOST_NUMBER


def test_every_column_of_a_paper_is_in_its_hash():
    row = {column.name: "1" for column in paper.c}
    before = link_of_paper("0", row)
    for name in row:
        changed = link_of_paper("0", row | {name: "2"})
        assert (changed == before) == (name == "hash"), name
    assert json.dumps(row)
