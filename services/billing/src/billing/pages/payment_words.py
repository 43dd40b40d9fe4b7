"""What pages say of payments."""

from typing import Any

from billing.ledger.chart import HUB
from billing.payment.life import BY_HAND, Kind, Stage
from billing.seller import sellers
from chassis.database import Reader
from ui.i18n import marked as _

KINDS = {
    Kind.CHEQUE: _("Cheque"),
    Kind.CASH: _("In cash"),
    Kind.TRANSFER: _("Transfer"),
    Kind.DEBIT: _("Direct debit"),
    Kind.WALLET: _("Out of the wallet"),
}
TYPED = {each: KINDS[each] for each in BY_HAND}
"""What a form offers."""
STAGES = {
    Stage.PROMISED: _("Promised"),
    Stage.RECEIVED: _("Received"),
    Stage.HANDED_OVER: _("Handed over"),
    Stage.DEPOSITED: _("At the bank"),
    Stage.BOUNCED: _("Bounced"),
    Stage.TAKEN_BACK: _("Undone"),
}
BADGES = {
    Stage.PROMISED: "waiting",
    Stage.RECEIVED: "active",
    Stage.HANDED_OVER: "done",
    Stage.DEPOSITED: "done",
    Stage.BOUNCED: "failed",
    Stage.TAKEN_BACK: "withdrawn",
}
OF_CAUTIONS = _("Cautions of households")
OF_FUND = _("Solidarity fund")
OF_WALLETS = _("Wallets of households")
OF_FEE = _("Membership fee %(year)s")
LEVELS = {1: _("First reminder"), 2: _("Second reminder"), 3: _("Third reminder")}
"""Of reminders."""
WORDS: dict[str, Any] = {"kinds": KINDS, "stages": STAGES, "badges": BADGES, "hub": HUB}
"""For the pieces of `payment_parts.html`, which want `names` too."""


async def names_of(reader: Reader, hub_name: str) -> dict[str, str]:
    """Whom one can pay, by id."""
    return {HUB: hub_name} | {each.id: each.name for each in (await sellers(reader)).values()}
