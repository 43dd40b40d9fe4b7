"""What ordering says: groups, households, cycles and the orders of members."""

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment, Part, Thousandths
from contracts.goods import Article, Bilingual, Place, Unit


class Group(Event):
    """A purchasing group with its pickup place and weekly slot."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "group"

    name: str
    pickup_place: Place
    pickup_address: str = ""
    pickup_weekday: Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
    pickup_from: Annotated[str, Field(description="HH:MM in the hub's time zone")]
    pickup_until: Annotated[str, Field(description="HH:MM in the hub's time zone")]
    bags: Annotated[bool, Field(description="producers prepare one bag per household: lists split by household")] = (
        False
    )
    active: bool = True


class GroupRegistered(Group):
    """A group joined the hub."""

    event: ClassVar[str] = "registered"


class GroupChanged(Group):
    """A group's place, slot or wishes changed; `active` false: it orders no more."""

    event: ClassVar[str] = "changed"


class HouseholdPerson(Part):
    """A member of a household, as far as others need to know: to write to, and to call when food is not safe.

    `phone` is for a recall alone; whoever writes mails does not keep it.
    """

    person_id: str
    name: str
    email: str = ""
    language: str = "fr"
    phone: str = ""


class Household(Event):
    """A household of a group, which orders together and pays together."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "household"

    group_id: str
    name: str
    people: tuple[HouseholdPerson, ...] = ()
    active: bool = True


class HouseholdRegistered(Household):
    """A household joined a group."""

    event: ClassVar[str] = "registered"


class HouseholdChanged(Household):
    """A household's name or people changed; `active` false: it left."""

    event: ClassVar[str] = "changed"


class CoordinatorsChanged(Event):
    """Who coordinates the hub changed, or how to write to them. There is one such aggregate, `coordinators`."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "coordinators"
    event: ClassVar[str] = "changed"

    people: tuple[HouseholdPerson, ...] = ()


class GroupReferents(Part):
    """Who looks after one group."""

    group_id: str
    people: tuple[HouseholdPerson, ...] = ()


class ReferentsChanged(Event):
    """Who looks after which group changed, or how to write to them. There is one such aggregate, `referents`.
    Groups without a referent are left out."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "referents"
    event: ClassVar[str] = "changed"

    groups: tuple[GroupReferents, ...] = ()


class Driver(Part):
    """Somebody who drives for the hub: no more of them than it takes to say which rounds are theirs."""

    person_id: str
    name: str


class DriversChanged(Event):
    """Who drives for the hub changed, or what they are called. There is one such aggregate, `drivers`."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "drivers"
    event: ClassVar[str] = "changed"

    people: tuple[Driver, ...] = ()


class CyclePickup(Part):
    """Where and when one group collects this cycle's goods."""

    group_id: str
    group_name: str
    place: Place
    address: str = ""
    starts_at: Moment
    ends_at: Moment
    bags: bool = False


class CycleOffer(Part):
    """A product on offer in a cycle; `available_thousandths` None: not bounded. `name`, `unit`, `pack_label`: what a
    producer can offer instead of something else is called that; None where it was not said yet."""

    product_id: str
    producer_id: str
    available_thousandths: Thousandths | None = None
    name: Bilingual | None = None
    unit: Unit | None = None
    pack_label: str = ""


