"""The billing service put together."""

import re
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from pydantic import Field, ValidationInfo, field_validator, model_validator

from billing import api, household_balance, pages, vat
from billing.claim.claiming import TIME_OVER, Claims
from billing.debit.batch import Creditor
from billing.facts import FACTS
from billing.final_amount import DELIVERED, SHARED, Deliveries
from billing.iban import BankAccount, account_of, is_creditor_id, is_readable
from billing.invoice.in_turn import TIMER as TIMER_OF_INVOICES
from billing.invoice.in_turn import InTurn
from billing.invoice.monthly import TIMER as TIMER_OF_MONTHS
from billing.invoice.monthly import Monthly
from billing.ledger import closing
from billing.ledger.chart import HUB
from billing.ledger.commissions import TIMER as TIMER_OF_COMMISSIONS
from billing.ledger.commissions import Commissions
from billing.ledger.differences import Differences
from billing.ledger.sales import TIMER as TIMER_OF_SALES
from billing.ledger.sales import Sales
from billing.listening import listening
from billing.mandate import ending
from billing.mandate.clauses import is_siren
from billing.pages.invoice_words import FrenchInvoices
from billing.paper.issuer import Issuer
from billing.payment import wallet
from billing.payment.reminding import Pace
from billing.purchase.booking import Purchasing
from billing.schema import metadata
from billing.seal.register import Seals
from billing.seller import Seller
from billing.settlement import NEXT, TIMER, Settlement
from chassis.clock import Clock, Ids
from chassis.service import Service
from chassis.settings import Settings
from contracts.billing import (
    AccountRendered,
    AmountsDueComputed,
    BooksSealed,
    DirectDebitAnnounced,
    DirectDebitCalledOff,
    HouseholdBalanceChanged,
    HouseholdTransfersDrawn,
    InvoicesIssued,
    MembershipReminded,
    PaymentReminded,
    RepublicationRequested,
)
from contracts.claim import ClaimChanged
from contracts.fee import FeeSet
from contracts.mandate import MandateChanged, MandateEnded, MandateEndsSoon, MandateProposed, MandateSigned
from ui import Pages

DEBITS = (DirectDebitAnnounced, DirectDebitCalledOff)
MANDATES = (MandateProposed, MandateSigned, MandateChanged, MandateEndsSoon, MandateEnded)


