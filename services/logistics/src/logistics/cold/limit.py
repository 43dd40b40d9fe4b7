"""Between which temperatures a place must be at a moment: as strictly as the goods ask that stand there by the plan.

Chilled goods have no tolerance; frozen ones may be 3 °C warmer at the surface while they are loaded or unloaded (orders
of 21 December 2009 and 8 October 2013). Goods in a closed box that still holds do not feel the room. The plan is
followed by the checker's own walk, so that who measures and who plans mean the same.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from coldchain.checker.scene import Scene
from coldchain.checker.trace import Doing, Piece, Trace
from coldchain.checker.walk import follow
from coldchain.day import Consignment, Line
from coldchain.sources import CLASSES, FROZEN_CLASSES, HOT_DISHES, USAGE
from coldchain.temperature import FROZEN, HOT, Band, Basis, carried_at, handed_over_at, temperature_class
from logistics.cold.place import Kind, Place, Stage
from logistics.schedule.published import Published

BRIEFLY = 30
"""Tenths of a degree that frozen goods may be warmer at the surface in loading and unloading."""
STANDING = (Doing.STANDING, Doing.HANDED_OVER)
MOVING = frozenset({Stage.LOADING, Stage.DEPOT_IN, Stage.DEPOT_OUT, Stage.DROP_OFF})


@dataclass(frozen=True)
class Asked:
    """What one line asks of the place it is in. `law`: a legal limit, not the usage of the trade."""

    consignment_id: str
    line: Line
    band: Band
    law: bool
    source: str


@dataclass(frozen=True)
class Limit:
    """`asked` by every line that is there and bears not any temperature."""

    asked: tuple[Asked, ...] = ()

    @property
    def band(self) -> Band:
        """The strictest on both sides."""
        lowest = max((one.band.lowest for one in self.asked if one.band.lowest is not None), default=None)
        highest = min((one.band.highest for one in self.asked if one.band.highest is not None), default=None)
        return Band(lowest, highest)

    def broken_by(self, temperature: int) -> tuple[Asked, ...]:
        return tuple(one for one in self.asked if not one.band.holds(temperature))


@dataclass(frozen=True)
class Stay:
    begins: datetime
    ends: datetime
    band: Band


@dataclass(frozen=True)
class Followed:
    """A published day with what becomes of its goods."""

    published: Published
    scene: Scene
    trace: Trace

    @classmethod
    def of(cls, published: Published) -> "Followed":
        scene = Scene.of(published.day, published.plan)
        return cls(published, scene, follow(scene))

    def limit(self, place: Place, at: datetime, stage: Stage | None = None) -> Limit:
        """`stage` of goods that are measured themselves."""
        if place.kind is Kind.GOODS:
            one = self.scene.consignments.get(place.id)
            lines = () if one is None else tuple(line for line in one.lines if place.part in ("", line.id))
            return Limit(tuple(_asked(place.id, line, _when_measured(line, stage)) for line in lines if _bears(line)))
        return Limit(
            tuple(
                _asked(one.id, line, self._band(place, line, piece, at))
                for one, piece in self.there(place, at)
                for line in one.lines
                if _bears(line)
            )
        )

    def places(self) -> list[Place]:
        """Where goods of this day go that bear not any temperature: rooms, compartments, boxes."""
        return sorted(
            place
            for place, inside in self._by_place.items()
            if any(_bears(line) for one, _piece in inside for line in one.lines)
        )

    def whole_day(self, place: Place) -> "Stay | None":
        """From when to when goods are in this place by the plan, and the strictest that they ask meanwhile, whatever is
        tolerated in loading; None: no goods that ask for a temperature come there."""
        found = [
            (line, piece)
            for one, piece in self.pieces(place)
            for line in one.lines
            if _bears(line) and (place.kind is Kind.BOX or not _kept_by_box(piece, piece.ends))
        ]
        if not found:
            return None
        asked = [_asked("", line, _where(line, piece)) for line, piece in found]
        begins, ends = min(piece.begins for _line, piece in found), max(piece.ends for _line, piece in found)
        return Stay(begins, ends, Limit(tuple(asked)).band)

    def steps(self, place: Place) -> list[Stay]:
        """What is asked in this place, from change to change; nothing of the time in which no goods are there."""
        moments = {at for _one, piece in self.pieces(place) for at in (piece.begins, piece.ends)}
        moments |= {piece.held_until for _one, piece in self.pieces(place) if piece.held_until is not None}
        if place.kind is Kind.VEHICLE:
            stops = [stop for one in self.published.plan.rounds if one.vehicle_id == place.id for stop in one.stops]
            moments |= {at for stop in stops for at in (stop.arrives_at, stop.departs_at)}
        found = []
        for begins, ends in itertools.pairwise(sorted(moments)):
            limit = self.limit(place, begins)
            if limit.asked:
                found.append(Stay(begins, ends, limit.band))
        return found

    def delicate(self) -> list[Consignment]:
        """Consignments with goods that bear not any temperature."""
        return [one for one in self.published.day.consignments if any(_bears(line) for line in one.lines)]

    def there(self, place: Place, at: datetime) -> Iterator[tuple[Consignment, Piece]]:
        """What the plan has in this place at this moment and feels its temperature."""
        for one, piece in self.pieces(place):
            if piece.begins <= at < piece.ends and (place.kind is Kind.BOX or not _kept_by_box(piece, at)):
                yield one, piece

    def pieces(self, place: Place) -> list[tuple[Consignment, Piece]]:
        """All stretches of time that goods spend in this place."""
        return self._by_place.get(place, [])

    @cached_property
    def _by_place(self) -> dict[Place, list[tuple[Consignment, Piece]]]:
        """Found once: a recorder's file asks for thousands of moments."""
        found: dict[Place, list[tuple[Consignment, Piece]]] = {}
        for one in self.published.day.consignments:
            for piece in self.trace.pieces[one.id]:
                for place in self._places_of(piece):
                    found.setdefault(place, []).append((one, piece))
        return found

    def _places_of(self, piece: Piece) -> Iterator[Place]:
        part = "" if piece.room is None else piece.room.id
        if piece.doing in STANDING:
            yield Place(Kind.SITE, piece.site_id, part)
        elif piece.doing is Doing.RIDING:
            yield Place(Kind.VEHICLE, self.scene.rounds[piece.round_id].vehicle_id, part)
        for box in piece.boxes:
            yield Place(Kind.BOX, box.id)

    def _band(self, place: Place, line: Line, piece: Piece, at: datetime) -> Band:
        band = _where(line, piece)
        handled = piece.doing in (Doing.HANDLED, Doing.PACKED)
        if handled or (place.kind is Kind.VEHICLE and self._doors_open(piece.round_id, at)):
            return briefly(line, band)
        return band

    def _doors_open(self, round_id: str, at: datetime) -> bool:
        """Whether something is loaded or unloaded by the plan."""
        stops = self.scene.rounds[round_id].stops
        return any(stop.arrives_at <= at < stop.departs_at and (stop.loads or stop.unloads) for stop in stops)


