"""What pages say of days on which banks move nothing."""

from datetime import date
from typing import Any

from billing.bank_day import Closed, closed
from ui.i18n import marked as _

WHY = {
    Closed.WEEKEND: _("banks move no money on Saturdays and Sundays"),
    Closed.NEW_YEAR: _("banks move no money on 1 January"),
    Closed.GOOD_FRIDAY: _("banks move no money on Good Friday"),
    Closed.EASTER_MONDAY: _("banks move no money on Easter Monday"),
    Closed.LABOUR_DAY: _("banks move no money on 1 May"),
    Closed.CHRISTMAS: _("banks move no money on 25 December"),
    Closed.AFTER_CHRISTMAS: _("banks move no money on 26 December"),
}


def moved(request: Any, asked: date, day: date) -> str:
    """To which day it moves, and why; "" where it stays."""
    why, t = closed(asked), request.state.translate
    if why is None or asked == day:
        return ""
    words = request.state.reading.words
    said = _("%(asked)s becomes %(day)s: %(why)s.")
    return str(t(said)) % {"asked": words.day(asked), "day": words.day(day), "why": t(WHY[why])}
