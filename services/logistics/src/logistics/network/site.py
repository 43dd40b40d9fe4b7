"""Sites: farms, docks, pickup points, and places where a round begins or ends."""

from typing import Annotated

from pydantic import Field

from coldchain.day import Room, Site, SiteKind
from coldchain.part import Decidegrees, Grams, Millilitres, Minutes
from contracts import Part
from logistics.network.hours import Week
from logistics.network.kept import Kept, Register, kept_table

HANDLING = 5
"""Minutes that a stop takes at least where nobody said otherwise."""


class RoomSheet(Part):
    """A cold room, a compartment of a vehicle, or a plain part of either (no temperatures). `number` stays with it."""

    number: Annotated[int, Field(ge=1)]
    name: str
    volume: Millilitres
    payload: Grams | None = None
    coldest: Decidegrees | None = None
    warmest: Decidegrees | None = None

    def room(self, of: str) -> Room:
        fields = self.model_dump(include={"name", "volume", "payload", "coldest", "warmest"})
        return Room(id=f"{of}:{self.number}", **fields)


class SiteSheet(Part):
    """`producer_id` of a farm, `group_id` of a pickup point: whose it is. Without coordinates nothing can be planned
    there, and the day says so. `floor`: how much stands outside cooled rooms; None: as much as comes. `key`: who has
    it; `access`: how one gets there with a vehicle. `self_delivers`: this farm's producer brings its goods to the
    pickup points itself."""

    kind: SiteKind
    name: str
    producer_id: str = ""
    group_id: str = ""
    address: str = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    hours: Week = ()
    handling: Minutes = HANDLING
    floor: Millilitres | None = None
    rooms: tuple[RoomSheet, ...] = ()
    certified_organic: bool = False
    self_delivers: bool = False
    power: bool = False
    access: str = ""
    key: str = ""
    contact: str = ""
    phone: str = ""

    @property
    def bound_to(self) -> str | None:
        """One farm of each producer, one pickup point of each group: else nobody could say where goods go."""
        if self.kind is SiteKind.FARM and self.producer_id:
            return f"producer:{self.producer_id}"
        if self.kind is SiteKind.PICKUP and self.group_id:
            return f"group:{self.group_id}"
        return None

    @property
    def placed(self) -> bool:
        return self.latitude is not None and self.longitude is not None


site = kept_table("site")
SITES: Register[SiteSheet] = Register(site, SiteSheet)


def planned(one: Kept[SiteSheet]) -> Site:
    """The site as a day has it, without hours; its coordinates must be known."""
    sheet = one.sheet
    assert sheet.latitude is not None
    assert sheet.longitude is not None
    return Site(
        id=one.id,
        kind=sheet.kind,
        name=sheet.name,
        latitude=sheet.latitude,
        longitude=sheet.longitude,
        handling=sheet.handling,
        rooms=tuple(room.room(one.id) for room in sheet.rooms),
        floor=sheet.floor,
        certified_organic=sheet.certified_organic,
    )
