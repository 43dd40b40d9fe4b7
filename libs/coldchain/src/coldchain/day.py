"""A day: everything that a plan of it is made from and checked against.

It holds what is to be carried (consignments and their lines), the places, the means (vehicles, boxes, carriers), what
is fixed beforehand, and the limits of the trade. It is whole: whoever has the file can plan and check with nothing
else. All instants are in UTC and of the same day or night.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from coldchain.part import Decidegrees, Grams, Id, Metres, Millilitres, Minutes, Part, Seconds
from contracts import Cents, Moment, Thousandths

FORMAT = 1
"""Of this release; a file of another format is refused by name."""


class SiteKind(StrEnum):
    """A farm; a dock, where goods change vehicles (cross-dock); a pickup point; any other place a carrier starts or
    ends at."""

    FARM = "farm"
    DOCK = "dock"
    PICKUP = "pickup"
    HOME = "home"


class Window(Part):
    """From when to when, both included."""

    opens_at: Moment
    closes_at: Moment


class Room(Part):
    """A part of a site or of a vehicle in which goods stand at one temperature: a cold room, a refrigerated
    compartment, or the plain floor.

    `coldest`, `warmest`: between these it can be set; both None: nothing cools it, and it is as warm as outside.
    `payload` None: nothing limits the weight.
    """

    id: Id
    name: str = ""
    volume: Millilitres
    payload: Grams | None = None
    coldest: Decidegrees | None = None
    warmest: Decidegrees | None = None

    @property
    def cooled(self) -> bool:
        return self.coldest is not None


class Site(Part):
    """A place where goods are loaded or unloaded.

    `windows`: when a vehicle may be there; none: at any time. `handover`: of a pickup point, when households collect;
    its goods must be there before it opens, and stay until it closes. `handling`: how long each stop takes at least.
    `floor`: how much stands outside cooled rooms; None: as much as comes. `certified_organic`: of a dock, it is
    notified or certified to store organic goods in bulk (regulation 2018/848, article 34).
    """

    id: Id
    kind: SiteKind
    name: str
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    windows: tuple[Window, ...] = ()
    handover: Window | None = None
    handling: Minutes = 5
    rooms: tuple[Room, ...] = ()
    floor: Millilitres | None = None
    certified_organic: bool = False


class Vehicle(Part):
    """`certificate`: the class of its ATP certificate (IN, IR, FRC...), empty: none. `certified_until`: the last day it
    holds. `payload` over all compartments. `rooms`: its compartments, at least one."""

    id: Id
    name: str
    rooms: Annotated[tuple[Room, ...], Field(min_length=1)]
    payload: Grams
    certificate: str = ""
    certified_until: date | None = None
    cents_per_km: Cents = 0
    co2_grams_per_km: Grams = 0


class CarrierKind(StrEnum):
    EMPLOYEE = "employee"
    VOLUNTEER = "volunteer"
    PRODUCER = "producer"


class Carrier(Part):
    """Who drives. A producer driving home carries its own goods, and those of others on its way.

    `starts_at_site`, `ends_at_site`: where the round begins and ends. `hours`: when at the wheel or beside it.
    `at_most_driving`: minutes at the wheel; None: as many as fit. `cents_per_hour` of the whole round.
    """

    id: Id
    name: str
    kind: CarrierKind
    producer_id: str = ""
    starts_at_site: Id
    ends_at_site: Id
    hours: Window
    at_most_driving: Minutes | None = None
    vehicle_ids: Annotated[tuple[Id, ...], Field(min_length=1)]
    cents_per_hour: Cents = 0


class Hold(Part):
    """How long a box keeps the cold while it is not warmer outside than `outside`."""

    outside: Decidegrees
    minutes: Minutes


class Box(Part):
    """A cool box with its eutectic plates, one object that is lent and comes back.

    It keeps what is in it between `coldest` and `warmest` for as long as `holds` say, counted from when it is filled.
    `at_site`: where it stands in the morning, and can be filled. `certified`: a small container with its own ATP
    certificate (order of 2 February 2015).
    """

    id: Id
    name: str = ""
    volume: Millilitres
    coldest: Decidegrees
    warmest: Decidegrees
    holds: tuple[Hold, ...]
    at_site: Id
    certified: bool = False

    def held_for(self, outside: int) -> int:
        """Minutes; none where nobody says how long it holds when it is so warm."""
        fitting = [hold for hold in self.holds if hold.outside >= outside]
        return min(fitting, key=lambda hold: (hold.outside, hold.minutes)).minutes if fitting else 0


class Line(Part):
    """Goods of one product in a consignment.

    `temperature_class`: code of the table of temperature classes. `label_max`: what the packer's label says; it
    prevails, within the law's limit where there is a hard one (field.md 4.1). `eggs`: shell eggs; then
    `packing_centre` is the code of the centre that classed them, empty: none, and the producer itself must hand them
    over. `organic_bulk`: organic and not packed. `resold`: sold to a retailer (the hub that buys and resells, a shop):
    the dispensation from approval applies, under `dispensation`, a category with its weekly cap. `counted`: what counts
    against the cap, in thousandths of its unit (a kilo, a litre of milk); None: the quantity.
    """

    id: Id
    product_id: str
    name: str
    producer_id: str
    quantity: Thousandths
    temperature_class: str
    label_max: Decidegrees | None = None
    volume: Millilitres
    weight: Grams
    eggs: bool = False
    packing_centre: str = ""
    organic_bulk: bool = False
    resold: bool = False
    dispensation: str = ""
    counted: Thousandths | None = None

    @property
    def against_cap(self) -> int:
        return self.quantity if self.counted is None else self.counted


class Consignment(Part):
    """What one producer sends to one pickup point that travels together: it is never parted.

    `ready_at`: from when it can be loaded at `from_site`. `self_delivery`: the producer brings it to the pickup point
    itself (the fisher at the village at 17:00).
    """

    id: Id
    producer_id: str
    from_site: Id
    to_site: Id
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]
    ready_at: Moment | None = None
    self_delivery: bool = False

    @property
    def volume(self) -> int:
        return sum(line.volume for line in self.lines)

    @property
    def weight(self) -> int:
        return sum(line.weight for line in self.lines)


class FixedRound(Part):
    """A village list bound to its carrier: these pickup points, in this order, by this carrier. What the carrier does
    before, between and after is free."""

    carrier_id: Id
    site_ids: Annotated[tuple[Id, ...], Field(min_length=1)]


class Pin(Part):
    """The coordinator's word: goods of this consignment go with this carrier on their last way (to the pickup
    point)."""

    consignment_id: Id
    carrier_id: Id


class Dispensation(Part):
    """The weekly cap of a producer in a category (order of 8 June 2006, annex III). `used`: what other days of the week
    already take. `metres`: as far as its goods may go where that is not as the day's limits say (constrained zones)."""

    producer_id: str
    category: str
    weekly_cap: Thousandths
    used: Thousandths = 0
    metres: Metres | None = None


