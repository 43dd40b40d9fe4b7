"""The day of deliveries of a date, made from the network and from all closed cycles that deliver then.

It is made whole or not at all: a plan of a part of the goods would leave the rest standing at the farm. What is missing
is told, each with the page on which it is mended.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chassis.database import Reader
from coldchain.day import (
    Box,
    Carrier,
    Consignment,
    Day,
    Dispensation,
    FixedRound,
    Limits,
    Line,
    Roads,
    Site,
    SiteKind,
    Vehicle,
    Window,
)
from coldchain.day_faults import find
from coldchain.temperature import temperature_classes
from contracts import Unit
from contracts.ordering import CyclePickup
from logistics.cycle import Cycle, cycles_of_day
from logistics.network import site as sites_of
from logistics.network import vehicle as vehicles_of
from logistics.network.box import BOXES, BoxKind, BoxSheet, stands_at, whereabouts
from logistics.network.carriage import line_of, need_of
from logistics.network.carrier import CARRIERS, CarrierSheet
from logistics.network.consigning import bound_of, cold, compatible, parted
from logistics.network.dispensed import sold_under, weekly_caps
from logistics.network.hours import closed_on, whole_day, windows_on
from logistics.network.kept import Kept
from logistics.network.known import of_group, of_producer
from logistics.network.site import SITES, SiteSheet
from logistics.network.vehicle import VEHICLES, VehicleSheet
from logistics.pick_list import PickList, lists_of_cycle
from logistics.road.way import Ways, ways_between

SHORTEST = timedelta(minutes=15)
"""Of a hand-over whose cycle says no length."""


class Lack(StrEnum):
    """What is missing. Of those of `TOLD` the day is made all the same."""

    CYCLE_OPEN = "cycle_open"
    CYCLE_WAITING = "cycle_waiting"
    NOTHING = "nothing"
    NO_FARM = "no_farm"
    NO_PICKUP = "no_pickup"
    NOT_PLACED = "not_placed"
    CLOSED = "closed"
    NO_VEHICLE = "no_vehicle"
    NO_CARRIER = "no_carrier"
    TWO_ROUNDS = "two_rounds"
    WRONG = "wrong"
    UNKNOWN_CLASS = "unknown_class"
    CARRIER_WITHOUT_PLACE = "carrier_without_place"
    CERTIFICATE_EXPIRED = "certificate_expired"
    TOO_BIG = "too_big"
    NOT_DECLARED = "not_declared"
    OVER_CAP = "over_cap"


TOLD = frozenset(
    {
        Lack.CYCLE_OPEN,
        Lack.CARRIER_WITHOUT_PLACE,
        Lack.CERTIFICATE_EXPIRED,
        Lack.TOO_BIG,
        Lack.NOT_DECLARED,
        Lack.OVER_CAP,
    }
)


@dataclass(frozen=True)
class Missing:
    """`noun` and `id` say which page mends it: of a site, a vehicle, a carrier, a cycle, or of a `known` place that is
    not in the network yet."""

    lack: Lack
    name: str = ""
    noun: str = ""
    id: str = ""


@dataclass
class Made:
    """`consignments`: those whose farm and pickup point are known. `day`: None while something is missing.
    `reckoned`: how many lines have a volume or weight that nobody said, of `lines`. `ways`: how far its places are from
    one another, as far as it was measured or corrected."""

    cycles: list[Cycle]
    missing: list[Missing] = field(default_factory=list)
    consignments: tuple[Consignment, ...] = ()
    day: Day | None = None
    lines: int = 0
    reckoned: int = 0
    ways: Ways | None = None

    def lacks(self, lack: Lack, name: str = "", noun: str = "", at: str = "") -> None:
        found = Missing(lack, name, noun, at)
        if found not in self.missing:
            self.missing.append(found)


@dataclass(frozen=True)
class Network:
    """Everything in use, on one date."""

    date: date
    zone: ZoneInfo
    sites: Sequence[Kept[SiteSheet]]
    vehicles: Sequence[Kept[VehicleSheet]]
    carriers: Sequence[Kept[CarrierSheet]]
    boxes: Sequence[tuple[Kept[BoxSheet], str]]
    ways: Ways | None = None


async def network_on(reader: Reader, on: date, zone: ZoneInfo) -> Network:
    where = await whereabouts(reader)
    boxes = [(one, at) for one in await BOXES.all(reader) if (at := stands_at(one, where))]
    sites, vehicles = await SITES.all(reader), await VEHICLES.all(reader)
    return Network(on, zone, sites, vehicles, await CARRIERS.all(reader), boxes, await ways_between(reader, sites))


async def day_of(reader: Reader, on: date, outside: int, zone: ZoneInfo, roads: Roads) -> Made:
    """`outside`: the highest temperature expected, in tenths of a degree."""
    made = Made(await cycles_of_day(reader, on))
    for cycle in made.cycles:
        if cycle.state == "open":
            made.lacks(Lack.CYCLE_OPEN, cycle.name, "cycles", cycle.id)
        elif cycle.state != "issued":
            made.lacks(Lack.CYCLE_WAITING, cycle.name, "cycles", cycle.id)
    lists = [
        each
        for cycle in made.cycles
        if cycle.state == "issued"
        for each in (await lists_of_cycle(reader, cycle.id)).values()
    ]
    network = await network_on(reader, on, zone)
    return compose(made, lists, network, outside, roads, await weekly_caps(reader, on))


def compose(
    made: Made,
    lists: Iterable[PickList],
    network: Network,
    outside: int,
    roads: Roads,
    caps: Sequence[Dispensation] = (),
) -> Made:
    """Fill in what a day of these lists and this network has, and what is missing. No I/O. `caps`: of the
    dispensations that are declared."""
    limits = Limits()
    vehicles = [vehicles_of.planned(one) for one in network.vehicles]
    handovers: dict[str, Window] = {}
    loads = _loads(made, lists, network, handovers)
    made.ways = network.ways
    made.consignments = tuple(_consignments(made, loads, network, vehicles, limits))
    _check_dispensations(made, loads, caps)
    _check_means(made, network)
    sites = _sites(made, network, handovers)
    carriers = _carriers(made, network, {one.id for one in sites}, {one.id for one in vehicles})
    rounds = _rounds(made, network, {one.id for one in carriers}, set(handovers))
    if not made.consignments and not made.missing:
        made.lacks(Lack.NOTHING)
    if any(one.lack not in TOLD for one in made.missing):
        return made
    day = Day(
        id=network.date.isoformat(),
        date=network.date,
        outside=outside,
        sites=tuple(sites),
        vehicles=tuple(vehicles),
        carriers=tuple(carriers),
        boxes=tuple(_boxes(network, {one.id for one in sites})),
        consignments=made.consignments,
        fixed_rounds=tuple(rounds),
        dispensations=tuple(caps),
        roads=roads if network.ways is None else network.ways.on(roads, [one.id for one in sites]),
        limits=limits,
    )
    for fault in find(day):
        made.lacks(Lack.WRONG, str(fault))
    if Lack.WRONG in {one.lack for one in made.missing}:
        return made
    # A plan names the day it is of: one of the same date whose goods or means changed since is another day.
    mark = hashlib.sha256(day.model_dump_json().encode()).hexdigest()[:12]
    made.day = day.model_copy(update={"id": f"{network.date.isoformat()}-{mark}"})
    return made


@dataclass
class _Load:
    """What a producer sends to a pickup point. `whole`: ids of the lines sold by the piece."""

    producer_id: str
    farm: Kept[SiteSheet]
    pickup: Kept[SiteSheet]
    lines: list[Line] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)


def _loads(made: Made, lists: Iterable[PickList], network: Network, handovers: dict[str, Window]) -> list[_Load]:
    farms, points = of_producer(network.sites), of_group(network.sites)
    loads: dict[tuple[str, str], _Load] = {}
    known = temperature_classes()
    for one in lists:
        farm = farms.get(one.producer_id)
        if farm is None and one.lines:
            made.lacks(Lack.NO_FARM, one.producer_name, "known", f"farm-{one.producer_id}"[:60])
        pickups = {pickup.group_id: pickup for pickup in one.pickups}
        for number, line in enumerate(one.lines):
            if line.article.temperature_class not in known:
                made.lacks(Lack.UNKNOWN_CLASS, f"{line.article.name.fr} ({line.article.temperature_class})")
            for split in line.splits:
                made.lines += 1
                made.reckoned += not need_of(line.article, split.quantity_thousandths).said
                point = points.get(split.group_id)
                if point is None:
                    made.lacks(Lack.NO_PICKUP, split.group_name, "known", f"pickup-{split.group_id}"[:60])
                if farm is None or point is None:
                    continue
                _hand_over(handovers, point.id, pickups[split.group_id])
                load = loads.setdefault((one.producer_id, point.id), _Load(one.producer_id, farm, point))
                line_id = f"{one.id}/{number}/{split.group_id}"
                load.lines.append(line_of(line.article, split.quantity_thousandths, line_id, line.article.name.fr))
                if line.article.unit is Unit.PIECE:
                    load.whole.add(line_id)
    return [loads[key] for key in sorted(loads)]


def _hand_over(handovers: dict[str, Window], site_id: str, pickup: CyclePickup) -> None:
    """From when the first household comes until the last: a group may collect of two cycles."""
    closes = max(pickup.ends_at, pickup.starts_at + SHORTEST)
    known = handovers.get(site_id)
    opens = min(pickup.starts_at, known.opens_at) if known else pickup.starts_at
    handovers[site_id] = Window(opens_at=opens, closes_at=max(closes, known.closes_at) if known else closes)


def _consignments(
    made: Made, loads: Iterable[_Load], network: Network, vehicles: Sequence[Vehicle], limits: Limits
) -> Iterable[Consignment]:
    for load in loads:
        number = 0
        for pile in compatible(load.lines):
            bound = bound_of(vehicles, limits.room_loss, cooled=cold(pile[0]))
            for lines in [pile] if bound is None else parted(pile, bound, frozenset(load.whole)):
                number += 1
                if bound is not None and not bound.holds(lines):
                    made.lacks(Lack.TOO_BIG, f"{load.farm.sheet.name}: {lines[0].name}")
                opens = windows_on(load.farm.sheet.hours, network.date, network.zone)
                yield Consignment(
                    id=f"{load.producer_id}/{load.pickup.id}/{number}",
                    producer_id=load.producer_id,
                    from_site=load.farm.id,
                    to_site=load.pickup.id,
                    lines=tuple(lines),
                    ready_at=opens[0].opens_at if opens else None,
                    self_delivery=load.farm.sheet.self_delivers,
                )


def _check_means(made: Made, network: Network) -> None:
    if not network.vehicles:
        made.lacks(Lack.NO_VEHICLE, noun="vehicles")
    for vehicle in network.vehicles:
        if vehicle.sheet.expired(network.date):
            made.lacks(Lack.CERTIFICATE_EXPIRED, vehicle.sheet.name, "vehicles", vehicle.id)


def _check_dispensations(made: Made, loads: Iterable[_Load], caps: Iterable[Dispensation]) -> None:
    """What the checker would refuse, told while it can still be declared or taken back."""
    names = {(load.producer_id, line.dispensation): load.farm.sheet.name for load in loads for line in load.lines}
    sold = sold_under(line for load in loads for line in load.lines)
    declared = {(one.producer_id, one.category): one for one in caps}
    for key, thousandths in sorted(sold.items()):
        cap = declared.get(key)
        if cap is None:
            made.lacks(Lack.NOT_DECLARED, names[key], "dispensations")
        elif cap.used + thousandths > cap.weekly_cap:
            made.lacks(Lack.OVER_CAP, names[key], "dispensations")


def _sites(made: Made, network: Network, handovers: dict[str, Window]) -> list[Site]:
    """Farms and pickup points that have goods, docks that are open, and where carriers start and end."""
    ends = {end for one in network.carriers for end in (one.sheet.starts_at, one.sheet.ends_at)}
    used = {site for one in made.consignments for site in (one.from_site, one.to_site)}
    found: list[Site] = []
    for one in network.sites:
        if one.id not in used | ends and one.sheet.kind is not SiteKind.DOCK:
            continue
        closed = closed_on(one.sheet.hours, network.date)
        if one.id in used and not one.sheet.placed:
            made.lacks(Lack.NOT_PLACED, one.sheet.name, "sites", one.id)
        elif one.id in used and closed:
            made.lacks(Lack.CLOSED, one.sheet.name, "sites", one.id)
        elif one.sheet.placed and not closed:
            windows = windows_on(one.sheet.hours, network.date, network.zone)
            update: dict[str, object] = {"windows": windows, "handover": handovers.get(one.id)}
            if one.sheet.kind is SiteKind.PICKUP and one.id not in handovers:
                # Nobody collects there today: it is where a carrier starts.
                update["kind"] = SiteKind.HOME
            found.append(sites_of.planned(one).model_copy(update=update))
    return found


def _carriers(made: Made, network: Network, site_ids: set[str], vehicle_ids: set[str]) -> list[Carrier]:
    """Those who drive that day, with a vehicle that is in use; others are left out, and told where it can be mended."""
    found: list[Carrier] = []
    for one in network.carriers:
        sheet = one.sheet
        mine = tuple(vehicle for vehicle in sheet.vehicle_ids if vehicle in vehicle_ids)
        if closed_on(sheet.hours, network.date) or not mine:
            continue
        if sheet.starts_at not in site_ids or sheet.ends_at not in site_ids:
            made.lacks(Lack.CARRIER_WITHOUT_PLACE, sheet.name, "carriers", one.id)
            continue
        spans = windows_on(sheet.hours, network.date, network.zone) or (whole_day(network.date, network.zone),)
        found.append(
            Carrier(
                id=one.id,
                name=sheet.name,
                kind=sheet.kind,
                producer_id=sheet.producer_id,
                starts_at_site=sheet.starts_at,
                ends_at_site=sheet.ends_at,
                # A day has one span for each carrier: from the first hour to the last.
                hours=Window(opens_at=spans[0].opens_at, closes_at=spans[-1].closes_at),
                at_most_driving=sheet.at_most_driving,
                vehicle_ids=mine,
                cents_per_hour=sheet.cents_per_hour,
            )
        )
    if not found:
        made.lacks(Lack.NO_CARRIER, noun="carriers")
    return found


def _boxes(network: Network, site_ids: set[str]) -> Iterable[Box]:
    """Boxes that stand at a place of the day. Plates are in the boxes, and planned with them."""
    for one, at_site in network.boxes:
        if one.sheet.kind is BoxKind.BOX and at_site in site_ids:
            fields = one.sheet.model_dump(include={"volume", "coldest", "warmest", "certified"})
            yield Box(id=one.id, name=one.sheet.number, holds=one.sheet.holds, at_site=at_site, **fields)


def _rounds(made: Made, network: Network, carrier_ids: set[str], served: set[str]) -> list[FixedRound]:
    """Of the carriers of the day: the pickup points of their lists that get something. A place can be on one only."""
    found: list[FixedRound] = []
    bound: set[str] = set()
    for one in network.carriers:
        stops = tuple(stop for stop in one.sheet.round if stop in served)
        if one.id not in carrier_ids or not stops:
            continue
        for twice in bound & set(stops):
            name = next(site.sheet.name for site in network.sites if site.id == twice)
            made.lacks(Lack.TWO_ROUNDS, name, "carriers", one.id)
        bound |= set(stops)
        found.append(FixedRound(carrier_id=one.id, site_ids=stops))
    return found


def volume_by_class(consignments: Iterable[Consignment]) -> dict[str, tuple[int, int]]:
    """Millilitres and grams by temperature class, from the coldest."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in (line for one in consignments for line in one.lines):
        sums[line.temperature_class][0] += line.volume
        sums[line.temperature_class][1] += line.weight
    ranks = {code: kind.rank for code, kind in temperature_classes().items()}
    return {code: (sums[code][0], sums[code][1]) for code in sorted(sums, key=lambda code: ranks.get(code, 99))}
