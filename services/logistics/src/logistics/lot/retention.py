"""How long it is kept who got which lot.

Article 18 of regulation 178/2002 with the guidance on it: five years; six months where goods are soon eaten (a use-by
date less than three months after the delivery, or no date: fresh fruit and vegetables); what keeps for more than five
years, six months after its best-before date.
"""

from collections.abc import Collection
from datetime import date, timedelta

from logistics.lot.date_mark import Mark
from logistics.lot.lot import Lot

YEARS = 5
SOON_EATEN = timedelta(days=92)
HALF_A_YEAR = timedelta(days=184)


def kept_until(delivered_on: date, lots: Collection[Lot]) -> date:
    """The last day on which it is kept who got of a delivery of a product. Without lots five years: nobody told what it
    was; of several lots the longest."""
    longest = _years_after(delivered_on, YEARS)
    return max((_of(each, delivered_on, longest) for each in lots), default=longest)


def _of(one: Lot, delivered_on: date, longest: date) -> date:
    if one.marked is None:
        return delivered_on + HALF_A_YEAR
    if one.mark is Mark.USE_BY and one.marked < delivered_on + SOON_EATEN:
        return max(delivered_on, one.marked) + HALF_A_YEAR
    return max(longest, one.marked + HALF_A_YEAR) if one.marked > longest else longest


def _years_after(day: date, years: int) -> date:
    """A 29 February comes to the 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
