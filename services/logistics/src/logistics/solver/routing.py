"""The routing parts, given to PyVRP: in which order whom to call at, and by whom.

It knows time windows, loads, bases, prices and several trips of a vehicle, not what follows from rooms and boxes: what
it proposes is judged tour by tour (`draft.py`), and what does not hold is put in elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldchain.day import Carrier, Vehicle
from logistics.solver.budget import Stopping
from logistics.solver.draft import CO2_THOUSANDTHS_OF_CENTS
from logistics.solver.errand import Errand, Stage
from logistics.solver.ground import Ground
from logistics.solver.loading import packed

if TYPE_CHECKING:
    from pyvrp import ProblemData, Route

PRIZE = 10**8
"""Thousandths of cents for doing an errand at all: more than any of them costs."""

FORBIDDEN = 10**7
"""Seconds and metres: a way that nobody takes."""

FAR = 1 << 40
"""Metres: no limit."""

METRES_PER_SECOND = 13
"""Of a working day on the roads of a hub: how far one comes within the hours at the wheel."""

MOST_TRIPS = 3


@dataclass(frozen=True)
class Crew:
    """A carrier as it stands at the beginning of a stage: it goes from `starts` over its calls to `ends`, not before
    `free_at`, back at `back_at`. `fixed`: what it costs that it goes at all, thousandths of cents."""

    carrier: Carrier
    vehicle: Vehicle
    starts: str
    ends: str
    free_at: int
    back_at: int
    driving: int | None
    fixed: int


def routes(
    ground: Ground, errands: Sequence[Errand], crews: Sequence[Crew], dock: str, seed: int, stop: Stopping
) -> dict[str, list[list[Errand]]]:
    """By carrier: its trips from and to the dock, each an order of errands. What nobody can do is in none."""
    import pyvrp

    if not errands or not crews:
        return {}
    data = problem(ground, errands, crews, dock)
    result = pyvrp.solve(data, stop, seed=seed, collect_stats=False)
    found: dict[str, list[list[Errand]]] = {}
    for route in result.best.routes():
        found[crews[route.vehicle_type()].carrier.id] = trips(route, errands)
    return found


def trips(route: "Route", errands: Sequence[Errand]) -> list[list[Errand]]:
    parts: list[list[Errand]] = [[]]
    for activity in route:
        if activity.is_client():
            parts[-1].append(errands[activity.idx])
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def problem(ground: Ground, errands: Sequence[Errand], crews: Sequence[Crew], dock: str) -> "ProblemData":
    """One client an errand, one vehicle type a carrier. Handling is part of the way to a site: whoever does two errands
    there handles once."""
    import numpy as np
    import pyvrp

    bases = list(dict.fromkeys([dock, *(site for crew in crews for site in (crew.starts, crew.ends))]))
    sites = [*bases, *(place_of(errand) for errand in errands)]
    handled = [0] * len(bases) + [ground.handling[place_of(errand)] for errand in errands]
    ways = [[ground.way(a, b) for b in sites] for a in sites]
    metres = np.array([[way.metres for way in row] for row in ways], dtype=np.int64)
    seconds = np.array(
        [
            [way.seconds + (handled[b] if sites[a] != sites[b] or a < len(bases) else 0) for b, way in enumerate(row)]
            for a, row in enumerate(ways)
        ],
        dtype=np.int64,
    )
    np.fill_diagonal(seconds, 0)
    profiles: dict[frozenset[int], int] = {}
    vehicles = []
    for crew in crews:
        barred = frozenset(
            index for index, errand in enumerate(errands) if errand.carriers and crew.carrier.id not in errand.carriers
        )
        profile = profiles.setdefault(barred, len(profiles))
        vehicles.append(vehicle_type(ground, crew, bases, profile))
    clients = [client(ground, errand, len(bases) + index) for index, errand in enumerate(errands)]
    return pyvrp.ProblemData(
        [pyvrp.Location(ground.sites[site].longitude, ground.sites[site].latitude) for site in sites],
        clients,
        [pyvrp.Depot(index) for index in range(len(bases))],
        vehicles,
        [barring(metres, barred, len(bases)) for barred in profiles],
        [barring(seconds, barred, len(bases)) for barred in profiles],
    )


def barring(matrix, barred: frozenset[int], first: int):  # type: ignore[no-untyped-def]
    barred_matrix = matrix.copy()
    for index in barred:
        barred_matrix[:, first + index] = FORBIDDEN
        barred_matrix[first + index, first + index] = 0
    return barred_matrix


def place_of(errand: Errand) -> str:
    """Away from the dock."""
    return errand.take_at if errand.stage is Stage.COLLECT else errand.bring_to


def cold_litres(ground: Ground, errand: Errand) -> int:
    """What must stand in a cold compartment: neither what may be warm nor what boxes at its place can take."""
    if not errand.need.cooling or errand.boxed:
        return 0
    if errand.stage is Stage.COLLECT and boxes_suffice(ground, errand):
        return 0
    return errand.volume


def boxes_suffice(ground: Ground, errand: Errand) -> bool:
    """Of those that stand at its farm."""
    return all(boxes for boxes, _ in packed(errand.consignments, ground.boxes_at.get(errand.take_at, ())))


def client(ground: Ground, errand: Errand, location: int):  # type: ignore[no-untyped-def]
    import pyvrp

    site = place_of(errand)
    handling = ground.handling[site]
    opens, closes = ground.windows[site][0][0], ground.windows[site][-1][1]
    collects = errand.stage is Stage.COLLECT
    amounts = [errand.volume * 13 // 10 if errand.boxed else errand.volume, errand.weight, cold_litres(ground, errand)]
    due = errand.due - ground.way(site, errand.bring_to).seconds - ground.handling[errand.bring_to]
    latest = min(closes, due if collects else errand.due)
    earliest = min(latest, max(opens, errand.ready if collects else 0) + handling)
    return pyvrp.Client(
        location,
        delivery=[] if collects else amounts,
        pickup=amounts if collects else [],
        tw_early=max(0, earliest),
        tw_late=max(0, latest),
        prize=PRIZE * len(errand.consignments),
        required=False,
    )


def vehicle_type(ground: Ground, crew: Crew, bases: list[str], profile: int):  # type: ignore[no-untyped-def]
    import pyvrp

    vehicle = crew.vehicle
    cold = sum(ground.usable(room.volume) for room in vehicle.rooms if room.cooled) if ground.certified(vehicle) else 0
    capacity = [sum(ground.usable(room.volume) for room in vehicle.rooms), vehicle.payload, cold]
    farthest = FAR if crew.driving is None else crew.driving * METRES_PER_SECOND
    return pyvrp.VehicleType(
        1,
        capacity,
        start_depot=bases.index(crew.starts),
        end_depot=bases.index(crew.ends),
        fixed_cost=crew.fixed,
        tw_early=max(0, crew.free_at),
        tw_late=max(0, crew.free_at, crew.back_at),
        unit_distance_cost=vehicle.cents_per_km + 1 + vehicle.co2_grams_per_km * CO2_THOUSANDTHS_OF_CENTS // 1000,
        unit_duration_cost=-(-crew.carrier.cents_per_hour * 1000 // 3600),
        profile=profile,
        reload_depots=[0],
        max_reloads=MOST_TRIPS - 1,
        max_distance=farthest,
    )
