"""What our mails say about the cold chain: goods that are held, and a probe that is silent."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from notify.pages.draft import Button, Draft, Lines, Speaker


def degrees(tenths: int, say: Speaker) -> str:
    """76 -> `7,6 °C`."""
    return f"{say.words.number(Decimal(tenths) / 10 if tenths % 10 else tenths // 10)}\u00a0°C"


def nonconformity(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    told = degrees(facts["coldest"], say)
    if facts["coldest"] != facts["warmest"]:
        values = {"lowest": told, "highest": degrees(facts["warmest"], say)}
        told = _("from %(lowest)s to %(highest)s") % values
    values = {
        "place": facts["place"],
        "day": say.words.day(date.fromisoformat(facts["delivers_on"])),
        "since": say.words.moment(datetime.fromisoformat(facts["since"])),
        "temperature": told,
    }
    rows = tuple((each["name"], _limit(each, say), "") for each in facts["goods"])
    subject = _("Held again: goods at %(place)s") if facts["again"] else _("Held: goods at %(place)s")
    return Draft(
        subject % values,
        (
            _("%(place)s: %(temperature)s was measured, since %(since)s. It is for the deliveries of %(day)s.")
            % values,
            Lines(_("Held until you decide"), rows),
            _(
                "Have somebody go there and measure again, in the product itself. Put the goods where it is cold "
                "enough, apart from others. Then say what becomes of them: until then nobody may hand them over."
            ),
            Button(_("Decide"), say.link(facts["path"])),
        ),
    )


def _limit(goods: dict[str, Any], say: Speaker) -> str:
    _ = say.translate
    lowest, highest = goods["lowest"], goods["highest"]
    values = {
        "lowest": "" if lowest is None else degrees(lowest, say),
        "highest": "" if highest is None else degrees(highest, say),
    }
    if lowest is not None and highest is not None:
        return _("from %(lowest)s to %(highest)s") % values
    return (_("at most %(highest)s") if highest is not None else _("at least %(lowest)s")) % values


def silent_probe(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {"name": facts["name"], "place": facts["place"], "minutes": facts["every_minutes"]}
    if facts["last_at"] is None:
        told = _("The probe “%(name)s” (%(place)s) has never spoken, and goods are there.")
    else:
        values["moment"] = say.words.moment(datetime.fromisoformat(facts["last_at"]))
        told = _(
            "The probe “%(name)s” (%(place)s) has said nothing since %(moment)s; it should every %(minutes)s minutes. "
            "Goods are there, and nobody knows how cold they are."
        )
    rest = _("Have somebody measure by hand, and look at its power and its network.")
    return Draft(
        _("Silent probe: %(place)s") % values,
        (told % values, rest, Button(_("See the probe"), say.link(facts["path"]))),
    )
