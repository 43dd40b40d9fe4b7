"""What billing says to the others."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import RowMapping

from billing.amount_due import Made
from billing.mandate.contract import Mandate
from billing.mandate.text import Document
from contracts import mandate as contracts_mandate
from contracts.billing import (
    AmountsDueComputed,
    DirectDebitAnnounced,
    DirectDebitCalledOff,
    HouseholdBalanceChanged,
    ProducerAmount,
    RepublicationRequested,
    VatAmount,
)
from contracts.mandate import MandateTerms

if TYPE_CHECKING:
    from billing.debit.register import Batch, Debit
    from billing.household_balance import Standing

Said = TypeVar("Said", bound=contracts_mandate.Mandate)


def amounts_due_computed(made: Made, cycle: RowMapping, now: datetime) -> AmountsDueComputed:
    due = made.due
    return AmountsDueComputed(
        id=made.amount_id,
        version=made.version,
        revision=made.revision,
        cycle_id=cycle["id"],
        cycle_name=cycle["name"],
        household_id=due.household_id,
        household_name=due.household_name,
        group_id=due.group_id,
        computed_at=now,
        producers=tuple(
            ProducerAmount(
                producer_id=cheque.producer_id,
                producer_name=cheque.producer_name,
                gross_cents=cheque.gross_cents,
                deposit_cents=cheque.deposit_cents,
                vat=tuple(
                    VatAmount(
                        rate_hundredths=share.hundredths,
                        gross_cents=share.gross_cents,
                        vat_cents=share.vat_cents,
                        net_cents=share.net_cents,
                    )
                    for share in cheque.vat
                ),
            )
            for cheque in due.cheques
            if cheque.to_write
        ),
        gross_cents=due.gross_cents,
        deposit_cents=due.deposit_cents,
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
