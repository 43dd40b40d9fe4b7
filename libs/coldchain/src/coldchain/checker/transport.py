"""Vehicles without certificate: how far they may carry what needs cold."""

from collections.abc import Iterator

from coldchain.checker.finding import found, soft
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Ride, Trace
from coldchain.day import Day, Line, Vehicle
from coldchain.sources import CERTIFICATE
from coldchain.temperature import FROZEN, HOT, Basis, carried_at, temperature_class
from coldchain.violation import Violation

FAR = soft("uncertified-too-far", CERTIFICATE)
BREAK = soft("uncertified-break-of-load", CERTIFICATE)
EXPIRED = soft("certificate-expired", CERTIFICATE)

RULES = (FAR, BREAK, EXPIRED)

FOR_FROZEN = frozenset({"FRC", "FRF", "RRC"})


def certified(vehicle: Vehicle, day: Day, line: Line) -> bool:
    """Whether its certificate holds on the day, for these goods."""
    holds = bool(vehicle.certificate) and vehicle.certified_until is not None and vehicle.certified_until >= day.date
    return holds and (line.temperature_class not in FROZEN or vehicle.certificate.upper() in FOR_FROZEN)


def needs_cooling(line: Line, day: Day) -> bool:
    """By law, and on this day: in weather cold enough a vehicle needs nothing."""
    kind = temperature_class(line.temperature_class)
    return (
        kind.basis is Basis.LAW
        and kind.code != HOT
        and carried_at(line.temperature_class, line.label_max).too_warm(day.outside)
    )


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    relied_on: dict[str, list[Line]] = {}
    for one in scene.day.consignments:
        cooled = [line for line in one.lines if needs_cooling(line, scene.day)]
        for number, ride in enumerate(trace.rides[one.id]):
            if ride.boxes and all(box.certified for box in ride.boxes):
                continue
            vehicle = scene.vehicles[ride.round.vehicle_id]
            lines = [line for line in cooled if not certified(vehicle, scene.day, line)]
            if not lines:
                continue
            if vehicle.certified_until is not None and vehicle.certified_until < scene.day.date:
                relied_on.setdefault(ride.round.id, []).extend(lines)
            said = {"vehicle": vehicle.name, "carrier": scene.carriers[ride.round.carrier_id].name}
            metres = _farthest(scene, ride)
            if metres > scene.day.limits.uncertified_metres:
                limit = scene.day.limits.uncertified_metres
                yield found(FAR, [one.id], lines, ride.round.id, "", metres=metres, limit_metres=limit, **said)
            if number:
                site = ride.stops[0].site_id
                yield found(BREAK, [one.id], lines, ride.round.id, site, site=scene.sites[site].name, **said)
    owners = {line.id: one.id for one in scene.day.consignments for line in one.lines}
    for round_id, lines in relied_on.items():
        vehicle = scene.vehicles[scene.rounds[round_id].vehicle_id]
        ids = [owners[line.id] for line in lines]
        yield found(EXPIRED, ids, lines, round_id, "", vehicle=vehicle.name, date=str(vehicle.certified_until))


def _farthest(scene: Scene, ride: Ride) -> int:
    """By road from where the goods were taken on to where they came with this vehicle."""
    loaded = ride.stops[0].site_id
    return max(scene.roads.way(loaded, stop.site_id).metres for stop in ride.stops)
