"""What is typed of a hand-over: read card by card, judged, and told in the words of who typed it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts import Unit
from logistics.cold import plausible
from logistics.handover.board import Board
from logistics.handover.expected import Expected, Goods, band_of
from logistics.handover.log import Came, Said, State
from logistics.pages.cold_take import LATE
from logistics.pages.cold_take import PAST as FAR
from logistics.pages.network_show import degrees
from ui.forms import Form
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.words import Words

STATES = (State.AS_PLANNED, State.LESS, State.DAMAGED, State.REFUSED, State.MISSING)
AHEAD = timedelta(minutes=5)
"""Clocks differ."""
NIGHT = timedelta(hours=6)
"""What is noted after midnight is still of the day before."""


@dataclass(frozen=True)
class Reading:
    """Reads the cards of a form. `language` and `t` of who typed."""

    form: Form
    board: Board
    t: Translate

    def all(self, cards: Iterable[Expected]) -> list[Said]:
        """What was chosen; a card nobody touched is left for later. What is wrong is in the form, at its field."""
        said = [one for card in cards if (one := self.card(card)) is not None]
        if not said and self.form.ok:
            self.form.error("", self.t(_("Nothing is chosen yet: say of one thing at least whether it is there.")))
        return said

    def card(self, one: Expected, *, required: bool = False) -> Said | None:
        form, key = self.form, one.step
        touched = any(form.value(f"{name}-{key}").strip() for name in ("temperature", "note"))
        touched = touched or any(form.value(came_field(one, at)).strip() for at in range(len(one.goods)))
        chosen = form.choice(f"state-{key}", STATES, required=required or touched)
        if not chosen:
            return None
        state = State(chosen)
        lines = [self._came(one, at, goods, state) for at, goods in enumerate(one.goods)]
        note = form.lines(f"note-{key}", max_length=500)
        self._whole(one, state, lines, note)
        return Said(one, state, tuple(lines), self.temperature(one), note)

    def _came(self, one: Expected, at: int, goods: Goods, state: State) -> Came:
        form, name = self.form, came_field(one, at)
        if state in (State.REFUSED, State.MISSING):
            return Came.of(goods, 0)
        typed = form.value(name).strip()
        if state is State.AS_PLANNED and typed:
            form.error(name, self.t(_("For this quantity to count choose “Less” or “Damaged”; else leave it empty.")))
        unit = self.board.unit_of(goods.product_id, goods.quantity)
        came = form.quantity(name, unit, zero=True) if typed else None
        if came is not None and came > goods.quantity:
            form.error(name, self.t(_("That is more than was expected: type at most what is written beside it.")))
        return Came.of(goods, goods.quantity if came is None else came)

    def _whole(self, one: Expected, state: State, lines: list[Came], note: str) -> None:
        form, t, key = self.form, self.t, one.step
        same = all(line.came == line.expected for line in lines)
        if state is State.LESS and same and form.ok:
            form.error(came_field(one, 0), t(_("Type how much there is of what is less.")))
        elif state is State.DAMAGED and same and not note:
            form.error(f"note-{key}", t(_("Say what is damaged, or type above how much is in good state.")))
        elif state is State.REFUSED and not note:
            form.error(f"note-{key}", t(_("Say why it is refused.")))

    def temperature(self, one: Expected) -> int | None:
        """Tenths. One that is probably a slip is asked again, and taken once it is ticked as right."""
        form, t, name = self.form, self.t, f"temperature-{one.step}"
        typed = form.decimal(name, places=1)
        if typed is None:
            if name in form.errors:
                form.errors[name] = t(_("Type degrees Celsius with one decimal at most, for example 3.5."))
            return None
        tenths = int(typed * 10)
        if not plausible.possible(tenths):
            form.error(name, t(_("No thermometer shows that here: type degrees Celsius, for example 3.5.")))
            return None
        if one.consignment is None or form.boolean(f"sure-{one.step}"):
            return tenths
        meant = plausible.meant(tenths, band_of(one.consignment))
        if meant:
            language = getattr(t, "language", "en")
            said = _("%(typed)s? Perhaps %(meant)s (Fahrenheit, or no comma): type it again, or tick below.")
            told = {"typed": degrees(tenths, language), "meant": degrees(meant[0], language)}
            form.error(name, t(said) % told)
        return tenths

    def at(self, on: date, now: datetime, zone: ZoneInfo, cards: Iterable[Expected] = ()) -> datetime:
        """When it happened: now, or the hour that is on the paper. The future is refused, and what is far from the
        days on which these cards are expected; without an hour only on such a day, or in the night after it."""
        form, t = self.form, self.t
        typed = form.local_datetime("at", zone)
        days = {on, *(each.at.astimezone(zone).date() for each in cards)}
        if "at" in form.errors:
            return now
        if typed is None:
            if not days & {now.astimezone(zone).date(), (now - NIGHT).astimezone(zone).date()}:
                said = {"day": Words(t.language, zone).day(on)}
                form.error("at", t(_("These deliveries are on %(day)s, not today: type when it happened.")) % said)
            return now
        if typed > now + AHEAD:
            form.error("at", t(_("This hour has not come yet: type when it happened.")))
        elif min(abs(typed.astimezone(zone).date() - day) for day in days) > LATE:
            form.error("at", t(FAR))
        return min(typed, now)


def came_field(one: Expected, at: int) -> str:
    return f"came-{one.step}-{at}"


def fits(unit: Unit) -> str:
    """The keyboard of a quantity."""
    return "whole" if unit is Unit.PIECE else "decimal"