def _where(line: Line, piece: Piece) -> Band:
    limits = handed_over_at if piece.doing is Doing.HANDED_OVER else carried_at
    return limits(line.temperature_class, line.label_max)


def briefly(line: Line, band: Band) -> Band:
    """In loading and unloading."""
    if line.temperature_class not in FROZEN or band.highest is None:
        return band
    return Band(band.lowest, band.highest + BRIEFLY)


def _when_measured(line: Line, stage: Stage | None) -> Band:
    limits = handed_over_at if stage is Stage.PICK_UP else carried_at
    band = limits(line.temperature_class, line.label_max)
    return briefly(line, band) if stage in MOVING else band


def _bears(line: Line) -> bool:
    """Whether there is a temperature that these goods do not bear."""
    band = carried_at(line.temperature_class, line.label_max)
    return band.lowest is not None or band.highest is not None


def _kept_by_box(piece: Piece, at: datetime) -> bool:
    return bool(piece.boxes) and piece.held_until is not None and at < piece.held_until


def _asked(consignment_id: str, line: Line, band: Band) -> Asked:
    law = temperature_class(line.temperature_class).basis is Basis.LAW
    source = CLASSES if law else USAGE
    if line.temperature_class in FROZEN:
        source = FROZEN_CLASSES
    elif line.temperature_class == HOT:
        source = HOT_DISHES
    return Asked(consignment_id, line, band, law, source)
