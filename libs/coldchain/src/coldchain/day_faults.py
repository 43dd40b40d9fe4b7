"""What is wrong with a day beyond the form of its fields: names that lead nowhere, times that run backwards, goods that
nobody could collect."""

from collections.abc import Iterator

from coldchain.day import Box, Carrier, Consignment, Day, Line, Room, Site, SiteKind, Vehicle, Window
from coldchain.faults import Fault, Wrong, twice, unknown
from coldchain.temperature import temperature_classes


def check_day(day: Day) -> None:
    """Raises Wrong."""
    faults = tuple(find(day))
    if faults:
        raise Wrong(faults)


def find(day: Day) -> Iterator[Fault]:
    sites = {site.id: site for site in day.sites}
    yield from twice("sites", (one.id for one in day.sites))
    yield from twice("vehicles", (one.id for one in day.vehicles))
    yield from twice("carriers", (one.id for one in day.carriers))
    yield from twice("boxes", (one.id for one in day.boxes))
    yield from twice("consignments", (one.id for one in day.consignments))
    for index, site in enumerate(day.sites):
        yield from _site(f"sites[{index}]", site)
    for index, vehicle in enumerate(day.vehicles):
        yield from _vehicle(f"vehicles[{index}]", vehicle)
    for index, carrier in enumerate(day.carriers):
        yield from _carrier(f"carriers[{index}]", carrier, day)
    for index, box in enumerate(day.boxes):
        yield from _box(f"boxes[{index}]", box)
        yield from unknown(f"boxes[{index}].at_site", "site", box.at_site, sites)
    lines: set[str] = set()
    for index, consignment in enumerate(day.consignments):
        yield from _consignment(f"consignments[{index}]", consignment, sites, lines)
    yield from _bound(day, sites)
    yield from _reckoned(day, sites)


def _window(path: str, window: Window) -> Iterator[Fault]:
    if window.closes_at <= window.opens_at:
        yield Fault(f"{path}.closes_at", "is not after opens_at")


def _rooms(path: str, rooms: tuple[Room, ...]) -> Iterator[Fault]:
    yield from twice(f"{path}.rooms", (room.id for room in rooms))
    for index, room in enumerate(rooms):
        here = f"{path}.rooms[{index}]"
        if (room.coldest is None) is not (room.warmest is None):
            field = "coldest" if room.coldest is None else "warmest"
            yield Fault(f"{here}.{field}", "say both, or neither where nothing cools the room")
        elif room.coldest is not None and room.warmest is not None and room.warmest < room.coldest:
            yield Fault(f"{here}.warmest", "is colder than coldest")


def _site(path: str, site: Site) -> Iterator[Fault]:
    if site.latitude == 0 and site.longitude == 0:
        yield Fault(f"{path}.latitude", "the place has no coordinates: 0, 0 is in the sea")
    for index, window in enumerate(site.windows):
        yield from _window(f"{path}.windows[{index}]", window)
    if site.handover is not None:
        yield from _window(f"{path}.handover", site.handover)
        if site.kind is not SiteKind.PICKUP:
            yield Fault(f"{path}.handover", "households collect at pickup points only")
    elif site.kind is SiteKind.PICKUP:
        yield Fault(f"{path}.handover", "is missing: when do households collect?")
    yield from _rooms(path, site.rooms)


def _vehicle(path: str, vehicle: Vehicle) -> Iterator[Fault]:
    yield from _rooms(path, vehicle.rooms)
    if vehicle.certificate and vehicle.certified_until is None:
        yield Fault(f"{path}.certified_until", "is missing: until when does the certificate hold?")
    if vehicle.certified_until is not None and not vehicle.certificate:
        yield Fault(f"{path}.certificate", "is missing: which class is certified?")


