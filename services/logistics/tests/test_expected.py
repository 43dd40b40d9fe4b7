"""Whatever the day and its plan: every loading and unloading is expected once, from hand to hand, in a true order."""

from itertools import pairwise

from drawn_days import days
from hypothesis import HealthCheck, given, settings

from coldchain.day import Day
from coldchain.day_faults import find
from logistics.handover.expected import PartyKind, expected
from logistics.solver import Budget, plan


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(days())
def test_goods_go_from_hand_to_hand_once(day: Day) -> None:
    if list(find(day)):
        return
    made = plan(day, budget=Budget(iterations=20))
    found = expected(day, made, {})
    acts = sorted(
        (act.consignment_id, stop.site_id, one.carrier_id)
        for one in made.rounds
        for stop in one.stops
        for act in (*stop.loads, *stop.unloads)
    )
    assert sorted((one.thing, one.site_id, one.carrier_id) for one in found) == acts
    assert len({one.step for one in found}) == len(found)
    left = {one.consignment_id for one in made.left_behind}
    for consignment in day.consignments:
        chain = [one for one in found if one.thing == consignment.id]
        assert bool(chain) == (consignment.id not in left)
        if not chain:
            continue
        assert (chain[0].gives.kind, chain[0].gives.id) == (PartyKind.PRODUCER, consignment.producer_id)
        assert (chain[-1].takes.kind, chain[-1].takes.id) == (PartyKind.PLACE, consignment.to_site)
        for before, after in pairwise(chain):
            assert before.takes == after.gives, "who took it gives it on"
        for one in chain:
            assert [goods.id for goods in one.goods] == [line.id for line in consignment.lines]
