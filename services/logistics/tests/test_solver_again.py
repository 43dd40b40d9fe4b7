"""Something falls out of a planned day: the new plan moves what it must, and nothing else."""

from functools import cache

import pytest
from reference_day import reference_day

from coldchain.checker import check
from coldchain.day import Day, Pin
from coldchain.plan import Plan
from logistics.solver import Budget, changes, plan


@cache
def planned() -> tuple[Day, Plan]:
    day = reference_day()
    return day, plan(day, seed=1, budget=Budget(iterations=700))


def carried_by(done: Plan, carrier_id: str) -> set[str]:
    return {
        load.consignment_id
        for one in done.rounds
        if one.carrier_id == carrier_id
        for stop in one.stops
        for load in stop.loads
    }


def test_a_day_that_did_not_change_keeps_its_plan() -> None:
    day, done = planned()
    again = plan(day, previous=done)
    assert changes(done, again) == ()
    assert check(day, again) == ()


@pytest.mark.parametrize("absent", ["carrier-28", "carrier-31", "employee-4"])
def test_only_what_an_absent_carrier_carried_moves(absent: str) -> None:
    day, done = planned()
    without = day.model_copy(update={"carriers": tuple(one for one in day.carriers if one.id != absent)})
    again = plan(without, previous=done)
    assert again.left_behind == ()
    assert check(without, again) == ()
    moved = {one.consignment_id for one in changes(done, again)}
    assert moved == carried_by(done, absent)
    assert moved


def test_a_place_that_falls_out_leaves_every_other_round_as_it_was() -> None:
    day, done = planned()
    kept = tuple(one for one in day.consignments if one.to_site != "place-9")
    without = day.model_copy(update={"consignments": kept})
    again = plan(without, previous=done)
    assert check(without, again) == ()
    assert {one.consignment_id for one in changes(done, again)} == {
        one.id for one in day.consignments if one.to_site == "place-9"
    }


def test_a_vehicle_that_falls_out_moves_what_it_carried() -> None:
    day, done = planned()
    carrier = next(one for one in day.carriers if one.id == "employee-4")
    without = day.model_copy(
        update={"vehicles": tuple(one for one in day.vehicles if one.id not in carrier.vehicle_ids)}
    )
    again = plan(without, previous=done)
    assert check(without, again) == ()
    assert {one.consignment_id for one in changes(done, again)} == carried_by(done, "employee-4")


def test_a_pin_moves_what_is_pinned_and_holds() -> None:
    day, done = planned()
    moved = next(
        one for one in day.consignments if one.id in carried_by(done, "employee-4") and one.to_site == "place-5"
    )
    pinned = day.model_copy(update={"pins": (Pin(consignment_id=moved.id, carrier_id="employee-3"),)})
    again = plan(pinned, previous=done)
    assert check(pinned, again) == ()
    assert moved.id in carried_by(again, "employee-3")
    assert {one.consignment_id for one in changes(done, again)} == {moved.id}
