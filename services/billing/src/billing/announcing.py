"""What billing says to the others."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import RowMapping

from billing.amount_due import Cheque, Made
from billing.claim.register import Claim
from billing.mandate.contract import Mandate
from billing.mandate.text import Document
from billing.paper.register import Paper
from billing.shares import half_up
from contracts import Bilingual
from contracts import mandate as contracts_mandate
from contracts.billing import (
    AccountRendered,
    AmountsDueComputed,
    DirectDebitAnnounced,
    DirectDebitCalledOff,
    HouseholdBalanceChanged,
    HouseholdTransfer,
    HouseholdTransfersDrawn,
    InvoiceNamed,
    InvoicesIssued,
    MembershipReminded,
    OwedBetween,
    PaymentReminded,
    ReminderDebt,
    RepublicationRequested,
)
from contracts.claim import AskedHousehold, ClaimChanged, ClaimState
from contracts.mandate import MandateTerms

if TYPE_CHECKING:
    from billing.between.register import Owed, Round
    from billing.debit.register import Batch, Debit
    from billing.household_balance import Standing
    from billing.invoice.register import Invoice
    from billing.payment.membership import Unpaid
    from billing.payment.reminding import ToRemind

Said = TypeVar("Said", bound=contracts_mandate.Mandate)


def account_rendered(one: Paper) -> AccountRendered:
    return AccountRendered(
        id=one.id,
        version=1,
        producer_id=one.producer_id,
        producer_name=one.producer_name,
        number=one.number,
        since=one.since,
        until=one.until,
        closing_cents=one.figures["closing_cents"],
        commission_number=one.figures["commission_number"],
        path=f"/billing/papers/{one.id}",
        rendered_at=one.issued_at,
    )


def amounts_due_computed(
    made: Made, cycle: RowMapping, now: datetime, ask_from: int, paid_for: Mapping[str, int] = {}
) -> AmountsDueComputed:
    """`ask_from`: cents from which on a difference to what was expected is asked for, producer by producer; `paid_for`:
    what the solidarity fund pays of the household's cheques, by producer: it is asked for the rest, however small."""
    due = made.due
    otherwise = any(cheque.came_otherwise for cheque in due.cheques)
    sums = [_asked(each, ask_from, paid_for.get(each.producer_id)) for each in due.cheques] if otherwise else []
    written = [read for cheque, read in zip(due.cheques, made.read, strict=True) if cheque.to_write]
    # Read as a whole from what the household's paper says: made piece by piece, the model costs thrice as much.
    return AmountsDueComputed.model_validate(
        {
            "id": made.amount_id,
            "version": made.version,
            "revision": made.revision,
            "cycle_id": cycle["id"],
            "cycle_name": cycle["name"],
            "household_id": due.household_id,
            "household_name": due.household_name,
            "group_id": due.group_id,
            "computed_at": now,
            "producers": [_announced(each) for each in written],
            "gross_cents": due.gross_cents,
            "deposit_cents": due.deposit_cents,
            "expected_cents": sum(expected for _, expected in sums) if otherwise else None,
            "asked_cents": sum(asked for asked, _ in sums) if otherwise else None,
        }
    )


def _announced(read: Mapping[str, Any]) -> Mapping[str, Any]:
    """A cheque as read, as `ProducerAmount` takes from it what it tells: without the fees that came to nothing."""
    fees = read.get("fees")
    return read if fees is None else {**read, "fees": [fee for fee in fees if fee["gross_cents"]]}


def _asked(cheque: Cheque, ask_from: int, paid_for: int | None) -> tuple[int, int]:
    """What a household is asked for of a cheque, and what it would have been asked for as it was expected: of one that
    the fund pays a part of, the same share of it."""
    owed, expected = cheque.to_pay_cents, cheque.expected_cents
    if paid_for is None:
        return cheque.asked_cents(ask_from), expected
    left = owed - paid_for
    return left, half_up(expected * left, owed) if owed else expected


def claim_changed(one: Claim, now: datetime, answer: str = "", *, decided: bool = False) -> ClaimChanged:
    """`answer`: what was said with its last change; `decided`: by the coordinator."""
    return ClaimChanged(
        id=one.id,
        version=one.version,
        cycle_id=one.cycle_id,
        cycle_name=one.cycle_name,
        household_id=one.household_id,
        household_name=one.household_name,
        group_id=one.group_id,
        producer_id=one.producer_id,
        producer_name=one.producer_name,
        product_id=one.product_id,
        product_name=Bilingual(fr=one.name_fr, en=one.name_en),
        unit=one.unit,
        spoiled_thousandths=one.spoiled_thousandths,
        reason=one.reason,
        state=ClaimState(one.state.value),
        changed_at=now,
        claimed_at=one.claimed_at,
        answer_until=one.answer_until,
        share_until=one.share_until,
        asked=tuple(AskedHousehold(household_id=each.household_id, shares=each.shares) for each in one.asked),
        answer=answer,
        decided=decided,
        path=f"/billing/claims/{one.id}",
    )


def direct_debit_announced(one: "Batch", of: "Debit", now: datetime) -> DirectDebitAnnounced:
    told = _direct_debit(one, of, now)
    return DirectDebitAnnounced(version=1, **told, iban_end=of.account.iban[-4:], reference=of.end_to_end_id)


