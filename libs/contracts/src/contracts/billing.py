"""What billing says: who owes what to whom."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment, Part


class VatAmount(Part):
    """One VAT rate's share. `rate_hundredths`: 550 is 5.5 %. gross = net + vat."""

    rate_hundredths: int
    gross_cents: Cents
    vat_cents: Cents
    net_cents: Cents


class ChargedFee(Part):
    """A fee that was charged, with its VAT; `version`: of the fee."""

    fee_id: str
    version: int
    name: str
    gross_cents: Cents


class ProducerAmount(Part):
    """What a household owes one producer. One cheque pays `gross_cents`, the goods and the `fees` on them, of which
    `vat` tells, and `deposit_cents`, the deposits on returnable containers, outside VAT."""

    producer_id: str
    producer_name: str
    gross_cents: Cents
    vat: tuple[VatAmount, ...]
    deposit_cents: Annotated[Cents, Field(ge=0)] = 0
    fees: tuple[ChargedFee, ...] = ()


class AmountsDueComputed(Event):
    """What one household owes for one closed cycle, by producer and in total. The newest `revision` holds.

    `expected_cents`: with the deposits, what it had come to if all had come as expected; None where it did, or is not
    known yet. `asked_cents`: what is asked for then, of what small differences are left on the account.
    """

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "amount_due"
    event: ClassVar[str] = "computed"

    cycle_id: str
    cycle_name: str
    household_id: str
    household_name: str
    group_id: str
    computed_at: Moment
    producers: tuple[ProducerAmount, ...]
    gross_cents: Cents
    deposit_cents: Annotated[Cents, Field(ge=0)] = 0
    revision: Annotated[int, Field(ge=1)] = 1
    expected_cents: Cents | None = None
    asked_cents: Cents | None = None


class RepublicationRequested(Event):
    """Orders of a closed cycle's manifest did not arrive within the limit: ordering, please say them again."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "cycle"
    event: ClassVar[str] = "republication_requested"

    orders_expected: int
    orders_held: int


class AccountRendered(Event):
    """The hub has closed a producer's account for a period: `number` is that of the account, `commission_number` that
    of the commission's invoice or credit note, "" without one. `closing_cents`: what is still to come to the producer;
    below zero it owes the hub. `path` opens the paper for who is signed in."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "account"
    event: ClassVar[str] = "rendered"

    producer_id: str
    producer_name: str
    number: str
    since: date
    until: date
    closing_cents: Cents
    commission_number: str = ""
    path: str
    rendered_at: Moment


class SealReader(Part):
    """Somebody outside of the hub to whom a seal of its books is sent."""

    id: str
    name: str
    email: str
    language: str = "fr"


class BooksSealed(Event):
    """At a day's end the books were sealed: `text` names the last entry of each book and the last paper of each series
    with their hashes, `root` is the SHA-256 of what of it was `signed`, if it was. It proves something only where it is
    kept outside of the hub: by the `readers`. `path` opens it for who is signed in."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "books"
    event: ClassVar[str] = "sealed"

    day: date
    sealed_at: Moment
    root: str
    text: str
    signed: bool
    readers: tuple[SealReader, ...] = ()
    path: str


class ReminderDebt(Part):
    """What a household is still asked for, for one delivery of one producer."""

    producer_name: str
    cycle_name: str
    delivered_on: date
    cents: Annotated[Cents, Field(gt=0)]


class PaymentReminded(Event):
    """A household is reminded of what it has not paid. `level`: 1 is friendly, 2 and 3 come after. `path` opens what it
    owes for who is signed in."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "reminder"
    event: ClassVar[str] = "sent"

    household_id: str
    household_name: str
    level: Annotated[int, Field(ge=1, le=3)]
    cents: Annotated[Cents, Field(gt=0)]
    debts: tuple[ReminderDebt, ...]
    path: str
    reminded_at: Moment


