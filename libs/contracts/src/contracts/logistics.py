"""What logistics says: what each producer must bring, and what came."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment, Part, Thousandths
from contracts.goods import Article, Bilingual, Unit


class BrokenGoods(Part):
    """Goods that stood too warm or too cold. `lowest`, `highest`: what they bear, in tenths of a degree; None: no limit
    on that side."""

    name: str
    producer_id: str
    consignment_id: str
    lowest: int | None = None
    highest: int | None = None


class NonconformityOpened(Event):
    """A reading broke the limit of what stood there; the goods are held until somebody decides. Said again where it is
    open again, or goods are added.

    `delivers_on`: of the deliveries; `place` as people call it; `coldest`, `warmest`: the readings of this time, in
    tenths of a degree; `path` opens the page on which is decided.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "nonconformity"
    event: ClassVar[str] = "opened"

    delivers_on: date
    place: str
    opened_at: Moment
    since: Moment
    coldest: int
    warmest: int
    again: bool = False
    goods: tuple[BrokenGoods, ...]
    path: str


class ProbeFellSilent(Event):
    """A probe says nothing for longer than it should, and goods stand where it measures: nobody knows how cold.

    `every_minutes`: how often it should speak; `last_at`: when it last did; None: never yet.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "probe"
    event: ClassVar[str] = "fell_silent"

    name: str
    place: str
    every_minutes: Annotated[int, Field(ge=1)]
    last_at: Moment | None = None
    told_at: Moment
    path: str


class PickHousehold(Part):
    """One household's share, named only where its group wants bags."""

    household_id: str
    household_name: str
    quantity_thousandths: Thousandths


class PickSplit(Part):
    """One group's share of a line."""

    group_id: str
    group_name: str
    quantity_thousandths: Thousandths
    households: tuple[PickHousehold, ...] = ()


class PickLine(Part):
    """One article to bring; the splits add up to the quantity."""

    article: Article
    quantity_thousandths: Thousandths
    gross_cents: Cents
    splits: tuple[PickSplit, ...]


class PickListIssued(Event):
    """One producer's pick list over all groups of a closed cycle.

    `revision` counts from 1; each is kept, the newest holds. A list without lines: nothing is to be brought any more.
    `path` opens the list and its PDF (`path` + ".pdf") without an account; it carries a signed, dated secret.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "pick_list"
    event: ClassVar[str] = "issued"

    cycle_id: str
    cycle_name: str
    delivers_on: date
    producer_id: str
    producer_name: str
    issued_at: Moment
    lines: tuple[PickLine, ...]
    quantity_thousandths: Thousandths
    gross_cents: Cents
    path: str
    revision: Annotated[int, Field(ge=1)] = 1


class AnsweredLine(Part):
    """What a producer can bring of one line. Less than asked is short, 0 is refused.

    `substitute_id`: a product of the same producer and cycle offered for what is missing, to those who agreed to one.
    """

    product_id: str
    asked_thousandths: Annotated[Thousandths, Field(ge=0)]
    deliverable_thousandths: Annotated[Thousandths, Field(ge=0)]
    substitute_id: str = ""


class PickListAnswered(Event):
    """A producer's answer to its pick list, every line of it; the last answer holds.

    `answered_by` names the person; `by_phone`: the coordinator typed in what the producer said.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "pick_list"
    event: ClassVar[str] = "answered"

    cycle_id: str
    producer_id: str
    producer_name: str
    revision: Annotated[int, Field(ge=1, description="of the list that was answered")]
    answered_at: Moment
    answered_by: str
    by_phone: bool = False
    lines: tuple[AnsweredLine, ...]


class DeliveredLine(Part):
    """What one household was handed of one article.

    `quantity_thousandths` of the order unit, 0 where nothing came. `weight_thousandths` of the content unit: what was
    weighed of what is ordered by the piece and billed by weight; None: the content that was expected.
    `borne_by_producer`: the household pays as it ordered, whatever the weight.
    """

    product_id: str
    quantity_thousandths: Annotated[Thousandths, Field(ge=0)]
    weight_thousandths: Annotated[Thousandths, Field(ge=0)] | None = None
    borne_by_producer: bool = False


