"""What logistics says of its network: what can be received where, and carried by what, for others to judge early."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Moment, Part

THE_NETWORK = "network"
"""Id of the one aggregate: there is one network."""

Decidegrees = Annotated[int, Field(ge=-600, le=1000, description="temperature, in tenths of a degree Celsius")]
Minutes = Annotated[int, Field(ge=0)]
Metres = Annotated[int, Field(ge=0)]


class NetworkRange(Part):
    """Between these a cold room or a compartment can be set."""

    coldest: Decidegrees
    warmest: Decidegrees


class NetworkHold(Part):
    """How long a box keeps the cold while it is not warmer outside."""

    outside: Decidegrees
    minutes: Minutes


class NetworkBox(NetworkRange):
    """Cool boxes of one make: what they keep, and for how long."""

    holds: tuple[NetworkHold, ...] = ()


class NetworkFarm(Part):
    """Where a producer's goods come from. Coordinates: None where nobody typed them. `dispensation_metres`: as far as
    its declaration allows goods under dispensation to go, where that is farther than for the others (constrained
    zones)."""

    producer_id: str
    name: str
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    dispensation_metres: Metres | None = None


class NetworkPickup(Part):
    """Where a group collects. `collected_in`: how long households collect, in minutes, by the newest cycle that says
    so; None: nobody knows yet. `handling`: minutes that a stop takes at least. `rooms`: what is cooled there."""

    group_id: str
    name: str
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    collected_in: Minutes | None = None
    handling: Minutes = 0
    rooms: tuple[NetworkRange, ...] = ()


class NetworkDescribed(Event):
    """What the network can do; the newest holds.

    `binding`: since a coordinator decided it, goods that a place can never receive are not ordered to it; before that
    they are only told. `outside`: the warmest that is reckoned with. `uncooled`, `eggs_metres`, `dispensation_metres`:
    limits of the trade (coldchain's `Limits`). `compartments`: what vehicles can be set to.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "network"
    event: ClassVar[str] = "described"

    described_at: Moment
    binding: bool = False
    outside: Decidegrees
    uncooled: Minutes
    eggs_metres: Metres
    dispensation_metres: Metres
    farms: tuple[NetworkFarm, ...] = ()
    pickups: tuple[NetworkPickup, ...] = ()
    compartments: tuple[NetworkRange, ...] = ()
    boxes: tuple[NetworkBox, ...] = ()
