"""The letter that reminds a household of what it has not paid: in French, as it is kept and printed."""

from collections.abc import Collection
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from billing.iban import BankAccount, grouped
from billing.pages.paper_words import digits, section
from billing.pages.payment_words import LEVELS
from billing.paper.issuer import Issuer
from billing.payment.reference import reference_of
from billing.payment.reminding import ToRemind
from ui.i18n import marked as _
from ui.i18n import translator
from ui.words import Words

LEADS = {
    1: _("It may have slipped your mind: what stands below is not paid yet. If you paid in the last days, thank you."),
    2: _("We wrote to you before: what stands below is still not paid. Please pay it within a week, or call us."),
    3: _(
        "In spite of two reminders what stands below is not paid. The producers wait for their money. If you cannot "
        "pay it now, call us: we look for a way together."
    ),
}


class Letters:
    """A `billing.payment.reminding.Letter`. `collected`: the producers for whom the hub receives; `account`: the hub's,
    None where it has none."""

    def __init__(
        self, zone: ZoneInfo, hub: Issuer, collected: Collection[str], account: BankAccount | None, today: date
    ) -> None:
        self.t, self.words = translator("billing", "fr"), Words("fr", zone)
        self.hub, self.collected, self.account, self.today = hub, collected, account, today

    def __call__(self, one: ToRemind) -> dict[str, Any]:
        t, money = self.t, self.words.money
        headings = (_("Delivery"), _("Cycle"), _("Producer"), _("To be paid to"), _("Left to pay"))
        lines = [
            [
                digits(each.debt.delivers_on),
                each.debt.cycle_name,
                each.producer_name,
                self.hub.name if each.producer_id in self.collected else each.producer_name,
                money(each.cents),
            ]
            for each in one.late
        ]
        facts = [[t(_("Date")), digits(self.today)]]
        if one.before is not None:
            facts.append([t(_("Reminder before")), digits(one.before.sent_on)])
        total = [t(_("Total")), "", "", "", money(one.cents)]
        return {
            "title": t(LEVELS[one.level]),
            "hub": self.hub.name,
            "language": "fr",
            "sender": [each for each in (self.hub.name, self.hub.legal_form, self.hub.address) if each],
            "recipient": [each for each in (one.household_name, one.group_name) if each],
            "facts": facts,
            "lead": [t(LEADS[one.level])],
            "sections": [section(t, _("Not paid yet"), headings, lines, (4,), total)],
            "sums": [],
            "notes": self._how(one),
        }

    def _how(self, one: ToRemind) -> list[str]:
        t = self.t
        notes = [t(_("Cheques are written to whom they are to be paid to, one for each."))]
        if self.account is not None and any(each.producer_id in self.collected for each in one.late):
            sentence = _("By transfer to %(hub)s: IBAN %(iban)s, reference %(reference)s.")
            values = {"hub": self.account.holder, "iban": grouped(self.account.iban)}
            notes.append(t(sentence) % (values | {"reference": reference_of(one.household_id)}))
        return notes
