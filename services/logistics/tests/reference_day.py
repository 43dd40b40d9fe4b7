"""The reference day of planning: 70 farms around Limoux, one dock, 25 places of the Aude, 4 vehicles, 12 producers who
drive home. Made by a seed; the sites around the communes are scattered by it, so no real farm is meant."""

import csv
from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random

from coldchain.day import (
    Box,
    Carrier,
    CarrierKind,
    Consignment,
    Day,
    FixedRound,
    Hold,
    Line,
    Room,
    Site,
    SiteKind,
    Vehicle,
    Window,
)

PLACES = Path(__file__).with_name("reference_places.csv")
FRIDAY = date(2026, 6, 19)
OUTSIDE = 240
KINDS = (
    ("vegetables", "AMBIENT", 3500, 2600),
    ("bread", "AMBIENT", 2500, 800),
    ("flour", "AMBIENT", 1500, 1100),
    ("vegetables", "AMBIENT", 3000, 2200),
    ("cheese", "PERISHABLE", 500, 400),
    ("eggs", "EGGS", 1800, 800),
    ("beef", "MEAT_CUTS", 1400, 1300),
    ("poultry", "POULTRY", 2200, 1900),
    ("yoghurt", "PERISHABLE", 900, 800),
    ("fruit", "AMBIENT", 2600, 2000),
)
"""What a farm sells: a name, the class of temperature, millilitres and grams of one unit. Farms take them in turn."""

CARRYING_FARMS = 12
HOUSEHOLDS = 24
LAGOON_FARM = "farm-70"
LAGOON_PLACE = "place-12"


def at(hour: int, minute: int = 0) -> datetime:
    """Of the reference Friday, in UTC (two hours behind the clocks of Limoux in June)."""
    return datetime.combine(FRIDAY, time(hour, minute), UTC)


def window(opens: int, closes: int) -> Window:
    return Window(opens_at=at(opens), closes_at=at(closes))


def reference_day(seed: int = 1, *, farms: int = 70, places: int = 25, density: float = 0.3) -> Day:
    """`density`: how probably a place orders from a farm."""
    random = Random(seed)
    communes = communes_of_the_aude()
    dock = Site(
        id="dock",
        kind=SiteKind.DOCK,
        name="Limoux",
        latitude=communes[0][1],
        longitude=communes[0][2],
        windows=(window(4, 20),),
        handling=5,
        rooms=(
            Room(id="dock-cold", volume=12_000_000, coldest=0, warmest=80),
            Room(id="dock-mild", volume=6_000_000, coldest=50, warmest=150),
        ),
        certified_organic=True,
    )
    farm_sites = [farm(number, communes, random) for number in range(1, farms + 1)]
    place_sites = [place(number, communes, random) for number in range(1, places + 1)]
    consignments = orders(farm_sites, place_sites, density, random)
    vehicles, carriers, boxes = means(farm_sites)
    return Day(
        id=f"reference-{seed}",
        date=FRIDAY,
        outside=OUTSIDE,
        sites=(dock, *farm_sites, *place_sites),
        vehicles=vehicles,
        carriers=carriers,
        boxes=boxes,
        consignments=consignments,
        fixed_rounds=(FixedRound(carrier_id="employee-2", site_ids=("place-3", "place-4")),) if places > 3 else (),
    )


def communes_of_the_aude() -> list[tuple[str, float, float]]:
    with PLACES.open(encoding="utf-8") as file:
        return [(row["place"], float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)]


def farm(number: int, communes: list[tuple[str, float, float]], random: Random) -> Site:
    """In the wider country of Limoux; the last one lies at the lagoon of Sigean."""
    _, latitude, longitude = communes[11] if number == 70 else random.choice(communes[:9])
    return Site(
        id=f"farm-{number}",
        kind=SiteKind.FARM,
        name=f"Farm {number}",
        latitude=latitude + random.uniform(-0.09, 0.09),
        longitude=longitude + random.uniform(-0.12, 0.12),
        windows=(window(4, 18),),
        handling=4,
        rooms=(Room(id=f"farm-{number}-cold", volume=800_000, coldest=0, warmest=60),),
    )


def place(number: int, communes: list[tuple[str, float, float]], random: Random) -> Site:
    """One in three has a small fridge. They hand over at the end of the afternoon; the lagoon's village from 15:30."""
    _, latitude, longitude = communes[11] if number == 12 else communes[(number - 1) % 11]
    opens = 15 if number == 12 else 14 + number % 3
    return Site(
        id=f"place-{number}",
        kind=SiteKind.PICKUP,
        name=f"Place {number}",
        latitude=latitude + random.uniform(-0.03, 0.03),
        longitude=longitude + random.uniform(-0.03, 0.03),
        windows=(window(6, opens + 3),),
        handover=window(opens, opens + 2),
        handling=5,
        rooms=(Room(id=f"place-{number}-fridge", volume=250_000, coldest=10, warmest=60),) if number % 3 == 0 else (),
    )


