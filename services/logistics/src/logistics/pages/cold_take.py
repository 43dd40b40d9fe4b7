"""A temperature as a person types it: read, doubted where it is not what thermometers say, and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.clock import Ids
from coldchain.day import Room
from coldchain.temperature import Band
from coldchain.words import degrees
from logistics.cold import plausible
from logistics.cold.limit import Followed
from logistics.cold.place import Kind, Place, Stage
from logistics.cold.reading import Kept, Measured, Source
from ui import decimals
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import Reading

LATE = timedelta(days=2)
EARLY = timedelta(minutes=5)
"""Clocks of telephones and of the hub may differ."""

LABELS: Mapping[str, str] = {
    "temperature": _("Temperature"),
    "sure": _("What did the thermometer show?"),
    "at": _("When"),
    "stage": _("When were the goods measured?"),
    "line": _("Which goods?"),
    "instrument": _("Thermometer"),
    "clean": _("Cleanliness"),
    "note": _("Note"),
    "why": _("Why is it corrected?"),
}
IMPOSSIBLE = _(
    "No food and no cold room has %(temperature)s: a thermometer that shows this is broken or was badly read. Measure "
    "again with another one, and type that."
)
DOUBTED = _("%(temperature)s here? Choose below what the thermometer showed. Nothing is kept yet.")
READ_NUMBER = _("Type the temperature in figures, in degrees Celsius: 3.5, or -18.")
FUTURE = _("This moment is still to come: look at the date and the hour.")
PAST = _("This is more than two days from the day of the deliveries: look at the date.")


@dataclass(frozen=True)
class Doubt:
    """What may have been meant, in tenths, with the words for each; the last is what was typed."""

    choices: tuple[tuple[str, str], ...] = ()


def typed_temperature(form: Form, eyes: Reading) -> int | None:
    """In tenths. Whoever copies the sign of the unit is understood; Fahrenheit is not."""
    text = form.value("temperature").strip()
    bare = text.removesuffix("C").removesuffix("c").rstrip(decimals.SPACES).removesuffix("°").rstrip(decimals.SPACES)
    if not bare:
        form.text("temperature", required=True)
        return None
    try:
        tenths = decimals.scaled(bare, 1)
    except decimals.TooFine:
        form.error("temperature", eyes.translate(_("One decimal is enough: 3.5.")))
        return None
    except decimals.NotANumber:
        form.error("temperature", eyes.translate(READ_NUMBER))
        return None
    if not plausible.possible(tenths):
        shown = f"{decimals.typed(tenths, 1, eyes.language)}\u00a0°C"
        form.error("temperature", eyes.translate(IMPOSSIBLE) % {"temperature": shown})
        return None
    return tenths


def doubted(form: Form, tenths: int, band: Band, eyes: Reading) -> tuple[int | None, Doubt]:
    """The temperature that is to be kept; None where a person must say first what it was."""
    t = eyes.translate
    others = plausible.meant(tenths, band)
    if not others:
        return tenths, Doubt()
    answer = form.value("sure")
    if answer in {f"{tenths}:{one}" for one in (*others, tenths)}:
        return int(answer.partition(":")[2]), Doubt()
    words = {plausible.from_fahrenheit(tenths): _("%(temperature)s: the thermometer shows Fahrenheit")}
    choices = [
        (f"{tenths}:{one}", t(words.get(one, _("%(temperature)s"))) % {"temperature": degrees(one, eyes.words)})
        for one in others
    ]
    really = t(_("Really %(temperature)s")) % {"temperature": degrees(tenths, eyes.words)}
    form.error("temperature", t(DOUBTED) % {"temperature": degrees(tenths, eyes.words)})
    return None, Doubt((*choices, (f"{tenths}:{tenths}", really)))


def read_reading(
    form: Form, place: Place, followed: Followed, eyes: Reading, now: datetime, by: str, ids: Ids
) -> tuple[Measured | None, Doubt]:
    """What is to be kept, or None with the errors in the form."""
    t, doubt = eyes.translate, Doubt()
    tenths = typed_temperature(form, eyes)
    at = form.local_datetime("at", eyes.words.zone, required=True)
    on = followed.published.on
    if at is not None and at > now + EARLY:
        form.error("at", t(FUTURE))
    elif at is not None and abs(at.astimezone(eyes.words.zone).date() - on) > LATE:
        form.error("at", t(PAST))
    stage, part = None, place.part
    if place.kind is Kind.GOODS:
        stage = form.choice("stage", Stage)
        lines = {line.id: line for line in followed.scene.consignments[place.id].lines}
        part = form.choice("line", lines, required=len(lines) > 1) or (next(iter(lines)) if len(lines) == 1 else "")
    clean = form.choice("clean", ("yes", "no"), required=False)
    instrument, note = form.text("instrument", max_length=80), form.text("note")
    if clean == "no" and not note and "note" not in form.errors:
        form.error("note", t(_("Say what was not clean.")))
    measured = Place(place.kind, place.id, part)
    if tenths is not None and at is not None and not form.errors:
        limit = followed.limit(measured, at, Stage(stage) if stage else None)
        tenths, doubt = doubted(form, tenths, limit.band if limit.asked else _room_band(followed, place), eyes)
    if form.errors or tenths is None or at is None:
        return None, doubt
    new_id = _own_id(form, ids)
    kept_stage = Stage(stage) if stage else None
    return Measured(
        new_id, at, measured, tenths, Source.HAND, f"hand:{new_id}", by, kept_stage, instrument, clean, note
    ), doubt


def read_correction(
    form: Form, wrong: Kept, followed: Followed, eyes: Reading, by: str, ids: Ids
) -> tuple[Measured | None, Doubt]:
    """Another value of the same moment and place, and why; or None with the errors in the form."""
    doubt, tenths = Doubt(), typed_temperature(form, eyes)
    why = form.text("why", required=True)
    if tenths is not None and tenths == wrong.temperature:
        form.error("temperature", eyes.translate(_("This is what was typed: there is nothing to correct.")))
    if tenths is not None and not form.errors:
        limit = followed.limit(wrong.place, wrong.at, wrong.stage)
        tenths, doubt = doubted(form, tenths, limit.band, eyes)
    if form.errors or tenths is None:
        return None, doubt
    new_id = _own_id(form, ids)
    return Measured(
        new_id, wrong.at, wrong.place, tenths, Source.HAND, f"hand:{new_id}", by, wrong.stage, wrong.instrument,
        wrong.clean, why, corrects=wrong.id,
    ), doubt  # fmt: skip


def _own_id(form: Form, ids: Ids) -> str:
    """The form's own: sent twice, it is kept once."""
    given = form.value("id")
    plain = given.replace("-", "")
    return given if plain.isalnum() and plain.isascii() and len(given) <= 60 else ids.new()


def _room_band(followed: Followed, place: Place) -> Band:
    """What a room can be set to: for doubts where nothing stands in it."""
    rooms: tuple[Room, ...] = ()
    if place.kind is Kind.SITE:
        rooms = followed.scene.sites[place.id].rooms
    elif place.kind is Kind.VEHICLE:
        rooms = followed.scene.vehicles[place.id].rooms
    room = next((each for each in rooms if each.id == place.part), None)
    return Band(None, None) if room is None else Band(room.coldest, room.warmest)