def _carrier(path: str, carrier: Carrier, day: Day) -> Iterator[Fault]:
    sites = {site.id for site in day.sites}
    yield from unknown(f"{path}.starts_at_site", "site", carrier.starts_at_site, sites)
    yield from unknown(f"{path}.ends_at_site", "site", carrier.ends_at_site, sites)
    yield from _window(f"{path}.hours", carrier.hours)
    vehicles = {vehicle.id for vehicle in day.vehicles}
    for index, vehicle in enumerate(carrier.vehicle_ids):
        yield from unknown(f"{path}.vehicle_ids[{index}]", "vehicle", vehicle, vehicles)
    if carrier.kind == "producer" and not carrier.producer_id:
        yield Fault(f"{path}.producer_id", "is missing: which producer drives?")


def _box(path: str, box: Box) -> Iterator[Fault]:
    if box.warmest < box.coldest:
        yield Fault(f"{path}.warmest", "is colder than coldest")
    if not box.volume:
        yield Fault(f"{path}.volume", "must be more than 0")


def _consignment(path: str, one: Consignment, sites: dict[str, Site], lines: set[str]) -> Iterator[Fault]:
    yield from unknown(f"{path}.from_site", "site", one.from_site, sites)
    yield from unknown(f"{path}.to_site", "site", one.to_site, sites)
    to_site = sites.get(one.to_site)
    if to_site is not None and to_site.handover is None:
        yield Fault(f"{path}.to_site", "is no pickup point where households collect")
    for index, line in enumerate(one.lines):
        here = f"{path}.lines[{index}]"
        if line.id in lines:
            yield Fault(f"{here}.id", f"“{line.id}” is there twice")
        lines.add(line.id)
        yield from _line(here, line)


def _line(path: str, line: Line) -> Iterator[Fault]:
    if line.temperature_class not in temperature_classes():
        yield Fault(f"{path}.temperature_class", f"there is no temperature class “{line.temperature_class[:40]}”")
    if line.quantity < 0:
        yield Fault(f"{path}.quantity", "is less than 0")
    if line.counted is not None and line.counted < 0:
        yield Fault(f"{path}.counted", "is less than 0")
    if line.dispensation and not line.resold:
        yield Fault(f"{path}.dispensation", "is of goods that are resold; these are not")


def _bound(day: Day, sites: dict[str, Site]) -> Iterator[Fault]:
    carriers = {carrier.id for carrier in day.carriers}
    consignments = {consignment.id for consignment in day.consignments}
    bound: dict[str, int] = {}
    for index, one in enumerate(day.fixed_rounds):
        path = f"fixed_rounds[{index}]"
        yield from unknown(f"{path}.carrier_id", "carrier", one.carrier_id, carriers)
        for at, site in enumerate(one.site_ids):
            yield from unknown(f"{path}.site_ids[{at}]", "site", site, sites)
            if site in bound:
                yield Fault(f"{path}.site_ids[{at}]", f"“{site}” is in fixed_rounds[{bound[site]}] already")
            bound.setdefault(site, index)
    pinned: set[str] = set()
    for index, pin in enumerate(day.pins):
        path = f"pins[{index}]"
        yield from unknown(f"{path}.consignment_id", "consignment", pin.consignment_id, consignments)
        yield from unknown(f"{path}.carrier_id", "carrier", pin.carrier_id, carriers)
        if pin.consignment_id in pinned:
            yield Fault(f"{path}.consignment_id", f"“{pin.consignment_id}” is pinned twice")
        pinned.add(pin.consignment_id)


def _reckoned(day: Day, sites: dict[str, Site]) -> Iterator[Fault]:
    for index, leg in enumerate(day.roads.legs):
        yield from unknown(f"roads.legs[{index}].from_site", "site", leg.from_site, sites)
        yield from unknown(f"roads.legs[{index}].to_site", "site", leg.to_site, sites)
    told: set[tuple[str, str]] = set()
    for index, one in enumerate(day.dispensations):
        if one.weekly_cap < 0 or one.used < 0:
            field = "weekly_cap" if one.weekly_cap < 0 else "used"
            yield Fault(f"dispensations[{index}].{field}", "is less than 0")
        if (one.producer_id, one.category) in told:
            yield Fault(f"dispensations[{index}].category", f"“{one.category}” of this producer is there twice")
        told.add((one.producer_id, one.category))
