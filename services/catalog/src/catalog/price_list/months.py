"""Months as price lists write them: 11, nov, novembre, November."""

import re

from catalog.nomenclature import folded

_NAMES = (
    ("janvier", "january"),
    ("fevrier", "february"),
    ("mars", "march"),
    ("avril", "april"),
    ("mai", "may"),
    ("juin", "june"),
    ("juillet", "july"),
    ("aout", "august"),
    ("septembre", "september"),
    ("octobre", "october"),
    ("novembre", "november"),
    ("decembre", "december"),
)
_ALL_YEAR = frozenset({"toute l'annee", "toute annee", "all year", "annee", "tous les mois", "1-12", "permanent"})
_RANGE = re.compile(
    r"^(?:de |d'|du |from )?(?P<first>[a-z0-9]+\.?) ?(?:-|–|—|/|a|au|to|→|jusqu'a) ?(?P<last>[a-z0-9]+\.?)$"
)


def month_of(text: str) -> int | None:
    """1 to 12, or None. Three letters are enough, where they name one month only."""
    word = folded(text).rstrip(".")
    if word.isdecimal() and len(word) <= 2:
        return int(word) if 1 <= int(word) <= 12 else None
    if len(word) < 3:
        return None
    meant = {n for n, names in enumerate(_NAMES, start=1) if any(name.startswith(word) for name in names)}
    return meant.pop() if len(meant) == 1 else None


def window_of(text: str) -> tuple[int | None, int | None] | None:
    """`11-5`, `nov à mai` -> (11, 5); `toute l'année` -> (None, None); None where it is not a season."""
    written = folded(text)
    if written in _ALL_YEAR:
        return None, None
    one = month_of(written)
    if one is not None:
        return one, one
    match = _RANGE.match(written)
    if match is None:
        return None
    first, last = month_of(match["first"]), month_of(match["last"])
    return None if first is None or last is None else (first, last)
