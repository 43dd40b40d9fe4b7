"""What billing says to the others."""

from datetime import datetime

from sqlalchemy import RowMapping

from billing.amount_due import Made
from contracts.billing import AmountsDueComputed, ProducerAmount, RepublicationRequested, VatAmount


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
        ),
        gross_cents=due.gross_cents,
        deposit_cents=due.deposit_cents,
    )


def republication_requested(cycle_id: str, time: int, expected: int, held: int) -> RepublicationRequested:
    """`time`: the how-manyth request for this cycle."""
    return RepublicationRequested(id=cycle_id, version=time, orders_expected=expected, orders_held=held)
