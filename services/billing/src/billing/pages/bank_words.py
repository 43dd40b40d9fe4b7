"""What pages say of lines of the bank."""

from typing import Any

from billing.bank.matching import How
from billing.bank.reading import Format
from billing.bank.register import Part, Stage, What
from ui.i18n import marked as _

STAGES = {Stage.OPEN: _("To do"), Stage.MATCHED: _("Matched"), Stage.ASIDE: _("Set aside")}
BADGES = {Stage.OPEN: "waiting", Stage.MATCHED: "done", Stage.ASIDE: "withdrawn"}
HOWS = {
    How.END_TO_END: _("by the end-to-end id"),
    How.REFERENCE: _("by the household’s reference"),
    How.IBAN: _("by the amount and an IBAN that paid before"),
    How.BY_HAND: _("by hand"),
    How.NOTHING_OWED: _("The payer is known, but owes nothing to a producer for whom the hub may receive money."),
    How.NOTED_BEFORE: _("The payer is known, and a person noted such a transfer: say whether it is this one."),
    How.SEVERAL: _("References of several households are written in it: say what is whose."),
}
"""How a line was matched, or why it was left to a person."""
FORMATS = {Format.CAMT: "camt.053", Format.OFX: "OFX", Format.TABLE: "CSV"}
PARTS = {
    Part.NOTED: _("Transfer"),
    Part.JOINED: _("Noted before"),
    Part.BOUNCE: _("Cheque or debit that the bank refused"),
    Part.FEE: _("Fee of the bank"),
    Part.PAYOUT: _("Payout, in one line"),
    Part.SENT: _("Transfer of a payout"),
    Part.BACK: _("Transfer that the bank gave back"),
}
WHATS = {
    What.KEPT: _("Read from a file"),
    What.MATCHED: _("Matched"),
    What.ASIDE: _("Set aside"),
    What.UNDONE: _("Undone"),
}
WORDS: dict[str, Any] = {"stage_words": STAGES, "stage_badges": BADGES, "hows": HOWS, "formats": FORMATS}
