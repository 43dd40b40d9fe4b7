"""A plant for every rule: where the small day or its plan is spoiled so that this rule breaks."""

from typing import Any

import small_day as small

from coldchain import Violation, check
from coldchain.day_faults import find

Planted = list[tuple[str, Any]]
"""Where (d: the day, p: the plan), and what stands there instead; DROP takes it out, a list in ADD is appended."""

DROP = object()


class Add(list[Any]):
    pass


def _fresh(one: str, from_site: str, to_site: str) -> dict[str, Any]:
    lines = [small.line(one, "FRESH_FISH", "goatherd")]
    return {"id": one, "producer_id": "goatherd", "from_site": from_site, "to_site": to_site, "lines": lines}


COLLECT, DELIVER, FISHER, ROSE = "p.rounds.0", "p.rounds.1", "p.rounds.2", "p.rounds.3"
CHEESE, FISH, EGGS, FLOUR = (f"d.consignments.{index}" for index in range(4))
FAR = {"latitude": 45.0, "longitude": 2.40}

PLANTED: dict[str, Planted] = {
    # What cannot happen
    "loaded-elsewhere": [(f"{COLLECT}.stops.1.loads", small.moved("fish", room_id="front"))],
    "loaded-again": [
        (f"{DELIVER}.stops.2.site_id", "village"),
        (f"{DELIVER}.stops.2.loads", small.moved("cheese", room_id="front")),
    ],
    "not-aboard": [
        (f"{COLLECT}.stops.0.arrives_at", small.at("06:20")),
        (f"{COLLECT}.stops.0.unloads", small.moved("fish")),
    ],
    "left-behind": [("p.rounds.3", DROP), ("p.left_behind", [{"consignment_id": "eggs", "why": "no carrier"}])],
    "not-delivered": [(f"{DELIVER}.stops.1.unloads", small.moved("flour"))],
    "not-ready": [(f"{CHEESE}.ready_at", small.at("08:00"))],
    "after-hand-over-opens": [
        (f"{FISHER}.stops.1.arrives_at", small.at("16:57")),
        (f"{FISHER}.stops.1.departs_at", small.at("17:05")),
    ],
    # Time
    "time-backwards": [(f"{DELIVER}.stops.1.departs_at", small.at("15:30"))],
    "too-fast": [(f"{FISHER}.stops.1.arrives_at", small.at("13:20"))],
    "handling-too-short": [(f"{COLLECT}.stops.1.departs_at", small.at("07:04"))],
    "place-closed": [("d.sites.3.windows.0.closes_at", small.at("16:00"))],
    "outside-hours": [("d.carriers.0.hours.closes_at", small.at("16:00"))],
    "driving-too-long": [("d.carriers.0.at_most_driving", 20)],
    # Vehicles and carriers
    "vehicle-twice": [(f"{COLLECT}.stops.2.departs_at", small.at("15:05"))],
    "vehicle-elsewhere": [(f"{DELIVER}.stops.0.site_id", "goats")],
    "carrier-twice": [(f"{COLLECT}.stops.2.departs_at", small.at("15:05"))],
    "carrier-elsewhere": [(f"{DELIVER}.stops.0.site_id", "goats")],
    "not-their-vehicle": [("d.carriers.2.vehicle_ids", ["van"])],
    "wrong-start": [("d.carriers.1.starts_at_site", "goats")],
    "wrong-end": [("d.carriers.1.ends_at_site", "lagoon")],
    # Room
    "compartment-full": [("d.vehicles.0.rooms.0.volume", 70_000)],
    "compartment-too-heavy": [("d.vehicles.0.rooms.0.payload", 29_999)],
    "vehicle-too-heavy": [("d.vehicles.0.payload", 29_999)],
    "room-full": [("d.sites.3.rooms.0.volume", 70_000)],
    "room-too-heavy": [("d.sites.3.rooms.0.payload", 29_999)],
    "floor-full": [("d.sites.4.floor", 19_999)],
    # Boxes
    "box-elsewhere": [("d.boxes.0.at_site", "dock")],
    "box-taken": [
        ("d.consignments", Add([_fresh("trout", "hens", "hamlet")])),
        (f"{FISHER}.stops", [
            small.stop("lagoon", "12:00", "12:10", loads=small.moved("fish", room_id="boot", box_ids=["b1"])),
            small.stop("hens", "14:00", "14:10", unloads=small.moved("fish")),
            small.stop("hens", "14:10", "14:20", loads=small.moved("trout", room_id="boot", box_ids=["b1"])),
            small.stop("hamlet", "16:40", "16:50", unloads=small.moved("trout")),
        ]),
    ],
    "box-parted": [
        ("d.consignments", Add([_fresh("sole", "lagoon", "hamlet")])),
        (f"{FISHER}.stops.0.loads", small.moved("fish", "sole", room_id="boot", box_ids=["b1"])),
    ],
    "box-shared-otherwise": [
        ("d.consignments", Add([_fresh("sole", "lagoon", "hamlet")])),
        (f"{FISHER}.stops.0.loads", [
            *small.moved("fish", room_id="boot", box_ids=["b1"]),
            *small.moved("sole", room_id="boot", box_ids=["b1", "b2"]),
        ]),
        (f"{FISHER}.stops.1.unloads", small.moved("fish", "sole")),
    ],
    "box-full": [(f"{FISH}.lines.0.volume", 50_001)],
    # The cold
    "setting-impossible": [(f"{COLLECT}.settings.0.set_to", -10)],
    "compartment-mixed": [
        (f"{FLOUR}.lines.0.temperature_class", "EGGS"), (f"{FLOUR}.lines.0.label_max", None),
        (f"{CHEESE}.lines.0.temperature_class", "FRESH_FISH"),
    ],
    "wrong-temperature": [(f"{DELIVER}.settings.0.set_to", 50)],
    "wrong-temperature-usage": [(f"{CHEESE}.lines.0.label_max", 80), (f"{FLOUR}.lines.0.temperature_class", "EGGS")],
    "uncooled-too-long": [(f"{DELIVER}.settings", [])],
    "uncooled-too-long-usage": [(f"{EGGS}.lines.0.temperature_class", "LIVE_SHELLFISH")],
    "box-held-too-short": [("d.boxes.0.holds.1.minutes", 300)],
    "box-of-wrong-temperature": [("d.boxes.0.warmest", 30)],
    "box-of-wrong-temperature-usage": [(f"{FISH}.lines.0.temperature_class", "EGGS")],
    "frozen-uncooled": [(f"{EGGS}.lines.0.temperature_class", "FROZEN")],
    "hot-out-of-a-box": [(f"{EGGS}.lines.0.temperature_class", "HOT_DISH")],
    "shellfish-on-ice": [(f"{FISH}.lines", Add([small.line("oysters", "LIVE_SHELLFISH", "fisher")]))],
    "frost-or-heat": [(f"{FLOUR}.lines.0.label_max", None), (f"{DELIVER}.stops.1.unloads.1.room_id", None)],
    # Transport
    "uncertified-too-far": [
        ("d.vehicles.0.certificate", ""), ("d.vehicles.0.certified_until", None),
        ("d.limits", {"uncertified_metres": 5_000}),
    ],
    "uncertified-break-of-load": [("d.vehicles.0.certificate", ""), ("d.vehicles.0.certified_until", None)],
    "certificate-expired": [("d.vehicles.0.certified_until", "2026-06-25")],
    # Sale
    "eggs-resold": [(f"{EGGS}.lines.0.resold", True)],
    "eggs-too-far": [("d.limits", {"eggs_metres": 2_000})],
    "eggs-without-producer": [(f"{ROSE}.stops.1.departs_at", small.at("17:59"))],
    "minced-meat-under-dispensation": [
        (f"{CHEESE}.lines.0.temperature_class", "MINCED_MEAT"), (f"{CHEESE}.lines.0.resold", True),
        (f"{CHEESE}.lines.0.dispensation", "meat"), (f"{COLLECT}.settings.0.set_to", 20),
        (f"{DELIVER}.settings.0.set_to", 20), ("p.rooms.0.settings.0.set_to", 20), ("p.rooms.1.settings.0.set_to", 20),
        ("d.dispensations", [{"producer_id": "goatherd", "category": "meat", "weekly_cap": 250_000}]),
    ],
    "dispensation-not-declared": [(f"{CHEESE}.lines.0.resold", True), (f"{CHEESE}.lines.0.dispensation", "dairy")],
    "dispensation-cap": [
        (f"{CHEESE}.lines.0.resold", True), (f"{CHEESE}.lines.0.dispensation", "dairy"),
        ("d.dispensations", [{"producer_id": "goatherd", "category": "dairy", "weekly_cap": 100_000, "used": 90_001}]),
    ],
    "dispensation-too-far": [
        (f"{CHEESE}.lines.0.resold", True), (f"{CHEESE}.lines.0.dispensation", "dairy"),
        ("d.dispensations", [{"producer_id": "goatherd", "category": "dairy", "weekly_cap": 100_000}]),
        ("d.limits", {"dispensation_metres": 5_000}),
    ],
    "organic-bulk-at-dock": [(f"{FLOUR}.lines.0.organic_bulk", True)],
    # What people fixed
    "not-by-its-producer": [(f"{FISH}.producer_id", "goatherd")],
    "pinned-otherwise": [("d.pins.0.carrier_id", "rose")],
    "fixed-round-by-another": [(f"{FISH}.self_delivery", False)],
    "fixed-round-in-another-order": [
        (f"{FISH}.from_site", "goats"), (f"{FISH}.self_delivery", False),
        (f"{FISH}.lines.0.temperature_class", "AMBIENT"),
        (f"{FISHER}", DROP),
        ("p.rounds.0.stops.1.loads", small.moved("cheese", "flour", "fish", room_id="front")),
        ("p.rounds.0.stops.2.unloads", small.moved("cheese", "flour", "fish", room_id="room")),
        ("p.rounds.1.stops.0.loads", small.moved("cheese", "flour", "fish", room_id="front")),
        ("p.rounds.1.stops.1", DROP),
        ("p.rounds.1.stops.1", small.stop("dock", "18:00", "18:00")),
        ("p.rounds.1.stops", Add([
            small.stop("hamlet", "19:00", "19:05", unloads=small.moved("fish")),
            small.stop("village", "19:30", "19:35", unloads=small.moved("cheese", "flour", room_id="fridge")),
            small.stop("dock", "19:55", "19:55"),
        ])),
    ],
}  # fmt: skip


def spoiled(planted: Planted) -> tuple[dict[str, Any], dict[str, Any]]:
    whole: Any = {"d": small.day(), "p": small.plan()}
    for path, value in planted:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = whole
        for part in way:
            place = place[part]
        if value is DROP:
            del place[last]
        elif isinstance(value, Add):
            place[last] = [*place[last], *value]
        else:
            place[last] = value
    return whole["d"], whole["p"]


def broken(planted: Planted) -> tuple[Violation, ...]:
    day, plan = small.made(*spoiled(planted))
    assert list(find(day)) == []
    return check(day, plan)
