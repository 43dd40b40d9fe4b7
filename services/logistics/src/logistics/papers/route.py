"""The route of a carrier on a day: halt by halt, what is put down and taken on, in the order in which it is done.

What is taken on stands in the order in which it goes into the vehicle: what is put down last goes in first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from coldchain.day import Box, Carrier, Consignment, Day, Room, Site, Vehicle
from coldchain.plan import Plan, Round, Stop, Unload
from coldchain.road import DayRoads


@dataclass(frozen=True)
class Piece:
    """A consignment that changes hands. `room`: the vehicle's compartment it is in. `boxes`: the cool boxes it travels
    in. `origin`, `goal`: the producer's place, and the pickup point."""

    consignment: Consignment
    room: Room
    boxes: tuple[Box, ...]
    origin: Site
    goal: Site


@dataclass(frozen=True)
class Taken(Piece):
    """`off_at`: the place at which it is put down on this round; `filled`: its boxes are filled here."""

    off_at: Site
    filled: bool


@dataclass(frozen=True)
class PutDown(Piece):
    """`stands_in`: the room of the place it goes to; None: it stands on the floor. `unpacked`: it is taken out of its
    boxes."""

    stands_in: Room | None
    unpacked: bool


@dataclass(frozen=True)
class Halt:
    """A place where the round stops. `metres`: driven from the halt before."""

    site: Site
    arrives_at: datetime
    departs_at: datetime
    metres: int
    off: tuple[PutDown, ...]
    on: tuple[Taken, ...]


@dataclass(frozen=True)
class Way:
    """One round: with which vehicle, its compartments with what each is set to (tenths of a degree; None: nothing cools
    it), and its halts."""

    id: str
    vehicle: Vehicle
    rooms: tuple[tuple[Room, int | None], ...]
    halts: tuple[Halt, ...]

    @property
    def metres(self) -> int:
        return sum(halt.metres for halt in self.halts)


@dataclass(frozen=True)
class Route:
    """All rounds of one carrier on the day, in their order."""

    carrier: Carrier
    ways: tuple[Way, ...]

    @property
    def starts_at(self) -> datetime:
        return self.ways[0].halts[0].arrives_at

    @property
    def ends_at(self) -> datetime:
        return self.ways[-1].halts[-1].departs_at

    @property
    def metres(self) -> int:
        return sum(way.metres for way in self.ways)

    @property
    def halts(self) -> list[Halt]:
        return [halt for way in self.ways for halt in way.halts]


def routes(day: Day, plan: Plan) -> list[Route]:
    """Of every carrier who drives, by when they start."""
    things = Things(day)
    boxes_of = _boxes_on_the_way(plan)
    rounds: dict[str, list[Round]] = {}
    for one in sorted(plan.rounds, key=lambda one: (one.stops[0].arrives_at, one.id)):
        rounds.setdefault(one.carrier_id, []).append(one)
    found = [
        Route(things.carriers[carrier_id], tuple(_way(things, one, boxes_of) for one in ordered))
        for carrier_id, ordered in rounds.items()
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.carrier.name, one.carrier.id))


class Things:
    """What a day is made of, by id."""

    def __init__(self, day: Day) -> None:
        self.sites = {one.id: one for one in day.sites}
        self.vehicles = {one.id: one for one in day.vehicles}
        self.carriers = {one.id: one for one in day.carriers}
        self.boxes = {one.id: one for one in day.boxes}
        self.consignments = {one.id: one for one in day.consignments}
        self.roads = DayRoads(day)


_Fills = dict[tuple[str, int, str], bool]
"""Whether the boxes of a consignment are filled, by round, number of the stop and consignment."""


