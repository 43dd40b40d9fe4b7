"""What pages say of direct debits and of the mandates for them."""

from typing import Any

from billing.debit.due import WhyNot
from billing.debit.mandate import Stage as MandateStage
from billing.debit.mandate import Step
from billing.iban import grouped
from billing.instruction.life import Move, Stage
from billing.pages.instruction import BADGES
from ui.i18n import marked as _

URL = "/billing/debits"
MANDATES = URL + "/mandates"
STAGES = {
    Stage.DRAFT: _("To be approved"),
    Stage.APPROVED: _("Approved"),
    Stage.EXECUTED: _("Taken by the bank"),
    Stage.CALLED_OFF: _("Called off"),
}
WHAT = {
    "drawn_up": _("Drawn up"),
    Move.APPROVE.value: _("Approved, and the households told"),
    "file": _("File for the bank taken"),
    Move.EXECUTE.value: _("Taken by the bank, and booked"),
    "returned": _("One debit given back by the bank"),
    Move.CALL_OFF.value: _("Called off"),
    Move.UNDO.value: _("Not taken after all: the entries undone"),
}
MANDATE_STAGES = {
    MandateStage.PROPOSED: _("To be signed"),
    MandateStage.SIGNED: _("Signed"),
    MandateStage.SUSPENDED: _("Suspended"),
    MandateStage.ENDED: _("Ended"),
}
MANDATE_BADGES = {
    MandateStage.PROPOSED: "waiting",
    MandateStage.SIGNED: "active",
    MandateStage.SUSPENDED: "failed",
    MandateStage.ENDED: "withdrawn",
}
MANDATE_WHAT = {
    "drawn_up": _("Drawn up"),
    Step.SIGN.value: _("Signed"),
    Step.SUSPEND.value: _("Suspended"),
    Step.RESUME.value: _("Good again"),
    Step.END.value: _("Ended"),
    "last": _("The next debit is to be the last"),
    "reopened": _("Good again: nothing was taken by it"),
    "amended": _("Account or reference changed; before"),
}
WHY_NOT = {
    WhyNot.NOT_SIGNED: _("Its mandate is not signed yet."),
    WhyNot.SUSPENDED: _("Its mandate is suspended: the bank gave a debit back."),
    WhyNot.LAPSED: _("Its mandate has lapsed: nothing was taken by it for 36 months."),
    WhyNot.LAST_ASKED: _("The only or last debit of its mandate is on its way."),
    WhyNot.RESERVED: _("All it owes lies in a batch that is not finished."),
    WhyNot.NOT_COLLECTED: _("What it owes is paid to the producers themselves."),
    WhyNot.NOTHING_LEFT: _("It has nothing left to pay."),
}
RETURNED = {
    "AM04": _("not enough money on the account (AM04)"),
    "AC04": _("account closed (AC04)"),
    "AC01": _("wrong account number (AC01)"),
    "AC06": _("account blocked (AC06)"),
    "AG01": _("account that takes no debits (AG01)"),
    "BE05": _("creditor identifier not known (BE05)"),
    "MD01": _("no valid mandate (MD01)"),
    "MD06": _("refund asked for by the payer (MD06)"),
    "MD07": _("payer deceased (MD07)"),
    "MS02": _("refused by the payer (MS02)"),
    "MS03": _("reason not said by the bank (MS03)"),
    "SL01": _("the payer’s bank allows it to some creditors alone (SL01)"),
    "RR04": _("a rule of the law (RR04)"),
}
"""By the codes of `debit.returned`."""
SEQUENCES = {
    "FRST": _("first"),
    "RCUR": _("recurrent"),
    "FNAL": _("last"),
    "OOFF": _("only one"),
}
WORDS: dict[str, Any] = {
    "stages": STAGES,
    "badges": BADGES,
    "what": WHAT,
    "why_not": WHY_NOT,
    "returned": RETURNED,
    "sequences": SEQUENCES,
    "mandate_stages": MANDATE_STAGES,
    "mandate_badges": MANDATE_BADGES,
    "mandate_what": MANDATE_WHAT,
    "grouped": grouped,
}
OUT_OF_TURN = _("This cannot be done any more: somebody was faster. Look at how it stands now.")
NO_CREDITOR = _("Direct debits are not set up: ask the operator for CABAS_HUB_IBAN and CABAS_CREDITOR_ID.")


def mandate_text(t: Any) -> str:
    """The words of the scheme (EPC130-08, annex VII), with places for the names."""
    return str(
        t(
            _(
                "By signing this mandate, you authorise %(hub)s (creditor identifier %(creditor)s) to send "
                "instructions to your bank to debit your account, and your bank to debit your account in accordance "
                "with the instructions from %(hub)s. As part of your rights, you are entitled to a refund from your "
                "bank under the terms and conditions of your agreement with your bank. A refund must be claimed "
                "within 8 weeks starting from the date on which your account was debited.\n"
                "Unique mandate reference: %(ref)s. Account holder: %(holder)s. IBAN: %(iban)s. "
                "Household: %(household)s. Type of payment: %(kind)s.\n"
                "%(hub)s takes what the household owes to it, and to the producers whose money it collects. "
                "You are told the sum and the day at least %(days)s days before."
            )
        )
    )
