"""Temperatures that are probably a slip: typed in Fahrenheit, or far from what these goods can be. No I/O."""

from collections.abc import Iterable
from enum import StrEnum

from coldchain.day import Line
from coldchain.temperature import Band, carried_at

COLDEST, HOTTEST = -600, 1000
"""Tenths of a degree: what no thermometer in a van or a kitchen shows is refused."""
FAR = 100
"""Tenths beyond a limit: a fridge that failed is warmer by less within an hour; this is asked again."""
MARGIN = 50


class Doubt(StrEnum):
    FAHRENHEIT = "fahrenheit"
    FAR = "far"


def celsius(fahrenheit: int) -> int:
    """Tenths to tenths."""
    return round((fahrenheit - 320) * 5 / 9)


def band_of(lines: Iterable[Line]) -> Band:
    """What all the goods bear: the narrowest."""
    bands = [carried_at(line.temperature_class, line.label_max) for line in lines]
    lowest = max((band.lowest for band in bands if band.lowest is not None), default=None)
    highest = min((band.highest for band in bands if band.highest is not None), default=None)
    return Band(lowest, highest)


def doubt_of(tenths: int, band: Band) -> Doubt | None:
    """Why it is asked again; None where it may well be so, also where it is too warm."""
    if not band.holds(tenths):
        read = celsius(tenths)
        coldest = band.lowest if band.lowest is not None else (band.highest or 0)
        if band.too_warm(tenths) and coldest - 2 * FAR < read and not Band(None, band.highest).too_warm(read - MARGIN):
            return Doubt.FAHRENHEIT
    if band.highest is not None and tenths > band.highest + FAR:
        return Doubt.FAR
    if band.lowest is not None and tenths < band.lowest - FAR:
        return Doubt.FAR
    return None
