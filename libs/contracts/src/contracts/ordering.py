"""What ordering says: groups, households, cycles and the orders of members."""

import hashlib
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment, Part, Thousandths
from contracts.goods import Article, Place


class Group(Event):
    """A purchasing group with its pickup place and weekly slot.

    `pickup_weekday` counts from Monday = 0; the times are "HH:MM" in the hub's time zone. `bags`: producers
    prepare one bag per household, so pick lists split by household too.
    """

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "group"

    name: str
    pickup_place: Place
    pickup_address: str = ""
    pickup_weekday: Annotated[int, Field(ge=0, le=6)]
    pickup_from: str
    pickup_until: str
    bags: bool = False
    active: bool = True


class GroupRegistered(Group):
    event: ClassVar[str] = "registered"


class GroupChanged(Group):
    event: ClassVar[str] = "changed"


class HouseholdPerson(Part):
    """A member of a household, as far as others need to know: to write to."""

    person_id: str
    name: str
    email: str = ""
    language: str = "fr"


class Household(Event):
    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "household"

    group_id: str
    name: str
    people: tuple[HouseholdPerson, ...] = ()
    active: bool = True


class HouseholdRegistered(Household):
    event: ClassVar[str] = "registered"


class HouseholdChanged(Household):
    event: ClassVar[str] = "changed"


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
    """A product on offer in a cycle; `available_thousandths` None: not bounded."""

    product_id: str
    producer_id: str
    available_thousandths: Thousandths | None = None


class Cycle(Event):
    """An order cycle over several groups. `delivers_on`: the day producers bring the goods (hub's time zone)."""

    service: ClassVar[str] = "ordering"
    aggregate: ClassVar[str] = "cycle"

    name: str
    opens_at: Moment
    closes_at: Moment
    delivers_on: date
    pickups: tuple[CyclePickup, ...]


class CycleOpened(Cycle):
    event: ClassVar[str] = "opened"

    offers: tuple[CycleOffer, ...]


class CycleChanged(Cycle):
    """An open cycle's times, pickups or offers changed."""

    event: ClassVar[str] = "changed"

    offers: tuple[CycleOffer, ...]


class ProducerTotal(Part):
    """All that was ordered from one producer in a cycle. The quantity sums thousandths of any unit: a checksum."""

    producer_id: str
    lines: int
    quantity_thousandths: Thousandths
    gross_cents: Cents


class Manifest(Part):
    """What a closed cycle holds. Who acts on the whole cycle first checks that it has every order of it.

    `digest` is `contracts.ordering.manifest_digest` of the (order id, version) pairs of all placed orders.
    """

    orders: int
    lines: int
    quantity_thousandths: Thousandths
    gross_cents: Cents
    digest: str
    producers: tuple[ProducerTotal, ...]


class CycleClosed(Cycle):
    event: ClassVar[str] = "closed"

    closed_at: Moment
    manifest: Manifest


class OrderLine(Part):
    """One article in a member's order. `gross_cents` = quantity × price, half up to the cent."""

    article: Article
    producer_name: str
    quantity_thousandths: Annotated[Thousandths, Field(gt=0)]
    gross_cents: Cents


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
