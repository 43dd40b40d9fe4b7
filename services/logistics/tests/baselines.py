"""How far one would drive without a planner: what a plan's kilometres are compared with. Metres."""

from itertools import pairwise

from coldchain.day import Day
from coldchain.plan import Plan
from coldchain.road import DayRoads
from logistics.cost.alone import lone_trips
from logistics.solver.collection import calls_to_dock, insert_all
from logistics.solver.delivery import calls_from_dock
from logistics.solver.draft import Draft, fresh
from logistics.solver.errand import Errand, Stage
from logistics.solver.ground import Ground
from logistics.solver.grouping import group
from logistics.solver.means import vehicles_of
from logistics.solver.planner import collected_by
from logistics.solver.repairing import finish
from logistics.solver.routing import place_of
from logistics.solver.tour import Tour


def driven(day: Day, plan: Plan) -> int:
    roads = DayRoads(day)
    return sum(roads.way(a.site_id, b.site_id).metres for one in plan.rounds for a, b in pairwise(one.stops))


def one_producer_one_trip(day: Day) -> int:
    """Each producer drives to all its pickup points, always to the nearest next, and home."""
    return sum(lone_trips(day).values())


def nearest_neighbour(day: Day) -> tuple[int, int]:
    """Consignments left behind, and metres: by the same rules and means as the planner, but each carrier in turn always
    goes on to the nearest that it can still take, first fetching, then bringing."""
    ground = Ground(day)
    work = group(ground)
    draft = fresh(ground, vehicles_of(ground), len(work.errands))
    draft.share, draft.until = 60, collected_by(ground, 60)
    draft.open = {one.number: one for one in work.errands}
    insert_all(draft, work.of(Stage.DIRECT))
    carriers = sorted(draft.tours, reverse=True)
    for stage in (Stage.COLLECT, Stage.DELIVER):
        for carrier_id in carriers:
            go_on(draft, carrier_id, stage)
        if stage is Stage.COLLECT:
            draft.arrivals()
            draft.collecting = False
    finish(draft)
    return draft.score[0], sum(one.times.metres for one in draft.tours.values() if one.tour.calls)


def go_on(draft: Draft, carrier_id: str, stage: Stage) -> None:
    done = draft.tours[carrier_id].tour
    trip: list[Errand] = []
    while True:
        here = place_of(trip[-1]) if trip else done.carrier.starts_at_site
        near = sorted(
            (one for one in draft.open.values() if one.stage is stage),
            key=lambda one: (draft.ground.way(here, place_of(one)).metres, one.number),
        )
        for errand in near[:12]:
            longer = [*trip, errand]
            make, dock = (
                (calls_to_dock, errand.bring_to) if stage is Stage.COLLECT else (calls_from_dock, errand.take_at)
            )
            judged = draft.judge(Tour(done.carrier, done.vehicle, (*done.calls, *make(longer, dock))))
            if judged is not None and errand.carriers in (None, frozenset({carrier_id})):
                draft.put(judged)
                trip = longer
                break
        else:
            return
