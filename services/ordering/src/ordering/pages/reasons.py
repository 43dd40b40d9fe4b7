"""Why somebody gets something else than they asked, in both languages: kept with the order, printed, sent."""

from collections.abc import Callable
from datetime import date

from allocation import Reason, explained
from contracts.goods import Bilingual
from ordering.why import Answered, Cancelled, Moved, Redecided, ToppedUp, Why
from ui.i18n import marked, translator
from ui.words import Words

_CANCELLED = {
    True: marked("Nothing this time: the minimum was not reached, and it was decided not to order."),
    False: marked("Nothing this time: the case was not full, and it was decided not to order it."),
}
_PUT_OFF = marked("It is proposed to you again in the next cycle.")
_TOPPED_UP = marked("%(difference)s more than you asked, for %(cost)s: it was decided that you take the rest.")
_SURPLUS = marked("%(difference)s for %(cost)s: what is left over of a case stays at the hub.")
_MOVED = marked("Not here: it is in the order “%(name)s” now, which is delivered on the same day.")
_MOVED_LATER = marked("Not here: it is in the order “%(name)s” now, which is delivered on %(day)s.")
_NOT_MOVED = marked("Nothing this time: it was to move to the order “%(name)s”, and could not be had there.")
_INSTEAD = marked("In place of “%(name)s”, which is missing, as you agreed.")
_REDECIDED = marked("A decision was changed after the closing.")
_ANSWERED = {
    True: marked("%(name)s brings less than was asked."),
    False: marked("%(name)s brings what was asked after all."),
}


def told(why: Why) -> Bilingual:
    return Bilingual(fr=_sentence(why, "fr"), en=_sentence(why, "en"))


def _sentence(why: Why, language: str) -> str:
    words = Words(language)
    if isinstance(why, Reason):
        return explained(why, translator("allocation", language), words)
    say: Callable[[str], str] = translator("ordering", language)
    if isinstance(why, Cancelled):
        return " ".join([say(_CANCELLED[why.minimum]), *([say(_PUT_OFF)] if why.put_off else [])])
    if isinstance(why, ToppedUp):
        figures = {"difference": words.quantity(why.difference, why.unit), "cost": words.money(why.cost)}
        return say(_SURPLUS if why.surplus else _TOPPED_UP) % figures
    if isinstance(why, Moved):
        sentence = _NOT_MOVED if why.refused else _MOVED_LATER if why.delivers_on else _MOVED
        day = words.day(date.fromisoformat(why.delivers_on)) if why.delivers_on else ""
        return say(sentence) % {"name": why.cycle_name, "day": day}
    if isinstance(why, Redecided):
        return say(_REDECIDED)
    if isinstance(why, Answered):
        return say(_ANSWERED[why.short]) % {"name": why.producer_name}
    return say(_INSTEAD) % {"name": words.goods_name(why.offer.article)}