def orders(farms: list[Site], places: list[Site], density: float, random: Random) -> tuple[Consignment, ...]:
    """One consignment per farm and place that orders there: 1 to 4 products. The fisher of the lagoon brings its fish
    itself to its village and nowhere else."""
    found: list[Consignment] = []
    for index, site in enumerate(farms):
        number = index + 1
        name, temperature_class, volume, weight = KINDS[index % len(KINDS)]
        if site.id == LAGOON_FARM:
            name, temperature_class, volume, weight = "fish", "FRESH_FISH", 700, 700
        ready = at(5, 30) if site.id == LAGOON_FARM else at(4, random.choice((0, 30, 45)))
        for destination in places:
            if site.id == LAGOON_FARM:
                if destination.id != LAGOON_PLACE:
                    continue
            elif random.random() > density:
                continue
            units = [random.randint(1, HOUSEHOLDS // 4) for _ in range(random.randint(1, 4))]
            lines = tuple(
                Line(
                    id=f"{site.id}/{destination.id}/{position}",
                    product_id=f"product-{number}-{position}",
                    name=name,
                    producer_id=f"producer-{number}",
                    quantity=1000 * count,
                    temperature_class=temperature_class,
                    volume=volume * count,
                    weight=weight * count,
                    eggs=temperature_class == "EGGS",
                    packing_centre="FR11AUD01" if temperature_class == "EGGS" else "",
                )
                for position, count in enumerate(units)
            )
            found.append(
                Consignment(
                    id=f"{site.id}/{destination.id}",
                    producer_id=f"producer-{number}",
                    from_site=site.id,
                    to_site=destination.id,
                    lines=lines,
                    ready_at=ready,
                    self_delivery=site.id == LAGOON_FARM,
                )
            )
    return tuple(found)


def means(farms: list[Site]) -> tuple[tuple[Vehicle, ...], tuple[Carrier, ...], tuple[Box, ...]]:
    vehicles = [
        Vehicle(
            id=f"refrigerated-{number}",
            name=f"Refrigerated {number}",
            rooms=(
                Room(id=f"refrigerated-{number}-front", volume=3_000_000, coldest=-200, warmest=80),
                Room(id=f"refrigerated-{number}-back", volume=6_000_000, coldest=0, warmest=150),
            ),
            payload=1_100_000,
            certificate="FRC",
            certified_until=date(2027, 3, 31),
            cents_per_km=45,
            co2_grams_per_km=240,
        )
        for number in (1, 2)
    ]
    vehicles += [van(f"van-{number}", 5_000_000, 900_000, 35) for number in (1, 2)]
    carriers = [
        Carrier(
            id=f"employee-{number}",
            name=f"Employee {number}",
            kind=CarrierKind.EMPLOYEE,
            starts_at_site="dock",
            ends_at_site="dock",
            hours=window(4, 18),
            at_most_driving=600,
            vehicle_ids=(vehicle.id,),
            cents_per_hour=2000,
        )
        for number, vehicle in enumerate(vehicles, start=1)
    ]
    at_home = [site for site in farms if site.id != LAGOON_FARM][: CARRYING_FARMS * 3 : 3][: CARRYING_FARMS - 1]
    at_home += [site for site in farms if site.id == LAGOON_FARM]
    for site in at_home:
        number = site.id.partition("-")[2]
        vehicles.append(van(f"car-{number}", 1_500_000, 450_000, 30))
        carriers.append(
            Carrier(
                id=f"carrier-{number}",
                name=f"Carrier {number}",
                kind=CarrierKind.PRODUCER,
                producer_id=f"producer-{number}",
                starts_at_site=site.id,
                ends_at_site=site.id,
                hours=window(5, 18),
                at_most_driving=150,
                vehicle_ids=(f"car-{number}",),
                cents_per_hour=1500,
            )
        )
    boxes = [box(f"box-{number}", "dock", certified=True) for number in range(1, 47)]
    boxes += [box(f"box-of-{site.id}", site.id, certified=False) for site in at_home]
    return tuple(vehicles), tuple(carriers), tuple(boxes)


def van(identity: str, volume: int, payload: int, cents: int) -> Vehicle:
    return Vehicle(
        id=identity,
        name=identity,
        rooms=(Room(id=f"{identity}-floor", volume=volume),),
        payload=payload,
        cents_per_km=cents,
        co2_grams_per_km=190,
    )


def box(identity: str, site_id: str, *, certified: bool) -> Box:
    return Box(
        id=identity,
        volume=80_000,
        coldest=0,
        warmest=20,
        holds=(Hold(outside=200, minutes=840), Hold(outside=300, minutes=600), Hold(outside=400, minutes=360)),
        at_site=site_id,
        certified=certified,
    )
