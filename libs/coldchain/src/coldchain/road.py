"""How far and how long from one site to another. An interface, and the way of reckoning that is built in."""

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple, Protocol

from coldchain.day import Day, Roads, Site

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""


Point = tuple[float, float]
"""Latitude and longitude in degrees."""


class Way(NamedTuple):
    metres: int
    seconds: int


class RoadMap(Protocol):
    """KeyError for a site that the day does not know."""

    def way(self, from_site: str, to_site: str) -> Way: ...


def great_circle(a: Site, b: Site) -> float:
    """Metres as the crow flies."""
    return crow_flies((a.latitude, a.longitude), (b.latitude, b.longitude))


def crow_flies(a: Point, b: Point) -> float:
    """Metres as the crow flies (haversine)."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    north, east = (lat_b - lat_a) / 2, radians(b[1] - a[1]) / 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(sin(north) ** 2 + cos(lat_a) * cos(lat_b) * sin(east) ** 2)))


def reckoned(a: Site, b: Site, roads: Roads) -> Way:
    """Great circle by the detour factor, at the speed of its band; rounded up: nobody comes too late by rounding."""
    metres = -int(-great_circle(a, b) * roads.detour_percent // 100)
    bands = sorted(roads.speeds, key=lambda speed: speed.up_to)
    speed = next((band for band in bands if metres <= band.up_to), bands[-1])
    return Way(metres, -(-metres * 3600 // (speed.km_per_hour * 1000)))


class DayRoads:
    """The ways of a day: as measured where they are, else reckoned. Each is reckoned once."""

    def __init__(self, day: Day) -> None:
        self._sites = {site.id: site for site in day.sites}
        self._roads = day.roads
        self._ways = {(leg.from_site, leg.to_site): Way(leg.metres, leg.seconds) for leg in day.roads.legs}

    def way(self, from_site: str, to_site: str) -> Way:
        found = self._ways.get((from_site, to_site))
        if found is None:
            here, there = self._sites[from_site], self._sites[to_site]
            found = Way(0, 0) if here is there else reckoned(here, there, self._roads)
            self._ways[from_site, to_site] = found
        return found
