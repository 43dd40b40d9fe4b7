"""Whether goods can ever go from a farm to a pickup point, before anybody plans a day: for who offers and who orders.

It says no only where no plan of any day could pass the checker with these means; that it says nothing promises no
plan. What is usage and not law is never refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from coldchain.day import Box, Limits, Line, Room, Site, Vehicle
from coldchain.road import great_circle
from coldchain.temperature import FROZEN, HOT, MINCED, Band, Basis, carried_at, handed_over_at, temperature_class


class Never(StrEnum):
    NO_HAND_OVER = "no-hand-over"
    NOT_KEPT = "not-kept"
    NOT_CARRIED = "not-carried"
    EGGS_FAR = "eggs-too-far"
    EGGS_RESOLD = "eggs-resold"
    MINCED_RESOLD = "minced-meat-under-dispensation"
    DISPENSATION_FAR = "dispensation-too-far"


@dataclass(frozen=True)
class Means:
    """What the hub has. `outside`: the warmest it is to reckon with."""

    outside: int
    vehicles: tuple[Vehicle, ...] = ()
    boxes: tuple[Box, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Refusal:
    """`limit`: the temperature that cannot be kept, in tenths of a degree; `metres`, `limit_metres` where it is too
    far."""

    never: Never
    product: str
    site: str
    limit: int | None = None
    metres: int = 0
    limit_metres: int = 0


def why_never(line: Line, farm: Site, place: Site, means: Means) -> Refusal | None:
    """The first reason for which the goods can never go from the farm to households at this place."""
    return (
        why_not_received(line, place, means) or _not_carried(line, place, means) or _not_sold(line, farm, place, means)
    )


def why_not_received(line: Line, place: Site, means: Means) -> Refusal | None:
    """Whether the place can keep the goods until households have them: in a room, in a box, or for a short time."""
    if place.handover is None:
        return Refusal(Never.NO_HAND_OVER, line.name, place.name)
    if _bears(line, means.outside, handed_over=True):
        return None
    length = place.handover.closes_at - place.handover.opens_at
    collected_in = -(-int(length.total_seconds()) // 60)
    minutes = collected_in + place.handling
    uncooled = collected_in if _bears(line, means.outside) else minutes
    if _by_room(place.rooms, line, handed_over=True) or _by_box(means, line, minutes, handed_over=True):
        return None
    if line.temperature_class not in FROZEN | {HOT} and uncooled <= means.limits.uncooled:
        return None
    limit = handed_over_at(line.temperature_class, line.label_max)
    return Refusal(Never.NOT_KEPT, line.name, place.name, limit.highest if limit.lowest is None else limit.lowest)


def _not_carried(line: Line, place: Site, means: Means) -> Refusal | None:
    """Whether any vehicle or box keeps them; a short way needs none, so that only frozen and hot goods are refused."""
    if line.temperature_class not in FROZEN | {HOT} or _bears(line, means.outside):
        return None
    if any(_by_room(vehicle.rooms, line) for vehicle in means.vehicles) or _by_box(means, line, 0):
        return None
    limit = carried_at(line.temperature_class, line.label_max)
    return Refusal(Never.NOT_CARRIED, line.name, place.name, limit.highest if limit.lowest is None else limit.lowest)


def _not_sold(line: Line, farm: Site, place: Site, means: Means) -> Refusal | None:
    metres, limits = ceil(great_circle(farm, place)), means.limits
    if line.eggs and not line.packing_centre:
        if line.resold:
            return Refusal(Never.EGGS_RESOLD, line.name, place.name)
        if metres > limits.eggs_metres:
            return Refusal(Never.EGGS_FAR, line.name, place.name, None, metres, limits.eggs_metres)
    if line.dispensation:
        if line.temperature_class == MINCED:
            return Refusal(Never.MINCED_RESOLD, line.name, place.name)
        if metres > limits.dispensation_metres:
            return Refusal(Never.DISPENSATION_FAR, line.name, place.name, None, metres, limits.dispensation_metres)
    return None


def _bands(line: Line, handed_over: bool) -> tuple[Band, ...]:
    carried = carried_at(line.temperature_class, line.label_max)
    return (carried, handed_over_at(line.temperature_class, line.label_max)) if handed_over else (carried,)


def _bears(line: Line, outside: int, handed_over: bool = False) -> bool:
    """Whether nothing need keep the goods, or only usage asks it. Hot dishes always need a box."""
    if line.temperature_class == HOT:
        return False
    if temperature_class(line.temperature_class).basis is not Basis.LAW:
        return True
    return all(not band.too_warm(outside) for band in _bands(line, handed_over))


def _by_room(rooms: Iterable[Room], line: Line, handed_over: bool = False) -> bool:
    """Whether one of them can be set so that the goods bear it."""
    bands = _bands(line, handed_over)
    lowest = max((band.lowest for band in bands if band.lowest is not None), default=None)
    highest = min((band.highest for band in bands if band.highest is not None), default=None)
    return any(
        room.coldest is not None
        and room.warmest is not None
        and (highest is None or room.coldest <= highest)
        and (lowest is None or room.warmest >= lowest)
        for room in rooms
    )


def _by_box(means: Means, line: Line, minutes: int, handed_over: bool = False) -> bool:
    bands = _bands(line, handed_over)
    return any(
        box.held_for(means.outside) >= minutes
        and all(band.holds(box.coldest) and band.holds(box.warmest) for band in bands)
        for box in means.boxes
    )
