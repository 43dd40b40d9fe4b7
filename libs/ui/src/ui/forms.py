"""What a person typed into a form: read, judged, and kept so that the page can show it again.

    form = Form(await request.form(), request.state.translate)
    name = form.text("name", required=True, max_length=100)
    price = form.cents("price", required=True)
    if not form.ok or price is None:
        return pages.render(request, "product.html", status=422, form=form)

Every reading method gives the value, or None (text: "") where nothing was typed or what was typed is refused;
a refusal puts a sentence into `form.errors[field]` that says what to type. No web library is imported here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from contracts import Unit
from ui import decimals

MOST_TEXT = 200
MOST_LINES = 4000
MOST_CENTS = 1_000_000_00
MOST_QUANTITY = 100_000_000
"""Thousandths: a hundred tonnes. What is larger is a slip of the finger."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z0-9-]{2,63}")
_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_DAY_BY_HAND = re.compile(r"(?P<day>[0-9]{1,2})[/. -](?P<month>[0-9]{1,2})[/. -](?P<year>[0-9]{4})")
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:h](?P<minute>[0-9]{2})?)(?::[0-9]{2})?")

_UNIT_TYPED = {
    "kg": Unit.KG,
    "kilo": Unit.KG,
    "kilos": Unit.KG,
    "l": Unit.LITRE,
    "litre": Unit.LITRE,
    "litres": Unit.LITRE,
    "piece": Unit.PIECE,
    "pieces": Unit.PIECE,
    "pièce": Unit.PIECE,
    "pièces": Unit.PIECE,
    "pc": Unit.PIECE,
}

Translate = Callable[[str], str]


class _Many(Protocol):
    def getlist(self, key: Any, /) -> list[Any]: ...


def _as_is(sentence: str) -> str:
    return sentence


