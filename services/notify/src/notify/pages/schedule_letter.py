"""What our mails say of a day's schedule: all of it in the first, what changed in those after it."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from notify.pages.draft import Button, Draft, Speaker
from notify.schedule import CARRIER, PRODUCER
from notify.schedule_part import BROUGHT

Fact = dict[str, Any]
Saying = Callable[[Speaker, list[Fact], Fact | None], str]
"""`was`: what it was, where one sentence tells both."""


def schedule(say: Speaker, facts: Fact) -> Draft:
    _ = say.translate
    role, whole = facts["role"], facts["whole"]
    values = {"day": say.words.day(date.fromisoformat(facts["delivers_on"]))}
    button = (Button(_("See my rounds"), say.link(facts["path"])),) if facts["path"] and facts["knows"] else ()
    if role == CARRIER:
        subject = _("Your rounds on %(day)s") if whole else _("Changed: your rounds on %(day)s")
        blocks = _rounds(say, facts["new"]) if whole else _rounds_changed(say, facts)
    elif role == PRODUCER:
        subject = _("When your goods go, %(day)s") if whole else _("Changed: when your goods go, %(day)s")
        blocks = _whole(say, facts["new"], _fetched) if whole else _goods_changed(say, facts, _fetched)
    else:
        subject = _("When goods come, %(day)s") if whole else _("Changed: when goods come, %(day)s")
        blocks = _whole(say, facts["new"], _arrives) if whole else _goods_changed(say, facts, _arrives)
    if not facts["knows"]:
        nothing = {
            CARRIER: _("You do not drive on %(day)s any more."),
            PRODUCER: _("None of your goods go on %(day)s any more."),
        }.get(role, _("No goods come to you on %(day)s any more."))
        return Draft(subject % values, (nothing % values,))
    rest = () if whole else (_("Everything else stays as you were told."),)
    return Draft(subject % values, (*blocks, *rest, *button))


def handover_changed(say: Speaker, facts: Fact) -> Draft:
    _ = say.translate
    day = {"day": say.words.day(date.fromisoformat(facts["delivers_on"]))}
    was, now = (list(facts[name].values()) for name in ("knew", "knows"))
    blocks = [_("You collect your goods at another hour or place than you were told.")]
    blocks += [_("Now: %(where)s") % {"where": _handover(say, one)} for one in now]
    blocks += [_("It was: %(where)s") % {"where": _handover(say, one)} for one in was]
    return Draft(_("Changed: where you collect on %(day)s") % day, tuple(blocks))


# --- producers and referents ---


def _whole(say: Speaker, new: dict[str, Fact], saying: Saying) -> list[str]:
    handovers = [_handover(say, fact) for key, fact in new.items() if key.startswith("handover:")]
    opens = [say.translate("Hand-over: %(where)s") % {"where": each} for each in handovers]
    return [*opens, *(saying(say, facts, None) for facts in _alike(_goods(new)))]


def _goods_changed(say: Speaker, facts: Fact, saying: Saying) -> list[str]:
    """A sentence for all goods that changed alike."""
    _ = say.translate
    told = []
    for key, (before, now) in _sorted(facts["moved"]):
        if key.startswith("handover:"):
            values = {"now": _handover(say, now), "before": _handover(say, before)}
            told.append(_("Hand-over: %(now)s It was: %(before)s") % values)
    moved: dict[tuple[str, ...], list[tuple[Fact, Fact]]] = {}
    for key, (before, now) in _sorted(facts["moved"]):
        if key.startswith("goods:"):
            moved.setdefault((*_kind(before), *_kind(now)), []).append((before, now))
    for pairs in moved.values():
        told.append(_moved(say, [before for before, _now in pairs], [now for _before, now in pairs], saying))
    told += [_("New: %(what)s") % {"what": each} for each in _whole(say, facts["new"], saying)]
    told += [_("No more: %(what)s") % {"what": each} for each in _whole(say, facts["gone"], saying)]
    return told


def _moved(say: Speaker, before: list[Fact], now: list[Fact], saying: Saying) -> str:
    """In one sentence what is now, with what it was; in two where it goes another way."""
    was = before[0]
    if was.get("how") == now[0].get("how"):
        return saying(say, now, was)
    before_that = say.translate("It was: %(what)s") % {"what": saying(say, before, None)}
    return f"{saying(say, now, None)} {before_that}"


def _fetched(say: Speaker, facts: list[Fact], was: Fact | None) -> str:
    _, one = say.translate, facts[0]
    values = {"to": say.words.listing(sorted({fact["to"] for fact in facts})), **_when_by(say, one, was)}
    if one["how"] == BROUGHT and {fact["to"] for fact in facts} == {one["by"]}:
        return _("You bring your goods to %(by)s at %(hour)s.") % values
    if one["how"] == BROUGHT:
        return _("You bring your goods for %(to)s to %(by)s at %(hour)s.") % values
    return _("Your goods for %(to)s are fetched at %(hour)s by %(by)s.") % values


def _arrives(say: Speaker, facts: list[Fact], was: Fact | None) -> str:
    of = say.words.listing(sorted({fact["of"] for fact in facts}))
    values = {"of": of, "place": facts[0]["place"], **_when_by(say, facts[0], was)}
    return say.translate("%(place)s: goods of %(of)s come at %(hour)s with %(by)s.") % values


def _when_by(say: Speaker, one: Fact, was: Fact | None) -> dict[str, str]:
    before = was or one
    return {
        "hour": _instead(say, _hour(say, one["at"]), _hour(say, before["at"])),
        "by": _instead(say, one["by"], before["by"]),
    }


def _instead(say: Speaker, now: str, before: str) -> str:
    return now if now == before else say.translate("%(now)s instead of %(before)s") % {"now": now, "before": before}


def _handover(say: Speaker, fact: Fact) -> str:
    where = ", ".join(filter(None, (fact["place"], fact["address"])))
    values = {"start": _hour(say, fact["at"]), "end": _hour(say, fact["until"]), "where": where}
    return say.translate("from %(start)s to %(end)s, %(where)s.") % values


def _alike(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Those that one sentence tells, in the order of their hours."""
    found: dict[tuple[str, ...], list[Fact]] = {}
    for fact in sorted(facts, key=_kind):
        found.setdefault(_kind(fact), []).append(fact)
    return list(found.values())


