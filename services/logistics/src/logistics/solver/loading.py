"""What travels in which compartment, at what temperature, and in which boxes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from coldchain.day import Box, Consignment
from logistics.solver.errand import Errand, Stage
from logistics.solver.ground import Ground
from logistics.solver.need import NOTHING, Need
from logistics.solver.storing import Space
from logistics.solver.timing import Timetable, calls_of
from logistics.solver.tour import Tour

OUT_OF_FROST = Need(0, NOTHING.highest, cooling=False)
"""For closed boxes: they keep their own temperature, but do not stand in a freezer."""


@dataclass
class Cargo:
    """By errand number and consignment: its compartment, its boxes. `set_to`: of each cooled compartment in use."""

    room_of: dict[tuple[int, str], str] = field(default_factory=dict)
    boxes_of: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    set_to: dict[str, int] = field(default_factory=dict)

    @property
    def boxes(self) -> frozenset[str]:
        return frozenset(box for boxes in self.boxes_of.values() for box in boxes)


@dataclass
class Hold:
    """The compartments of a vehicle on its way."""

    spaces: list[Space]
    payload: int
    aboard: dict[tuple[int, str], tuple[Space, int, int]] = field(default_factory=dict)

    def put(self, key: tuple[int, str], need: Need, volume: int, weight: int, *, cold: bool) -> Space | None:
        """In the compartment that it narrows least; goods that need no cold leave the cold ones to others."""
        if weight > self.payload:
            return None
        able = [
            space
            for space in self.spaces
            if (not cold or space.room.coldest is not None) and space.takes(need, volume, weight)
        ]
        if not able:
            return None
        space = min(able, key=lambda space: (not cold and space.room.cooled, space.narrows(need) > 0 and space.used))
        space.take(need, volume, weight)
        self.payload -= weight
        self.aboard[key] = (space, volume, weight)
        return space

    def put_down(self, key: tuple[int, str]) -> None:
        space, volume, weight = self.aboard.pop(key)
        space.volume += volume
        space.payload = None if space.payload is None else space.payload + weight
        self.payload += weight


def load(ground: Ground, tour: Tour, times: Timetable, taken: frozenset[str], *, strict: bool = True) -> Cargo | None:
    """None: it does not fit, or would not stay cold. `taken`: boxes that other tours use. `strict`: only in vehicles
    and boxes that have the certificate where one is due."""
    cargo, hold = Cargo(), empty(ground, tour)
    for index, call in enumerate(tour.calls):
        for errand in call.brings:
            for consignment in errand.consignments:
                hold.put_down((errand.number, consignment.id))
        free = [box for box in ground.boxes_at.get(call.site, ()) if box.id not in taken and box.id not in cargo.boxes]
        for errand in call.takes:
            until = kept_until(ground, tour, times, errand)
            seconds = until - times.calls[index][0]
            certified = not strict or ground.certified(tour.vehicle, errand.need.highest) or near(ground, tour, errand)
            if not take(ground, errand, seconds, free, hold, cargo, certified=certified):
                return None
            used = cargo.boxes
            free = [box for box in free if box.id not in used]
    cargo.set_to = {space.room.id: space.set_to for space in hold.spaces if space.room.cooled and space.used}
    return cargo


def empty(ground: Ground, tour: Tour) -> Hold:
    spaces = [
        Space(
            room,
            ground.usable(room.volume),
            room.payload,
            NOTHING.lowest if room.coldest is None else room.coldest,
            NOTHING.highest if room.warmest is None else room.warmest,
        )
        for room in tour.vehicle.rooms
    ]
    return Hold(spaces, tour.vehicle.payload)


def kept_until(ground: Ground, tour: Tour, times: Timetable, errand: Errand) -> int:
    """Until when its boxes must hold, were it in boxes."""
    if errand.boxed and errand.bring_to in ground.handover:
        return ground.handover[errand.bring_to][1]
    index = next(index for index, call in enumerate(tour.calls) if errand in call.brings)
    return times.calls[index][1]


def take(
    ground: Ground, errand: Errand, seconds: int, free: list[Box], hold: Hold, cargo: Cargo, *, certified: bool
) -> bool:
    """In a cold compartment where that serves, else in boxes; goods that need no cold anywhere. `certified`: the
    vehicle may carry them bare, or in boxes of any kind."""
    if not errand.need.cooling:
        return all(loose(errand, one, hold, cargo, cold=False) for one in errand.consignments)
    if not errand.boxed and certified and any(space.room.cooled for space in hold.spaces):
        rest = [one for one in errand.consignments if not loose(errand, one, hold, cargo, cold=True)]
    else:
        rest = list(errand.consignments)
    fit = [
        box
        for box in free
        if (certified or box.certified)
        and errand.need.lowest <= box.coldest
        and box.warmest <= errand.need.highest
        and ground.hold_of(box) >= seconds
    ]
    for boxes, together in packed(rest, fit):
        volume = sum(box.volume for box in boxes)
        first, *others = together
        shared = [(first, volume), *((one, 0) for one in others)]
        for consignment, litres in shared:
            key = (errand.number, consignment.id)
            space = hold.put(key, OUT_OF_FROST, litres, consignment.weight, cold=False)
            if space is None or not boxes or in_other_room(cargo, errand, together, space):
                return False
            cargo.room_of[key] = space.room.id
            cargo.boxes_of[key] = tuple(box.id for box in boxes)
    return True


def in_other_room(cargo: Cargo, errand: Errand, together: list[Consignment], space: Space) -> bool:
    """A box stands in one compartment."""
    return any(cargo.room_of.get((errand.number, one.id), space.room.id) != space.room.id for one in together)


def loose(errand: Errand, consignment: Consignment, hold: Hold, cargo: Cargo, *, cold: bool) -> bool:
    key = (errand.number, consignment.id)
    space = hold.put(key, errand.need, consignment.volume, consignment.weight, cold=cold)
    if space is not None:
        cargo.room_of[key] = space.room.id
    return space is not None


def near(ground: Ground, tour: Tour, errand: Errand) -> bool:
    """Whether a vehicle without a certificate may carry it: never far from where it was loaded first, never changed
    over at a dock."""
    if errand.stage is Stage.DELIVER:
        return False
    first, last = calls_of(tour, errand)
    most = ground.day.limits.uncertified_metres
    return all(ground.way(errand.take_at, call.site).metres < most for call in tour.calls[first : last + 1])


def packed(goods: Iterable[Consignment], boxes: Iterable[Box]) -> Iterator[tuple[list[Box], list[Consignment]]]:
    """Which goods go into which boxes: several share one, or one has several for itself. No boxes: they are too few."""
    left = sorted(boxes, key=lambda box: (box.volume, box.id))
    open_boxes: list[tuple[Box, int, list[Consignment]]] = []
    for one in sorted(goods, key=lambda one: (-one.volume, one.id)):
        place = next((entry for entry in open_boxes if entry[1] >= one.volume), None)
        if place is not None:
            open_boxes[open_boxes.index(place)] = (place[0], place[1] - one.volume, [*place[2], one])
            continue
        box = next((box for box in left if box.volume >= one.volume), None)
        if box is not None:
            left.remove(box)
            open_boxes.append((box, box.volume - one.volume, [one]))
            continue
        several: list[Box] = []
        while left and sum(box.volume for box in several) < one.volume:
            several.append(left.pop())
        enough = sum(box.volume for box in several) >= one.volume
        yield (several if enough else []), [one]
    yield from (([box], members) for box, _, members in open_boxes)
