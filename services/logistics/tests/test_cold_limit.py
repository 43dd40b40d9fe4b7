"""What a place asks at a moment: as the checker sees the plan, whatever the day."""

from datetime import UTC, datetime, timedelta

import pytest
from drawn_days import days
from hypothesis import HealthCheck, given, settings
from schedule_desk import publish, week

from chassis.identity import Grant
from coldchain.checker import check
from coldchain.day_faults import find
from coldchain.temperature import FROZEN, Band, carried_at
from coldchain.violation import Weight
from contracts import Role
from logistics.cold import plausible
from logistics.cold.limit import BRIEFLY, Followed
from logistics.cold.place import Kind, Place, Stage, place_of
from logistics.schedule.published import Published
from logistics.solver import Budget, plan

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def followed(day):
    return Followed.of(Published(day.date, 1, day, plan(day, budget=Budget(iterations=20)), (), NOW, "Nadia"))


def set_to(one, place):
    """At what the plan keeps a room; of a vehicle, on each of its rounds."""
    if place.kind is Kind.SITE:
        return {one.scene.site_room(place.id, place.part or None)[1]}
    rounds = [each for each in one.published.plan.rounds if each.vehicle_id == place.id]
    return {one.scene.compartment(each, place.part)[1] for each in rounds}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(days())
def test_what_the_checker_lets_pass_holds_the_limit_of_each_moment(day):
    one = followed(day)
    if list(find(day)) or any(each.weight is Weight.HARD for each in check(day, one.published.plan)):
        return
    for place in one.places():
        settings_ = set_to(one, place) if place.kind in (Kind.SITE, Kind.VEHICLE) else {None}
        if None in settings_ or len(settings_) != 1:
            continue
        [kept_at] = settings_
        for stay in one.steps(place):
            by_law = [each for each in one.limit(place, stay.begins).asked if each.law]
            assert all(each.band.holds(kept_at) for each in by_law), (place, stay)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(days())
def test_the_limit_is_never_laxer_than_any_line_that_is_there(day):
    one = followed(day)
    for place in one.places():
        for stay in one.steps(place):
            band = one.limit(place, stay.begins).band
            for consignment, _piece in one.there(place, stay.begins):
                for line in consignment.lines:
                    own = carried_at(line.temperature_class, line.label_max)
                    more = BRIEFLY if line.temperature_class in FROZEN else 0
                    if own.highest is not None:
                        assert band.highest is not None
                        assert band.highest <= own.highest + more
                    if own.lowest is not None:
                        assert band.lowest is not None
                        assert band.lowest >= own.lowest


@pytest.fixture
async def hub(app, client_for):
    await week(app, client_for(app, Grant(Role.COORDINATOR)))
    return Followed.of(await publish(app))


async def test_frozen_goods_may_be_warmer_only_while_something_is_loaded_or_unloaded(hub):
    seen = set()
    for place in hub.places():
        if place.kind is not Kind.VEHICLE:
            continue
        for one in hub.published.plan.rounds:
            if one.vehicle_id != place.id:
                continue
            for stop in one.stops:
                for moment, busy in (
                    (stop.arrives_at + timedelta(minutes=1), bool(stop.loads or stop.unloads)),
                    (stop.departs_at + timedelta(minutes=1), False),
                ):
                    frozen = [each for each in hub.limit(place, moment).asked if each.line.temperature_class in FROZEN]
                    for each in frozen:
                        own = carried_at(each.line.temperature_class, each.line.label_max).highest
                        assert each.band.highest == own + (BRIEFLY if busy else 0)
                        seen.add(busy)
    assert seen == {True, False}


async def test_at_the_hand_over_a_milder_label_counts_no_more(hub):
    """A label of 8 °C on very perishable goods holds in the van; households must be handed them at 4 °C."""
    one = hub.published.day.consignments[0]
    line = one.lines[0].model_copy(update={"temperature_class": "VERY_PERISHABLE", "label_max": 80})
    changed = one.model_copy(update={"lines": (line,)})
    day = hub.published.day.model_copy(update={"consignments": (changed, *hub.published.day.consignments[1:])})
    other = Followed.of(Published(day.date, 1, day, hub.published.plan, (), NOW, "Nadia"))
    goods = Place(Kind.GOODS, one.id, line.id)
    assert other.limit(goods, NOW, Stage.DROP_OFF).band.highest == 80
    assert other.limit(goods, NOW, Stage.PICK_UP).band.highest == 40


@pytest.mark.parametrize(
    ("typed", "band", "meant"),
    [
        (392, (None, 40), {40}),
        (356, (0, 20), {20}),
        (-4, (None, -180), {-180}),
        (180, (None, -180), {-180}),
        (1000, (630, None), set()),
        (120, (None, 40), {12}),
        (120, (None, -180), set()),
        (61, (None, 40), set()),
        (40, (None, 40), set()),
        (392, (None, None), set()),
    ],
)
def test_what_may_have_been_meant(typed, band, meant):
    assert set(plausible.meant(typed, Band(*band))) == meant


def test_a_place_is_written_in_one_word_and_read_again():
    for place in (Place(Kind.SITE, "dock", "dock:1"), Place(Kind.GOODS, "pic/limoux/1", "list/3/limoux/2")):
        assert place_of(place.code) == place
    for wrong in ("", "site", "site|", "site||x", "moon|x|", "site|" + "x" * 200 + "|"):
        assert place_of(wrong) is None
