"""The public holidays of France, of its regions where they have their own."""

from datetime import date
from functools import cache

import holidays
from holidays.constants import PUBLIC

from ordering.rhythm import DaysOff

REGIONS = tuple(name for name in holidays.country_holidays("FR").subdivisions if not name.startswith("Zone"))
"""What CABAS_HOLIDAY_REGION may be, beside nothing: 57 and 6AE keep the holidays of Alsace and Moselle (code du travail
L3134-13), 971 to 976 and others overseas their day of the abolition of slavery."""

_LANGUAGES = {"fr": "fr", "en": "en_US"}


def days_off(region: str = "", language: str = "fr") -> DaysOff:
    """Day -> the name of its holiday."""

    @cache
    def of_year(year: int) -> dict[date, str]:
        found = holidays.country_holidays(
            "FR", subdiv=region or None, years=year, language=_LANGUAGES.get(language, "fr"), categories=(PUBLIC,)
        )
        return dict(found.items())

    return lambda day: of_year(day.year).get(day, "")
