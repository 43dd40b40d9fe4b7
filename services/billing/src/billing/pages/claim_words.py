"""What claims are called on pages."""

from billing.claim.life import Move, State
from ui.i18n import marked as _

STATES = {
    State.OPEN: _("waits for the producer"),
    State.TO_DECIDE: _("waits for the coordinator"),
    State.ACCEPTED: _("accepted"),
    State.REFUSED: _("refused"),
    State.REPLACED: _("replaced at the next delivery"),
    State.WITHDRAWN: _("withdrawn"),
}
BADGES = {
    State.OPEN: "waiting",
    State.TO_DECIDE: "waiting",
    State.ACCEPTED: "done",
    State.REFUSED: "failed",
    State.REPLACED: "done",
    State.WITHDRAWN: "draft",
}
ANSWERS = {
    Move.ACCEPT: _("Accept: the household does not pay what was spoiled"),
    Move.REPLACE: _("Replace it at the next delivery: nothing changes in the amounts"),
    Move.REFUSE: _("Refuse, and say why"),
}
WHAT = {
    "claimed": _("Claimed"),
    Move.ACCEPT.value: _("Accepted"),
    Move.REFUSE.value: _("Refused"),
    Move.REPLACE.value: _("To be replaced at the next delivery"),
    Move.TIME_OVER.value: _("No answer came in time: the coordinator decides"),
    Move.WITHDRAW.value: _("Withdrawn"),
    "shares": _("Shares the loss"),
    "shares_not": _("Does not share the loss"),
}