def _kind(fact: Fact) -> tuple[str, ...]:
    return fact["at"], fact["by"], fact.get("how", ""), fact.get("place", "")


def _goods(known: dict[str, Fact]) -> list[Fact]:
    return [fact for key, fact in known.items() if key.startswith("goods:")]


# --- carriers ---


def _rounds(say: Speaker, known: dict[str, Fact]) -> list[str]:
    """Each round and its stops, a sentence for each."""
    told = []
    for fact in _ordered(known, "round:"):
        stops = [each for each in _ordered(known, "stop:") if each["number"] == fact["number"]]
        told += [f"{_round(say, fact)}.", *(f"{_stop(say, each)}." for each in stops)]
    return told


def _rounds_changed(say: Speaker, facts: Fact) -> list[str]:
    _ = say.translate
    told = []
    for key, (before, now) in _sorted(facts["moved"]):
        if key.startswith("round:"):
            told.append(_("%(now)s. It was: %(before)s.") % {"now": _round(say, now), "before": _round(say, before)})
    for key, (before, now) in _sorted(facts["moved"]):
        if key.startswith("stop:"):
            told.append(_stop_changed(say, before, now))
    told += [_("New: %(what)s.") % {"what": _round(say, each)} for each in _ordered(facts["new"], "round:")]
    told += [_("New: %(what)s.") % {"what": _stop(say, each)} for each in _ordered(facts["new"], "stop:")]
    told += [_("No more: %(what)s.") % {"what": _round(say, each)} for each in _ordered(facts["gone"], "round:")]
    told += [_("No more: %(what)s.") % {"what": _stop(say, each)} for each in _ordered(facts["gone"], "stop:")]
    return told


def _stop_changed(say: Speaker, before: Fact, now: Fact) -> str:
    _ = say.translate
    hours = _instead(say, _hours(say, now), _hours(say, before))
    values = {"place": now["place"], "hours": hours, "goods": _goods_at(say, now)}
    if all(before[name] == now[name] for name in ("loads", "unloads")):
        return _("%(place)s: %(hours)s.") % values
    return _("%(place)s: %(hours)s, with other goods (%(goods)s).") % values


def _round(say: Speaker, fact: Fact) -> str:
    values = {"number": fact["number"], "vehicle": fact["vehicle"], "from": fact["from"], "to": fact["to"]}
    values |= {"start": _hour(say, fact["at"]), "end": _hour(say, fact["until"])}
    return (
        say.translate("Round %(number)d with %(vehicle)s: from %(from)s at %(start)s, until %(end)s at %(to)s") % values
    )


def _stop(say: Speaker, fact: Fact) -> str:
    values = {"place": fact["place"], "hours": _hours(say, fact), "goods": _goods_at(say, fact)}
    return say.translate("%(place)s, %(hours)s (%(goods)s)") % values


def _goods_at(say: Speaker, fact: Fact) -> str:
    """What is put down and taken on, of whom and for where."""
    _ = say.translate
    parts = []
    if fact["unloads"]:
        of = say.words.listing(sorted({of for of, _to in fact["unloads"]}))
        parts.append(_("put down: goods of %(of)s") % {"of": of})
    if fact["loads"]:
        places: dict[str, list[str]] = {}
        for of, to in fact["loads"]:
            places.setdefault(of, []).append(to)
        pairs = [_("%(of)s for %(to)s") % {"of": of, "to": say.words.listing(to)} for of, to in places.items()]
        parts.append(_("take on: %(goods)s") % {"goods": ", ".join(pairs)})
    return " ; ".join(parts)


def _hours(say: Speaker, fact: Fact) -> str:
    start, end = _hour(say, fact["at"]), _hour(say, fact["until"])
    return start if start == end else f"{start} – {end}"


def _hour(say: Speaker, at: str) -> str:
    return say.words.clock_time(datetime.fromisoformat(at))


def _ordered(known: dict[str, Fact], kind: str) -> list[Fact]:
    found = [fact for key, fact in known.items() if key.startswith(kind)]
    return sorted(found, key=lambda fact: (fact["number"], fact["at"], fact["until"]))


def _sorted(moved: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(moved.items(), key=lambda item: (item[1][1]["at"], item[0]))