class MembershipReminded(Event):
    """A household is reminded of the membership fee of a year, which it has not paid."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "membership_reminder"
    event: ClassVar[str] = "sent"

    household_id: str
    household_name: str
    year: int
    cents: Annotated[Cents, Field(gt=0)]
    reminded_at: Moment


class BilledCycle(Part):
    """A cycle of which a household's amounts are in the balance; `left_cents`: what payments have not reached, over
    all producers."""

    cycle_id: str
    cycle_name: str
    delivers_on: date
    left_cents: Annotated[Cents, Field(ge=0)] = 0


class OwedBetween(Part):
    """What a household owes to others of its group, which paid producers for it. `id`: of the transfers that were drawn
    up together, for the deliveries of `cycle_name`; `since`: the day it was told whom to pay, None where it was not
    yet."""

    id: str
    cycle_name: str
    since: date | None = None
    cents: Annotated[Cents, Field(gt=0)]


class HouseholdBalanceChanged(Event):
    """How a household stands (its id is the event's): what is left to pay to producers, what it paid beyond its debts,
    and the caution (guarantee deposit) that the hub holds of it. Cheques that were given count as paid.

    `wallet_cents`: what it paid in advance and has not used. `cycles`: those with something left, and those that were
    closed in the last `CYCLES_NAMED_FOR` days whatever is left. Whoever counts orders that are not billed yet leaves
    out those of a cycle that is named here: they are in `left_cents` already. `owed_between`: what it owes to other
    households that paid producers for it, beside `left_cents`, until those confirm that they have it.
    """

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "household_balance"
    event: ClassVar[str] = "changed"

    changed_at: Moment
    left_cents: Annotated[Cents, Field(ge=0)]
    credit_cents: Annotated[Cents, Field(ge=0)]
    caution_cents: Annotated[Cents, Field(ge=0)]
    cycles: tuple[BilledCycle, ...] = ()
    wallet_cents: Annotated[Cents, Field(ge=0)] = 0
    owed_between: tuple[OwedBetween, ...] = ()


class HouseholdTransfer(Part):
    """A sum between two households: `household_id`, `household_name` are those of the other."""

    household_id: str
    household_name: str
    cents: Annotated[Cents, Field(gt=0)]


class HouseholdTransfersDrawn(Event):
    """What a household pays to others of its group and gets from them, for some deliveries together: in a group without
    any account one household pays a producer for several. With neither, nothing is to be paid any more. What is on its
    way, or was received, is not among them. `path` opens them for who is signed in."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "household_transfers"
    event: ClassVar[str] = "drawn"

    household_id: str
    household_name: str
    group_id: str
    cycle_names: tuple[str, ...]
    pays: tuple[HouseholdTransfer, ...] = ()
    gets: tuple[HouseholdTransfer, ...] = ()
    path: str
    drawn_at: Moment


class DirectDebit(Event):
    """Money that the hub takes from a household's bank account, by a mandate of the household."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "direct_debit"

    household_id: str
    said_at: Moment
    collected_on: date
    cents: Annotated[Cents, Field(gt=0)]
    mandate_ref: str
    creditor_id: str
    creditor_name: str


class DirectDebitAnnounced(DirectDebit):
    """It will be taken on `collected_on`: the household is to be told now (pre-notification, SEPA rulebook).
    `iban_end`: the last four of its account; `reference`: as its bank statement will say."""

    event: ClassVar[str] = "announced"

    iban_end: str
    reference: str


class DirectDebitCalledOff(DirectDebit):
    """Nothing is taken of what was announced."""

    event: ClassVar[str] = "called_off"


class InvoiceNamed(Part):
    """An invoice, a corrective one or a credit note (`cents` below zero). `path` opens it for who is signed in."""

    number: str
    seller_name: str
    cents: Cents
    path: str


class InvoicesIssued(Event):
    """Invoices were issued to a household that wants to be told by mail: the household is to be told now. The id is
    that of the first of them."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "invoices"
    event: ClassVar[str] = "issued"

    household_id: str
    household_name: str
    invoices: Annotated[tuple[InvoiceNamed, ...], Field(min_length=1)]
    issued_at: Moment


CYCLES_NAMED_FOR = 60
"""Days after its closing during which a balance names a cycle, also where all of it is paid."""