class DeliveryRecorded(Event):
    """What one household was handed of one producer's goods in a closed cycle; the last record holds.

    What no line names came as it was ordered. What the household did not order has no price it agreed to: it is no
    line of its bill.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "delivery"
    event: ClassVar[str] = "recorded"

    cycle_id: str
    household_id: str
    producer_id: str
    recorded_at: Moment
    recorded_by: str
    lines: tuple[DeliveredLine, ...]


class RecallAction(StrEnum):
    """What a household is to do with recalled goods: bring them back, or throw them away."""

    RETURN = "return"
    DISCARD = "discard"


class RecalledGoods(Part):
    """Something of a delivery that is called back. `lot_number` "": whatever its lot. `sure`: the household got exactly
    so much of it; else at most, for nobody knows which of several lots it got."""

    product_id: str
    name: Bilingual
    pack_label: str = ""
    unit: Unit
    quantity_thousandths: Annotated[Thousandths, Field(ge=0)]
    lot_number: str = ""
    sure: bool = True
    delivers_on: date


class RecalledHousehold(Part):
    """`held_back`: its group does not collect yet, so these goods are not handed out at all."""

    household_id: str
    household_name: str
    group_id: str
    group_name: str
    held_back: bool
    goods: Annotated[tuple[RecalledGoods, ...], Field(min_length=1)]


class LotRecalled(Event):
    """Goods of a producer are withdrawn from sale and called back. Each household of it is in one of the events.

    `id` is that of the recall; `version` counts its events: those of many households are several, and a recall that
    is found to reach further says so in one more. `contact`: whom to call.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "lot"
    event: ClassVar[str] = "recalled"

    producer_id: str
    producer_name: str
    reason: str
    action: RecallAction
    note: str = ""
    contact: str = ""
    recalled_at: Moment
    recalled_by: str
    households: tuple[RecalledHousehold, ...]


class LotRecallUndone(Event):
    """A recall was an error: the goods are safe. It is told to everybody who was told of the recall."""

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "lot"
    event: ClassVar[str] = "recall_undone"

    producer_id: str
    producer_name: str
    reason: Annotated[str, Field(description="of the recall")]
    because: Annotated[str, Field(description="why it is undone")]
    undone_at: Moment
    undone_by: str
    household_ids: tuple[str, ...]


class CostBearer(StrEnum):
    """Who bears what rounds cost."""

    HUB = "hub"
    PRODUCERS = "producers"
    GROUPS = "groups"
    HOUSEHOLDS = "households"


class SharedBy(StrEnum):
    """By what the cents of a round are shared: each bearer the same, or by the volume, weight or value of what it was
    brought."""

    EQUAL = "equal"
    VOLUME = "volume"
    WEIGHT = "weight"
    VALUE = "value"


class SharedRound(Part):
    """A round as the plan reckons it. `carrier_name`: with a number where the carrier drives several that day."""

    round_id: str
    carrier_name: str
    metres: Annotated[int, Field(ge=0)]
    seconds: Annotated[int, Field(ge=0)]
    co2_grams: Annotated[int, Field(ge=0)]
    cents: Cents


class RoundPart(Part):
    """What a bearer bears of one round."""

    round_id: str
    cents: Cents


class TransportShare(Part):
    """What one producer, group or household bears of a day, and of which rounds; the parts come to `cents`."""

    bearer_id: str
    name: str
    cents: Cents
    metres: Annotated[int, Field(ge=0)]
    co2_grams: Annotated[int, Field(ge=0)]
    rounds: tuple[RoundPart, ...]


class TransportCostsShared(Event):
    """What the rounds of a day of deliveries cost, and who bears it by the hub's rule; the last word holds. It is said
    again when something else turns out to have been delivered, or another schedule was published.

    The rounds come to the shares and what the hub bears itself. `rule_number`: of the hub's rules, 0 where it has
    chosen none. `recorded_lines` of `lines`: of so many the delivery was recorded; of the others what was ordered
    counts. `cycle_ids`: those that deliver on the day.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "transport_costs"
    event: ClassVar[str] = "shared"

    delivers_on: date
    schedule_version: Annotated[int, Field(ge=1)]
    cycle_ids: tuple[str, ...]
    shared_at: Moment
    bearer: CostBearer
    shared_by: SharedBy
    rule_number: Annotated[int, Field(ge=0)]
    lines: Annotated[int, Field(ge=0)]
    recorded_lines: Annotated[int, Field(ge=0)]
    rounds: tuple[SharedRound, ...]
    shares: tuple[TransportShare, ...]
    hub_cents: Cents


class RepublicationRequested(Event):
    """Orders of a closed cycle's manifest did not arrive within the limit: ordering, please say them again."""

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "cycle"
    event: ClassVar[str] = "republication_requested"

    orders_expected: int
    orders_held: int
