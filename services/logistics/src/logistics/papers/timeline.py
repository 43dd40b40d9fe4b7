"""The day on one line of time: what is where, from when to when, and at what temperature it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from coldchain.day import Consignment, Day, Room, Site, SiteKind, Vehicle
from coldchain.plan import Plan
from logistics.papers.route import Halt, Route, routes

_ORDER = {SiteKind.FARM: 0, SiteKind.DOCK: 1, SiteKind.HOME: 2, SiteKind.PICKUP: 3}


@dataclass(frozen=True)
class Span:
    """The same goods are together from one instant to another."""

    begins: datetime
    ends: datetime
    goods: tuple[Consignment, ...]

    @property
    def volume(self) -> int:
        return sum(one.volume for one in self.goods)


@dataclass(frozen=True)
class Lane:
    """A compartment of a vehicle, or a room of a place (`room` None: its floor). `set_to` in tenths of a degree; None:
    nothing cools it. `boxed`: what stands there in closed cool boxes, which keep their own temperature; else what is in
    none. `carriers`: who drives the vehicle on the day."""

    site: Site | None
    vehicle: Vehicle | None
    carriers: tuple[str, ...]
    room: Room | None
    set_to: int | None
    boxed: bool
    spans: tuple[Span, ...]

    @property
    def name(self) -> str:
        owner = self.site or self.vehicle
        assert owner is not None
        return owner.name


@dataclass(frozen=True)
class Timeline:
    """From the first move to the last hand-over."""

    begins: datetime
    ends: datetime
    lanes: tuple[Lane, ...]


_Stays = dict[tuple[str, str, bool], list[tuple[datetime, datetime, Consignment]]]
"""By site or vehicle, room (empty: the floor), and whether in cool boxes."""


def timeline(day: Day, plan: Plan) -> Timeline | None:
    """Places and vehicles as goods meet them: farms, vehicles, docks, pickup points. None: nothing is carried."""
    found = routes(day, plan)
    if not found:
        return None
    aboard, standing = _aboard(found), _standing(day, found)
    set_to = {each.room_id: each.set_to for one in plan.rooms for each in one.settings}
    lanes: list[Lane] = []
    for vehicle in day.vehicles:
        ways = [(route, way) for route in found for way in route.ways if way.vehicle.id == vehicle.id]
        settings = {room.id: degrees for _route, way in ways for room, degrees in way.rooms if degrees is not None}
        carriers = tuple(dict.fromkeys(route.carrier.name for route, _way in ways))
        for room in vehicle.rooms:
            for boxed in (False, True):
                stays = aboard.get((vehicle.id, room.id, boxed))
                if stays:
                    kept, spans = settings.get(room.id), tuple(_spans(stays))
                    lanes.append(Lane(None, vehicle, carriers, room, kept, boxed, spans))
    for site in sorted(day.sites, key=lambda one: (_ORDER[one.kind], one.name, one.id)):
        rooms: tuple[Room | None, ...] = (*site.rooms, None)
        for part in rooms:
            for boxed in (False, True):
                stays = standing.get((site.id, part.id if part else "", boxed))
                if stays:
                    kept = set_to.get(part.id) if part else None
                    lanes.append(Lane(site, None, (), part, kept, boxed, tuple(_spans(stays))))
    instants = [at for lane in lanes for span in lane.spans for at in (span.begins, span.ends)]
    begins = min([*instants, *(route.starts_at for route in found)])
    return Timeline(begins, max([*instants, *(route.ends_at for route in found)]), tuple(lanes))


def _aboard(found: Iterable[Route]) -> _Stays:
    """From when it is loaded until the halt at which it is put down."""
    stays: _Stays = {}
    for way in (way for route in found for way in route.ways):
        since: dict[str, datetime] = {}
        for halt in way.halts:
            for off in halt.off:
                key = (way.vehicle.id, off.room.id, bool(off.boxes))
                stays.setdefault(key, []).append((since[off.consignment.id], halt.arrives_at, off.consignment))
            since |= {on.consignment.id: halt.departs_at for on in halt.on}
    return stays


def _standing(day: Day, found: Iterable[Route]) -> _Stays:
    """From when it is put down until it is taken on again, or households have collected."""
    halts: list[Halt] = sorted((halt for route in found for halt in route.halts), key=lambda one: one.arrives_at)
    stays: _Stays = {}
    for halt in halts:
        for off in halt.off:
            goods, site = off.consignment, halt.site
            taken = [
                other.departs_at
                for other in halts
                if other.site.id == site.id
                and other.departs_at >= halt.arrives_at
                and any(on.consignment.id == goods.id for on in other.on)
            ]
            if taken:
                ends = min(taken)
            elif site.handover and site.id == goods.to_site:
                ends = max(site.handover.closes_at, halt.arrives_at)
            else:
                ends = halt.departs_at
            key = (site.id, off.stands_in.id if off.stands_in else "", bool(off.boxes) and not off.unpacked)
            stays.setdefault(key, []).append((halt.arrives_at, ends, goods))
    return stays


def _spans(stays: list[tuple[datetime, datetime, Consignment]]) -> list[Span]:
    """Cut wherever something comes or goes. What leaves in the moment it comes has a span without length."""
    instants = sorted({at for begins, ends, _one in stays for at in (begins, ends)})
    cuts = [*pairwise(instants), *{(begins, ends) for begins, ends, _one in stays if begins == ends}]
    found: list[Span] = []
    for begins, ends in sorted(cuts):
        passing = begins == ends
        here = [
            one for since, until, one in stays if since <= begins and ends <= until and (not passing or since == until)
        ]
        if here:
            found.append(Span(begins, ends, tuple(here)))
    return found