class Speed(Part):
    """On ways up to `up_to` metres by road one drives this fast."""

    up_to: Metres
    km_per_hour: Annotated[int, Field(ge=1, le=130)]


class Leg(Part):
    """A way that was measured (OSRM, Valhalla, by hand): it prevails over what is reckoned."""

    from_site: Id
    to_site: Id
    metres: Metres
    seconds: Seconds


class Roads(Part):
    """How ways are reckoned: great circle by `detour_percent`, at the speed of its band."""

    detour_percent: Annotated[int, Field(ge=100, le=300)] = 135
    speeds: Annotated[tuple[Speed, ...], Field(min_length=1)] = (
        Speed(up_to=5_000, km_per_hour=35),
        Speed(up_to=20_000, km_per_hour=50),
        Speed(up_to=60_000, km_per_hour=60),
        Speed(up_to=1_000_000, km_per_hour=75),
    )
    legs: tuple[Leg, ...] = ()


class Limits(Part):
    """What is usage of the trade, not law: parameters of the hub.

    `uncooled`: how long goods that need cold may stand without it in all (La Ruche qui dit Oui: 30 minutes).
    `uncertified_metres`: how far from the place of loading an uncertified vehicle may carry them (order of 1 July 2008,
    article 3; under the order of 27 November 2020 to be verified). `eggs_metres`: as the crow flies (field.md 4.3);
    `dispensation_metres`, too: of goods sold under dispensation (200 km in constrained zones).
    `room_loss`: nobody fills a compartment to the last litre: what of each hundred litres stays empty.
    """

    uncooled: Minutes = 30
    uncertified_metres: Metres = 80_000
    eggs_metres: Metres = 80_000
    dispensation_metres: Metres = 80_000
    room_loss: Annotated[int, Field(ge=0, le=80)] = 15


class Day(Part):
    """`outside`: the highest temperature expected outside on the day. `fixed_rounds` and `pins` bind the planner, and
    the checker holds a plan to them."""

    format: Literal[1] = 1
    id: Id
    date: date
    outside: Decidegrees
    sites: tuple[Site, ...]
    vehicles: tuple[Vehicle, ...]
    carriers: tuple[Carrier, ...]
    boxes: tuple[Box, ...] = ()
    consignments: tuple[Consignment, ...]
    fixed_rounds: tuple[FixedRound, ...] = ()
    pins: tuple[Pin, ...] = ()
    dispensations: tuple[Dispensation, ...] = ()
    roads: Roads = Roads()
    limits: Limits = Limits()
