"""Slips of the finger and of the thermometer: what nobody measures, and what somebody may have meant instead."""

from coldchain.temperature import Band

COLDEST, HOTTEST = -500, 1100
"""Tenths. Beyond is no food and no cold room: 999 and -300 are what a broken probe says."""
BELOW, ABOVE = 60, 20
"""Tenths around the limit within which a reading is usual."""
HOT_ABOVE = 250


def possible(temperature: int) -> bool:
    return COLDEST <= temperature <= HOTTEST


def from_fahrenheit(temperature: int) -> int:
    """Tenths of °F in tenths of °C, rounded to the nearest."""
    return ((temperature - 320) * 10 + 9) // 18


def meant(temperature: int, band: Band) -> tuple[int, ...]:
    """What a reading that breaks the limit may have meant: read in Fahrenheit, without its sign or its comma. Nothing
    where it holds, or where none of these is usual there."""
    if band.holds(temperature):
        return ()
    found = [from_fahrenheit(temperature)]
    if temperature > 0:
        found.append(-temperature)
    if temperature % 10 == 0:
        found.append(temperature // 10)
    return tuple(dict.fromkeys(one for one in found if one != temperature and _usual(one, band)))


def _usual(temperature: int, band: Band) -> bool:
    if not band.holds(temperature):
        return False
    if band.highest is not None:
        return band.highest - BELOW <= temperature <= band.highest + ABOVE
    return band.lowest is not None and temperature <= band.lowest + HOT_ABOVE
