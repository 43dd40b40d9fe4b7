"""Figures as people read them: money, quantities, days, times, months, in French and in English.

Spaces are those of French typography (a no-break space before the euro sign, a narrow one between thousands), as
Babel's CLDR tables give them; no number can break over two lines.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_day_names, get_month_names
from babel.numbers import format_currency, format_decimal

from contracts import Bilingual, Unit
from contracts.goods import Season

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
HUB_ZONE = ZoneInfo("Europe/Paris")
NO_BREAK = "\u00a0"
NARROW = "\u202f"

_UNIT_SIGNS = {Unit.KG: ("kg", "kg"), Unit.LITRE: ("l", "l")}
_PIECES = {"fr": ("pièce", "pièces"), "en": ("piece", "pieces")}
_UNITS = {
    "fr": {Unit.PIECE: "pièce", Unit.KG: "kilo", Unit.LITRE: "litre"},
    "en": {Unit.PIECE: "piece", Unit.KG: "kilo", Unit.LITRE: "litre"},
}


_KEPT = lru_cache(maxsize=20_000)
"""Formatting by CLDR's rules costs half a millisecond, and a page of prices says the same ones to everybody."""


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language, LOCALES["fr"]))


@_KEPT
def money(cents: int, language: str = "fr") -> str:
    """1234567 -> `12 345,67 €`, `€12,345.67`."""
    return format_currency(Decimal(cents) / 100, "EUR", locale=_locale(language))


def number(value: int | Decimal, language: str = "fr") -> str:
    return format_decimal(value, locale=_locale(language), decimal_quantization=False)


