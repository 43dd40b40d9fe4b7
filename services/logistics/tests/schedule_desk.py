"""A day of deliveries as it was published: the usual week, in a network where all of it can be carried."""

from datetime import date
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from logistics_week import producer, usual_week
from network_desk import BOX, DOCK, FARMS, MARCEL, POINTS, VAN, add

from chassis.testing import Browser, deliver
from coldchain.day import Day, Roads
from coldchain.plan import Plan
from contracts.ordering import Driver, DriversChanged
from logistics.network.day_of import day_of
from logistics.schedule import published
from logistics.schedule.published import Published
from logistics.solver import Budget, plan

FRIDAY = date(2026, 11, 27)
FREEZER = {
    "name": "Congélateur",
    "plate": "EF-456-GH",
    "payload": "400",
    "certificate": "FRC",
    "certified_until": "2027-05-31",
    "room-1-name": "Grand froid",
    "room-1-volume": "800",
    "room-1-coldest": "-25",
    "room-1-warmest": "-18",
}
ODETTE = {"name": "Odette", "kind": "volunteer", "starts_at": "dock", "vehicles": ["freezer"], "hours-4": "8h-18h30"}


FRIDGES = {
    "room-1-name": "Frigo",
    "room-1-volume": "600",
    "room-1-coldest": "0",
    "room-1-warmest": "8",
    "room-2-name": "Congélateur",
    "room-2-volume": "200",
    "room-2-coldest": "-25",
    "room-2-warmest": "-18",
}
LOLA = {
    "name": "Lola",
    "kind": "producer",
    "producer_id": "bio",
    "starts_at": "farm-bio",
    "ends_at": "farm-bio",
    "vehicles": ["pickup-truck"],
    "hours-4": "8h-22h",
}
"""Of BioEspuña: its eggs have no packing centre, it hands them over itself."""
DRIVEN = {"drivers": ["person-1"]}
DRIVERS_SAID = DriversChanged(
    id="drivers",
    version=1,
    people=(Driver(person_id="person-1", name="Josette"), Driver(person_id="person-odette", name="Odette Marti")),
)


async def week(app: FastAPI, desk: Browser) -> None:
    """What was ordered, and a network that carries all of it. Who is signed in drives for all carriers, unless it is
    somebody else than usual."""
    await deliver(app, producer("pic"), producer("bio"), *usual_week().events(), DRIVERS_SAID)
    for form in FARMS:
        await add(desk, "sites", form, f"farm-{form['producer_id']}")
    for form in POINTS:
        await add(desk, "sites", form | FRIDGES, f"pickup-{form['group_id']}")
    await add(desk, "sites", DOCK, "dock")
    await add(desk, "vehicles", VAN, "van")
    await add(desk, "carriers", MARCEL | DRIVEN, "marcel")
    await add(desk, "boxes", BOX, "g7", stands_at="dock")
    await add(desk, "vehicles", FREEZER, "freezer")
    await add(desk, "carriers", ODETTE | {"drivers": ["person-1", "person-odette"]}, "odette")
    await add(desk, "vehicles", VAN | {"name": "Berlingo", "plate": "IJ-789-KL"}, "pickup-truck")
    await add(desk, "carriers", LOLA | DRIVEN, "lola")


async def planned(app: FastAPI, on: date = FRIDAY) -> tuple[Day, Plan]:
    async with app.state.service.database.read() as reader:
        made = await day_of(reader, on, 250, ZoneInfo("Europe/Paris"), Roads())
    assert made.day is not None, made.missing
    return made.day, plan(made.day, seed=1, budget=Budget(iterations=100))


async def publish(app: FastAPI, on: date = FRIDAY) -> Published:
    """A first version, by Nadia."""
    day, made = await planned(app, on)
    async with app.state.service.database.write() as writer:
        return await published.publish(writer, day, made, by="Nadia", links=app.state.round_links)
