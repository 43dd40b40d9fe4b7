"""Invoices put into words: in French, whoever issues or reads them, and kept so, as other papers are."""

from typing import Any
from zoneinfo import ZoneInfo

from billing.invoice.difference import Line
from billing.invoice.drawing import Delivery, Refusal, Told
from billing.invoice.register import Kind
from billing.ledger.chart import HUB
from billing.mandate.clauses import Party
from billing.pages.paper_words import digits, section
from billing.paper.issuer import phrase
from billing.shares import half_up
from ui.i18n import marked as _
from ui.i18n import translator
from ui.words import Words

KINDS = {
    Kind.INVOICE: _("Invoice"),
    Kind.CORRECTION: _("Corrective invoice"),
    Kind.CREDIT_NOTE: _("Credit note"),
}
WHY_NOT = {
    Refusal.NOT_COMPUTED: _("The amounts of this cycle are not computed yet."),
    Refusal.NOT_DELIVERED: _("It is invoiced once it is delivered."),
    Refusal.NO_MANDATE: _("The producer invoices it itself: it gave the hub no mandate to invoice that holds today."),
    Refusal.NO_CORRECTION: _("The producer corrects it itself: its mandate to invoice leaves corrections to it."),
    Refusal.LACKING: _("The hub’s own numbers are missing in its settings: ask the operator."),
    Refusal.NOT_BOOKED: _("The books say another sum: ask the operator."),
}
WITHOUT_VAT = {"FRANCHISE_293B": "FRANCHISE", "FARMER_FLAT_RATE": "FLAT_RATE", "NOT_TAXABLE": "NOT_TAXABLE"}
"""The phrase of the law that is printed where a seller of this regime charges no VAT."""


def _on(each: Delivery) -> str:
    return f"{digits(each.delivers_on)}, {each.cycle_name}"


def _supplied(told: Told) -> str:
    """The day of each delivery, which an invoice of several says too (annexe II du code général des impôts, art. 242
    nonies A)."""
    if len(told.deliveries) == 1:
        return _on(told.deliveries[0])
    return ", ".join(dict.fromkeys(digits(each.delivers_on) for each in told.deliveries))


