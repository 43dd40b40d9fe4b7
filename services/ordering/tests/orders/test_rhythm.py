"""How cycles come again: days, holidays, hours on the wall. Rules without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ordering.days_off import days_off
from ordering.offer import Choice, Kind
from ordering.rhythm import Every, HoursOnHoliday, OnHoliday, Rhythm, Rule, Why, turns
from ordering.settings import OrderingSettings

PARIS = ZoneInfo("Europe/Paris")
FRIDAY = date(2026, 11, 27)
FRANCE = days_off()


def rhythm(rule: Rule, **changes: object) -> Rhythm:
    values = {"group_ids": ("limoux",), "opens": (12, time(8)), "closes": (5, time(20))}
    return Rhythm("r1", 1, "Limoux", rule=rule, **{**values, **changes})


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (Rule(Every.WEEKS, FRIDAY), ["2026-11-27", "2026-12-04", "2026-12-11", "2026-12-18"]),
        (Rule(Every.WEEKS, FRIDAY, 2), ["2026-11-27", "2026-12-11", "2026-12-25", "2027-01-08"]),
        (Rule(Every.WEEKS, FRIDAY, 3), ["2026-11-27", "2026-12-18", "2027-01-08", "2027-01-29"]),
        (Rule(Every.MONTHS, date(2026, 11, 1), 1, 3, 5), ["2026-11-21", "2026-12-19", "2027-01-16", "2027-02-20"]),
        (Rule(Every.MONTHS, date(2026, 11, 1), 2, 3, 5), ["2026-11-21", "2027-01-16", "2027-03-20", "2027-05-15"]),
        (Rule(Every.MONTHS, date(2026, 11, 1), 1, -1, 4), ["2026-11-27", "2026-12-25", "2027-01-29", "2027-02-26"]),
        (Rule(Every.DATES, FRIDAY, dates=(date(2027, 3, 1), FRIDAY, FRIDAY)), ["2026-11-27", "2027-03-01"]),
        (Rule(Every.WEEKS, FRIDAY, until=date(2026, 12, 4)), ["2026-11-27", "2026-12-04"]),
    ],
)
def test_the_days_of_a_rule(rule: Rule, days: list[str]) -> None:
    assert [day.isoformat() for day in rule.between(date(2026, 11, 1), date(2027, 6, 1))[:4]] == days


def test_a_part_of_the_year_holds_the_same_days_as_the_whole() -> None:
    rule = Rule(Every.WEEKS, FRIDAY, 3)
    whole = rule.between(FRIDAY, FRIDAY + timedelta(days=400))
    middle = rule.between(date(2027, 3, 1), date(2027, 6, 1))
    assert middle == [day for day in whole if date(2027, 3, 1) <= day <= date(2027, 6, 1)]


CHRISTMAS = date(2026, 12, 25)


@pytest.mark.parametrize(
    ("policy", "delivers", "why"),
    [
        (OnHoliday.KEEP, CHRISTMAS, Why.ON_HOLIDAY),
        (OnHoliday.SKIP, None, Why.SKIPPED_FOR_HOLIDAY),
        (OnHoliday.BEFORE, date(2026, 12, 24), Why.MOVED_FOR_HOLIDAY),
        (OnHoliday.AFTER, date(2026, 12, 26), Why.MOVED_FOR_HOLIDAY),
    ],
)
def test_a_holiday(policy: OnHoliday, delivers: date | None, why: Why) -> None:
    [turn] = turns(rhythm(Rule(Every.WEEKS, FRIDAY), on_holiday=policy), CHRISTMAS, CHRISTMAS, FRANCE)
    assert (turn.delivers_on, turn.why, turn.holiday, turn.on) == (delivers, why, "Noël", CHRISTMAS)


def test_a_delivery_is_moved_neither_to_another_holiday_nor_to_a_sunday() -> None:
    saturday = Rule(Every.DATES, date(2027, 5, 8), dates=(date(2027, 5, 8),))
    [after] = turns(rhythm(saturday, on_holiday=OnHoliday.AFTER), date(2027, 5, 8), date(2027, 5, 8), FRANCE)
    assert after.delivers_on == date(2027, 5, 10), "Monday: the Sunday between is none"
    [alsace] = turns(
        rhythm(Rule(Every.WEEKS, FRIDAY), on_holiday=OnHoliday.AFTER), CHRISTMAS, CHRISTMAS, days_off("57")
    )
    assert alsace.delivers_on == date(2026, 12, 28), "Saint Stephen's day is one in Moselle"


def test_the_hand_of_the_coordinator_goes_before_the_holiday() -> None:
    moved = rhythm(Rule(Every.WEEKS, FRIDAY), exceptions={CHRISTMAS: date(2026, 12, 22), FRIDAY: None})
    first, *_, christmas = turns(moved, FRIDAY, CHRISTMAS, FRANCE)
    assert (first.delivers_on, first.why) == (None, Why.SKIPPED_BY_HAND)
    assert (christmas.delivers_on, christmas.why) == (date(2026, 12, 22), Why.MOVED_BY_HAND)


def test_hours_are_those_of_the_clock_on_the_wall_in_summer_and_in_winter() -> None:
    weekly = rhythm(Rule(Every.WEEKS, date(2027, 3, 26)))
    plans = [turn.plan(PARIS) for turn in turns(weekly, date(2027, 3, 26), date(2027, 4, 9), FRANCE)]
    assert [plan.closes_at for plan in plans] == [
        datetime(2027, 3, 21, 19, tzinfo=UTC),
        datetime(2027, 3, 28, 18, tzinfo=UTC),
        datetime(2027, 4, 4, 18, tzinfo=UTC),
    ]
    assert {plan.opens_at.astimezone(PARIS).hour for plan in plans} == {8}


def test_an_hour_that_the_clock_skips_is_still_an_hour() -> None:
    night = rhythm(Rule(Every.DATES, date(2027, 3, 30), dates=(date(2027, 3, 30),)), closes=(2, time(2, 30)))
    [turn] = turns(night, date(2027, 3, 30), date(2027, 3, 30), FRANCE)
    assert turn.plan(PARIS).closes_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


NEW_YEAR = Rule(Every.WEEKS, date(2027, 1, 4))
"""Mondays; the hours of the first fall on New Year's Day."""


