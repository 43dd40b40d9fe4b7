"""A run is its seed: what is done to a hub is the same every time, and every kind of fault comes up."""

from collections import Counter

from tests.faults.schedule import ANSWERS, EVERYWHERE, IN_ONE_PROCESS, ON_FILES, ON_POSTGRESQL, SHAPES, plan_of


def plans(count: int = 300):
    sizes = ((3, 4), (5, 6), (7, 8))
    return [plan_of(seed, products=40, households=16, groups=4, sizes=sizes) for seed in range(count)]


def test_a_seed_is_always_the_same_run() -> None:
    assert plans(40) == plans(40)


def test_runs_differ() -> None:
    assert len({str(plan) for plan in plans()}) == 300


def test_every_shape_and_every_kind_of_fault_comes_up() -> None:
    shapes = Counter((plan.shape, plan.database) for plan in plans())
    assert set(shapes) == set(SHAPES)
    assert max(shapes.values()) - min(shapes.values()) <= 1
    kinds = {fault.kind for plan in plans() for fault in plan.faults}
    assert kinds == {*EVERYWHERE, *ON_POSTGRESQL, *IN_ONE_PROCESS, *ON_FILES}


def test_some_stops_and_outages_are_long() -> None:
    longest = {
        kind: max(f.seconds for p in plans() for f in p.faults if f.kind == kind) for kind in ("stop", "broker down")
    }
    assert longest == {"stop": 40.0, "broker down": 60.0}


def test_cycles_close_by_the_hour_and_by_hand_while_faults_go_on() -> None:
    closing = [(cycle.by_hour, cycle.closes_at < plan.seconds) for plan in plans() for cycle in plan.cycles]
    assert set(closing) == {(True, True), (True, False), (False, True), (False, False)}


def test_cycles_are_extended_decided_left_to_their_deadline_and_answered_in_every_way() -> None:
    cycles = [cycle for plan in plans() for cycle in plan.cycles]
    endings = {(cycle.extended, cycle.by_default, cycle.redecided) for cycle in cycles}
    assert len(endings) == 8
    assert {way for cycle in cycles for way in cycle.answers} == set(ANSWERS)


def test_cycles_leave_a_group_out_or_have_all_and_offer_linked_sizes_whole_or_in_part() -> None:
    cycles = [cycle for plan in plans() for cycle in plan.cycles]
    assert {cycle.without for cycle in cycles} == {None, 0, 1, 2, 3}
    assert {len({3, 4} & set(cycle.products)) for cycle in cycles} == {0, 1, 2}
