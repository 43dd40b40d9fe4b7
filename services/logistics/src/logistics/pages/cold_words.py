"""How temperatures, places and decisions are said."""

from collections.abc import Iterable, Mapping
from typing import Any

from coldchain.temperature import Band
from coldchain.words import degrees
from logistics.cold.held import Held
from logistics.cold.limit import Followed
from logistics.cold.nonconformity import Decision
from logistics.cold.place import Kind, Place, Stage
from logistics.cold.reading import Kept, Source
from logistics.cold.recording import name_of
from ui.i18n import marked as _
from ui.i18n import translator
from ui.pages import Reading

KINDS: Mapping[Kind, str] = {
    Kind.SITE: _("Room"),
    Kind.VEHICLE: _("Vehicle"),
    Kind.BOX: _("Box"),
    Kind.GOODS: _("Goods"),
}
STAGES: Mapping[Stage, str] = {
    Stage.LOADING: _("at the farm, being loaded"),
    Stage.DEPOT_IN: _("on arrival at the dock"),
    Stage.DEPOT_OUT: _("on leaving the dock"),
    Stage.DROP_OFF: _("on arrival at the pickup point"),
    Stage.PICK_UP: _("when households collect"),
}
SOURCES: Mapping[Source, str] = {
    Source.HAND: _("by hand"),
    Source.FILE: _("recorder"),
    Source.PROBE: _("probe"),
}
DECISIONS: Mapping[Decision, str] = {
    Decision.ACCEPTED: _("Accepted"),
    Decision.DOWNGRADED: _("Downgraded: given to another use"),
    Decision.DISCARDED: _("Discarded"),
    Decision.RETURNED: _("Sent back to the producer"),
}
CLEAN: Mapping[str, str] = {"yes": _("clean"), "no": _("not clean")}

UNDECIDED = _("Held: measured at %(temperature)s, %(limit)s asked; nobody decided yet.")
DISCARDED = _("Discarded: it was measured at %(temperature)s, %(limit)s asked.")
DOWNGRADED = _("Given to another use: it was measured at %(temperature)s, %(limit)s asked.")
RETURNED = _("Sent back to the producer: it was measured at %(temperature)s, %(limit)s asked.")


def said_limit(band: Band, eyes: Reading) -> str:
    """`at most 4 °C`; empty where there is none."""
    t, words = eyes.translate, eyes.words
    values = {
        "lowest": "" if band.lowest is None else degrees(band.lowest, words),
        "highest": "" if band.highest is None else degrees(band.highest, words),
    }
    if band.lowest is not None and band.highest is not None:
        return t(_("from %(lowest)s to %(highest)s")) % values
    if band.highest is not None:
        return t(_("at most %(highest)s")) % values
    return t(_("at least %(lowest)s")) % values if band.lowest is not None else ""


def said_range(coldest: int, warmest: int, eyes: Reading) -> str:
    if coldest == warmest:
        return degrees(warmest, eyes.words)
    values = {"lowest": degrees(coldest, eyes.words), "highest": degrees(warmest, eyes.words)}
    return eyes.translate(_("from %(lowest)s to %(highest)s")) % values


def said_reading(one: Kept, eyes: Reading) -> dict[str, Any]:
    """What a page shows of a reading."""
    t = eyes.translate
    return {
        "at": one.at,
        "temperature": degrees(one.temperature, eyes.words),
        "limit": said_limit(Band(one.lowest, one.highest), eyes),
        "stage": t(STAGES[one.stage]) if one.stage else "",
        "source": t(SOURCES[one.source]),
        "by": one.by,
        "instrument": one.instrument,
        "clean": t(CLEAN[one.clean]) if one.clean in CLEAN else "",
        "note": one.note,
        "broke": one.broke,
    }


def said_held(why: Held, eyes: Reading) -> str:
    """Why goods may not be handed over, in one sentence."""
    sentences = {Decision.DISCARDED: DISCARDED, Decision.DOWNGRADED: DOWNGRADED, Decision.RETURNED: RETURNED}
    sentence = UNDECIDED if why.decision is None else sentences[why.decision]
    values = {
        "temperature": said_range(why.coldest, why.warmest, eyes),
        "limit": said_limit(why.line.band, eyes),
    }
    return eyes.translate(sentence) % values


def place_name(followed: Followed, place: Place, eyes: Reading) -> str:
    """As `name_of`; the floor of a site is said to be no cold room."""
    name = name_of(followed, place)
    if place.kind is Kind.SITE and not place.part:
        return eyes.translate(_("%(site)s, outside cold rooms")) % {"site": name}
    return name


def said_source(source: str, eyes: Reading) -> str:
    """By whose word a limit holds: a sentence of the cold chain's own."""
    return translator("coldchain", eyes.language)(source)


def listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
