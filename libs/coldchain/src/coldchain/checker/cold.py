"""The cold: at every moment of the day each line is as cold, or as hot, as its class and its label ask.

In a closed box goods are between the box's bounds until it no longer holds; in a cooled room as cold as it is set; all
other time as warm as it is outside at most. Where that is within what the goods bear, nothing needs cooling.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from coldchain.checker.finding import at, found, hard, minutes, soft
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Doing, Piece, Trace
from coldchain.day import Consignment, Line
from coldchain.sources import CLASSES, CLASSES_AND_USAGE, FROZEN_CLASSES, HOT_DISHES, USAGE
from coldchain.temperature import (
    AMBIENT,
    FISH,
    FROST,
    FROZEN,
    HEAT,
    HOT,
    SHELLFISH,
    Band,
    Basis,
    carried_at,
    handed_over_at,
    temperature_class,
)  # fmt: skip
from coldchain.violation import Rule, Violation

IMPOSSIBLE = hard("setting-impossible")
MIXED = hard("compartment-mixed", CLASSES)
WRONG = hard("wrong-temperature", CLASSES)
WRONG_USAGE = soft("wrong-temperature-usage", USAGE)
UNCOOLED = hard("uncooled-too-long", CLASSES_AND_USAGE)
UNCOOLED_USAGE = soft("uncooled-too-long-usage", USAGE)
HOLD = hard("box-held-too-short", CLASSES)
BOX = hard("box-of-wrong-temperature", CLASSES)
BOX_USAGE = soft("box-of-wrong-temperature-usage", USAGE)
FROZEN_UNCOOLED = hard("frozen-uncooled", FROZEN_CLASSES)
HOT_UNBOXED = hard("hot-out-of-a-box", HOT_DISHES)
ON_ICE = soft("shellfish-on-ice", USAGE)
AMBIENT_OFF = soft("frost-or-heat", USAGE)

RULES = (
    IMPOSSIBLE, MIXED, WRONG, WRONG_USAGE, UNCOOLED, UNCOOLED_USAGE, HOLD, BOX, BOX_USAGE, FROZEN_UNCOOLED, HOT_UNBOXED,
    ON_ICE, AMBIENT_OFF,
)  # fmt: skip


@dataclass(frozen=True)
class _Stretch:
    """A piece, or the part of it in which one thing keeps the temperature: a box that holds, a room, or nothing."""

    piece: Piece
    length: timedelta
    boxed: bool
    expired: bool


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    yield from _settings(scene)
    yield from _mixed(scene, trace)
    for one in scene.day.consignments:
        pieces = trace.pieces[one.id]
        for line in one.lines:
            if line.temperature_class == AMBIENT:
                yield from _ambient(scene, one, line, pieces)
            else:
                yield from _line(scene, one, line, pieces)


def _stretches(piece: Piece) -> Iterator[_Stretch]:
    if not piece.boxes or piece.held_until is None:
        yield _Stretch(piece, piece.ends - piece.begins, boxed=False, expired=False)
        return
    held = min(max(piece.held_until, piece.begins), piece.ends)
    if held > piece.begins:
        yield _Stretch(piece, held - piece.begins, boxed=True, expired=False)
    if held < piece.ends:
        yield _Stretch(piece, piece.ends - held, boxed=False, expired=True)


def _line(scene: Scene, one: Consignment, line: Line, pieces: list[Piece]) -> Iterator[Violation]:
    law = temperature_class(line.temperature_class).basis is Basis.LAW
    outside = scene.day.outside
    uncooled = timedelta()
    told: set[tuple[Rule, str, str, str]] = set()
    for stretch in (stretch for piece in pieces for stretch in _stretches(piece)):
        piece, band = stretch.piece, _band(line, stretch.piece)
        rule: Rule | None = None
        where = piece.room.name or piece.room.id if piece.room is not None else ""
        temperature = outside
        if stretch.boxed:
            warmest, coldest = max(box.warmest for box in piece.boxes), min(box.coldest for box in piece.boxes)
            temperature = warmest if band.too_warm(warmest) else coldest
            rule = None if band.holds(temperature) else (BOX if law else BOX_USAGE)
            where = piece.boxes[0].name or piece.boxes[0].id
        elif piece.set_to is not None:
            temperature = piece.set_to
            rule = None if band.holds(temperature) else (WRONG if law else WRONG_USAGE)
        elif line.temperature_class == HOT and piece.doing is not Doing.PACKED:
            rule = HOT_UNBOXED if not stretch.expired else HOLD
        elif line.temperature_class != HOT and not band.holds(outside):
            if stretch.expired:
                rule = HOLD
            elif line.temperature_class in FROZEN and piece.doing is not Doing.HANDLED:
                rule = FROZEN_UNCOOLED
            else:
                uncooled += stretch.length
        if rule is None or (rule, piece.round_id, piece.site_id, where) in told:
            continue
        told.add((rule, piece.round_id, piece.site_id, where))
        yield found(
            rule, [one.id], [line], piece.round_id, piece.site_id, where=where, place=_place(scene, piece),
            temperature=temperature, limit_temperature=_limit(band, temperature), at=at(piece.begins),
            held=at(piece.held_until) if piece.held_until is not None else "",
        )  # fmt: skip
    if uncooled > timedelta(minutes=scene.day.limits.uncooled):
        yield found(
            UNCOOLED if law else UNCOOLED_USAGE, [one.id], [line], minutes=minutes(uncooled),
            limit_minutes=scene.day.limits.uncooled, temperature=outside,
            limit_temperature=_limit(carried_at(line.temperature_class, line.label_max), outside),
        )  # fmt: skip


def _band(line: Line, piece: Piece) -> Band:
    limits = handed_over_at if piece.doing is Doing.HANDED_OVER else carried_at
    return limits(line.temperature_class, line.label_max)


def _limit(band: Band, temperature: int) -> int:
    """The bound that a temperature is beyond; where it is beyond none, itself."""
    bounds = [bound for bound in (band.lowest, band.highest) if bound is not None]
    return min(bounds, key=lambda bound: abs(bound - temperature), default=temperature)


def _place(scene: Scene, piece: Piece) -> str:
    if piece.site_id:
        return scene.sites[piece.site_id].name
    return scene.vehicles[scene.rounds[piece.round_id].vehicle_id].name


def _ambient(scene: Scene, one: Consignment, line: Line, pieces: list[Piece]) -> Iterator[Violation]:
    """Told once for each line: the first place where it freezes or is too warm."""
    band = Band(FROST, HEAT)
    if line.label_max is not None:
        band = Band(FROST, line.label_max)
    for piece in pieces:
        temperature = scene.day.outside if piece.set_to is None else piece.set_to
        inside = bool(piece.boxes) and piece.held_until is not None and piece.ends <= piece.held_until
        if not inside and not band.holds(temperature):
            yield found(
                AMBIENT_OFF, [one.id], [line], piece.round_id, piece.site_id, place=_place(scene, piece),
                temperature=temperature, limit_temperature=_limit(band, temperature),
            )  # fmt: skip
            return


def _settings(scene: Scene) -> Iterator[Violation]:
    """Of what a room cannot do."""
    told = [
        (round_.id, "", scene.vehicles[round_.vehicle_id].name, scene.vehicles[round_.vehicle_id].rooms, one)
        for round_ in scene.plan.rounds
        for one in round_.settings
    ] + [
        ("", rooms.site_id, scene.sites[rooms.site_id].name, scene.sites[rooms.site_id].rooms, one)
        for rooms in scene.plan.rooms
        for one in rooms.settings
    ]
    for round_id, site_id, place, rooms, one in told:
        room = next(room for room in rooms if room.id == one.room_id)
        if room.coldest is None or room.warmest is None or not room.coldest <= one.set_to <= room.warmest:
            yield found(
                IMPOSSIBLE, round_id=round_id, site_id=site_id, where=room.name or room.id, place=place,
                temperature=one.set_to,
            )  # fmt: skip


def _mixed(scene: Scene, trace: Trace) -> Iterator[Violation]:
    """What stands bare in one cooled room that no setting suits; and shellfish where fresh fish lies on ice."""
    together: dict[tuple[str, str, str], dict[str, tuple[Line, Piece]]] = {}
    for one, pieces in trace.pieces.items():
        for piece in pieces:
            if piece.room is None or piece.boxes:
                continue
            key = (piece.round_id if piece.doing is Doing.RIDING else "", piece.site_id, piece.room.id)
            inside = together.setdefault(key, {})
            inside.update({line.id: (line, piece) for line in scene.consignments[one].lines})
    for inside in together.values():
        yield from _pair(scene, list(inside.values()))
    for (_box, round_id, _number), ids in trace.filled.items():
        lines = [line for one in ids for line in scene.consignments[one].lines]
        yield from _ice(lines, ids, round_id, "")


def _pair(scene: Scene, inside: list[tuple[Line, Piece]]) -> Iterator[Violation]:
    piece = inside[0][1]
    bands = [(carried_at(line.temperature_class, line.label_max), line) for line, _piece in inside]
    colder = min(((band.highest, line) for band, line in bands if band.highest is not None), key=_bound, default=None)
    warmer = max(((band.lowest, line) for band, line in bands if band.lowest is not None), key=_bound, default=None)
    owners = {line.id: one.id for one in scene.day.consignments for line in one.lines}
    ids = [owners[line.id] for line, _piece in inside]
    assert piece.room is not None
    if piece.room.cooled and colder is not None and warmer is not None and colder[0] < warmer[0]:
        pair = (colder[1], warmer[1])
        yield found(
            MIXED, [owners[line.id] for line in pair], pair, piece.round_id, piece.site_id,
            where=piece.room.name or piece.room.id, place=_place(scene, piece),
            line=colder[1].name, temperature=colder[0], other=warmer[1].name, limit_temperature=warmer[0],
        )  # fmt: skip
    yield from _ice([line for line, _piece in inside], ids, piece.round_id, piece.site_id)


def _bound(one: tuple[int, Line]) -> tuple[int, str]:
    return one[0], one[1].id


def _ice(lines: list[Line], ids: list[str], round_id: str, site_id: str) -> Iterator[Violation]:
    on_ice = [line for line in lines if line.temperature_class in (FISH, SHELLFISH)]
    if {line.temperature_class for line in on_ice} == {FISH, SHELLFISH}:
        yield found(ON_ICE, ids, on_ice, round_id, site_id)
