"""Places: the villages the hub knows, and how far one is from another.

A place is told by its INSEE code, never by its name alone: there is a Homps in the Aude and one in the Gers.
"""

import csv
from functools import cache
from importlib.resources import files

from coldchain.road import crow_flies
from contracts import Place


@cache
def known_places() -> tuple[Place, ...]:
    with (files("catalog") / "data" / "places.csv").open(encoding="utf-8") as source:
        return tuple(
            Place(
                name=row["place"],
                postcode=row["postcode"],
                insee=row["insee"],
                latitude=float(row["latitude"]),
                longitude=float(row["longitude"]),
            )
            for row in csv.DictReader(source)
        )


def completed(place: Place) -> Place:
    """The place with what the hub knows of it, where the name (and postcode or INSEE code, if given) is a known one."""
    for known in known_places():
        same_name = known.name.casefold() == place.name.casefold()
        same_code = place.insee in ("", known.insee) and place.postcode in ("", known.postcode)
        if same_name and same_code:
            here = place.latitude is not None and place.longitude is not None
            return known.model_copy(update={"latitude": place.latitude, "longitude": place.longitude} if here else {})
    return place


def great_circle_km(a: Place, b: Place) -> float | None:
    """Kilometres as the crow flies (haversine); None where one of the two has no coordinates."""
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        return None
    return crow_flies((a.latitude, a.longitude), (b.latitude, b.longitude)) / 1000
