"""Numbers as people type them, read exactly: text to a whole count of a small unit, never through a float.

`1,5` and `1.5` are one and a half; `1 234,50` groups thousands with any of the usual spaces. Nothing else is
guessed: `1.234,50`, `1e9`, `½`, `٣` are refused.
"""

import re

SPACES = "\u0020\u00a0\u2009\u202f"
_NUMBER = re.compile(r"(?P<sign>[-+\u2212]?)(?P<whole>[0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[.,](?P<fraction>[0-9]+))?")
_MOST_DIGITS = 15


class NotANumber(ValueError):
    """The text is not a number written in figures."""


class TooFine(ValueError):
    """The number has more decimals than its unit knows."""


def scaled(typed: str, places: int) -> int:
    """`typed` in units of 10**-places: scaled("1,5", 3) == 1500.

    Of what is counted, `2,0` is two; but `12,500` is no price: it may be twelve and a half, or thousands.
    """
    tidy = typed.translate({ord(space): " " for space in SPACES}).strip(" ")
    match = _NUMBER.fullmatch(tidy)
    if match is None:
        raise NotANumber(typed)
    whole = match["whole"].replace(" ", "")
    fraction = match["fraction"] or ""
    if places == 0 and len(fraction) < 3:
        fraction = fraction.rstrip("0")
    if len(whole.lstrip("0")) > _MOST_DIGITS:
        raise NotANumber(typed)
    if len(fraction) > places:
        raise TooFine(typed)
    # Gluing digits keeps everything in whole numbers.
    value = int(whole + fraction.ljust(places, "0"))
    return -value if match["sign"] in ("-", "\u2212") else value


def typed(value: int, places: int, language: str = "fr") -> str:
    """The text to put in a field for `value` units of 10**-places, without useless zeros: 1500, 3 -> `1,5`."""
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(places + 1, "0")
    whole, fraction = (digits[:-places], digits[-places:]) if places else (digits, "")
    fraction = fraction.rstrip("0")
    mark = "," if language == "fr" else "."
    return f"{sign}{whole}{mark}{fraction}" if fraction else f"{sign}{whole}"


def typed_money(cents: int, language: str = "fr") -> str:
    """The text to put in a price field, always with two decimals: 1250 -> `12,50`."""
    sign, mark = ("-" if cents < 0 else ""), "," if language == "fr" else "."
    return f"{sign}{abs(cents) // 100}{mark}{abs(cents) % 100:02d}"