@pytest.mark.parametrize(
    ("policy", "closes"),
    [(HoursOnHoliday.KEEP, "2027-01-01T20:00"), (HoursOnHoliday.EARLIER, "2026-12-31T20:00")],
)
def test_a_closing_on_a_holiday_stays_or_is_a_day_earlier(policy: HoursOnHoliday, closes: str) -> None:
    one = rhythm(NEW_YEAR, opens=(10, time(8)), closes=(3, time(20)), hours_on_holiday=policy)
    first, second = turns(one, date(2027, 1, 4), date(2027, 1, 11), FRANCE)
    plan = first.plan(PARIS)
    assert (plan.delivers_on, f"{plan.closes_at.astimezone(PARIS):%Y-%m-%dT%H:%M}") == (date(2027, 1, 4), closes)
    assert plan.opens_at.astimezone(PARIS).isoformat() == (
        "2026-12-25T08:00:00+01:00" if policy is HoursOnHoliday.KEEP else "2026-12-24T08:00:00+01:00"
    )
    assert [(day.opening, day.holiday) for day in first.on_days_off] == [(True, "Noël"), (False, "Jour de l'an")]
    assert [(day.opening, day.day) for day in second.on_days_off] == [(True, date(2027, 1, 1))]


def test_a_turn_is_skipped_for_its_hours_unless_a_coordinator_moved_it() -> None:
    one = rhythm(NEW_YEAR, opens=(6, time(8)), closes=(3, time(20)), hours_on_holiday=HoursOnHoliday.SKIP)
    first, second = turns(one, date(2027, 1, 4), date(2027, 1, 11), FRANCE)
    assert (first.delivers_on, first.why, list(first.holidays.values())) == (
        None,
        Why.SKIPPED_FOR_HOURS,
        ["Jour de l'an"],
    )
    assert second.delivers_on == date(2027, 1, 11)
    by_hand = replace(one, exceptions={date(2027, 1, 4): date(2027, 1, 4) + timedelta(days=1)}, closes=(4, time(20)))
    [moved] = turns(by_hand, date(2027, 1, 4), date(2027, 1, 4), FRANCE)
    assert (moved.delivers_on, [day.holiday for day in moved.on_days_off]) == (date(2027, 1, 5), ["Jour de l'an"])


