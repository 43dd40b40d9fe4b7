"""What billing says: who owes what to whom."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment, Part


class VatAmount(Part):
    """One VAT rate's share. `rate_hundredths`: 550 is 5.5 %. gross = net + vat."""

    rate_hundredths: int
    gross_cents: Cents
    vat_cents: Cents
    net_cents: Cents


class ProducerAmount(Part):
    """What a household owes one producer. One cheque pays `gross_cents`, the goods, of which `vat` tells, and
    `deposit_cents`, the deposits on returnable containers, outside VAT."""

    producer_id: str
    producer_name: str
    gross_cents: Cents
    vat: tuple[VatAmount, ...]
    deposit_cents: Annotated[Cents, Field(ge=0)] = 0


class AmountsDueComputed(Event):
    """What one household owes for one closed cycle, by producer and in total. The newest `revision` holds."""

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


class RepublicationRequested(Event):
    """Orders of a closed cycle's manifest did not arrive within the limit: ordering, please say them again."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "cycle"
    event: ClassVar[str] = "republication_requested"

    orders_expected: int
    orders_held: int
