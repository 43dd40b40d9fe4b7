"""How far one place is from another, to show beside what comes from there. A label: nobody is kept from selling."""

from coldchain.road import Point, crow_flies


def kilometres(a: Point, b: Point) -> int:
    """As the crow flies, to the nearest kilometre."""
    return round(crow_flies(a, b) / 1000)


def point(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else (latitude, longitude)
