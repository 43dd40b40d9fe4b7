"""Places that the hub knows without anybody typing them: villages, producers' farms, pickup points of the groups."""

import csv
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chassis.database import Reader, Writer
from coldchain.day import SiteKind
from contracts import Place
from contracts.ordering import CyclePickup
from logistics.cycle import newest_cycles
from logistics.network.kept import Kept, Taken
from logistics.network.site import SITES, SiteSheet
from logistics.producer import producers_in_use

CYCLES = 60
"""The newest ones are looked through for pickup points."""


@cache
def known_places() -> tuple[Place, ...]:
    text = (files("logistics") / "data" / "places.csv").read_text(encoding="utf-8")
    return tuple(
        Place(
            name=row["place"],
            postcode=row["postcode"],
            insee=row["insee"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def located(place: Place) -> Place:
    """The place with the coordinates of the village it names, where it has none and only one village is meant."""
    if place.latitude is not None and place.longitude is not None:
        return place
    meant = [
        known
        for known in known_places()
        if (known.insee == place.insee if place.insee else known.name.casefold() == place.name.casefold())
        and place.postcode in ("", known.postcode)
    ]
    return meant[0] if len(meant) == 1 else place


@dataclass(frozen=True)
class Known:
    """A place that events told of and that is not in the network. `id`: that of the site it becomes."""

    id: str
    sheet: SiteSheet


async def not_in_network(reader: Reader) -> list[Known]:
    """Farms of the producers who sell here, and pickup points of the newest cycles: those that no site is. One that is
    retired counts: somebody decided it."""
    sites = await SITES.all(reader) + await SITES.all(reader, retired=True)
    bound = {one.sheet.bound_to for one in sites}
    return [one for one in await _told(reader) if one.sheet.bound_to not in bound]


async def take_over(writer: Writer, by: str) -> int:
    """Put all of them into the network; how many. One that somebody else adds in the same moment is there already."""
    added = 0
    for one in await not_in_network(writer):
        with suppress(Taken):
            added += await SITES.add(writer, one.id, one.sheet, by)
    return added


async def _told(reader: Reader) -> list[Known]:
    farms = [
        Known(
            f"farm-{row['id']}"[:60],
            _with(
                Place.model_validate_json(row["place"]) if row["place"] else Place(name=""),
                SiteSheet(
                    kind=SiteKind.FARM,
                    name=row["name"],
                    producer_id=row["id"],
                    contact=row["contact_name"],
                    phone=row["phone"],
                ),
            ),
        )
        for row in await producers_in_use(reader)
    ]
    pickups: dict[str, CyclePickup] = {}
    for cycle in await newest_cycles(reader, CYCLES):
        for pickup in cycle.pickups:
            pickups.setdefault(pickup.group_id, pickup)
    groups = [
        Known(
            f"pickup-{pickup.group_id}"[:60],
            _with(
                pickup.place,
                SiteSheet(
                    kind=SiteKind.PICKUP, name=pickup.group_name, group_id=pickup.group_id, address=pickup.address
                ),
            ),
        )
        for _group_id, pickup in sorted(pickups.items())
    ]
    return farms + groups


def _with(place: Place, sheet: SiteSheet) -> SiteSheet:
    found = located(place)
    address = ", ".join(filter(None, (sheet.address, f"{place.postcode} {place.name}".strip())))
    return sheet.model_copy(
        update={"address": address, "latitude": found.latitude, "longitude": found.longitude},
    )


def of_group(sites: Iterable[Kept[SiteSheet]]) -> dict[str, Kept[SiteSheet]]:
    """Pickup points by the group that collects there."""
    return {one.sheet.group_id: one for one in sites if one.sheet.kind is SiteKind.PICKUP and one.sheet.group_id}


def of_producer(sites: Iterable[Kept[SiteSheet]]) -> dict[str, Kept[SiteSheet]]:
    """Farms by their producer."""
    return {one.sheet.producer_id: one for one in sites if one.sheet.kind is SiteKind.FARM and one.sheet.producer_id}
