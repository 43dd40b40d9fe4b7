"""What pages say of payouts."""

from typing import Any

from billing.iban import grouped
from billing.instruction.life import Move, Stage
from billing.pages.instruction import BADGES
from billing.payout.due import WhyNot
from ui.i18n import marked as _

URL = "/billing/payouts"
STAGES = {
    Stage.DRAFT: _("To be approved"),
    Stage.APPROVED: _("Approved"),
    Stage.EXECUTED: _("Sent by the bank"),
    Stage.CALLED_OFF: _("Called off"),
}
WHAT = {
    "drawn_up": _("Drawn up"),
    Move.APPROVE.value: _("Approved"),
    "file": _("File for the bank taken"),
    Move.EXECUTE.value: _("Sent by the bank, and booked"),
    "refused": _("One transfer given back by the bank"),
    Move.CALL_OFF.value: _("Called off"),
}
WHY_NOT = {
    WhyNot.IN_OUR_FAVOUR: _(
        "More was sent or earned than was collected: what comes in next is set against it before anything is sent."
    ),
    WhyNot.NOTHING_OWED: _("Everything that was collected is sent."),
    WhyNot.RESERVED: _("It lies in a payout that is not finished."),
    WhyNot.NOT_AT_BANK: _("Its money is not at the bank yet: deposit the cheques and the cash first."),
    WhyNot.NO_ACCOUNT: _("Its bank account is not known: note it."),
}
WORDS: dict[str, Any] = {
    "stages": STAGES,
    "badges": BADGES,
    "what": WHAT,
    "why_not": WHY_NOT,
    "grouped": grouped,
}
OUT_OF_TURN = _("This cannot be done any more: somebody was faster. Look at how the payout stands now.")