def test_the_hours_of_producers_are_moved_too_and_skip_nothing() -> None:
    theirs = {"baker": (None, (3, time(12)))}
    one = rhythm(NEW_YEAR, opens=(9, time(8)), closes=(2, time(20)), hours=theirs)
    [earlier, skip] = [
        turns(replace(one, hours_on_holiday=policy), date(2027, 1, 4), date(2027, 1, 4), FRANCE)[0]
        for policy in (HoursOnHoliday.EARLIER, HoursOnHoliday.SKIP)
    ]
    hours = earlier.plan(PARIS).hours["baker"]
    assert hours.closes_at == datetime(2026, 12, 31, 11, tzinfo=UTC)
    assert skip.plan(PARIS).hours["baker"].closes_at == datetime(2027, 1, 1, 11, tzinfo=UTC)


def test_days_off_in_a_row_are_gone_over_and_it_never_closes_before_it_opens() -> None:
    moselle = days_off("57")
    one = rhythm(NEW_YEAR, opens=(10, time(8)), closes=(9, time(7)), hours_on_holiday=HoursOnHoliday.EARLIER)
    [turn] = turns(one, date(2027, 1, 4), date(2027, 1, 4), moselle)
    assert moselle(date(2026, 12, 26))
    plan = turn.plan(PARIS)
    assert plan.closes_at.astimezone(PARIS).date() == date(2026, 12, 24)
    assert plan.opens_at < plan.closes_at


def test_a_region_that_has_no_holidays_of_its_own_is_refused() -> None:
    with pytest.raises(ValidationError):
        OrderingSettings(holiday_region="Bretagne")
    assert OrderingSettings(holiday_region="6AE").holiday_region == "6AE"


days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
rules = st.one_of(
    st.builds(Rule, st.just(Every.WEEKS), days, st.integers(1, 26), until=st.none() | days),
    st.builds(
        Rule, st.just(Every.MONTHS), days, st.integers(1, 12), st.sampled_from([1, 2, 3, 4, -1]), st.integers(0, 6)
    ),
    st.builds(lambda some: Rule(Every.DATES, some[0], dates=tuple(some)), st.lists(days, min_size=1, max_size=9)),
)
rhythms = st.builds(
    rhythm,
    rules,
    on_holiday=st.sampled_from(OnHoliday),
    hours_on_holiday=st.sampled_from(HoursOnHoliday),
    exceptions=st.dictionaries(days, st.none() | days, max_size=3),
    choice=st.sampled_from([Choice(), Choice(Kind.PRODUCERS, ("bousole",))]),
    active=st.booleans(),
)


@given(rhythms)
def test_a_rhythm_comes_back_from_the_database_as_it_went_in(one: Rhythm) -> None:
    row = {"id": one.id, "version": one.version, "name": one.name, "active": one.active, "terms": one.terms()}
    assert Rhythm.read(row) == one
    row["terms"].pop("hours_on_holiday")
    assert Rhythm.read(row) == replace(one, hours_on_holiday=HoursOnHoliday.KEEP), "of before there was a choice"


@given(rhythms, days)
def test_every_turn_has_a_name_of_its_own_that_does_not_depend_on_who_asks(one: Rhythm, start: date) -> None:
    wide = turns(one, start - timedelta(days=30), start + timedelta(days=90), FRANCE)
    narrow = turns(one, start, start + timedelta(days=30), FRANCE)
    assert len({turn.cycle_id for turn in wide}) == len(wide)
    assert narrow == [turn for turn in wide if start <= turn.on <= start + timedelta(days=30)]
    for turn in wide:
        if turn.delivers_on is not None:
            plan = turn.plan(PARIS)
            assert plan.opens_at < plan.closes_at
        if turn.why is Why.MOVED_FOR_HOLIDAY:
            assert turn.delivers_on is not None
            assert not FRANCE(turn.delivers_on)
