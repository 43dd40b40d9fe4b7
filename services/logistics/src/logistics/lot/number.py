"""Lot numbers: how they are compared, and what the next one is likely to be."""

import re
from datetime import date

MOST = 40
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d", "%d%m%Y", "%d%m%y", "%y%m%d", "%y%j")
"""As producers write days into lot numbers, the longer first; `%y%j`: the year and the day of the year."""


def number_key(number: str) -> str:
    """Equal for what people take for the same number: capitals, spaces, dashes, dots and slashes do not count."""
    return re.sub(r"[\W_]+", "", number.casefold())


def of_today(today: date) -> str:
    return today.isoformat()


def proposed(last: str, said_on: date, today: date) -> str:
    """The number that follows `last`, said on `said_on`: of the same pattern with the day of today in it; counted on
    where it ends in a figure; "" where nothing follows.

    >>> proposed("L261120-A", date(2026, 11, 20), date(2026, 11, 27))
    'L261127-A'
    >>> proposed("Cuve 041", date(2026, 11, 20), date(2026, 11, 27))
    'Cuve 042'
    """
    for written in _DATES:
        then = said_on.strftime(written)
        if then in last:
            return last.replace(then, today.strftime(written), 1)
    counted = re.fullmatch(r"(.*?)([0-9]{1,9})", last, re.DOTALL)
    if counted is None:
        return ""
    head, figure = counted.groups()
    return (head + str(int(figure) + 1).zfill(len(figure)))[:MOST]
