"""Days on which banks move money, by the calendar of T2."""

from datetime import date, timedelta

import pytest

from billing.bank_day import Closed, closed, first_collection, open_from
from billing.pages.bank_day_words import WHY

OFF_2027 = {
    date(2027, 1, 1): Closed.NEW_YEAR,
    date(2027, 3, 26): Closed.GOOD_FRIDAY,
    date(2027, 3, 29): Closed.EASTER_MONDAY,
}
OFF_2029 = {
    date(2029, 1, 1): Closed.NEW_YEAR,
    date(2029, 3, 30): Closed.GOOD_FRIDAY,
    date(2029, 4, 2): Closed.EASTER_MONDAY,
    date(2029, 5, 1): Closed.LABOUR_DAY,
    date(2029, 12, 25): Closed.CHRISTMAS,
    date(2029, 12, 26): Closed.AFTER_CHRISTMAS,
}


@pytest.mark.parametrize(("year", "off"), [(2027, OFF_2027), (2029, OFF_2029)])
def test_banks_are_closed_on_weekends_and_six_days_of_a_year(year, off):
    """In 2027 the others fall on Saturdays and Sundays."""
    days = [date(year, 1, 1) + timedelta(days=each) for each in range(365)]
    found = {day: why for day in days if (why := closed(day)) is not None and why is not Closed.WEEKEND}
    assert found == off
    assert all((closed(day) is Closed.WEEKEND) == (day.weekday() >= 5) for day in days)
    assert set(WHY) == set(Closed)


def test_french_holidays_are_no_days_off_of_banks():
    assert [closed(each) for each in (date(2027, 5, 6), date(2027, 7, 14), date(2026, 11, 11))] == [None] * 3


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 11, 28), date(2026, 11, 30)),
        (date(2026, 12, 25), date(2026, 12, 28)),
        (date(2027, 3, 26), date(2027, 3, 30)),
        (date(2028, 12, 31), date(2029, 1, 2)),
    ],
)
def test_what_falls_on_a_closed_day_moves_to_the_next_open_one(day, opens):
    assert open_from(day) == opens


@pytest.mark.parametrize(
    ("today", "notice", "first"),
    [
        (date(2026, 11, 23), 14, date(2026, 12, 7)),
        (date(2026, 11, 22), 14, date(2026, 12, 7)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 24)),
        (date(2027, 3, 25), 1, date(2027, 3, 30)),
        (date(2027, 3, 26), 1, date(2027, 3, 31)),
    ],
)
def test_a_debit_comes_after_its_notice_and_a_bank_day_after_its_file(today, notice, first):
    assert first_collection(today, notice) == first
