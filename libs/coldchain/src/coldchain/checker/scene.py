"""A day and a plan of it, with everything found by its name."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from coldchain.day import Box, Carrier, Consignment, Day, Line, Room, Site, Vehicle
from coldchain.plan import Plan, Round, Stop
from coldchain.road import DayRoads, RoadMap


@dataclass(frozen=True)
class Scene:
    """The plan names only what the day has (`plan_faults`)."""

    day: Day
    plan: Plan
    roads: RoadMap

    @classmethod
    def of(cls, day: Day, plan: Plan) -> "Scene":
        return cls(day, plan, DayRoads(day))

    @cached_property
    def sites(self) -> dict[str, Site]:
        return {one.id: one for one in self.day.sites}

    @cached_property
    def vehicles(self) -> dict[str, Vehicle]:
        return {one.id: one for one in self.day.vehicles}

    @cached_property
    def carriers(self) -> dict[str, Carrier]:
        return {one.id: one for one in self.day.carriers}

    @cached_property
    def boxes(self) -> dict[str, Box]:
        return {one.id: one for one in self.day.boxes}

    @cached_property
    def consignments(self) -> dict[str, Consignment]:
        return {one.id: one for one in self.day.consignments}

    @cached_property
    def lines(self) -> dict[str, Line]:
        return {line.id: line for one in self.day.consignments for line in one.lines}

    @cached_property
    def rounds(self) -> dict[str, Round]:
        return {one.id: one for one in self.plan.rounds}

    @cached_property
    def _site_rooms(self) -> dict[tuple[str, str], Room]:
        return {(site.id, room.id): room for site in self.day.sites for room in site.rooms}

    @cached_property
    def _compartments(self) -> dict[tuple[str, str], Room]:
        return {(vehicle.id, room.id): room for vehicle in self.day.vehicles for room in vehicle.rooms}

    @cached_property
    def _kept_at(self) -> dict[tuple[str, str], int]:
        return {(site.site_id, one.room_id): one.set_to for site in self.plan.rooms for one in site.settings}

    def site_room(self, site_id: str, room_id: str | None) -> tuple[Room | None, int | None]:
        """The room (None: the floor), and at what temperature it is kept (None: nothing cools it, or it is off)."""
        if room_id is None:
            return None, None
        room = self._site_rooms[site_id, room_id]
        return room, self._kept_at.get((site_id, room_id)) if room.cooled else None

    def compartment(self, round_: Round, room_id: str) -> tuple[Room, int | None]:
        room = self._compartments[round_.vehicle_id, room_id]
        told = next((one.set_to for one in round_.settings if one.room_id == room_id), None)
        return room, told if room.cooled else None

    def handling(self, stop: Stop) -> timedelta:
        return timedelta(minutes=self.sites[stop.site_id].handling)

    def put_down_by(self, stop: Stop) -> datetime:
        """When what is unloaded at a stop stands: it is carried first."""
        return max(stop.arrives_at, min(stop.arrives_at + self.handling(stop), stop.departs_at))

    def taken_from(self, stop: Stop) -> datetime:
        """When what is loaded at a stop is begun to be carried: it is carried last."""
        return min(stop.departs_at, max(stop.departs_at - self.handling(stop), stop.arrives_at))

    def held_for(self, boxes: tuple[Box, ...]) -> timedelta:
        """How long goods keep their temperature in boxes: as the shortest of them holds where it is as warm as on this
        day; not at all where nobody says."""
        return timedelta(minutes=min((box.held_for(self.day.outside) for box in boxes), default=0))