class Cycle(Event):
    """An order cycle over several groups."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "cycle"

    name: str
    opens_at: Moment
    closes_at: Moment
    delivers_on: Annotated[date, Field(description="the day producers bring the goods, in the hub's time zone")]
    pickups: tuple[CyclePickup, ...]


class CycleOpened(Cycle):
    """A cycle takes orders, from `opens_at` until `closes_at`."""

    event: ClassVar[str] = "opened"

    offers: tuple[CycleOffer, ...]


class CyclePhase(StrEnum):
    """How far a cycle is that is not closed."""

    OPEN = "open"
    COMPLETING = "completing"
    DECIDING = "deciding"


class CycleChanged(Cycle):
    """An open cycle's times, pickups or offers changed; or its orders ended, and it is not closed yet.

    `phase`: it takes orders; orders ended, and only what completes a begun case can be changed; or it is decided what
    becomes of cases and minima. `phase_until`: when the last two end of themselves.
    """

    event: ClassVar[str] = "changed"

    offers: tuple[CycleOffer, ...]
    phase: CyclePhase = CyclePhase.OPEN
    phase_until: Moment | None = None


class ProducerTotal(Part):
    """All that was ordered from one producer in a cycle. The quantity sums thousandths of any unit: a checksum."""

    producer_id: str
    lines: int
    quantity_thousandths: Thousandths
    gross_cents: Cents


class Manifest(Part):
    """What a closed cycle holds, in the quantities that are given. Who acts on the whole cycle first checks that it
    has every order of it.

    `digest` is `contracts.ordering.manifest_digest` of the (order id, version) pairs of all placed orders, those that
    get nothing included. `lines` are those of which something is given; a producer that gives nothing is not listed.
    """

    orders: int
    lines: int
    quantity_thousandths: Thousandths
    gross_cents: Cents
    digest: str
    producers: tuple[ProducerTotal, ...]


class CycleClosed(Cycle):
    """A cycle takes no orders any more; its manifest says what there is."""

    event: ClassVar[str] = "closed"

    closed_at: Moment
    manifest: Manifest


class CycleRevised(Cycle):
    """What a closed cycle comes to changed: a producer could not deliver, or a decision was taken back.

    The closing itself is revision 1. Whoever made documents of the revision before makes them anew once it holds every
    order of this manifest, and keeps the old ones.
    """

    event: ClassVar[str] = "revised"

    closed_at: Moment
    revised_at: Moment
    revision: Annotated[int, Field(ge=2)]
    because: Bilingual
    manifest: Manifest


class OrderLine(Part):
    """One article in a member's order. `gross_cents` = quantity × price, half up to the cent.

    `deposit_cents`: the deposits on its returnable containers, which `gross_cents` does not hold. The household takes
    up to `tolerance_thousandths` more where that fills a case, and nothing rather than less than `least_thousandths`.
    `substitute`: it agrees to something like it, should this be missing.
    """

    article: Article
    producer_name: str
    quantity_thousandths: Annotated[Thousandths, Field(gt=0)]
    gross_cents: Cents
    deposit_cents: Annotated[Cents, Field(ge=0)] = 0
    tolerance_thousandths: Annotated[Thousandths, Field(ge=0)] = 0
    least_thousandths: Annotated[Thousandths, Field(ge=0)] = 0
    substitute: bool = False


class Order(Event):
    """The one order of a household in a cycle."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "order"

    cycle_id: str
    cycle_name: str
    household_id: str
    household_name: str
    group_id: str
    group_name: str


class OrderPlaced(Order):
    """The household ordered, or changed its order: every line as it stands now."""

    event: ClassVar[str] = "placed"

    placed_at: Moment
    placed_by: str
    closes_at: Moment
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]
    gross_cents: Cents


class AllocatedLine(Part):
    """What a household asked of one article, and what it gets: `quantity_thousandths`, which may be none.

    `reason` says why they differ, None where they do not. A substitute was not asked for (0) and names the product it
    stands for in `instead_of`.
    """

    article: Article
    producer_name: str
    asked_thousandths: Annotated[Thousandths, Field(ge=0)]
    tolerance_thousandths: Annotated[Thousandths, Field(ge=0)] = 0
    quantity_thousandths: Annotated[Thousandths, Field(ge=0)]
    gross_cents: Annotated[Cents, Field(ge=0)]
    deposit_cents: Annotated[Cents, Field(ge=0)] = 0
    reason: Bilingual | None = None
    instead_of: str = ""


class OrderAllocated(Order):
    """What the household gets, line by line, where that is not simply what it asked.

    Said when the cycle closes, and again when a producer's answer or a decision changes it. An order of which nothing
    was said got all that it asked: its last `placed` stands.
    """

    event: ClassVar[str] = "allocated"

    placed_at: Moment
    placed_by: str
    allocated_at: Moment
    lines: Annotated[tuple[AllocatedLine, ...], Field(min_length=1)]
    gross_cents: Cents


class OrderWithdrawn(Order):
    """The household emptied its basket: nothing is ordered any more."""

    event: ClassVar[str] = "withdrawn"

    withdrawn_at: Moment


class SignInRequested(Event):
    """Somebody who is known asked for a link to sign in.

    `path` holds the single-use secret; it is worthless once used or after `expires_at` (15 minutes).
    """

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "sign_in"
    event: ClassVar[str] = "requested"

    person_id: str
    name: str
    email: str
    language: str = "fr"
    path: str
    expires_at: Moment


def manifest_digest(orders: list[tuple[str, int]]) -> str:
    """Hex SHA-256 of `id:version` lines in order of id: equal digests mean the same orders at the same versions."""
    lines = "".join(f"{order_id}:{version}\n" for order_id, version in sorted(orders))
    return hashlib.sha256(lines.encode()).hexdigest()
