"""The billing service put together."""

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from pydantic import Field, field_validator, model_validator

from billing import api, household_balance, pages, vat
from billing.debit.batch import Creditor
from billing.facts import FACTS
from billing.final_amount import DELIVERED, Deliveries
from billing.iban import BankAccount, account_of, is_creditor_id, is_readable
from billing.ledger import closing
from billing.ledger.chart import HUB
from billing.ledger.closing import Nights
from billing.ledger.commissions import TIMER as TIMER_OF_COMMISSIONS
from billing.ledger.commissions import Commissions
from billing.ledger.sales import TIMER as TIMER_OF_SALES
from billing.ledger.sales import Sales
from billing.listening import listening
from billing.mandate import ending
from billing.payment import wallet
from billing.schema import metadata
from billing.seller import Seller
from billing.settlement import NEXT, TIMER, Settlement
from chassis.clock import Clock, Ids
from chassis.service import Service
from chassis.settings import Settings
from contracts.billing import (
    AmountsDueComputed,
    DirectDebitAnnounced,
    DirectDebitCalledOff,
    HouseholdBalanceChanged,
    RepublicationRequested,
)
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
    settlement = Settlement(
        tables,
        settings.country,
        Seller(HUB, settings.hub_name, settings.country, settings.hub_regime),
        timedelta(seconds=settings.republication_after),
        timedelta(seconds=settings.republication_at_most),
        sales,
        commissions,
    )
    deliveries = Deliveries(settlement)
    service = Service(
        "billing",
        settings,
        metadata=metadata,
        migrations="billing.migrations",
        announces=(AmountsDueComputed, HouseholdBalanceChanged, RepublicationRequested, *DEBITS, *MANDATES),
        listening=listening(settlement, deliveries),
        timers={
            TIMER: settlement.chase,
            NEXT: settlement.go_on,
            DELIVERED: deliveries.go_on,
            closing.TIMER: Nights(zone).close_books,
            TIMER_OF_SALES: sales.go_on,
            TIMER_OF_COMMISSIONS: commissions.go_on,
            household_balance.TIMER: household_balance.go_on,
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
    service.app.state.ask_from_cents = settings.ask_from_cents
    service.app.state.creditor = settings.creditor
    service.app.state.km_rate_millis = settings.km_rate_millis
    service.app.state.hub_account = settings.hub_account
    return service.app
