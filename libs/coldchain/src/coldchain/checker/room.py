"""What fits: in compartments and vehicles on every way, in the rooms and on the floors of places at every moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from coldchain.checker.finding import at, found, hard
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Ride, Stand, Trace
from coldchain.day import Box, Room
from coldchain.plan import Round
from coldchain.violation import Violation

COMPARTMENT_FULL = hard("compartment-full")
COMPARTMENT_HEAVY = hard("compartment-too-heavy")
VEHICLE_HEAVY = hard("vehicle-too-heavy")
ROOM_FULL = hard("room-full")
ROOM_HEAVY = hard("room-too-heavy")
FLOOR_FULL = hard("floor-full")

RULES = (COMPARTMENT_FULL, COMPARTMENT_HEAVY, VEHICLE_HEAVY, ROOM_FULL, ROOM_HEAVY, FLOOR_FULL)


@dataclass(frozen=True)
class _Lot:
    consignment_id: str
    boxes: tuple[Box, ...]


def usable(scene: Scene, room: Room) -> int:
    return room.volume * (100 - scene.day.limits.room_loss) // 100


def _volume(scene: Scene, lots: Iterable[_Lot]) -> int:
    """Goods in boxes take up the boxes' volume, once."""
    lots = tuple(lots)
    boxes = {box.id: box.volume for lot in lots for box in lot.boxes}
    bare = sum(scene.consignments[lot.consignment_id].volume for lot in lots if not lot.boxes)
    return bare + sum(boxes.values())


def _weight(scene: Scene, lots: Iterable[_Lot]) -> int:
    return sum(scene.consignments[lot.consignment_id].weight for lot in lots)


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    rides: dict[str, list[tuple[str, Ride]]] = {}
    for one, ways in trace.rides.items():
        for ride in ways:
            rides.setdefault(ride.round.id, []).append((one, ride))
    for round_ in scene.plan.rounds:
        yield from _vehicle(scene, round_, rides.get(round_.id, []))
    places: dict[tuple[str, str | None], list[Stand]] = {}
    for stand in trace.stands:
        places.setdefault((stand.site_id, stand.room_id), []).append(stand)
    for (site_id, room_id), stands in places.items():
        yield from _site(scene, site_id, room_id, stands)


def _vehicle(scene: Scene, round_: Round, rides: Sequence[tuple[str, Ride]]) -> Iterator[Violation]:
    """After each stop; each thing is told once, where it is worst."""
    vehicle, carrier = scene.vehicles[round_.vehicle_id], scene.carriers[round_.carrier_id]
    legs = [
        [(ride.room_id, _Lot(one, ride.boxes)) for one, ride in rides if _aboard(ride, number)]
        for number in range(len(round_.stops))
    ]
    heaviest = max(legs, key=lambda leg: _weight(scene, (lot for _room, lot in leg)), default=[])
    weight = _weight(scene, (lot for _room, lot in heaviest))
    said = {"carrier": carrier.name, "vehicle": vehicle.name}
    if weight > vehicle.payload:
        ids = [lot.consignment_id for _room, lot in heaviest]
        yield found(VEHICLE_HEAVY, ids, (), round_.id, weight=weight, limit_weight=vehicle.payload, **said)
    for room in vehicle.rooms:
        inside = [[lot for room_id, lot in leg if room_id == room.id] for leg in legs]
        fullest = max(inside, key=lambda lots: _volume(scene, lots))
        volume, most = _volume(scene, fullest), usable(scene, room)
        name = room.name or room.id
        if volume > most:
            ids = [lot.consignment_id for lot in fullest]
            yield found(COMPARTMENT_FULL, ids, (), round_.id, room=name, volume=volume, limit_volume=most, **said)
        heaviest_in = max(inside, key=lambda lots: _weight(scene, lots))
        weight = _weight(scene, heaviest_in)
        if room.payload is not None and weight > room.payload:
            ids = [lot.consignment_id for lot in heaviest_in]
            yield found(
                COMPARTMENT_HEAVY, ids, (), round_.id, room=name, weight=weight, limit_weight=room.payload, **said
            )


def _aboard(ride: Ride, number: int) -> bool:
    return ride.taken <= number and (ride.put_down is None or number < ride.put_down)


def _site(scene: Scene, site_id: str, room_id: str | None, stands: Sequence[Stand]) -> Iterator[Violation]:
    site = scene.sites[site_id]
    room, _set_to = scene.site_room(site_id, room_id)
    most = site.floor if room is None else usable(scene, room)
    moments = [(moment, _there(stands, moment)) for moment in sorted({stand.begins for stand in stands})]
    if most is not None:
        moment, lots = max(moments, key=lambda there: _volume(scene, there[1]))
        volume = _volume(scene, lots)
        if volume > most:
            yield found(
                FLOOR_FULL if room is None else ROOM_FULL, [lot.consignment_id for lot in lots], site_id=site_id,
                site=site.name, room="" if room is None else room.name or room.id,
                at=at(moment), volume=volume, limit_volume=most,
            )  # fmt: skip
    if room is not None and room.payload is not None:
        moment, lots = max(moments, key=lambda there: _weight(scene, there[1]))
        weight = _weight(scene, lots)
        if weight > room.payload:
            yield found(
                ROOM_HEAVY, [lot.consignment_id for lot in lots], site_id=site_id, site=site.name,
                room=room.name or room.id, at=at(moment), weight=weight, limit_weight=room.payload,
            )  # fmt: skip


def _there(stands: Sequence[Stand], moment: datetime) -> list[_Lot]:
    return [
        _Lot(one.consignment_id, one.boxes)
        for one in stands
        if one.begins <= moment and (one.ends is None or moment < one.ends)
    ]
