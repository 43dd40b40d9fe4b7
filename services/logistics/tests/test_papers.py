"""The papers of any day say what its plan says: every consignment that is carried once, in the order it is loaded."""

from collections import Counter
from datetime import timedelta

from drawn_days import days
from hypothesis import HealthCheck, assume, given, settings
from reference_day import reference_day

from coldchain.day import Day, SiteKind
from coldchain.plan import Plan
from logistics.papers.dock import bound_for, dock_plans
from logistics.papers.label import box_labels, crate_labels
from logistics.papers.packing import packings
from logistics.papers.route import Route, routes
from logistics.papers.timeline import timeline
from logistics.solver import Budget, plan

ANY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def planned(day: Day) -> Plan:
    made = plan(day, budget=Budget(iterations=20))
    assume(made.rounds)
    return made


def moved(found: list[Route]) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """(consignment, site) of all that is taken on, and put down."""
    on = Counter((one.consignment.id, halt.site.id) for route in found for halt in route.halts for one in halt.on)
    off = Counter((one.consignment.id, halt.site.id) for route in found for halt in route.halts for one in halt.off)
    return on, off


def holds(day: Day, made: Plan) -> None:
    """All papers of the day agree with its plan."""
    found = routes(day, made)
    on, off = moved(found)
    stops = [stop for one in made.rounds for stop in one.stops]
    assert on == Counter((load.consignment_id, stop.site_id) for stop in stops for load in stop.loads)
    assert off == Counter((unload.consignment_id, stop.site_id) for stop in stops for unload in stop.unloads)
    carried = {consignment_id for consignment_id, _site in on}

    for way in (way for route in found for way in route.ways):
        for number, halt in enumerate(way.halts):
            later = [{one.consignment.id for one in each.off} for each in way.halts[number + 1 :]]
            order = [next(at for at, ids in enumerate(later) if one.consignment.id in ids) for one in halt.on]
            assert order == sorted(order, reverse=True), "what is put down last goes in first"
            assert [one.off_at.id for one in halt.on] == [way.halts[number + 1 + at].site.id for at in order]

    docks = {one.id for one in day.sites if one.kind is SiteKind.DOCK}
    plans = dock_plans(day, made)
    came = Counter((one.consignment.id, each.site.id) for each in plans for come in each.arrivals for one in come.off)
    left = Counter((one.consignment.id, each.site.id) for each in plans for go in each.departures for one in go.on)
    assert came == Counter({key: count for key, count in off.items() if key[1] in docks})
    assert left == Counter({key: count for key, count in on.items() if key[1] in docks})
    villages = Counter((one.consignment.id, each.site.id) for each in plans for to in bound_for(each) for one in to.on)
    assert villages == left
    # Nobody is sent to fetch what did not come: it is told where each thing stands.
    assert all(set(go.stands_in) <= {one.consignment.id for one in go.on} for each in plans for go in each.departures)

    packed = Counter(one.id for each in packings(day, made).values() for one in each.consignments)
    assert packed == Counter(one.id for one in day.consignments)

    boxes = Counter(one.id for label in box_labels(day, made) for one in label.goods)
    crates = Counter(label.goods.id for label in crate_labels(day, made))
    assert set(crates.values()) <= {1}
    assert not set(boxes) & set(crates)
    assert set(boxes) | set(crates) == carried

    drawn = timeline(day, made)
    if drawn is None:
        assert not carried
        return
    assert {one.id for lane in drawn.lanes if lane.vehicle for span in lane.spans for one in span.goods} == carried
    goals = {(one.consignment.id, halt.site.id) for route in found for halt in route.halts for one in halt.off}
    standing = {
        (one.id, lane.site.id) for lane in drawn.lanes if lane.site for span in lane.spans for one in span.goods
    }
    assert standing == goals
    for lane in drawn.lanes:
        assert drawn.begins <= lane.spans[0].begins
        assert lane.spans[-1].ends <= drawn.ends
        assert all(one.ends <= other.begins for one, other in zip(lane.spans, lane.spans[1:], strict=False))


@ANY
@given(days())
def test_the_papers_of_any_day_agree_with_its_plan(day: Day) -> None:
    holds(day, planned(day))


def test_the_papers_of_the_reference_day_agree_with_its_plan() -> None:
    day = reference_day(farms=20, places=8)
    made = plan(day, seed=1, budget=Budget(iterations=20))
    holds(day, made)
    assert dock_plans(day, made), "a day with a dock"
    assert box_labels(day, made), "and with boxes"
    labels = box_labels(day, made)
    drawn = timeline(day, made)
    assert drawn
    filled = {one.id for label in labels for one in label.goods}
    boxed = {one.id for lane in drawn.lanes if lane.boxed for span in lane.spans for one in span.goods}
    assert boxed == filled
    assert all(one.holds_until and one.holds_until > one.filled_at + timedelta(minutes=30) for one in labels)
    assert any(each.by_producer for one in packings(day, made).values() for each in one.fetchings)