class FrenchInvoices:
    """A `billing.invoice.drawing.Printer`. What it makes is JSON that `issued.typ` and `paper.html` lay out."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.t = translator("billing", "fr")
        self.words = Words("fr", zone)

    def invoice(self, told: Told) -> dict[str, Any]:
        t, money, change = self.t, self.words.money, told.change
        facts = [
            [t(_("Number")), told.number],
            [t(_("Issued on")), digits(told.issued_on)],
            [t(_("Supplied on")), f"{_supplied(told)}, {told.sold.group_name}"],
        ]
        if told.sold.issued:
            facts.append([t(_("Corrects")), ", ".join(f"{number} ({digits(day)})" for number, day in told.sold.issued)])
        elif told.left_cents:
            facts.append([t(_("To be paid by")), digits(max(told.delivers_on, told.issued_on))])
        headings = (
            _("Goods"),
            _("Quantity"),
            _("Unit price without VAT"),
            _("Rate"),
            _("Price without VAT"),
            _("Price with VAT"),
        )
        sections = []
        for each in told.deliveries:
            part = each.sold.missing
            lines = [self._line(line) for line in part.lines]
            total = [t(_("Total")), "", "", "", money(part.net_cents), money(part.gross_cents)]
            title = _on(each) if len(told.deliveries) > 1 else ""
            sections.append(section(t, title, headings, lines, (1, 2, 3, 4, 5), total))
        of_rates = (_("Rate"), _("Price without VAT"), _("VAT"), _("Price with VAT"))
        rates = [[self.words.percent(each.rate_hundredths), *map(money, each[1:])] for each in change.rates]
        return {
            "title": f"{t(KINDS[told.kind])} {told.number}",
            "hub": told.hub.name,
            "language": "fr",
            "sender": self._seller(told),
            "recipient": self._buyer(told),
            "facts": facts,
            "lead": self._in_name(told),
            "sections": [
                *sections,
                *([section(t, _("VAT"), of_rates, rates, (0, 1, 2, 3))] if change.vat_cents else []),
            ],
            "sums": [[t(name), money(cents)] for name, cents in self._sums(told)],
            "notes": self._notes(told),
        }

    def _line(self, each: Line) -> list[str]:
        money = self.words.money
        name = f"{each.name} ({each.made_by})" if each.made_by else each.name
        count, price = "", ""
        if each.unit and each.quantity_thousandths:
            count = self.words.quantity(each.quantity_thousandths, each.unit)
            ten_thousandths = half_up(each.net_cents * 100_000, each.quantity_thousandths)
            price = f"{ten_thousandths / 10_000:.4f}".replace(".", ",") + "\u00a0€"
        rate = self.words.percent(each.rate_hundredths)
        return [name, count, price, rate, money(each.net_cents), money(each.gross_cents)]

    def _sums(self, told: Told) -> list[tuple[str, int]]:
        change = told.change
        sums = [(_("Total without VAT"), change.net_cents), (_("VAT"), change.vat_cents)]
        sums.append((_("Total with VAT"), change.gross_cents))
        if change.deposit_cents:
            sums.append((_("Deposits on containers, outside VAT"), change.deposit_cents))
        if told.left_cents is not None:
            sums.append((_("Paid by the day of issue"), change.to_pay_cents - told.left_cents))
            return [*sums, (_("To pay"), told.left_cents)]
        if change.to_pay_cents < 0:
            return [*sums, (_("In your favour, on your account"), -change.to_pay_cents)]
        return [*sums, (_("To pay"), change.to_pay_cents)]

    # Who sells, who buys

    def _seller(self, told: Told) -> list[str]:
        if told.party is None:
            hub = told.hub
            return self._whole((hub.name, hub.legal_form, hub.address), hub.siren, hub.vat_number)
        party = told.party
        name = party.name or told.sold.seller_name
        return self._whole((name, party.legal_form, party.address), party.siren, self._vat_number(told, party))

    def _vat_number(self, told: Told, party: Party) -> str:
        """As it is known, or as it follows from a French SIREN (BOI-TVA-DECLA-20-10-20)."""
        if party.vat_number or not party.siren or told.regime in WITHOUT_VAT:
            return party.vat_number
        siren = "".join(party.siren.split())
        return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"

    def _buyer(self, told: Told) -> list[str]:
        buyer = told.buyer
        said = (buyer.name, told.sold.household_name if buyer.name != told.sold.household_name else "", buyer.address)
        return self._whole(said, buyer.siren, buyer.vat_number)

    def _whole(self, said: tuple[str, ...], siren: str, vat_number: str) -> list[str]:
        numbers = (("SIREN", siren), (self.t(_("VAT number")), vat_number))
        return [*filter(None, said), *(f"{name} {number}" for name, number in numbers if number)]

    # What the law wants

    def _in_name(self, told: Told) -> list[str]:
        if told.party is None:
            return []
        name = told.party.name or told.sold.seller_name
        return [phrase("IN_NAME", told.issued_on).format(agent=told.hub.name, principal=name)]

    def _notes(self, told: Told) -> list[str]:
        fees = any(not each.unit for each in told.change.lines) and told.sold.seller_id == HUB
        goods = any(each.unit for each in told.change.lines)
        keys = [("NATURE_BOTH" if goods else "NATURE") if fees else "NATURE_GOODS"]
        if told.regime in WITHOUT_VAT:
            keys.append(WITHOUT_VAT[told.regime])
        if fees and told.hub.on_debits:
            keys.append("DEBITS")
        keys.append("DISCOUNT")
        if told.buyer.professional:
            keys += ["LATE_PENALTY", "RECOVERY"]
        notes = [phrase(key, told.issued_on) for key in keys]
        if told.contest_until is not None:
            sentence = self.t(_("%(seller)s may contest this invoice until %(day)s; after that it counts as accepted."))
            notes.append(sentence % {"seller": told.sold.seller_name, "day": digits(told.contest_until)})
        return notes