@_KEPT
def quantity(thousandths: int, unit: Unit | str, language: str = "fr") -> str:
    """735, kg -> `0,735 kg`; 2000, piece -> `2 pièces`."""
    figure = number(Decimal(thousandths) / 1000 if thousandths % 1000 else thousandths // 1000, language)
    return f"{figure}{NO_BREAK}{unit_name(unit, language, thousandths)}"


def unit_name(unit: Unit | str, language: str = "fr", thousandths: int = 1000) -> str:
    """The unit after a figure: `kg`, `l`, `pièce` or `pièces`."""
    unit = Unit(unit)
    if unit in _UNIT_SIGNS:
        return _UNIT_SIGNS[unit][0]
    one, many = _PIECES.get(language, _PIECES["fr"])
    singular = abs(thousandths) < 2000 if language == "fr" else thousandths == 1000
    return one if singular else many


def unit_word(unit: Unit | str, language: str = "fr") -> str:
    """The unit in a sentence: `le kilo`, `the litre` without the article."""
    return _UNITS.get(language, _UNITS["fr"])[Unit(unit)]


def percent(hundredths: int, language: str = "fr") -> str:
    """A rate in hundredths of a percent: 550 -> `5,5 %`."""
    figure = number(Decimal(hundredths) / 100 if hundredths % 100 else hundredths // 100, language)
    return f"{figure}{NARROW}%" if language == "fr" else f"{figure}%"


@_KEPT
def day(value: date, language: str = "fr") -> str:
    """`dimanche 22 novembre 2026`, `Sunday 22 November 2026`."""
    return _first(format_date(value, "EEEE d MMMM y", locale=_locale(language)), value, language)


@_KEPT
def short_day(value: date, language: str = "fr") -> str:
    """`dim. 22 nov.`, `Sun 22 Nov`."""
    return _first(format_date(value, "EEE d MMM", locale=_locale(language)), value, language)


def _first(text: str, value: date, language: str) -> str:
    # French counts the first of the month with an ordinal; CLDR does not.
    return text.replace(" 1 ", f" 1er{NO_BREAK}") if language == "fr" and value.day == 1 else text


def clock_time(value: datetime, zone: ZoneInfo, language: str = "fr") -> str:
    """`20 h`, `8 h 30`; `20:00`."""
    return _hour(value.astimezone(zone).time(), language)


def hours(begins: str, ends: str, language: str = "fr") -> str:
    """`17:00`, `18:30` of every week -> `17 h – 18 h 30`; `17:00 – 18:30`."""
    return f"{_hour(time.fromisoformat(begins), language)} – {_hour(time.fromisoformat(ends), language)}"


def _hour(local: time, language: str) -> str:
    if language != "fr":
        return format_time(local, "HH:mm", locale=_locale(language))
    return f"{local.hour}{NO_BREAK}h" + (f"{NO_BREAK}{local.minute:02d}" if local.minute else "")


def moment(value: datetime, zone: ZoneInfo, language: str = "fr") -> str:
    """`dimanche 22 novembre 2026 à 20 h`."""
    joint = " à " if language == "fr" else " at "
    return day(value.astimezone(zone).date(), language) + joint + clock_time(value, zone, language)


def short_moment(value: datetime, zone: ZoneInfo, language: str = "fr") -> str:
    """`dim. 22 nov., 20 h`."""
    return short_day(value.astimezone(zone).date(), language) + ", " + clock_time(value, zone, language)


def span(length: timedelta, language: str = "fr") -> str:
    """`2 jours`, `3 heures`: the largest fitting unit."""
    return format_timedelta(abs(length), threshold=1.2, locale=_locale(language)).replace(" ", NO_BREAK)


def distance(value: datetime, now: datetime, language: str = "fr") -> str:
    """`dans 2 jours`, `il y a 3 heures`."""
    return format_timedelta(value - now, add_direction=True, threshold=1.2, locale=_locale(language))


def month_name(month: int, language: str = "fr") -> str:
    return str(get_month_names("wide", locale=_locale(language))[month])


def weekday_name(weekday: int, language: str = "fr") -> str:
    """0 is Monday."""
    return str(get_day_names("wide", locale=_locale(language))[weekday])


def season_name(season: Season, language: str = "fr") -> str:
    """`de novembre à mai`; `toute l'année`."""
    if (season.to_month - season.from_month) % 12 == 11:
        return "toute l’année" if language == "fr" else "all year"
    first, last = month_name(season.from_month, language), month_name(season.to_month, language)
    if first == last:
        return f"en {first}" if language == "fr" else f"in {first}"
    if language != "fr":
        return f"{first} to {last}"
    return f"{'d’' if first[0] in 'ao' else 'de '}{first} à {last}"


def in_language(text: Bilingual | str, language: str = "fr") -> str:
    """A text in two languages in the one that is wanted, in French where nobody translated it."""
    if isinstance(text, str):
        return text
    return text.en if language == "en" and text.en else text.fr


class Goods(Protocol):
    """What has a name and perhaps comes in packs: an article."""

    @property
    def name(self) -> Bilingual: ...
    @property
    def pack_label(self) -> str: ...


def goods_name(goods: Goods, language: str = "fr") -> str:
    """`Citrons, filet 1 kg`: of what comes in several packs the name alone does not say which."""
    return ", ".join(filter(None, (in_language(goods.name, language), goods.pack_label)))


def listing(items: list[str], language: str = "fr") -> str:
    """`a, b et c`."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + (" et " if language == "fr" else " and ") + items[-1]


@dataclass(frozen=True)
class Words:
    """The functions above for one reader: their language, the hub's time zone. `request.state.words`."""

    language: str = "fr"
    zone: ZoneInfo = HUB_ZONE

    def money(self, cents: int) -> str:
        return money(cents, self.language)

    def number(self, value: int | Decimal) -> str:
        return number(value, self.language)

    def quantity(self, thousandths: int, unit: Unit | str) -> str:
        return quantity(thousandths, unit, self.language)

    def unit_name(self, unit: Unit | str, thousandths: int = 1000) -> str:
        return unit_name(unit, self.language, thousandths)

    def unit_word(self, unit: Unit | str) -> str:
        return unit_word(unit, self.language)

    def percent(self, hundredths: int) -> str:
        return percent(hundredths, self.language)

    def day(self, value: date | datetime) -> str:
        return day(self._local_day(value), self.language)

    def short_day(self, value: date | datetime) -> str:
        return short_day(self._local_day(value), self.language)

    def clock_time(self, value: datetime) -> str:
        return clock_time(value, self.zone, self.language)

    def hours(self, begins: str, ends: str) -> str:
        return hours(begins, ends, self.language)

    def moment(self, value: datetime) -> str:
        return moment(value, self.zone, self.language)

    def short_moment(self, value: datetime) -> str:
        return short_moment(value, self.zone, self.language)

    def span(self, length: timedelta) -> str:
        return span(length, self.language)

    def distance(self, value: datetime, now: datetime) -> str:
        return distance(value, now, self.language)

    def month_name(self, month: int) -> str:
        return month_name(month, self.language)

    def weekday_name(self, weekday: int) -> str:
        return weekday_name(weekday, self.language)

    def season_name(self, season: Season) -> str:
        return season_name(season, self.language)

    def in_language(self, text: Bilingual | str) -> str:
        return in_language(text, self.language)

    def goods_name(self, goods: Goods) -> str:
        return goods_name(goods, self.language)

    def listing(self, items: list[str]) -> str:
        return listing(items, self.language)

    def local_input(self, value: datetime | None) -> str:
        """The value of an `<input type=datetime-local>`, in the hub's time."""
        return "" if value is None else value.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def _local_day(self, value: date | datetime) -> date:
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value


FILTERS = (
    "money",
    "number",
    "quantity",
    "unit_name",
    "unit_word",
    "percent",
    "day",
    "short_day",
    "clock_time",
    "hours",
    "moment",
    "short_moment",
    "span",
    "distance",
    "month_name",
    "weekday_name",
    "season_name",
    "in_language",
    "goods_name",
    "listing",
    "local_input",
)
"""The methods of Words that templates use as filters of the same name."""


def iso(value: date | datetime) -> str:
    """For `<time datetime>`."""
    return value.astimezone(UTC).isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