class BillingSettings(Settings):
    country: str = "FR"
    """ISO 3166 code of the country where the goods are handed out: whose VAT rates hold."""
    hub_regime: str = "NORMAL"
    """How the hub stands to VAT, for its commissions and for what it buys and sells again: a code of the table of
    sellers' regimes, NORMAL or FRANCHISE_293B."""
    republication_after: float = 120.0
    """Seconds after a closing until ordering is asked for the orders that did not come; doubled each time."""
    republication_at_most: float = 3600.0
    """The doubling stops here."""
    ask_from_cents: int = Field(default=500, ge=0)
    """A difference between what was expected and what was delivered is asked for, or paid back, from so much on."""
    claim_answer_hours: float = Field(default=72.0, gt=0)
    """How long a producer has to answer a claim; then the coordinator decides."""
    claim_share_hours: float = Field(default=48.0, gt=0)
    """How long the other buyers have to say whether they share the loss."""
    hub_iban: str = ""
    """Of the hub's account: payouts go from it, households are asked to pay to it. Empty: neither is offered."""
    hub_bic: str = ""
    """Of its bank, where the IBAN does not say it."""
    hub_account_holder: str = ""
    """As the bank knows it. Empty: `hub_name`."""
    km_rate_millis: int = Field(default=0, ge=0, le=5000)
    """What a volunteer is paid for a kilometre with its own car, in thousandths of a euro. 0: none can be claimed."""
    creditor_id: str = ""
    """The hub's SEPA creditor identifier (ICS): direct debits are taken by it. Empty: none can be drawn up."""
    debit_notice_days: int = Field(default=14, ge=1)
    """So many days before a direct debit its household is told. Fewer than 14 only where its mandate says so."""

    hub_legal_form: str = ""
    """On invoices, with the capital where the law wants it: SCIC SA à capital variable."""
    hub_address: str = ""
    """On invoices, in one line."""
    hub_siren: str = ""
    """Nine digits."""
    hub_vat_number: str = ""
    """Of the hub, where it charges VAT."""
    hub_root: str = "H01"
    """What the numbers of all papers begin with that this hub issues: proper to it among the agents of a producer."""
    hub_vat_on_debits: bool = False
    """The hub chose to pay the VAT on its commissions when it invoices, not when it is paid."""
    commission_due_days: int = Field(default=30, ge=0, le=60)
    """After its invoice, where a commission is not taken from proceeds (code de commerce art. L.441-10: 60 at most)."""

    archive_key_file: Path | None = None
    """PEM of the private Ed25519 key that archives and seals are signed with. None: `<data_dir>/keys/archive.pem`."""
    remind_after_days: tuple[int, int, int] = (15, 30, 45)
    """Since the oldest delivery that is not paid: for the first, second and third reminder."""
    remind_apart_days: int = Field(default=7, ge=1)
    """Between two reminders of the same debt, at least."""
    remind_from_cents: int = Field(default=500, ge=1)
    """Who is asked for less is not reminded."""

    @field_validator("remind_after_days")
    @classmethod
    def _rises(cls, days: tuple[int, int, int]) -> tuple[int, int, int]:
        if not 0 <= days[0] <= days[1] <= days[2]:
            raise ValueError("three numbers of days, each as large as the one before it or larger")
        return days

    @property
    def archive_key(self) -> Path:
        return self.archive_key_file or self.data_dir / "keys" / "archive.pem"

    @property
    def pace(self) -> Pace:
        return Pace(self.remind_after_days, self.remind_apart_days, self.remind_from_cents)

    @property
    def issuer(self) -> Issuer:
        """The hub as it stands on its papers."""
        return Issuer(
            self.hub_name,
            self.hub_legal_form,
            self.hub_address,
            self.hub_siren,
            self.hub_vat_number,
            self.hub_regime,
            self.country,
            self.hub_root,
            self.hub_vat_on_debits,
            self.commission_due_days,
        )

    @field_validator("hub_siren", "hub_vat_number")
    @classmethod
    def _is_whole(cls, typed: str, info: ValidationInfo) -> str:
        """Spaces are for people. A wrong digit is found when the hub starts, not by the tax office."""
        number = "".join(typed.split())
        siren = number[4:] if info.field_name == "hub_vat_number" and number.startswith("FR") else number
        if siren and (info.field_name == "hub_siren" or number.startswith("FR")) and not is_siren(siren):
            raise ValueError("a digit is wrong or missing")
        return number

    @field_validator("hub_root")
    @classmethod
    def _stands_in_numbers(cls, root: str) -> str:
        if not re.fullmatch("[A-Za-z0-9]{1,10}", root):
            raise ValueError("letters and digits, ten at most")
        return root

    @model_validator(mode="after")
    def _is_an_account(self) -> "BillingSettings":
        """A wrong digit is found when the hub starts, not when a bank refuses a file."""
        account = self.hub_account
        if account is not None and not (account.bic and is_readable(account.holder)):
            raise ValueError("say CABAS_HUB_BIC too, and a holder in letters that banks read: the IBAN says no BIC")
        return self

    @property
    def creditor(self) -> Creditor | None:
        """None where no direct debits can be taken."""
        account = self.hub_account
        if account is None or not self.creditor_id:
            return None
        return Creditor(account, "".join(self.creditor_id.split()).upper(), self.debit_notice_days)

    @field_validator("creditor_id")
    @classmethod
    def _is_a_creditor_id(cls, typed: str) -> str:
        """A wrong digit is found when the hub starts, not when a bank refuses a file."""
        if typed and not is_creditor_id(typed):
            raise ValueError("CABAS_CREDITOR_ID is no creditor identifier: a digit is wrong or missing")
        return typed

    @property
    def hub_account(self) -> BankAccount | None:
        """None where none is set. Raises ValueError for one that is none."""
        if not self.hub_iban:
            return None
        try:
            return account_of(self.hub_account_holder or self.hub_name, self.hub_iban, self.hub_bic)
        except ValueError as error:
            raise ValueError(f"CABAS_HUB_IBAN and CABAS_HUB_BIC are no account: {error}") from error

    @field_validator("hub_regime")
    @classmethod
    def _known(cls, code: str) -> str:
        known = vat.load().regimes
        if code not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return code


