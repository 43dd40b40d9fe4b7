"""What is wrong with a file is told at its place, in plain words, all at once."""

# Its neighbours are found by name.
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import small_day as small
from planted import DROP, Planted, spoiled

from coldchain import Wrong, check, read_day, read_plan


def told_of(planted: Planted) -> list[str]:
    day, plan = spoiled(planted)
    try:
        check(read_day(json.dumps(day).encode()), read_plan(json.dumps(plan).encode()))
    except Wrong as wrong:
        return [str(fault) for fault in wrong.faults]
    return []


BAD: list[tuple[str, Any, str]] = [
    ("d.sites.0.latitude", DROP, "sites[0].latitude: the place has no coordinates"),
    ("d.sites.0.longitude", None, "sites[0].longitude: the place has no coordinates"),
    ("d.sites.0.latitude", 91, "sites[0].latitude: is more than 90.0: “91”"),
    ("d.sites.1.id", "goats", "sites[1].id: “goats” is there twice"),
    ("d.sites.3.windows.0.closes_at", small.at("05:00"), "sites[3].windows[0].closes_at: is not after opens_at"),
    ("d.sites.4.handover.closes_at", small.at("16:00"), "sites[4].handover.closes_at: is not after opens_at"),
    ("d.sites.4.rooms.0.warmest", -1, "sites[4].rooms[0].warmest: is colder than coldest"),
    ("d.sites.4.rooms.0.warmest", None, "sites[4].rooms[0].warmest: say both, or neither where nothing cools the room"),
    ("d.vehicles.0.certified_until", None,
     "vehicles[0].certified_until: is missing: until when does the certificate hold?"),
    ("d.vehicles.0.certified_until", "31/01/2027",
     "vehicles[0].certified_until: is no date: write 2026-11-27, not “31/01/2027”"),
    ("d.vehicles.0.rooms", [], "vehicles[0].rooms: is empty: at least one"),
    ("d.vehicles.0.payload", -1, "vehicles[0].payload: is less than 0"),
    ("d.carriers.0.vehicle_ids", ["bike"], "carriers[0].vehicle_ids[0]: there is no vehicle “bike”"),
    ("d.carriers.0.starts_at_site", "moon", "carriers[0].starts_at_site: there is no site “moon”"),
    ("d.carriers.1.producer_id", "", "carriers[1].producer_id: is missing: which producer drives?"),
    ("d.carriers.0.kind", "robot", "carriers[0].kind: must be one of 'employee', 'volunteer', 'producer', not “robot”"),
    ("d.boxes.0.at_site", "moon", "boxes[0].at_site: there is no site “moon”"),
    ("d.boxes.0.volume", 0, "boxes[0].volume: must be more than 0"),
    ("d.consignments.0.lines.0.volume", -1, "consignments[0].lines[0].volume: is less than 0"),
    ("d.consignments.0.lines.0.volume", "much",
     "consignments[0].lines[0].volume: must be a whole number, not “much”"),
    ("d.consignments.0.lines.0.quantity", -1, "consignments[0].lines[0].quantity: is less than 0"),
    ("d.consignments.0.lines.0.temperature_class", "WARM",
     "consignments[0].lines[0].temperature_class: there is no temperature class “WARM”"),
    ("d.consignments.0.lines.0.colour", "red", "consignments[0].lines[0].colour: there is no such field"),
    ("d.consignments.0.to_site", "dock", "consignments[0].to_site: is no pickup point where households collect"),
    ("d.consignments.0.ready_at", "2026-06-26T06:00:00",
     "consignments[0].ready_at: says no time zone: write 2026-11-27T06:30:00Z"),
    ("d.consignments.0.ready_at", "early",
     "consignments[0].ready_at: is no instant: write 2026-11-27T06:30:00Z, not “early”"),
    ("d.sites.4.handover", None, "sites[4].handover: is missing: when do households collect?"),
    ("d.fixed_rounds.0.site_ids", ["village", "village"],
     "fixed_rounds[0].site_ids[1]: “village” is in fixed_rounds[0] already"),
    ("d.pins.0.consignment_id", "gold", "pins[0].consignment_id: there is no consignment “gold”"),
    ("d.format", 2, "format: this release reads format 1; the file says “2”"),
    ("d.outside", 9990, "outside: is more than 1000: “9990”"),
    ("p.day_id", "monday", "day_id: the plan is of “monday”, the day is “friday”"),
    ("p.rounds.0.vehicle_id", "bike", "rounds[0].vehicle_id: there is no vehicle “bike”"),
    ("p.rounds.0.stops.1.loads.0.consignment_id", "gold",
     "rounds[0].stops[1].loads[0].consignment_id: there is no consignment “gold”"),
    ("p.rounds.0.stops.1.loads.0.room_id", "roof", "rounds[0].stops[1].loads[0].room_id: there is no room “roof”"),
    ("p.rounds.0.stops.2.unloads.0.room_id", "roof", "rounds[0].stops[2].unloads[0].room_id: there is no room “roof”"),
    ("p.rounds.2.stops.0.loads.0.box_ids", ["b1", "b1"], "rounds[2].stops[0].loads[0].box_ids: a box is there twice"),
    ("p.rounds.0.stops", [], "rounds[0].stops: is empty: at least one"),
    ("p.rounds.1.id", "collect", "rounds[1].id: “collect” is there twice"),
    ("p.rooms.1.site_id", "dock", "rooms[1].site_id: “dock” is there twice"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "sentence"), BAD, ids=[f"{path}={value!r:.20}" for path, value, _ in BAD])
def test_a_slip_is_told_at_its_place(path: str, value: Any, sentence: str) -> None:
    assert sentence in told_of([(path, value)])


def test_nothing_is_told_of_a_file_that_is_right() -> None:
    assert told_of([]) == []


def test_several_slips_are_told_at_once() -> None:
    assert len(told_of([("d.sites.0.latitude", DROP), ("d.consignments.0.lines.0.volume", -1)])) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "This is no JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "This is no day: it must be an object: {...}"),
        (b"\xff\xfe{", "This is no JSON"),
        (b"[" * 200_000, "This is no day: too many brackets within brackets"),
        (b"{}", "id: is missing"),
    ],
)
def test_what_is_no_day_is_told(text: bytes, sentence: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read_day(text)
    assert str(wrong.value.faults[0]).startswith(sentence)
