"""Places of the network in which something can measure for longer than a day, to be chosen in a form."""

from chassis.database import Reader
from coldchain.day import SiteKind
from logistics.cold.place import Kind, Place
from logistics.network.box import BOXES, BoxKind
from logistics.network.site import SITES
from logistics.network.vehicle import VEHICLES


async def place_choices(reader: Reader) -> dict[str, str]:
    """Names by the code of the place: cold rooms, compartments, boxes."""
    found: dict[str, str] = {}
    for site in await SITES.all(reader):
        if site.sheet.kind is SiteKind.HOME:
            continue
        for room in site.sheet.rooms:
            found[Place(Kind.SITE, site.id, room.room(site.id).id).code] = f"{site.sheet.name}, {room.name}"
    for vehicle in await VEHICLES.all(reader):
        for room in vehicle.sheet.rooms:
            code = Place(Kind.VEHICLE, vehicle.id, room.room(vehicle.id).id).code
            found[code] = f"{vehicle.sheet.name}, {room.name}"
    for box in await BOXES.all(reader):
        if box.sheet.kind is BoxKind.BOX:
            found[Place(Kind.BOX, box.id).code] = box.sheet.number
    return found
