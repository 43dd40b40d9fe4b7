"""What is wrong with a plan before it can be followed: it names what its day does not have."""

from collections.abc import Iterator

from coldchain.day import Day
from coldchain.faults import Fault, Wrong, twice, unknown
from coldchain.plan import Load, Plan, Round, Setting, Stop, Unload


def check_plan(day: Day, plan: Plan) -> None:
    """Raises Wrong."""
    faults = tuple(find(day, plan))
    if faults:
        raise Wrong(faults)


def find(day: Day, plan: Plan) -> Iterator[Fault]:
    if plan.day_id != day.id:
        yield Fault("day_id", f"the plan is of “{plan.day_id}”, the day is “{day.id}”")
    names = _Names(day)
    yield from twice("rounds", (one.id for one in plan.rounds))
    for index, one in enumerate(plan.rounds):
        yield from names.round(f"rounds[{index}]", one)
    told: set[str] = set()
    for index, site in enumerate(plan.rooms):
        path = f"rooms[{index}]"
        if site.site_id in told:
            yield Fault(f"{path}.site_id", f"“{site.site_id}” is there twice")
        told.add(site.site_id)
        yield from unknown(f"{path}.site_id", "site", site.site_id, names.sites)
        yield from _settings(path, site.settings, names.sites.get(site.site_id))
    for index, left in enumerate(plan.left_behind):
        yield from unknown(
            f"left_behind[{index}].consignment_id", "consignment", left.consignment_id, names.consignments
        )


def _settings(path: str, settings: tuple[Setting, ...], rooms: frozenset[str] | None) -> Iterator[Fault]:
    told: set[str] = set()
    for index, one in enumerate(settings):
        here = f"{path}.settings[{index}].room_id"
        if rooms is not None:
            yield from unknown(here, "room", one.room_id, rooms)
        if one.room_id in told:
            yield Fault(here, f"“{one.room_id}” is there twice")
        told.add(one.room_id)


class _Names:
    """What the day has; of sites and vehicles with their rooms."""

    def __init__(self, day: Day) -> None:
        self.sites = {one.id: frozenset(room.id for room in one.rooms) for one in day.sites}
        self.vehicles = {one.id: frozenset(room.id for room in one.rooms) for one in day.vehicles}
        self.carriers = frozenset(one.id for one in day.carriers)
        self.boxes = frozenset(one.id for one in day.boxes)
        self.consignments = frozenset(one.id for one in day.consignments)

    def round(self, path: str, one: Round) -> Iterator[Fault]:
        yield from unknown(f"{path}.carrier_id", "carrier", one.carrier_id, self.carriers)
        yield from unknown(f"{path}.vehicle_id", "vehicle", one.vehicle_id, self.vehicles)
        rooms = self.vehicles.get(one.vehicle_id)
        yield from _settings(path, one.settings, rooms)
        for index, stop in enumerate(one.stops):
            yield from self._stop(f"{path}.stops[{index}]", stop, rooms)

    def _stop(self, path: str, stop: Stop, rooms: frozenset[str] | None) -> Iterator[Fault]:
        yield from unknown(f"{path}.site_id", "site", stop.site_id, self.sites)
        for index, unload in enumerate(stop.unloads):
            yield from self._unload(f"{path}.unloads[{index}]", unload, stop)
        for index, load in enumerate(stop.loads):
            yield from self._load(f"{path}.loads[{index}]", load, rooms)

    def _unload(self, path: str, unload: Unload, stop: Stop) -> Iterator[Fault]:
        yield from unknown(f"{path}.consignment_id", "consignment", unload.consignment_id, self.consignments)
        if unload.room_id is not None and stop.site_id in self.sites:
            yield from unknown(f"{path}.room_id", "room", unload.room_id, self.sites[stop.site_id])

    def _load(self, path: str, load: Load, rooms: frozenset[str] | None) -> Iterator[Fault]:
        yield from unknown(f"{path}.consignment_id", "consignment", load.consignment_id, self.consignments)
        if rooms is not None:
            yield from unknown(f"{path}.room_id", "room", load.room_id, rooms)
        for index, box in enumerate(load.box_ids):
            yield from unknown(f"{path}.box_ids[{index}]", "box", box, self.boxes)
        if len(set(load.box_ids)) < len(load.box_ids):
            yield Fault(f"{path}.box_ids", "a box is there twice")
