"""What billing says of claims: goods that were spoiled, and what became of it."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Moment, Part, Thousandths
from contracts.goods import Bilingual, Unit


class ClaimState(StrEnum):
    """`to_decide`: its producer did not answer in time, or need not be asked: the coordinator decides. Accepted, the
    household pays less; refused, what it cost stays, shared with those who agreed; replaced at the next delivery."""

    OPEN = "open"
    TO_DECIDE = "to_decide"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class AskedHousehold(Part):
    """Another household that bought of it; `shares`: None while it has not answered."""

    household_id: str
    shares: bool | None = None


class ClaimChanged(Event):
    """A claim as it stands now. `spoiled_thousandths` of `unit`, as it is billed; `reason`: the household's words;
    `answer`: why it was refused, or what else was said to it; `decided`:
    by the coordinator, not by its producer. Its page is `path`."""

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "claim"
    event: ClassVar[str] = "changed"

    cycle_id: str
    cycle_name: str
    household_id: str
    household_name: str
    group_id: str
    producer_id: str
    producer_name: str
    product_id: str
    product_name: Bilingual
    unit: Unit
    spoiled_thousandths: Annotated[Thousandths, Field(gt=0)]
    reason: str
    state: ClaimState
    changed_at: Moment
    claimed_at: Moment
    answer_until: Moment | None = None
    share_until: Moment | None = None
    asked: tuple[AskedHousehold, ...] = ()
    answer: str = ""
    decided: bool = False
    path: str
