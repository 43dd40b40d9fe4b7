"""What the pages of drafts say: what made a draft another one, and which state it is in."""

from collections.abc import Iterable

from logistics.schedule.day_change import Differs, Kind
from logistics.schedule.draft import Change, Head, State
from ui.forms import Translate
from ui.i18n import marked as _

DRAFTS = "/logistics/drafts"

CHANGES = {
    "planned": _("Planned from the orders and the network."),
    "again": _("Planned again after draft %(number)s, with the least change."),
    "day": _("Planned again for the day as it is now, with the least change to draft %(number)s."),
    "published": _("Taken up from version %(version)s, which was published."),
    "pin": _("Pinned to %(carrier)s: %(goods)s."),
    "unpin": _("No longer pinned: %(goods)s."),
    "without-carrier": _("Without the carrier %(name)s."),
    "with-carrier": _("With the carrier %(name)s again."),
    "without-vehicle": _("Without the vehicle %(name)s."),
    "with-vehicle": _("With the vehicle %(name)s again."),
    "without-site": _("Without %(name)s: its goods are not carried."),
    "with-site": _("With %(name)s again."),
    "lock": _("The rounds of %(name)s stay as they are."),
    "unlock": _("The rounds of %(name)s may change again."),
    "stop": _("%(site)s at another point of the round of %(round)s."),
    "goods": _("To the round of %(round)s: %(goods)s."),
    "departure": _("%(round)s leaves at %(at)s."),
}
"""By the kind of a `draft.Change`; its values go into the sentence."""

STATES = {
    State.PLANNING: ("active", _("Being planned")),
    State.PLANNED: ("planned", _("Planned")),
    State.FAILED: ("failed", _("Failed")),
    State.BROKEN: ("failed", _("Broken off")),
}
"""Class of the badge, and its word."""


DIFFERS = {
    Kind.GOODS_NEW: _("New: %(name)s (%(from_site)s → %(to_site)s)"),
    Kind.GOODS_GONE: _("No longer ordered: %(name)s (%(from_site)s → %(to_site)s)"),
    Kind.GOODS_CHANGED: _("Another quantity, or another hour: %(name)s (%(from_site)s → %(to_site)s)"),
    Kind.PLACE: _("The place %(name)s was changed."),
    Kind.VEHICLE: _("The vehicle %(name)s was changed."),
    Kind.CARRIER: _("The carrier %(name)s was changed."),
    Kind.BOX: _("The box %(name)s was changed or moved."),
    Kind.OTHER: _("Fixed rounds, limits, or how ways are reckoned were changed."),
}


def differing(found: Iterable[Differs], t: Translate) -> list[str]:
    return [t(DIFFERS[one.kind]) % one._asdict() for one in found]


def changed(change: Change, t: Translate) -> str:
    return t(CHANGES[change.kind]) % change.values


def badge_of(head: Head, t: Translate) -> tuple[str, str]:
    if head.published_version is not None:
        return "done", t(_("Published as version %(version)s")) % {"version": head.published_version}
    state, word = STATES[head.state]
    return state, t(word)
