"""What pages say of payouts."""

from typing import Any

from billing.iban import grouped
from billing.instruction.life import Move, Stage
from billing.pages.instruction import BADGES
from billing.payout import batch
from billing.payout.due import WhyNot
from billing.payout.register import What
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
REFUNDS = {
    What.WALLET: _("Wallet"),
    What.CAUTION: _("Caution"),
    What.EXPENSE: _("Expense claim"),
    What.SUPPLIER: _("Bill of a supplier"),
}
WORDS: dict[str, Any] = {
    "refunds": REFUNDS,
    "stages": STAGES,
    "badges": BADGES,
    "what": WHAT,
    "why_not": WHY_NOT,
    "grouped": grouped,
}
NOT_COVERED = (batch.NotCovered, batch.TooLittleAtBank, batch.RefundsNotCovered, batch.TooLittleApart)
OUT_OF_TURN = _("This cannot be done any more: somebody was faster. Look at how the payout stands now.")
OWN_MONEY = _("Who is paid by a payout neither draws it up nor approves it: ask another person.")
IN_PAYOUT = _("It is paid by payout no. %(number)s: call that one off, or note there that the bank gave it back.")
