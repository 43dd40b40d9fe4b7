"""A day as the planner works on it: looked up by id, times as whole seconds, ways reckoned once."""

from datetime import UTC, datetime

from coldchain.day import Box, Carrier, Day, Room, Site, SiteKind, Vehicle
from coldchain.road import DayRoads, Way
from logistics.solver.need import NOTHING

FOR_FROZEN = frozenset({"FRC", "FRF", "RRC"})
"""Classes of certificates under which frozen goods travel."""

DEEP = -100

ALWAYS = (0, 1 << 40)
"""A window that is always open; seconds."""


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


class Ground:
    def __init__(self, day: Day) -> None:
        self.day = day
        self.sites = {site.id: site for site in day.sites}
        self.docks = [site for site in day.sites if site.kind is SiteKind.DOCK]
        self.vehicles = {vehicle.id: vehicle for vehicle in day.vehicles}
        self.carriers = {carrier.id: carrier for carrier in day.carriers}
        self.boxes_at: dict[str, list[Box]] = {}
        for box in sorted(day.boxes, key=lambda box: box.id):
            self.boxes_at.setdefault(box.at_site, []).append(box)
        self.windows = {
            site.id: sorted((seconds(one.opens_at), seconds(one.closes_at)) for one in site.windows) or [ALWAYS]
            for site in day.sites
        }
        self.handling = {site.id: site.handling * 60 for site in day.sites}
        self.handover = {
            site.id: (seconds(site.handover.opens_at), seconds(site.handover.closes_at))
            for site in day.sites
            if site.handover is not None
        }
        self._roads = DayRoads(day)
        self._ways: dict[tuple[str, str], Way] = {}

    def way(self, a: str, b: str) -> Way:
        found = self._ways.get((a, b))
        if found is None:
            found = self._ways[a, b] = self._roads.way(a, b)
        return found

    def usable(self, volume: int) -> int:
        """What of a room may be filled."""
        return volume * (100 - self.day.limits.room_loss) // 100

    def certified(self, vehicle: Vehicle, highest: int = NOTHING.highest) -> bool:
        """On this day, for goods that may be that warm: below -10 °C a class for frozen goods is due."""
        until = vehicle.certified_until
        holds = bool(vehicle.certificate) and until is not None and until >= self.day.date
        return holds and (highest > DEEP or vehicle.certificate.upper() in FOR_FROZEN)

    def hold_of(self, box: Box) -> int:
        """Seconds for which it keeps the cold on this day; 0: nobody says that it does."""
        return max((hold.minutes * 60 for hold in box.holds if hold.outside >= self.day.outside), default=0)

    def known(self, carrier: Carrier) -> bool:
        """Whether it starts and ends somewhere, in a vehicle that is there."""
        return (
            carrier.starts_at_site in self.sites
            and carrier.ends_at_site in self.sites
            and any(vehicle_id in self.vehicles for vehicle_id in carrier.vehicle_ids)
        )

    def cooled_rooms(self, site: Site) -> list[Room]:
        return [room for room in site.rooms if room.coldest is not None and room.warmest is not None]
