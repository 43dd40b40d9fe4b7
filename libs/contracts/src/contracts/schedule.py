"""What logistics says of a day of deliveries: who drives where and when, with whose goods for whom."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Moment, Part


class ScheduledSite(Part):
    """A place of the day. `group_id` of a pickup point: who collects there, from `opens_at` to `closes_at`, at
    `address`; of other places nothing is said but the name."""

    site_id: str
    name: str
    group_id: str = ""
    address: str = ""
    opens_at: Moment | None = None
    closes_at: Moment | None = None


class ScheduledProducer(Part):
    producer_id: str
    name: str


class ScheduledCarrier(Part):
    """Who drives. `email`: where it is to be told; empty: the producer that it is (`producer_id`) is written to, and
    where it is none, nobody. `path` opens its rounds without an account; it carries a signed, dated secret."""

    carrier_id: str
    name: str
    producer_id: str = ""
    email: str = ""
    language: str = "fr"
    path: str = ""


class ScheduledConsignment(Part):
    """What one producer sends from one place to another; it is never parted."""

    consignment_id: str
    producer_id: str
    from_site: str
    to_site: str


class ScheduledStop(Part):
    """`unloads`, `loads`: positions in the event's `consignments`, from 0."""

    site_id: str
    arrives_at: Moment
    departs_at: Moment
    unloads: tuple[int, ...] = ()
    loads: tuple[int, ...] = ()


class ScheduledRound(Part):
    """One way of one carrier. The first stop is where it starts, the last where it ends."""

    round_id: str
    carrier_id: str
    vehicle_name: str
    stops: Annotated[tuple[ScheduledStop, ...], Field(min_length=1)]


class Schedule(Event):
    """The schedule of a day. The aggregate is the date, written as in `delivers_on`.

    Times are in whole minutes. Phone numbers are not in it: whoever needs one looks at the page behind `path`.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "schedule"

    delivers_on: date
    published_at: Moment
    published_by: str
    sites: tuple[ScheduledSite, ...]
    producers: tuple[ScheduledProducer, ...]
    carriers: tuple[ScheduledCarrier, ...]
    consignments: tuple[ScheduledConsignment, ...]
    rounds: tuple[ScheduledRound, ...]


class SchedulePublished(Schedule):
    """The first schedule of a day was published: who drives where and when, with whose goods."""

    event: ClassVar[str] = "published"


class ScheduleChanged(Schedule):
    """Another version of a day's schedule was published: the whole of it, as it now holds."""

    event: ClassVar[str] = "changed"
