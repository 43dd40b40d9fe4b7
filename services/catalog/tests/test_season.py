from datetime import date

from hypothesis import given
from hypothesis import strategies as some

from catalog.season import in_season, season_of
from contracts import Season

MONTHS = some.integers(1, 12)


def months_of(season):
    return {month for month in range(1, 13) if in_season(season, date(2026, month, 15))}


def test_oranges_are_sold_from_november_to_may():
    assert months_of(Season(from_month=11, to_month=5)) == {11, 12, 1, 2, 3, 4, 5}


def test_the_first_and_the_last_day_belong_to_the_season():
    clementines = Season(from_month=12, to_month=2)
    assert in_season(clementines, date(2026, 12, 1))
    assert in_season(clementines, date(2028, 2, 29))
    assert not in_season(clementines, date(2026, 3, 1))


def test_twelve_months_are_the_whole_year_however_they_are_counted():
    assert season_of(1, 12) is None
    assert season_of(11, 10) is None
    assert season_of(None, None) is None


@given(first=MONTHS, last=MONTHS)
def test_a_season_is_the_walk_from_its_first_month_to_its_last(first, last):
    walked, month = {first}, first
    while month != last:
        month = month % 12 + 1
        walked.add(month)
    assert months_of(season_of(first, last)) == walked


@given(first=MONTHS, last=MONTHS)
def test_what_is_out_of_season_is_the_season_of_the_rest(first, last):
    rest = season_of(last % 12 + 1, (first - 2) % 12 + 1)
    if season_of(first, last) is None:
        return
    assert months_of(season_of(first, last)) | months_of(rest) == set(range(1, 13))
