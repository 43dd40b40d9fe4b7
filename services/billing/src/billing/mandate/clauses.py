"""What a mandate contract says, clause by clause, as values; and what is still wrong with it before it is proposed.

The law behind it: an agent is transparent only by a contract that states its pay, an account rendered, and goods it
never owns (CGI art. 256 V, 256 bis III; BOI-TVA-CHAMP-10-10-40-40). The invoicing mandate is a document of its own,
written and prior (CGI art. 289 I-2, annexe II art. 242 nonies I; BOI-TVA-DECLA-30-20-10-30). Delays of payment have
ceilings (Code de commerce art. L.441-11). To be read again by a lawyer before it is signed in earnest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from billing.iban import is_iban
from billing.shares import half_up
from contracts.mandate import Collection, Commission, CommissionBase


class Clause(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(Clause):
    """Who signs. `siren`: nine digits, of a French business; `vat_number`: of one elsewhere. `regime`: a code of the
    table of seller regimes, of the producer alone. `represented_by`, `capacity`: who signs for it, and as what."""

    name: str = ""
    legal_form: str = ""
    address: str = ""
    country: str = "FR"
    siren: str = ""
    vat_number: str = ""
    regime: str = ""
    represented_by: str = ""
    capacity: str = ""


class AnnexLine(Clause):
    """A product with its price on the day of the draft. `per`: "le kilo", "la pièce"; `labels` and `certificates` as
    the catalogue says them."""

    product_id: str
    reference: str = ""
    name: str
    price_cents: int
    per: str
    vat_class: str = ""
    labels: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


class Invoicing(Clause):
    """The invoicing mandate, a document beside the contract. `corrective`: credit notes and corrections too;
    `sub_agent`: who else may issue, "" for nobody; `notice_days`: between its revocation and its end."""

    contest_days: int = 15
    corrective: bool = True
    sub_agent: str = ""
    notice_days: int = 30


class Discounts(StrEnum):
    NEVER = "never"
    WITH_CONSENT = "with_consent"


class PayFrom(StrEnum):
    """Since when the days are counted within which the producer is paid."""

    DELIVERY = "delivery"
    PERIOD_END = "period_end"


class Goods(StrEnum):
    """What decides how long payment may take at most."""

    PERISHABLE = "perishable"
    MEAT = "meat"
    ALCOHOL = "alcohol"
    OTHER = "other"


MOST_PAY_DAYS = {Goods.PERISHABLE: 30, Goods.MEAT: 20, Goods.ALCOHOL: 30, Goods.OTHER: 60}
"""Code de commerce art. L.441-11, for sales between businesses; what households pay is passed on no later."""


class Rendering(StrEnum):
    """How often the hub renders account."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Risk(StrEnum):
    """Until where the goods travel at the producer's risk."""

    AT_HUB = "at_hub"
    AT_HOUSEHOLD = "at_household"


class Bearer(StrEnum):
    PRODUCER = "producer"
    HUB = "hub"


class DataRoles(StrEnum):
    """Who answers for members' data (GDPR art. 4, 26, 28)."""

    SEPARATE = "separate"
    PROCESSOR = "processor"


class Terms(Clause):
    """All clauses of one version. A draft may lack texts; `faults` says what a proposal needs.

    `groups`: names of the groups served, none: all. `prices_until`: the last day the prices of the annex are fixed;
    None: the producer changes them in the catalogue. `iban`: of the account kept for the producers' money, or of the
    producer. `effective_from`: the day this version takes effect, or that of the last signature where that is later.
    """

    principal: Party
    agent: Party
    annex: tuple[AnnexLine, ...] = ()
    later_products: bool = True
    lot_rule: str = ""
    groups: tuple[str, ...] = ()
    exclusive: bool = False
    prices_until: date | None = None
    discounts: Discounts = Discounts.WITH_CONSENT
    commissions: tuple[Commission, ...] = ()
    invoicing: Invoicing | None = Invoicing()
    collection: Collection = Collection.DIRECT_TO_PRODUCER
    iban: str = ""
    pay_days: int = 15
    pay_from: PayFrom = PayFrom.PERIOD_END
    goods: Goods = Goods.PERISHABLE
    rendering: Rendering = Rendering.MONTHLY
    delivery_place: str = ""
    delivery_slot: str = ""
    cold_chain: str = ""
    risk: Risk = Risk.AT_HUB
    unsold: Bearer = Bearer.PRODUCER
    claims: Bearer = Bearer.PRODUCER
    claim_days: int = 2
    del_credere: bool = False
    principal_insurance: str = ""
    agent_insurance: str = ""
    recall_contact: str = ""
    recall_phone: str = ""
    data_roles: DataRoles = DataRoles.SEPARATE
    data_shared: str = ""
    starts_on: date
    ends_on: date | None = None
    tacit_renewal: bool = False
    renewal_months: int = 12
    notice_days: int = 30
    breach_days: int = 8
    court: str = ""
    mediator: str = ""
    effective_from: date