def create_app(settings: BillingSettings, *, clock: Clock | None = None, ids: Ids | None = None) -> FastAPI:
    zone = ZoneInfo(settings.time_zone)
    sales = Sales(zone)
    tables = vat.load()
    commissions = Commissions(zone, tables, settings.country, settings.hub_regime)
    differences = Differences(zone, tables, settings.country)
    settlement = Settlement(
        tables,
        settings.country,
        Seller(HUB, settings.hub_name, settings.country, settings.hub_regime),
        timedelta(seconds=settings.republication_after),
        timedelta(seconds=settings.republication_at_most),
        sales,
        commissions,
        differences,
        settings.ask_from_cents,
    )
    deliveries = Deliveries(settlement)
    claims = Claims(
        settlement, zone, timedelta(hours=settings.claim_answer_hours), timedelta(hours=settings.claim_share_hours)
    )
    invoices = InTurn(settings.issuer, zone, FrenchInvoices(zone))
    monthly = Monthly(settings.issuer, zone, FrenchInvoices(zone))
    service = Service(
        "billing",
        settings,
        metadata=metadata,
        migrations="billing.migrations",
        announces=(
            AccountRendered,
            AmountsDueComputed,
            BooksSealed,
            ClaimChanged,
            FeeSet,
            HouseholdBalanceChanged,
            HouseholdTransfersDrawn,
            InvoicesIssued,
            MembershipReminded,
            PaymentReminded,
            RepublicationRequested,
            *DEBITS,
            *MANDATES,
        ),
        listening=listening(settlement, deliveries),
        timers={
            TIMER: settlement.chase,
            NEXT: settlement.go_on,
            DELIVERED: deliveries.go_on,
            SHARED: deliveries.share_anew,
            closing.TIMER: Seals(zone, settings.hub_name, settings.archive_key).go_on,
            TIMER_OF_INVOICES: invoices.go_on,
            TIMER_OF_MONTHS: monthly.go_on,
            TIMER_OF_SALES: sales.go_on,
            TIMER_OF_COMMISSIONS: commissions.go_on,
            household_balance.TIMER: household_balance.go_on,
            TIME_OVER: claims.time_over,
            wallet.TIMER: wallet.Uses(zone).go_on,
            ending.TERM_OVER: partial(ending.term_over, zone),
            ending.ENDS_SOON: partial(ending.ends_soon, zone),
        },
        facts=FACTS,
        clock=clock,
        ids=ids,
    )
    Pages(service, package="billing")
    service.serve(*pages.ROUTERS, api.router)
    service.app.state.deliveries = deliveries
    service.app.state.claims = claims
    service.app.state.differences = differences
    service.app.state.ask_from_cents = settings.ask_from_cents
    service.app.state.creditor = settings.creditor
    service.app.state.km_rate_millis = settings.km_rate_millis
    service.app.state.hub_account = settings.hub_account
    service.app.state.issuer = settings.issuer
    service.app.state.invoices = invoices
    service.app.state.monthly_invoices = monthly
    rates = {each.hundredths for each in tables.rates if each.country == settings.country}
    deducts = tables.regime(settings.hub_regime).charges_vat
    service.app.state.purchasing = Purchasing(settings.country, (0, *sorted(rates)), deducts)
    service.app.state.pace = settings.pace
    service.app.state.archive_key_file = settings.archive_key
    return service.app
