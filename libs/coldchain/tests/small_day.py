"""A small day that holds, and its plan: two farms, a dock, two villages, a van with two compartments, boxes.

Tests spoil one thing of it at a time (`with_`). Faisselle and tomme come from the goat farm over the dock; fish comes
from the lagoon directly; eggs with their producer, who stays.
"""

from datetime import date
from typing import Any

from coldchain.day import Day
from coldchain.plan import Plan


def at(clock: str) -> str:
    return f"2026-06-26T{clock}:00Z"


def line(one: str, kind: str, producer: str, **more: Any) -> dict[str, Any]:
    return {
        "id": one, "product_id": f"p-{one}", "name": one.capitalize(), "producer_id": producer, "quantity": 10_000,
        "temperature_class": kind, "volume": 20_000, "weight": 10_000, **more,
    }  # fmt: skip


def site(one: str, kind: str, latitude: float, longitude: float, **more: Any) -> dict[str, Any]:
    return {"id": one, "kind": kind, "name": one.capitalize(), "latitude": latitude, "longitude": longitude, **more}


def handover(opens: str, closes: str) -> dict[str, str]:
    return {"opens_at": at(opens), "closes_at": at(closes)}


HOURS = {"opens_at": at("05:00"), "closes_at": at("22:00")}
COLD = {"coldest": 0, "warmest": 80}


def day() -> dict[str, Any]:
    return {
        "id": "friday",
        "date": str(date(2026, 6, 26)),
        "outside": 300,
        "sites": [
            site("goats", "farm", 43.20, 2.30),
            site("lagoon", "farm", 43.10, 2.90),
            site("hens", "farm", 43.22, 2.38),
            site(
                "dock", "dock", 43.21, 2.35, windows=[handover("06:00", "20:00")], floor=500_000,
                rooms=[{"id": "room", "name": "Cold room", "volume": 1_000_000, "payload": 900_000, **COLD}],
            ),
            site("village", "pickup", 43.25, 2.40, handover=handover("17:00", "18:00"), floor=400_000,
                 rooms=[{"id": "fridge", "name": "Fridge", "volume": 200_000, **COLD}]),
            site("hamlet", "pickup", 43.26, 2.42, handover=handover("17:00", "18:30")),
        ],
        "vehicles": [
            {
                "id": "van", "name": "Van", "payload": 600_000, "certificate": "FRC", "certified_until": "2027-01-31",
                "rooms": [
                    {"id": "front", "name": "Front", "volume": 400_000, "payload": 300_000, **COLD},
                    {"id": "rear", "name": "Rear", "volume": 400_000, "coldest": -250, "warmest": 80},
                ],
            },
            {"id": "car", "name": "Car", "payload": 200_000, "rooms": [{"id": "boot", "volume": 300_000}]},
            {"id": "truck", "name": "Truck", "payload": 300_000, "rooms": [{"id": "bed", "volume": 900_000}]},
        ],
        "carriers": [
            {"id": "amina", "name": "Amina", "kind": "employee", "starts_at_site": "dock", "ends_at_site": "dock",
             "hours": {**HOURS}, "vehicle_ids": ["van"], "at_most_driving": 480},
            {"id": "luc", "name": "Luc", "kind": "producer", "producer_id": "fisher", "starts_at_site": "lagoon",
             "ends_at_site": "hamlet", "hours": {**HOURS}, "vehicle_ids": ["car"]},
            {"id": "rose", "name": "Rose", "kind": "producer", "producer_id": "henwife", "starts_at_site": "hens",
             "ends_at_site": "village", "hours": {**HOURS}, "vehicle_ids": ["truck"]},
        ],
        "boxes": [
            {"id": box, "name": f"Box {box}", "volume": 50_000, "coldest": 0, "warmest": 20, "at_site": "lagoon",
             "holds": [{"outside": 250, "minutes": 600}, {"outside": 350, "minutes": 480}]}
            for box in ("b1", "b2")
        ],
        "consignments": [
            {"id": "cheese", "producer_id": "goatherd", "from_site": "goats", "to_site": "village",
             "ready_at": at("06:00"), "lines": [
                 line("faisselle", "VERY_PERISHABLE", "goatherd"),
                 line("tomme", "PERISHABLE", "goatherd", label_max=80),
             ]},
            {"id": "fish", "producer_id": "fisher", "from_site": "lagoon", "to_site": "hamlet", "self_delivery": True,
             "lines": [line("bream", "FRESH_FISH", "fisher")]},
            {"id": "eggs", "producer_id": "henwife", "from_site": "hens", "to_site": "village",
             "lines": [line("eggs", "EGGS", "henwife", eggs=True)]},
            {"id": "flour", "producer_id": "goatherd", "from_site": "goats", "to_site": "village",
             "lines": [line("flour", "AMBIENT", "goatherd", label_max=350)]},
        ],
        "fixed_rounds": [{"carrier_id": "amina", "site_ids": ["village", "hamlet"]}],
        "pins": [{"consignment_id": "flour", "carrier_id": "amina"}],
    }  # fmt: skip


def stop(site_id: str, arrives: str, departs: str, **more: Any) -> dict[str, Any]:
    return {"site_id": site_id, "arrives_at": at(arrives), "departs_at": at(departs), **more}


def moved(*ids: str, **more: Any) -> list[dict[str, Any]]:
    return [{"consignment_id": one, **more} for one in ids]


def plan() -> dict[str, Any]:
    return {
        "day_id": "friday",
        "rounds": [
            {"id": "collect", "carrier_id": "amina", "vehicle_id": "van",
             "settings": [{"room_id": "front", "set_to": 30}],
             "stops": [
                 stop("dock", "06:30", "06:30"),
                 stop("goats", "07:00", "07:10", loads=moved("cheese", "flour", room_id="front")),
                 stop("dock", "07:40", "07:50", unloads=moved("cheese", "flour", room_id="room")),
             ]},
            {"id": "deliver", "carrier_id": "amina", "vehicle_id": "van",
             "settings": [{"room_id": "front", "set_to": 30}],
             "stops": [
                 stop("dock", "15:00", "15:10", loads=moved("cheese", "flour", room_id="front")),
                 stop("village", "15:40", "15:50", unloads=moved("cheese", "flour", room_id="fridge")),
                 stop("dock", "16:30", "16:30"),
             ]},
            {"id": "fisher", "carrier_id": "luc", "vehicle_id": "car",
             "stops": [
                 stop("lagoon", "13:00", "13:10", loads=moved("fish", room_id="boot", box_ids=["b1"])),
                 stop("hamlet", "16:40", "16:50", unloads=moved("fish")),
             ]},
            {"id": "henwife", "carrier_id": "rose", "vehicle_id": "truck",
             "stops": [
                 stop("hens", "16:00", "16:10", loads=moved("eggs", room_id="bed")),
                 stop("village", "16:40", "18:00", unloads=moved("eggs")),
             ]},
        ],
        "rooms": [
            {"site_id": "dock", "settings": [{"room_id": "room", "set_to": 30}]},
            {"site_id": "village", "settings": [{"room_id": "fridge", "set_to": 30}]},
        ],
    }  # fmt: skip


def made(day_: dict[str, Any], plan_: dict[str, Any]) -> tuple[Day, Plan]:
    return Day.model_validate(day_), Plan.model_validate(plan_)
