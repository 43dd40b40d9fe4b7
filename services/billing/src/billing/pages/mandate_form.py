"""The form of a contract's draft: what was typed becomes the clauses, and the clauses fill the form."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from billing.mandate.clauses import (
    AnnexLine,
    Bearer,
    DataRoles,
    Discounts,
    Fault,
    Goods,
    Invoicing,
    Party,
    PayFrom,
    Rendering,
    Risk,
    Terms,
)
from billing.mandate.text import FAMILIES, SERVICES
from contracts.mandate import Collection, Commission, CommissionBase
from ui.decimals import typed
from ui.forms import Form, Translate
from ui.i18n import marked as _

LABELS: Mapping[str, str] = {
    "principal_legal_form": _("Legal form of the producer"),
    "principal_address": _("Address of the producer"),
    "principal_siren": _("SIREN of the producer"),
    "principal_vat_number": _("VAT number of the producer"),
    "principal_represented_by": _("Signs for the producer"),
    "principal_capacity": _("In the capacity of (producer)"),
    "agent_name": _("Name of the hub’s legal body"),
    "agent_legal_form": _("Legal form of the hub"),
    "agent_address": _("Address of the hub"),
    "agent_siren": _("SIREN of the hub"),
    "agent_vat_number": _("VAT number of the hub"),
    "agent_represented_by": _("Signs for the hub"),
    "agent_capacity": _("In the capacity of (hub)"),
    "annex": _("Products of the annex"),
    "later_products": _("Also what the producer offers later"),
    "lot_rule": _("How lots are named"),
    "groups": _("Groups served"),
    "exclusive": _("The producer sells through this hub alone"),
    "prices_until": _("The annex’s prices are fixed until"),
    "discounts": _("Discounts"),
    "rate": _("Commission"),
    "base": _("Commission reckoned on"),
    "minimum": _("At least, for each account rendered"),
    "invoicing": _("Propose an invoicing mandate with it"),
    "contest_days": _("Days to contest an invoice"),
    "corrective": _("Credit notes and corrections too"),
    "sub_agent": _("Somebody else who may issue them"),
    "invoicing_notice_days": _("Days of notice to revoke it"),
    "collection": _("Who receives the money"),
    "iban": _("IBAN of that account"),
    "pay_days": _("Days until the producer is paid"),
    "pay_from": _("Counted from"),
    "goods": _("Kind of goods"),
    "rendering": _("Accounts are rendered"),
    "delivery_place": _("Place of delivery"),
    "delivery_slot": _("Day and hour of delivery"),
    "cold_chain": _("Temperatures"),
    "risk": _("The producer bears the risk until"),
    "unsold": _("Unsold and returned goods are borne by"),
    "claims": _("Justified claims are borne by"),
    "claim_days": _("Days to claim after the hand-out"),
    "del_credere": _("The hub guarantees that households pay (del credere)"),
    "principal_insurance": _("Insurance of the producer"),
    "agent_insurance": _("Insurance of the hub"),
    "recall_contact": _("Whom to call for a recall, at any hour"),
    "recall_phone": _("Telephone for a recall"),
    "data_roles": _("Members’ data"),
    "data_shared": _("Data the producer is given"),
    "starts_on": _("Begins on"),
    "ends_on": _("Ends on"),
    "tacit_renewal": _("Renewed tacitly at its end"),
    "renewal_months": _("Months of each renewal"),
    "notice_days": _("Days of notice"),
    "breach_days": _("Days to mend a grave breach"),
    "court": _("Competent court"),
    "mediator": _("Mediator"),
    "effective_from": _("This version takes effect on"),
}
CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "discounts": (
        (Discounts.WITH_CONSENT, _("only with the producer’s written consent")),
        (Discounts.NEVER, _("never")),
    ),
    "base": (
        (CommissionBase.GROSS, _("the price with VAT")),
        (CommissionBase.NET, _("the price without VAT")),
    ),
    "collection": (
        (Collection.DIRECT_TO_PRODUCER, _("The producer: each household pays it directly")),
        (Collection.AGENT_ACCOUNT, _("The hub, on an account kept for the producers’ money alone")),
    ),
    "pay_from": (
        (PayFrom.PERIOD_END, _("the end of the period that is accounted for")),
        (PayFrom.DELIVERY, _("the delivery")),
    ),
    "goods": (
        (Goods.PERISHABLE, _("perishable food")),
        (Goods.MEAT, _("fresh meat")),
        (Goods.ALCOHOL, _("alcoholic drinks")),
        (Goods.OTHER, _("other goods")),
    ),
    "rendering": (
        (Rendering.WEEKLY, _("every week")),
        (Rendering.MONTHLY, _("every month")),
        (Rendering.QUARTERLY, _("every quarter")),
    ),
    "risk": (
        (Risk.AT_HUB, _("the delivery to the hub")),
        (Risk.AT_HOUSEHOLD, _("the hand-over to the household")),
    ),
    "unsold": ((Bearer.PRODUCER, _("the producer")), (Bearer.HUB, _("the hub"))),
    "claims": ((Bearer.PRODUCER, _("the producer")), (Bearer.HUB, _("the hub"))),
    "data_roles": (
        (DataRoles.SEPARATE, _("each side answers for itself")),
        (DataRoles.PROCESSOR, _("the hub works for the producer")),
    ),
}
_TEXTS = ("lot_rule", "delivery_place", "delivery_slot", "cold_chain", "principal_insurance", "agent_insurance")
_MORE_TEXTS = ("recall_contact", "recall_phone", "data_shared", "court", "mediator")
_PARTY = ("legal_form", "address", "siren", "vat_number", "represented_by", "capacity")
_DAYS = {"claim_days": 60, "notice_days": 366, "breach_days": 90}
_KINDS: Mapping[str, Any] = {
    "discounts": Discounts,
    "collection": Collection,
    "pay_from": PayFrom,
    "goods": Goods,
    "rendering": Rendering,
    "risk": Risk,
    "unsold": Bearer,
    "claims": Bearer,
    "data_roles": DataRoles,
}
_FLAGS = ("later_products", "exclusive", "del_credere", "tacit_renewal")


def rules() -> list[tuple[str, str, str]]:
    """Commissions beside the one for everything: (ending of the field's name, code, words)."""
    return [(f"-{code}", code, words) for code, words in {**FAMILIES, **SERVICES}.items()]


def read(
    form: Form,
    principal: Party,
    lines: Mapping[str, AnnexLine],
    groups: Iterable[str],
    first: bool,
    translate: Translate,
) -> Terms:
    """The clauses as typed; what is wrong with a field is in `form.errors`. `principal`: with what the catalogue says
    of it; `lines`: what can be in the annex; `first`: whether it is the contract's first version."""
    values: dict[str, Any] = {name: form.text(name, max_length=300) for name in (*_TEXTS, *_MORE_TEXTS)}
    values |= {name: kind(chosen) for name, kind in _KINDS.items() if (chosen := form.choice(name, kind))}
    values |= {name: form.boolean(name) for name in _FLAGS}
    for name, most in _DAYS.items():
        values[name] = form.integer(name, required=True, minimum=0, maximum=most) or 0
    values["pay_days"] = form.integer("pay_days", required=True, minimum=0, maximum=90) or 0
    values["renewal_months"] = form.integer("renewal_months", required=True, minimum=1, maximum=120) or 12
    starts_on = form.date("starts_on", required=True) or date.min
    effective_from = starts_on if first else form.date("effective_from", required=True) or date.min
    chosen_groups = form.choices("groups", list(groups))
    return Terms(
        **values,
        principal=principal.model_copy(update=_party(form, "principal")),
        agent=Party(name=form.text("agent_name", max_length=200), **_party(form, "agent")),
        annex=tuple(lines[product] for product in form.choices("annex", list(lines))),
        groups=tuple(chosen_groups),
        prices_until=form.date("prices_until"),
        commissions=tuple(_commissions(form, translate)),
        invoicing=_invoicing(form) if form.boolean("invoicing") else None,
        iban=re.sub(r"\s", "", form.text("iban", max_length=60)).upper(),
        starts_on=starts_on,
        ends_on=form.date("ends_on"),
        effective_from=effective_from,
    )


def _party(form: Form, which: str) -> dict[str, str]:
    said = {name: form.text(f"{which}_{name}", max_length=300) for name in _PARTY}
    return said | {name: re.sub(r"[\s.]", "", said[name]).upper() for name in ("siren", "vat_number")}


def _commissions(form: Form, translate: Translate) -> Iterable[Commission]:
    for ending, code, _words in [("", "", ""), *rules()]:
        rate = form.decimal("rate" + ending, places=2)
        base = form.choice("base" + ending, CommissionBase, required=False) or CommissionBase.GROSS
        minimum = form.cents("minimum" + ending) or 0
        if rate is None:
            if minimum:
                form.error("rate" + ending, translate(_("A minimum goes with a rate, 0 where there is none.")))
            continue
        if not 0 <= rate <= 100:
            form.error("rate" + ending, translate(_("Type a share between 0 and 100.")))
            continue
        which = {"service": code} if code in SERVICES else {"vat_class": code}
        yield Commission(**which, rate_hundredths=int(rate * 100), base=CommissionBase(base), minimum_cents=minimum)


def _invoicing(form: Form) -> Invoicing:
    def days(name: str, most: int) -> int:
        return form.integer(name, required=True, minimum=1, maximum=most) or 1

    return Invoicing(
        contest_days=days("contest_days", 90),
        corrective=form.boolean("corrective"),
        sub_agent=form.text("sub_agent", max_length=200),
        notice_days=days("invoicing_notice_days", 90),
    )


def filled(terms: Terms, language: str) -> dict[str, Any]:
    """What the fields show of a draft; its annex and groups are ticked by the page."""
    plain = (*_TEXTS, *_MORE_TEXTS, *_DAYS, *_KINDS, "pay_days", "renewal_months", "iban", "starts_on", "ends_on")
    values: dict[str, Any] = {name: getattr(terms, name) for name in (*plain, "prices_until", "effective_from")}
    values |= {name: "on" if getattr(terms, name) else "" for name in _FLAGS}
    for which, party in (("principal", terms.principal), ("agent", terms.agent)):
        values |= {f"{which}_{name}": getattr(party, name) for name in _PARTY}
    values["agent_name"] = terms.agent.name
    for rule in terms.commissions:
        ending = f"-{rule.vat_class or rule.service}" if rule.vat_class or rule.service else ""
        values["rate" + ending] = typed(rule.rate_hundredths, 2, language)
        values["base" + ending] = rule.base
        values["minimum" + ending] = typed(rule.minimum_cents, 2, language) if rule.minimum_cents else ""
    given = terms.invoicing or Invoicing()
    values["invoicing"] = "on" if terms.invoicing else ""
    values |= {"contest_days": given.contest_days, "sub_agent": given.sub_agent}
    values |= {"corrective": "on" if given.corrective else "", "invoicing_notice_days": given.notice_days}
    return values


def show_faults(form: Form, found: Iterable[Fault], translate: Translate) -> None:
    """Put what a rule found beside the field it is about."""
    for fault in found:
        form.error(fault.field, translate(fault.text) % fault.values)