def commission_cents(rule: Commission, gross_cents: int, net_cents: int) -> int:
    """The commission, without VAT, on what was sold in a period; half a cent is rounded up."""
    base = gross_cents if rule.base is CommissionBase.GROSS else net_cents
    return max(half_up(base * rule.rate_hundredths, 100_00), rule.minimum_cents if base else 0)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field. `text`: the English sentence, with %(name)s where one of `values` goes."""

    field: str
    text: str
    values: dict[str, str] = field_of(default_factory=dict)


def _(text: str) -> str:
    """Marks a sentence for the translators."""
    return text


NEEDED = (
    "delivery_place",
    "recall_contact",
    "recall_phone",
    "principal_insurance",
    "agent_insurance",
    "court",
)


def faults(terms: Terms, today: date, after: date | None = None) -> list[Fault]:
    """Everything a version lacks to be proposed today. `after`: since when the version signed last holds."""
    found = [*_of_party("principal", terms.principal), *_of_party("agent", terms.agent)]
    found += [Fault(name, _("A contract that is signed says this.")) for name in NEEDED if not getattr(terms, name)]
    found += [*_of_money(terms), *_of_time(terms, today, after)]
    if not terms.annex and not terms.later_products:
        found.append(Fault("annex", _("Tick at least one product, or let the contract cover what comes later.")))
    return found


def _of_party(which: str, party: Party) -> Iterable[Fault]:
    for name in ("name", "address", "represented_by", "capacity"):
        if not getattr(party, name):
            yield Fault(f"{which}_{name}", _("A contract that is signed says this."))
    if party.country == "FR" and not is_siren(party.siren):
        yield Fault(
            f"{which}_siren",
            _("These nine digits are not a SIREN: look at them again.")
            if party.siren
            else _("Without its SIREN nobody can invoice in its name."),
        )
    if party.country != "FR" and not party.vat_number:
        yield Fault(f"{which}_vat_number", _("Outside France the VAT number says who it is."))


def _of_money(terms: Terms) -> Iterable[Fault]:
    if not any(not rule.vat_class and not rule.service for rule in terms.commissions):
        yield Fault("rate", _("An agent is paid: say the commission, 0 where there is none."))
    if terms.collection is Collection.PSP_SPLIT:
        yield Fault("collection", _("No payment service is connected yet: choose another way."))
    if terms.iban and not is_iban(terms.iban):
        yield Fault("iban", _("This is not an IBAN: a digit is wrong or missing."))
    elif not terms.iban and terms.collection is Collection.AGENT_ACCOUNT:
        yield Fault("iban", _("Say which account is kept for the producers’ money alone."))
    most = MOST_PAY_DAYS[terms.goods]
    if terms.pay_days > most:
        yield Fault("pay_days", _("The law allows %(most)s days at most for these goods."), {"most": str(most)})


def _of_time(terms: Terms, today: date, after: date | None) -> Iterable[Fault]:
    if terms.effective_from < today:
        yield Fault("effective_from", _("A mandate is given beforehand: choose today or later."))
    elif after is not None and terms.effective_from <= after:
        yield Fault("effective_from", _("The version before this one takes effect that day or later."))
    if terms.ends_on is not None and terms.ends_on <= terms.effective_from:
        yield Fault("ends_on", _("It would end before it begins."))
    if terms.tacit_renewal and terms.ends_on is None:
        yield Fault("ends_on", _("What has no end is not renewed: say when the term ends."))
    if terms.prices_until is not None and terms.prices_until < terms.effective_from:
        yield Fault("prices_until", _("The prices would be fixed for no day at all."))


def is_siren(number: str) -> bool:
    """Nine digits whose Luhn sum is right."""
    if len(number) != 9 or not (number.isascii() and number.isdigit()):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(number)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
