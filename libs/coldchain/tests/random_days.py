"""Random small networks and plans of them: sensible ones, of which some are spoiled at random."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from coldchain.day import Day
from coldchain.plan import Plan
from coldchain.road import DayRoads

MORNING = datetime(2026, 6, 26, 5, tzinfo=UTC)
KINDS = ("VERY_PERISHABLE", "PERISHABLE", "FRESH_FISH", "AMBIENT", "FROZEN", "HOT_DISH")


def instant(minutes: int) -> str:
    return (MORNING + timedelta(minutes=minutes)).isoformat()


def network(chance: Random) -> dict[str, Any]:
    """Two farms, a dock, two villages; a van that cools and a car that does not."""

    def site(one: str, kind: str, **more: Any) -> dict[str, Any]:
        where = {"latitude": 43 + chance.randrange(200) / 1000, "longitude": 2 + chance.randrange(200) / 1000}
        return {"id": one, "kind": kind, "name": one, "handling": chance.choice((2, 5)), **where, **more}

    fridge = {"id": "fridge", "volume": chance.choice((60_000, 300_000)), "coldest": -250, "warmest": 80}
    village = {"floor": chance.choice((None, 60_000)), "rooms": [fridge] if chance.random() < 0.8 else []}
    compartments = [
        {"id": one, "volume": chance.choice((80_000, 300_000)), "coldest": -250, "warmest": 80}
        for one in ("front", "rear")
    ]
    hours = {"opens_at": instant(0), "closes_at": instant(900)}
    return {
        "id": "random", "date": "2026-06-26", "outside": chance.choice((10, 120, 280)),
        "sites": [
            site("farm0", "farm"), site("farm1", "farm"),
            site("dock", "dock", rooms=[{**fridge, "id": "cold"}]),
            *(
                site(f"village{index}", "pickup", **village,
                     handover={"opens_at": instant(700), "closes_at": instant(700 + chance.choice((10, 60)))})
                for index in range(2)
            ),
        ],
        "vehicles": [
            {"id": "van", "name": "van", "rooms": compartments, "payload": chance.choice((40_000, 200_000))},
            {"id": "car", "name": "car", "rooms": [{"id": "boot", "volume": 200_000}], "payload": 90_000},
        ],
        "carriers": [
            {"id": "amina", "name": "amina", "kind": "employee", "starts_at_site": "dock", "ends_at_site": "dock",
             "hours": hours, "vehicle_ids": ["van"]},
            {"id": "luc", "name": "luc", "kind": "volunteer", "starts_at_site": "farm1", "ends_at_site": "village1",
             "hours": hours, "vehicle_ids": ["car"]},
        ],
        "boxes": [
            {"id": f"box{index}", "volume": chance.choice((30_000, 60_000)), "coldest": 0, "warmest": 20,
             "at_site": chance.choice(("farm1", "farm1", "dock")),
             "holds": [{"outside": 300, "minutes": chance.choice((240, 720))}]}
            for index in range(3)
        ],
        "consignments": [
            {
                "id": f"goods{index}", "producer_id": "p", "from_site": f"farm{index % 2}",
                "to_site": "village1" if index % 2 else f"village{chance.randrange(2)}",
                "ready_at": instant(chance.choice((0, 60))),
                "lines": [
                    {"id": f"line{index}{at}", "product_id": "p", "name": "n", "producer_id": "p", "quantity": 1_000,
                     "temperature_class": chance.choices(KINDS, (6, 6, 4, 4, 1, 1))[0],
                     "label_max": chance.choice((None, None, 60)),
                     "volume": chance.choice((5_000, 20_000)), "weight": 10_000}
                    for at in range(chance.randint(1, 2))
                ],
            }
            for index in range(chance.randint(1, 4))
        ],
    }  # fmt: skip


class _Driver:
    """Writes the stops of a round one after another, with as much time as ways and handling take, sometimes more."""

    def __init__(self, day: Day, chance: Random, one: str, carrier: str, vehicle: str, begins: int) -> None:
        self.day, self.chance, self.roads, self.now = day, chance, DayRoads(day), begins
        self.round: dict[str, Any] = {
            "id": one,
            "carrier_id": carrier,
            "vehicle_id": vehicle,
            "settings": [],
            "stops": [],
        }

    def stop(self, site: str, loads: list[Any], unloads: list[Any]) -> None:
        if self.round["stops"]:
            self.now += -(-self.roads.way(self.round["stops"][-1]["site_id"], site).seconds // 60)
            self.now += self.chance.choice((0, 0, 0, 7))
        handling = next(one.handling for one in self.day.sites if one.id == site)
        stays = handling * 2 if loads or unloads else 0
        self.round["stops"].append(
            {"site_id": site, "arrives_at": instant(self.now), "departs_at": instant(self.now + stays),
             "loads": loads, "unloads": unloads}
        )  # fmt: skip
        self.now += stays


def sensible(day: Day, chance: Random) -> dict[str, Any]:
    """The van collects at the first farm, comes to the dock and goes out from there; the car goes directly."""
    by_van = [one for one in day.consignments if one.from_site == "farm0"]
    by_car = [one for one in day.consignments if one.from_site == "farm1"]
    set_to = chance.choice((10, 20, 30, 50))
    rooms = {one.id: chance.choice(("front", "front", "rear")) for one in by_van}
    settings = [{"room_id": "front", "set_to": set_to}, {"room_id": "rear", "set_to": chance.choice((20, -200))}]
    fridges = {site.id: "fridge" if site.rooms else None for site in day.sites}
    unpacked = chance.random() < 0.5

    def loads(goods: list[Any]) -> list[Any]:
        return [{"consignment_id": one.id, "room_id": rooms[one.id]} for one in goods]

    def unloads(goods: list[Any], room: str | None, opened: bool = False) -> list[Any]:
        return [{"consignment_id": one.id, "room_id": room, "unpacked": opened} for one in goods]

    collect = _Driver(day, chance, "collect", "amina", "van", 60)
    collect.round["settings"] = settings
    collect.stop("dock", [], [])
    collect.stop("farm0", loads(by_van), [])
    collect.stop("dock", [], unloads(by_van, "cold"))
    deliver = _Driver(day, chance, "deliver", "amina", "van", collect.now + chance.choice((0, 60, 300)))
    deliver.round["settings"] = settings
    deliver.stop("dock", loads(by_van), [])
    for village in ("village0", "village1"):
        there = [one for one in by_van if one.to_site == village]
        if there:
            deliver.stop(village, [], unloads(there, fridges[village]))
    deliver.stop("dock", [], [])
    car = _Driver(day, chance, "car", "luc", "car", chance.choice((60, 300, 560)))
    boxed = [
        {"consignment_id": one.id, "room_id": "boot", "box_ids": [f"box{index}"] if chance.random() < 0.8 else []}
        for index, one in enumerate(by_car)
    ]
    car.stop("farm1", boxed, [])
    car.stop("village1", [], unloads(by_car, fridges["village1"] if unpacked else None, unpacked))
    kept = [{"site_id": site, "settings": [{"room_id": "fridge", "set_to": set_to}]} for site in fridges if
            site.startswith("village") and fridges[site]]  # fmt: skip
    return {
        "day_id": "random", "rounds": [collect.round, deliver.round, car.round],
        "rooms": [{"site_id": "dock", "settings": [{"room_id": "cold", "set_to": set_to}]}, *kept],
    }  # fmt: skip


def spoil(plan: dict[str, Any], day: Day, chance: Random) -> None:  # noqa: C901 (one case for each way)
    """One thing, anywhere, otherwise than it was."""
    round_ = chance.choice(plan["rounds"])
    stop = chance.choice(round_["stops"])
    moved = [one for stop in round_["stops"] for one in (*stop["loads"], *stop["unloads"])]
    loads = [one for stop in round_["stops"] for one in stop["loads"]]
    match chance.randrange(10):
        case 0:
            stop["arrives_at"] = instant(chance.randrange(800))
        case 1:
            late = timedelta(minutes=chance.choice((-30, -5, 5, 60, 300)))
            for one in round_["stops"]:
                for field in ("arrives_at", "departs_at"):
                    one[field] = (datetime.fromisoformat(one[field]) + late).isoformat()
        case 2:
            stop["site_id"] = chance.choice(day.sites).id
            stop["unloads"] = [{**one, "room_id": None} for one in stop["unloads"]]
        case 3:
            plan["rounds"].remove(round_)
        case 4 if moved:
            one = chance.choice(moved)
            one["consignment_id"] = chance.choice(day.consignments).id
        case 5 if stop["unloads"]:
            one = chance.choice(stop["unloads"])
            one["room_id"], one["unpacked"] = None, not one["unpacked"]
        case 6 if loads:
            chance.choice(loads)["box_ids"] = chance.sample([box.id for box in day.boxes], chance.randint(0, 2))
        case 7 if round_.get("settings"):
            chance.choice(round_["settings"])["set_to"] = chance.choice((-100, 0, 40, 80, 120))
        case 8 if plan["rooms"]:
            plan["rooms"].pop()
        case 9:
            stop["loads"], stop["unloads"] = stop["loads"][1:], stop["unloads"][1:]
        case _:
            round_["carrier_id"] = chance.choice(day.carriers).id


def drawn(chance: Random) -> tuple[Day, Plan]:
    day = Day.model_validate(network(chance))
    plan = sensible(day, chance)
    for _time in range(chance.choice((0, 0, 0, 1, 1, 2))):
        if plan["rounds"]:
            spoil(plan, day, chance)
    return day, Plan.model_validate(plan)
