"""Numbers as price lists write them, read exactly: text to a whole count of a small unit, never through a float."""

import re

_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " "))
_NUMBER = re.compile(r"(?P<sign>[-+\u2212]?) ?(?P<whole>[0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[.,](?P<part>[0-9]+))?")
_MOST_DIGITS = 12
_EURO = re.compile(r"^(?:€|eur|euros?)\s*|\s*(?:€|eur|euros?)$", re.IGNORECASE)


class NotANumber(ValueError):
    """Not a number in figures, or one too long to be meant."""


class TooFine(ValueError):
    """More decimals than the unit knows."""


def scaled(text: str, places: int) -> int:
    """`text` in units of 10**-places: scaled("1,5", 3) == 1500. `1.234,50` and `1e9` are nobody's numbers."""
    match = _NUMBER.fullmatch(text.translate(_SPACES).strip())
    if match is None:
        raise NotANumber(text)
    whole, part = match["whole"].replace(" ", ""), (match["part"] or "").rstrip("0")
    if len(whole.lstrip("0")) > _MOST_DIGITS:
        raise NotANumber(text)
    if len(part) > places:
        raise TooFine(text)
    value = int(whole + part.ljust(places, "0"))
    return -value if match["sign"] in ("-", "\u2212") else value


def cents(text: str) -> int:
    """`12,50 €`, `€ 12.5`, `12 EUR` in cents."""
    return scaled(_EURO.sub("", text.translate(_SPACES).strip()), 2)


def written(value: int, places: int) -> str:
    """The number for a message: 2250, 2 -> `22.50`; 1500, 3 -> `1.5`."""
    whole, part = divmod(abs(value), 10**places)
    decimals = str(part).rjust(places, "0")
    decimals = decimals if places == 2 else decimals.rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}" + (f".{decimals}" if decimals else "")
