"""Days on which banks move money within SEPA: those of T2 (TARGET), closed on Saturdays, Sundays, 1 January, Good
Friday, Easter Monday, 1 May, 25 and 26 December, whatever is a holiday in France. Nothing here does I/O."""

from datetime import date, timedelta
from enum import StrEnum

import holidays


class Closed(StrEnum):
    """Why banks move nothing on a day; but for the first, as the calendar names it."""

    WEEKEND = "weekend"
    NEW_YEAR = "New Year's Day"
    GOOD_FRIDAY = "Good Friday"
    EASTER_MONDAY = "Easter Monday"
    LABOUR_DAY = "Labour Day"
    CHRISTMAS = "Christmas Day"
    AFTER_CHRISTMAS = "Christmas Holiday"


def closed(day: date) -> Closed | None:
    """None on a day on which banks move money."""
    if day.weekday() >= 5:
        return Closed.WEEKEND
    named = holidays.financial_holidays("ECB", years=day.year, language="en_US").get(day)
    return Closed(named) if named is not None else None


def open_from(day: date) -> date:
    """The day itself, or the next on which banks move money."""
    while closed(day) is not None:
        day += timedelta(days=1)
    return day


def first_collection(today: date, notice_days: int) -> date:
    """The first day on which a debit can be taken of which its household is told today: so many calendar days later,
    and at least a bank day after the one on which the bank can have the file (SEPA core rulebook, EPC016-06)."""
    return open_from(max(today + timedelta(days=notice_days), open_from(today) + timedelta(days=1)))
