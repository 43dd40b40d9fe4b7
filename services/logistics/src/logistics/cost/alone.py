"""How far everybody would drive without the hub: each producer on a trip of its own."""

from collections.abc import Iterable
from itertools import pairwise

from coldchain.day import Day
from coldchain.road import DayRoads


def lone_trips(day: Day) -> dict[str, int]:
    """Metres by producer: to all its pickup points, always to the nearest next, and home."""
    roads = DayRoads(day)
    places: dict[tuple[str, str], set[str]] = {}
    for one in day.consignments:
        places.setdefault((one.producer_id, one.from_site), set()).add(one.to_site)
    found: dict[str, int] = {}
    for (producer_id, farm), there in places.items():
        trip = length(roads, [farm, *nearest_next(roads, farm, there), farm])
        found[producer_id] = found.get(producer_id, 0) + trip
    return found


def nearest_next(roads: DayRoads, start: str, sites: Iterable[str]) -> list[str]:
    left, route = set(sites), [start]
    while left:
        route.append(min(left, key=lambda one: (roads.way(route[-1], one).metres, one)))
        left.remove(route[-1])
    return route[1:]


def length(roads: DayRoads, route: list[str]) -> int:
    return sum(roads.way(a, b).metres for a, b in pairwise(route))