class Form:
    """One submitted (or empty) form. `values` keeps what was typed, `errors` what to say about it."""

    def __init__(
        self, typed: Mapping[str, Any] | None = None, translate: Translate = _as_is, *, values: Mapping[str, Any] = {}
    ) -> None:
        """`typed` is what was sent. `values` fills a form nobody has sent yet (editing what exists)."""
        self._sent: Mapping[str, Any] = typed if typed is not None else {}
        self._ = translate
        # What was sent says it all: a box that is not in it was not ticked.
        first = {} if self._sent else values
        self.values: dict[str, str] = {name: "" if value is None else str(value) for name, value in first.items()}
        for name, value in self._sent.items():
            if isinstance(value, str):
                self.values[name] = value
        self.errors: dict[str, str] = {}

    @property
    def ok(self) -> bool:
        return not self.errors

    def error(self, name: str, sentence: str) -> None:
        """Refuse a field (or, with name "", the whole form) for a reason of the caller's. The first reason stays."""
        self.errors.setdefault(name, sentence)

    def value(self, name: str) -> str:
        """What to show in the field."""
        return self.values.get(name, "")

    def chosen(self, name: str) -> list[str]:
        """All values sent under one name (checkboxes, multiple choice), as typed."""
        sent = self._sent
        if hasattr(sent, "getlist"):
            many: _Many = sent
            return [value for value in many.getlist(name) if isinstance(value, str)]
        value = sent.get(name)
        return [value] if isinstance(value, str) else []

    def _typed(self, name: str, required: bool) -> str:
        value = self._sent.get(name)
        text = _CONTROL.sub("", value).strip() if isinstance(value, str) else ""
        if required and not text:
            self.error(name, self._("This field is needed."))
        return text

    # Words

    def text(self, name: str, *, required: bool = False, max_length: int = MOST_TEXT, min_length: int = 0) -> str:
        """One line, spaces tidied."""
        text = " ".join(self._typed(name, required).split())
        return text if self._length_is_right(name, text, min_length, max_length) else ""

    def lines(self, name: str, *, required: bool = False, max_length: int = MOST_LINES) -> str:
        """Several lines, ends of line as \\n."""
        text = self._typed(name, required).replace("\r\n", "\n").replace("\r", "\n")
        return text if self._length_is_right(name, text, 0, max_length) else ""

    def _length_is_right(self, name: str, text: str, at_least: int, at_most: int) -> bool:
        if len(text) > at_most:
            self.error(
                name,
                self._("This is too long: at most %(most)d characters, you typed %(typed)d.")
                % {"most": at_most, "typed": len(text)},
            )
            return False
        if text and len(text) < at_least:
            self.error(name, self._("This is too short: at least %(least)d characters.") % {"least": at_least})
            return False
        return True

    def email(self, name: str, *, required: bool = False) -> str:
        """An address, its domain in lower case."""
        text = self._typed(name, required)
        if not text:
            return ""
        if len(text) > 254 or _EMAIL.fullmatch(text) is None or ".." in text:
            self.error(name, self._("Type an e-mail address, for example name@example.org."))
            return ""
        box, _at, domain = text.rpartition("@")
        return f"{box}@{domain.lower()}"

    def choice(self, name: str, choices: Iterable[str], *, required: bool = True) -> str:
        """One of `choices` (a StrEnum class will do)."""
        text = self._typed(name, False)
        allowed = {str(choice) for choice in choices}
        if text in allowed and text:
            return text
        if text or required:
            self.error(name, self._("Choose one of the list."))
        return ""

    def choices(self, name: str, choices: Iterable[str], *, at_least: int = 0) -> list[str]:
        """Several of `choices`, in their order."""
        chosen, allowed = self.chosen(name), [str(choice) for choice in choices]
        if any(value not in allowed for value in chosen):
            self.error(name, self._("Choose from the list."))
            return []
        if len(set(chosen)) < at_least:
            self.error(name, self._("Tick at least %(least)d.") % {"least": at_least})
        return [value for value in allowed if value in chosen]

    def boolean(self, name: str) -> bool:
        """Whether the box is ticked."""
        return self._typed(name, False) in ("on", "1", "true", "yes")

    # Numbers

    def integer(
        self, name: str, *, required: bool = False, minimum: int | None = None, maximum: int | None = None
    ) -> int | None:
        return self._number(name, self._typed(name, required), 0, minimum, maximum)

    def decimal(
        self,
        name: str,
        *,
        places: int = 3,
        required: bool = False,
        minimum: Decimal | None = None,
        maximum: Decimal | None = None,
    ) -> Decimal | None:
        """An exact decimal number with at most `places` decimals."""
        least = None if minimum is None else int(minimum.scaleb(places))
        most = None if maximum is None else int(maximum.scaleb(places))
        number = self._number(name, self._typed(name, required), places, least, most)
        return None if number is None else Decimal(number).scaleb(-places)

    def cents(self, name: str, *, required: bool = False, minimum: int = 0, maximum: int = MOST_CENTS) -> int | None:
        """Money typed in euros, in integer cents: `12,50`, `12.50 €`, `12` -> 1250, 1250, 1200."""
        text = self._typed(name, required)
        return self._number(name, re.sub(rf"(?<=[0-9])[{decimals.SPACES}]*(€|eur|EUR)$", "", text), 2, minimum, maximum)

    def quantity(
        self, name: str, unit: Unit, *, required: bool = False, zero: bool = False, maximum: int = MOST_QUANTITY
    ) -> int | None:
        """A quantity of `unit`, in integer thousandths. Pieces are whole. `zero` allows 0 (take it out of a basket)."""
        text = self._without_unit(name, self._typed(name, required), unit)
        if text is None:
            return None
        if unit is not Unit.PIECE:
            return self._number(name, text, 3, 0 if zero else 1, maximum)
        try:
            whole = decimals.scaled(text, 0) if text else None
        except decimals.TooFine:
            self.error(name, self._("This is sold by the piece: type a whole number, for example 2."))
            return None
        except decimals.NotANumber:
            whole = None
        if whole is None:
            return self._number(name, text, 0, None, None)
        counted = self._number(name, text, 0, 0 if zero else 1, maximum // 1000)
        return None if counted is None else counted * 1000

    def _without_unit(self, name: str, text: str, unit: Unit) -> str | None:
        """`1,5 kg` -> `1,5`. Somebody who types another unit than the product's is told, not believed."""
        match = re.fullmatch(rf"(?P<number>.*?[0-9])[{decimals.SPACES}]*(?P<unit>[a-zA-Zè]{{1,7}})", text)
        if match is None or match["unit"].lower() not in _UNIT_TYPED:
            return text
        if _UNIT_TYPED[match["unit"].lower()] is unit:
            return match["number"]
        self.error(
            name,
            {
                Unit.PIECE: self._("This is sold by the piece: type how many you want, for example 2."),
                Unit.KG: self._("This is sold by the kilo: type kilos, for example 1.5."),
                Unit.LITRE: self._("This is sold by the litre: type litres, for example 1.5."),
            }[unit],
        )
        return None

    def _number(self, name: str, text: str, places: int, least: int | None, most: int | None) -> int | None:
        if not text:
            return None
        try:
            value = decimals.scaled(text, places)
        except decimals.NotANumber:
            self.error(
                name,
                self._("Type a number in figures, for example 12.50.")
                if places
                else self._("Type a whole number in figures, for example 12."),
            )
            return None
        except decimals.TooFine:
            self.error(
                name,
                self._("Type at most %(places)d decimals.") % {"places": places}
                if places
                else self._("Type a whole number in figures, for example 12."),
            )
            return None
        if least is not None and value < least:
            self.error(
                name,
                self._("Type a number above zero.")
                if least == 1
                else self._("Type a number of %(least)s or more.") % {"least": self._figures(least, places)},
            )
            return None
        if most is not None and value > most:
            self.error(name, self._("Type a number of %(most)s or less.") % {"most": self._figures(most, places)})
            return None
        return value

    def _figures(self, value: int, places: int) -> str:
        return decimals.typed(value, places, getattr(self._, "language", "en"))

    # Time

    def date(
        self, name: str, *, required: bool = False, minimum: date | None = None, maximum: date | None = None
    ) -> date | None:
        """A day, as `<input type=date>` sends it (2026-05-31) or as people write it (31/05/2026)."""
        text = self._typed(name, required)
        if not text:
            return None
        day = _day(text)
        if day is None or not 1900 <= day.year <= 2200:
            self.error(name, self._("Type a date, for example 31/05/2026."))
            return None
        if minimum is not None and day < minimum:
            self.error(name, self._("Choose a day from %(day)s on.") % {"day": f"{minimum:%d/%m/%Y}"})
            return None
        if maximum is not None and day > maximum:
            self.error(name, self._("Choose a day up to %(day)s.") % {"day": f"{maximum:%d/%m/%Y}"})
            return None
        return day

    def local_datetime(self, name: str, zone: ZoneInfo | str, *, required: bool = False) -> datetime | None:
        """A local time (`<input type=datetime-local>`, or `31/05/2026 20:00`), given back in UTC.

        An hour that the change to summer time skips is refused; of an hour that comes twice, the first is taken.
        """
        text = self._typed(name, required)
        if not text:
            return None
        place = ZoneInfo(zone) if isinstance(zone, str) else zone
        left, _t, right = re.sub(r"[T ]+", "T", text).partition("T")
        day, hours = _day(left), _TIME.fullmatch(right)
        if day is None or hours is None or not 1900 <= day.year <= 2200:
            self.error(name, self._("Type a date and a time, for example 31/05/2026 20:00."))
            return None
        hour, minute = int(hours["hour"]), int(hours["minute"] or 0)
        if hour > 23 or minute > 59:
            self.error(name, self._("Type a date and a time, for example 31/05/2026 20:00."))
            return None
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=place)
        instant = local.astimezone(UTC)
        if instant.astimezone(place).replace(tzinfo=None) != local.replace(tzinfo=None):
            self.error(name, self._("This hour does not exist: the clocks go forward that night."))
            return None
        return instant

    def duration(self, name: str, *, required: bool = False) -> timedelta | None:
        """A time of day as a duration since midnight (`<input type=time>`, `20:00`, `20h`)."""
        text = self._typed(name, required)
        if not text:
            return None
        hours = _TIME.fullmatch(text)
        if hours is None or int(hours["hour"]) > 23 or int(hours["minute"] or 0) > 59:
            self.error(name, self._("Type a time, for example 20:00."))
            return None
        return timedelta(hours=int(hours["hour"]), minutes=int(hours["minute"] or 0))


def _day(text: str) -> date | None:
    match = _DAY.fullmatch(text) or _DAY_BY_HAND.fullmatch(text)
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"])) if match else None
    except ValueError:
        return None
