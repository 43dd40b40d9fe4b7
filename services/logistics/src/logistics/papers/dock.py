"""The plan of a dock: who comes when with what, for which village, where it stands, and who takes it in which order."""

from dataclasses import dataclass
from datetime import datetime

from coldchain.day import Carrier, Day, Room, Site, SiteKind, Vehicle
from coldchain.plan import Plan
from logistics.papers.route import PutDown, Route, Taken, routes


@dataclass(frozen=True)
class Arrival:
    """`off`: what is put down, each with its room or the floor."""

    at: datetime
    carrier: Carrier
    vehicle: Vehicle
    off: tuple[PutDown, ...]


@dataclass(frozen=True)
class Departure:
    """`on` in the order of loading. `stands_in`: where each stands before, by consignment; None: on the floor."""

    from_: datetime
    at: datetime
    carrier: Carrier
    vehicle: Vehicle
    on: tuple[Taken, ...]
    stands_in: dict[str, Room | None]


@dataclass(frozen=True)
class DockPlan:
    """`settings`: what each cooled room of the dock is set to, in tenths of a degree."""

    site: Site
    settings: tuple[tuple[Room, int | None], ...]
    arrivals: tuple[Arrival, ...]
    departures: tuple[Departure, ...]


@dataclass(frozen=True)
class Bound:
    """What goes to one pickup point with one departure."""

    goal: Site
    departure: Departure
    on: tuple[Taken, ...]


def bound_for(one: DockPlan) -> list[Bound]:
    """By pickup point: with whom its goods leave. A point that two carriers serve is there twice."""
    found = [
        Bound(goal, departure, tuple(piece for piece in departure.on if piece.goal.id == goal.id))
        for departure in one.departures
        for goal in {piece.goal.id: piece.goal for piece in departure.on}.values()
    ]
    return sorted(found, key=lambda each: (each.goal.name, each.goal.id, each.departure.at))


def dock_plans(day: Day, plan: Plan) -> list[DockPlan]:
    """Of every dock at which goods are put down or taken on, by name."""
    ways = routes(day, plan)
    set_to = {each.room_id: each.set_to for one in plan.rooms for each in one.settings}
    found = [_plan_of(site, set_to, ways) for site in day.sites if site.kind is SiteKind.DOCK and _is_used(site, ways)]
    return sorted(found, key=lambda one: (one.site.name, one.site.id))


def _is_used(site: Site, ways: list[Route]) -> bool:
    return any(halt.site.id == site.id and (halt.off or halt.on) for route in ways for halt in route.halts)


def _plan_of(site: Site, set_to: dict[str, int], found: list[Route]) -> DockPlan:
    arrivals: list[Arrival] = []
    departures: list[Departure] = []
    stands = [
        (halt.arrives_at, piece)
        for route in found
        for halt in route.halts
        if halt.site.id == site.id
        for piece in halt.off
    ]
    for route in found:
        for way in route.ways:
            for halt in way.halts:
                if halt.site.id != site.id:
                    continue
                if halt.off:
                    arrivals.append(Arrival(halt.arrives_at, route.carrier, way.vehicle, halt.off))
                if halt.on:
                    where = {
                        piece.consignment.id: piece.stands_in
                        for at, piece in sorted(stands, key=lambda pair: pair[0])
                        if at <= halt.departs_at and piece.consignment.id in {one.consignment.id for one in halt.on}
                    }
                    departures.append(
                        Departure(halt.arrives_at, halt.departs_at, route.carrier, way.vehicle, halt.on, where)
                    )
    return DockPlan(
        site,
        tuple((room, set_to.get(room.id)) for room in site.rooms),
        tuple(sorted(arrivals, key=lambda one: (one.at, one.carrier.name))),
        tuple(sorted(departures, key=lambda one: (one.at, one.carrier.name))),
    )
