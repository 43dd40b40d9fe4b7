"""How far one place is from another, to show beside what comes from there. A label: nobody is kept from selling."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


def kilometres(a: Point, b: Point) -> int:
    """As the crow flies (haversine), to the nearest kilometre."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    north, east = (lat_b - lat_a) / 2, radians(b[1] - a[1]) / 2
    return round(2 * EARTH_RADIUS_KM * asin(sqrt(sin(north) ** 2 + cos(lat_a) * cos(lat_b) * sin(east) ** 2)))


def point(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else (latitude, longitude)
