"""What billing says to the others."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import RowMapping

from billing.amount_due import Made
from billing.claim.register import Claim
from billing.mandate.contract import Mandate
from billing.mandate.text import Document
from contracts import Bilingual
from contracts import mandate as contracts_mandate
from contracts.billing import (
    AmountsDueComputed,
    HouseholdBalanceChanged,
    ProducerAmount,
    RepublicationRequested,
    VatAmount,
)
from contracts.claim import AskedHousehold, ClaimChanged, ClaimState
from contracts.mandate import MandateTerms

if TYPE_CHECKING:
    from billing.household_balance import Standing

Said = TypeVar("Said", bound=contracts_mandate.Mandate)


def amounts_due_computed(made: Made, cycle: RowMapping, now: datetime, ask_from: int) -> AmountsDueComputed:
    """`ask_from`: cents from which on a difference to what was expected is asked for, producer by producer."""
    due = made.due
    otherwise = any(line.expected for cheque in due.cheques for line in cheque.lines)
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
        expected_cents=due.expected_gross_cents + due.expected_deposit_cents if otherwise else None,
        asked_cents=sum(cheque.asked_cents(ask_from) for cheque in due.cheques) if otherwise else None,
    )


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
