"""Papers put into words: in French, whoever issues or reads them, and kept so. What is printed again is what was
printed: a translation that gets better changes the papers that follow."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from billing.ledger.chart import Account
from billing.mandate.clauses import Party
from billing.mandate.text import FAMILIES
from billing.pages.ledger import RULES
from billing.paper.charged import Line
from billing.paper.closing import Told, due_on
from billing.paper.issuer import Issuer, phrase
from billing.paper.register import Kind
from billing.rendering import OfCycle
from contracts.mandate import CommissionBase
from ui.i18n import Translate, translator
from ui.i18n import marked as _
from ui.words import Words

KINDS = {
    Kind.RENDERING: _("Account rendering"),
    Kind.INVOICE: _("Commission invoice"),
    Kind.CREDIT_NOTE: _("Credit note"),
}


class French:
    """A `billing.paper.closing.Printer`. What it makes is JSON that `issued.typ` and `paper.html` lay out."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.t = translator("billing", "fr")
        self.words = Words("fr", zone)

    # The account

    def rendering(self, told: Told) -> dict[str, Any]:
        t, money, one = self.t, self.words.money, told.rendered
        sums = [
            (_("Opening balance"), one.opening_cents),
            (_("Sales"), one.sold_cents),
            (_("Commission"), -one.commission_cents),
            (_("Paid over"), -one.paid_cents),
            (_("Other"), one.other_cents),
            (_("Closing balance"), one.closing_cents),
        ]
        standing = [
            (_("Households still owe the producer"), one.standing[Account.HOUSEHOLD]),
            (_("The hub has collected and not handed over, less its commission"), one.standing[Account.THIRD_PARTY]),
            (_("The producer owes the hub"), -one.standing[Account.SUPPLIER]),
        ]
        sections = [
            self._sales(told),
            self._paid(told),
            section(t, _("Where it stands"), (), [[t(name), money(cents)] for name, cents in standing], (1,)),
        ]
        notes = [self._of_commission(told)] if told.commission_number else []
        notes += [*self._when_paid(told), phrase("RENDERING", told.issued_on)]
        return self._paper(told, Kind.RENDERING, told.number) | {
            "sums": [[t(name), money(cents)] for name, cents in sums],
            "sections": [each for each in sections if each["lines"]],
            "notes": notes,
        }

    def _sales(self, told: Told) -> dict[str, Any]:
        t, money = self.t, self.words.money
        headings = (
            _("Cycle"),
            _("Day"),
            _("Households"),
            _("Price without VAT"),
            _("VAT"),
            _("Price with VAT"),
            _("Deposits"),
            _("Commission"),
        )
        lines = [
            [
                self._cycle(told, each),
                digits(each.day),
                str(each.households),
                *(money(cents) for cents in (each.net_cents, each.vat_cents, each.gross_cents, each.deposit_cents)),
                money(-each.commission_cents),
            ]
            for each in told.rendered.cycles
        ]
        total = [sum(getattr(each, name) for each in told.rendered.cycles) for name in _SUMMED]
        whole = [t(_("Total")), "", "", *(money(cents) for cents in total), money(-told.rendered.commission_cents)]
        return section(t, _("Sales"), headings, lines, (2, 3, 4, 5, 6, 7), whole)

    def _cycle(self, told: Told, one: OfCycle) -> str:
        """Its name; and where it is no sale of these days, why it stands here."""
        name = one.name or one.cycle_id
        if one.cycle_id in told.rendered_before:
            before = {"number": told.rendered_before[one.cycle_id]}
            corrects = self.t(_("correction of account %(number)s")) % before
            return f"{name} ({corrects})"
        return f"{name} ({self._late(told, one.day)})" if one.day < told.period.since else name

    def _late(self, told: Told, day: date) -> str:
        return self.t(_("booked after the account of that day"))

    def _paid(self, told: Told) -> dict[str, Any]:
        t = self.t
        lines = []
        for each in (*told.rendered.payments, *told.rendered.others):
            what = t(RULES.get(each.rule, each.rule))
            late = f" ({self._late(told, each.day)})" if each.day < told.period.since else ""
            lines.append([digits(each.day), what + late, self.words.money(each.cents)])
        return section(t, _("Paid over"), (_("Day"), _("What"), _("Amount")), lines, (2,))

    def _of_commission(self, told: Told) -> str:
        money, one = self.words.money, told.charged
        sentence = (
            _("Commission by credit note %(number)s: %(net)s without VAT, %(vat)s of VAT, %(gross)s in all.")
            if told.commission_kind is Kind.CREDIT_NOTE
            else _("Commission by invoice %(number)s: %(net)s without VAT, %(vat)s of VAT, %(gross)s in all.")
        )
        values = {"net": money(one.net_cents), "vat": money(one.vat_cents), "gross": money(one.gross_cents)}
        return self.t(sentence) % ({"number": told.commission_number} | values)

    def _when_paid(self, told: Told) -> Iterable[str]:
        if told.terms is None or told.rendered.standing[Account.THIRD_PARTY] <= 0:
            return
        day = due_on(told.terms, told.period)
        if day is not None:
            yield self.t(_("The hub sends what it holds by %(day)s at the latest.")) % {"day": digits(day)}
        else:
            sentence = _("The hub sends what it holds within %(days)s days of each delivery.")
            yield self.t(sentence) % {"days": told.terms.pay_days}

    # The commission

    def commission(self, told: Told) -> dict[str, Any]:
        t, money, one = self.t, self.words.money, told.charged
        headings = (
            _("Commission for"),
            _("Delivery"),
            _("How it is reckoned"),
            _("Price without VAT"),
            _("Rate"),
            _("VAT"),
            _("Price with VAT"),
        )
        lines = [
            [
                each.cycle_name or each.cycle_id,
                digits(each.delivers_on) if each.delivers_on else "",
                self._how(each),
                money(each.net_cents),
                self.words.percent(each.rate_hundredths),
                money(each.vat_cents),
                money(each.gross_cents),
            ]
            for each in one.lines
        ]
        total = [t(_("Total")), "", "", money(one.net_cents), "", money(one.vat_cents), money(one.gross_cents)]
        rates = [
            [self.words.percent(rate), money(net), money(vat), money(net + vat)] for rate, net, vat in one.by_rate()
        ]
        of_rates = (_("Rate"), _("Price without VAT"), _("VAT"), _("Price with VAT"))
        notes = []
        if told.commission_kind is Kind.CREDIT_NOTE or one.corrects:
            papers = ", ".join(
                t(_("%(number)s of %(day)s")) % {"number": number, "day": digits(date.fromisoformat(day))}
                for number, day in one.corrects
            )
            notes.append(t(_("It corrects: %(papers)s.")) % {"papers": papers})
        sums = [(_("To pay"), one.gross_cents - one.offset_cents)]
        if one.offset_cents:
            sums = [(_("Set off against what was collected for you, by the contract"), one.offset_cents), *sums]
        return self._paper(told, told.commission_kind, told.commission_number, self._due(told)) | {
            "sums": [[t(name), money(cents)] for name, cents in sums],
            "sections": [
                section(t, "", headings, lines, (3, 4, 5, 6), total),
                section(t, _("VAT"), of_rates, rates, (0, 1, 2, 3)),
            ],
            "notes": [*notes, *told.hub.mentions(one, told.issued_on)],
        }

    def _how(self, line: Line) -> str:
        """Rate, and of what; a correction says what it corrects."""
        t = self.t
        if line.corrects:
            return t(_("correction of %(papers)s")) % {"papers": ", ".join(number for number, _day in line.corrects)}
        said = []
        for each in line.reckoned:
            of = _("of %(sum)s with VAT") if each.base == CommissionBase.GROSS else _("of %(sum)s without VAT")
            base = t(of) % {"sum": self.words.money(each.base_cents)}
            family = FAMILIES.get(each.vat_class, each.vat_class)
            said.append(f"{self.words.percent(each.rate_hundredths)} {base}" + (f" ({family})" if family else ""))
        return ", ".join(said)

    def _due(self, told: Told) -> list[list[str]]:
        """By when it is to be paid; what is set off is due at once. A credit note is due to nobody."""
        one, t = told.charged, self.t
        if one.gross_cents <= 0:
            return []
        if one.gross_cents > one.offset_cents:
            return [[t(_("To be paid by")), digits(told.hub.due_on(told.issued_on))]]
        by_set_off = t(_("%(day)s, by set-off")) % {"day": digits(told.issued_on)}
        return [[t(_("To be paid by")), by_set_off]]

    # What all have

    def _paper(self, told: Told, kind: Kind, number: str, more: Sequence[list[str]] = ()) -> dict[str, Any]:
        t = self.t
        period = t(_("from %(since)s to %(until)s")) % {
            "since": digits(told.period.since),
            "until": digits(told.period.until),
        }
        facts = [
            [t(_("Number")), number],
            [t(_("Issued on")), digits(told.issued_on)],
            [t(_("Period")), period],
            *more,
        ]
        return {
            "title": f"{t(KINDS[kind])} {number}",
            "hub": told.hub.name,
            "language": "fr",
            "sender": self._hub(told.hub),
            "recipient": self._producer(told.terms.principal if told.terms else None, told.producer_name),
            "facts": facts,
        }

    def _hub(self, hub: Issuer) -> list[str]:
        said = [hub.name, hub.legal_form, hub.address]
        return [*filter(None, said), *self._numbers(hub.siren, hub.vat_number)]

    def _producer(self, party: Party | None, name: str) -> list[str]:
        if party is None:
            return [name]
        said = [party.name or name, party.legal_form, party.address]
        return [*filter(None, said), *self._numbers(party.siren, party.vat_number)]

    def _numbers(self, siren: str, vat_number: str) -> list[str]:
        vat = self.t(_("VAT number"))
        return [f"{name} {number}" for name, number in (("SIREN", siren), (vat, vat_number)) if number]


def section(
    t: Translate,
    title: str,
    headings: Sequence[str],
    lines: Sequence[Sequence[str]],
    figures: Sequence[int],
    total: Sequence[str] = (),
) -> dict[str, Any]:
    """A table of a paper. `title`, `headings`: English, to be translated; `figures`: columns set to the right."""
    said = {"title": t(title), "headings": [t(each) for each in headings]}
    return {**said, "lines": lines, "figures": figures, "total": total}


_SUMMED = ("net_cents", "vat_cents", "gross_cents", "deposit_cents")


def digits(day: date) -> str:
    """As on invoices: 30/11/2026."""
    return f"{day:%d/%m/%Y}"
