"""What billing says of fees: transport and other costs that come to the goods, told before anybody orders."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment

HUB = "hub"
"""Who earns a fee of the hub's own; every other fee is a producer's."""


class FeeKind(StrEnum):
    """How a fee is reckoned: a sum on every order, a share of the price of each article, or a sum for a whole delivery
    that its households share."""

    PER_ORDER = "per_order"
    PERCENT = "percent"
    SHARED = "shared"


class ShareBy(StrEnum):
    """In proportion to what households share the sum of a delivery: what their goods cost, how much of them there is
    (kilos, litres and pieces alike), or nothing: equally."""

    VALUE = "value"
    QUANTITY = "quantity"
    EQUALLY = "equally"


class FeeSet(Event):
    """A fee as it stands from `set_at` on. A cycle has the versions that stood when it opened, of the fees whose days
    hold its day of delivery.

    A fee of the hub is on all goods of an order; `shared`, it is for each delivery to a group. One of a producer is on
    its own goods alone. `group_ids`: none for all groups. `cents`: the sum, with VAT, of `per_order` and `shared`;
    `rate_hundredths` of a percent, of `percent`. From `free_from_cents` of goods on it is not charged, and below never
    more than brings the goods up to that sum (0: there is none): of the order's goods, or where it is shared, of the
    delivery's.
    """

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "fee"
    event: ClassVar[str] = "set"

    name: str
    earner_id: str
    earner_name: str
    group_ids: tuple[str, ...] = ()
    first_day: date
    last_day: date | None = None
    kind: FeeKind
    cents: Annotated[Cents, Field(ge=0)] = 0
    rate_hundredths: Annotated[int, Field(ge=0, le=10_000)] = 0
    share_by: ShareBy = ShareBy.VALUE
    free_from_cents: Annotated[Cents, Field(ge=0)] = 0
    stopped: bool = False
    set_at: Moment


def topped_up(cents: int, goods_cents: int, free_from_cents: int) -> int:
    """What is charged of a fee on goods of so much: nothing on none, and with it the goods come to no more than the sum
    from which it is free."""
    if goods_cents <= 0:
        return 0
    return min(cents, max(free_from_cents - goods_cents, 0)) if free_from_cents else cents