def _boxes_on_the_way(plan: Plan) -> _Fills:
    """A box that is named for the first time for these goods is filled then; after that it stays closed, until its
    goods are taken out."""
    acts = [
        ((at, turn), one.id, number, stop)
        for one in plan.rounds
        for number, stop in enumerate(one.stops)
        for turn, at in enumerate((stop.arrives_at, stop.departs_at))
    ]
    held: dict[str, tuple[str, ...]] = {}
    filled: _Fills = {}
    # Put down when the carrier comes, taken on when it leaves: another may take meanwhile what it brought.
    for (_at, turn), round_id, number, stop in sorted(acts, key=lambda one: one[:3]):
        for unload in () if turn else stop.unloads:
            if unload.unpacked:
                held.pop(unload.consignment_id, None)
        for load in stop.loads if turn else ():
            filled[round_id, number, load.consignment_id] = bool(load.box_ids) and (
                held.get(load.consignment_id) != load.box_ids
            )
            held[load.consignment_id] = load.box_ids
    return filled


def _way(things: Things, one: Round, filled: _Fills) -> Way:
    vehicle = things.vehicles[one.vehicle_id]
    rooms = {room.id: room for room in vehicle.rooms}
    settings = {each.room_id: each.set_to for each in one.settings}
    aboard: dict[str, tuple[Room, tuple[Box, ...]]] = {}
    halts: list[Halt] = []
    for number, stop in enumerate(one.stops):
        site = things.sites[stop.site_id]
        off = tuple(_put_down(things, site, each, aboard.pop(each.consignment_id)) for each in stop.unloads)
        taken = []
        for load in stop.loads:
            boxes = tuple(things.boxes[box_id] for box_id in load.box_ids)
            aboard[load.consignment_id] = (rooms[load.room_id], boxes)
            until = _put_down_at(one.stops, number, load.consignment_id)
            goods = things.consignments[load.consignment_id]
            taken.append(
                (
                    until,
                    Taken(
                        consignment=goods,
                        room=rooms[load.room_id],
                        boxes=boxes,
                        origin=things.sites[goods.from_site],
                        goal=things.sites[goods.to_site],
                        off_at=things.sites[one.stops[until].site_id],
                        filled=filled[one.id, number, load.consignment_id],
                    ),
                )
            )
        # Last off, first in.
        on = tuple(each for _until, each in sorted(taken, key=lambda pair: (-pair[0], pair[1].consignment.id)))
        metres = things.roads.way(halts[-1].site.id, site.id).metres if halts else 0
        halts.append(Halt(site, stop.arrives_at, stop.departs_at, metres, off, on))
    return Way(one.id, vehicle, tuple((room, settings.get(room.id)) for room in vehicle.rooms), tuple(_joined(halts)))


def _put_down(things: Things, site: Site, unload: Unload, aboard: tuple[Room, tuple[Box, ...]]) -> PutDown:
    goods, (room, boxes) = things.consignments[unload.consignment_id], aboard
    return PutDown(
        consignment=goods,
        room=room,
        boxes=boxes,
        origin=things.sites[goods.from_site],
        goal=things.sites[goods.to_site],
        stands_in=next((each for each in site.rooms if each.id == unload.room_id), None),
        unpacked=unload.unpacked,
    )


def _put_down_at(stops: Sequence[Stop], after: int, consignment_id: str) -> int:
    """Number of the stop at which goods that are taken on at stop `after` are put down."""
    later = range(after + 1, len(stops))
    return next(at for at in later if any(each.consignment_id == consignment_id for each in stops[at].unloads))


def _joined(halts: Iterable[Halt]) -> Iterator[Halt]:
    """A plan may stop twice at one place without leaving it (first the fridge, then the hand-over): on paper that is
    one halt. Not where goods are put down after others were taken on: the order would be lost."""
    before: Halt | None = None
    for halt in halts:
        same = before is not None and before.site.id == halt.site.id and before.departs_at == halt.arrives_at
        if before is not None and same and not (before.on and halt.off):
            before = Halt(
                halt.site, before.arrives_at, halt.departs_at, before.metres, before.off + halt.off, before.on + halt.on
            )
            continue
        if before is not None:
            yield before
        before = halt
    if before is not None:
        yield before