def direct_debit_called_off(one: "Batch", of: "Debit", now: datetime) -> DirectDebitCalledOff:
    return DirectDebitCalledOff(version=2, **_direct_debit(one, of, now))


def _direct_debit(one: "Batch", of: "Debit", now: datetime) -> dict[str, Any]:
    return {
        "id": of.id,
        "household_id": of.household_id,
        "said_at": now,
        "collected_on": one.day,
        "cents": of.cents,
        "mandate_ref": of.mandate_ref,
        "creditor_id": one.creditor_id,
        "creditor_name": one.hub.holder,
    }


def household_balance_changed(
    household_id: str, version: int, one: "Standing", now: datetime
) -> HouseholdBalanceChanged:
    return HouseholdBalanceChanged(
        id=household_id,
        version=version,
        changed_at=now,
        left_cents=one.left_cents,
        credit_cents=one.credit_cents,
        caution_cents=one.caution_cents,
        cycles=one.cycles,
        wallet_cents=one.wallet_cents,
        owed_between=one.owed_between,
    )


def owed_between(one: "Owed") -> tuple[OwedBetween, ...]:
    drawn = (
        OwedBetween(id=each.round_id, cycle_name=each.cycle_name, since=each.made_at.date(), cents=each.cents)
        for each in one.drawn
    )
    undrawn = (OwedBetween(id="undrawn", cycle_name="", cents=one.undrawn_cents),) if one.undrawn_cents else ()
    return (*drawn, *undrawn)


def household_transfers_drawn(
    one: "Round", household_id: str, names: Mapping[str, str], cycle_names: Sequence[str], now: datetime
) -> HouseholdTransfersDrawn:
    """What is to be paid still of a round, by one household and to it. `names`: of households, by id."""
    open_ones = [each for each in one.transfers if each.is_proposed]
    pays = [(each.receiver_id, each.cents) for each in open_ones if each.payer_id == household_id]
    gets = [(each.payer_id, each.cents) for each in open_ones if each.receiver_id == household_id]
    return HouseholdTransfersDrawn(
        id=f"{one.id}_{household_id}",
        version=one.version,
        household_id=household_id,
        household_name=names.get(household_id, household_id),
        group_id=one.group_id,
        cycle_names=tuple(cycle_names),
        pays=tuple(_transfer(other, names, cents) for other, cents in pays),
        gets=tuple(_transfer(other, names, cents) for other, cents in gets),
        path="/billing/between/mine",
        drawn_at=now,
    )


def _transfer(household_id: str, names: Mapping[str, str], cents: int) -> HouseholdTransfer:
    return HouseholdTransfer(
        household_id=household_id, household_name=names.get(household_id, household_id), cents=cents
    )


def invoices_issued(issued: Sequence["Invoice"], now: datetime) -> InvoicesIssued:
    """All of one household."""
    return InvoicesIssued(
        id=issued[0].id,
        version=1,
        household_id=issued[0].household_id,
        household_name=issued[0].household_name,
        invoices=tuple(
            InvoiceNamed(
                number=each.number,
                seller_name=each.seller_name,
                cents=each.figures["gross_cents"] + each.figures["deposit_cents"],
                path=f"/billing/invoices/{each.id}",
            )
            for each in issued
        ),
        issued_at=now,
    )


def membership_reminded(reminder_id: str, one: "Unpaid", year: int, cents: int, now: datetime) -> MembershipReminded:
    return MembershipReminded(
        id=reminder_id,
        version=1,
        household_id=one.household_id,
        household_name=one.household_name,
        year=year,
        cents=cents,
        reminded_at=now,
    )


def payment_reminded(reminder_id: str, one: "ToRemind", now: datetime) -> PaymentReminded:
    return PaymentReminded(
        id=reminder_id,
        version=1,
        household_id=one.household_id,
        household_name=one.household_name,
        level=one.level,
        cents=one.cents,
        debts=tuple(
            ReminderDebt(
                producer_name=each.producer_name,
                cycle_name=each.debt.cycle_name,
                delivered_on=each.debt.delivers_on,
                cents=each.cents,
            )
            for each in one.late
        ),
        path="/billing/due",
        reminded_at=now,
    )


def republication_requested(cycle_id: str, time: int, expected: int, held: int) -> RepublicationRequested:
    """`time`: the how-manyth request for this cycle."""
    return RepublicationRequested(id=cycle_id, version=time, orders_expected=expected, orders_held=held)


def mandate(kind: type[Said], one: Mandate, **more: Any) -> Said:
    """A contract as it stands; `more`: what this kind of event says beside it."""
    terms = tuple(
        MandateTerms(
            number=version.number,
            effective_from=version.effective_from or version.terms.effective_from,
            product_ids=tuple(line.product_id for line in version.terms.annex),
            later_products=version.terms.later_products,
            collection=version.terms.collection,
            commissions=version.terms.commissions,
            invoicing=version.invoicing,
            invoicing_until=version.invoicing_until,
            terms_hash=version.hashes[Document.CONTRACT],
        )
        for version in one.signed
    )
    return kind(
        id=one.id,
        version=one.version,
        producer_id=one.producer_id,
        producer_name=one.producer_name,
        terms=terms,
        covered_until=one.covered_until,
        **more,
    )
