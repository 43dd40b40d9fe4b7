"""A plan is made anew after something fell out: whoever can keep its round keeps it, and only what is open moves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from coldchain.day import Consignment
from coldchain.plan import Plan, Stop
from logistics.solver.collection import insert_all
from logistics.solver.draft import Draft, fresh
from logistics.solver.errand import Errand, Stage
from logistics.solver.ground import Ground
from logistics.solver.grouping import Goods, Way, Work, errand_of, travelling
from logistics.solver.means import vehicles_of
from logistics.solver.need import parted_by_need
from logistics.solver.repairing import come_to_dock, directly, one_by_one, only
from logistics.solver.tour import Call, Tour


@dataclass
class Rest:
    """Errands of a day, less what tours of the plan before already do: by stage, the consignments that are done."""

    done: dict[Stage, set[str]]

    def of(self, draft: Draft, errands: Sequence[Errand]) -> list[Errand]:
        found = []
        for errand in errands:
            there = self.done[errand.stage]
            if errand.stage is not Stage.DIRECT:
                there = there | self.done[Stage.DIRECT]
            rest = errand.ids - there
            if rest == errand.ids:
                found.append(errand)
            elif rest:
                found.append(only(errand, rest, draft.next_number()))
        return found


def resumed(ground: Ground, work: Work, previous: Plan) -> Draft:
    """The tours of a plan as far as the day still allows them, and the rest put in beside them. The goods that
    are open in the end are in its `open`."""
    draft = fresh(ground, vehicles_of(ground, vehicles_before(ground, previous)), len(work.errands))
    before = {carrier_id: tour_before(draft, work, carrier_id, previous) for carrier_id in draft.tours}
    for tour in before.values():
        keep(draft, tour.without(frozenset(one.number for one in tour.errands if one.stage is Stage.DELIVER)))
    # What somebody else must fetch now may come later: nobody at the dock waits for it who can bring the rest.
    as_before = rest_of(draft).done[Stage.COLLECT]
    insert_all(draft, rest_of(draft).of(draft, work.of(Stage.DIRECT)))
    fetch(draft, rest_of(draft).of(draft, work.of(Stage.COLLECT)), before)
    fetched = {carrier_id: judged.tour for carrier_id, judged in draft.tours.items()}
    draft.arrivals()
    draft.collecting = False
    for carrier_id, tour in before.items():
        if any(one.stage is Stage.DELIVER for one in tour.errands):
            keep(draft, joined(draft, fetched[carrier_id], tour, as_before))
    insert_all(draft, come_to_dock(draft, rest_of(draft).of(draft, work.of(Stage.DELIVER))))
    one_by_one(draft, Stage.DELIVER)
    one_by_one(draft, Stage.DIRECT)
    directly(draft, work)
    return draft


def fetch(draft: Draft, errands: Sequence[Errand], before: Mapping[str, Tour]) -> None:
    """By those for whom nobody waits first: who brings nothing afterwards, and after what they fetch already."""
    calm = frozenset(
        carrier_id for carrier_id, tour in before.items() if all(one.stage is not Stage.DELIVER for one in tour.errands)
    )
    draft.collecting = False
    insert_all(draft, [replace(errand, carriers=calm) for errand in errands])
    draft.collecting = True
    insert_all(draft, [replace(one, carriers=None) for one in draft.open.values() if one.stage is Stage.COLLECT])
    one_by_one(draft, Stage.COLLECT)


def vehicles_before(ground: Ground, previous: Plan) -> dict[str, str]:
    """By carrier, where both are still there."""
    found: dict[str, str] = {}
    for one in previous.rounds:
        carrier = ground.carriers.get(one.carrier_id)
        if carrier is not None and one.vehicle_id in carrier.vehicle_ids and one.vehicle_id in ground.vehicles:
            found.setdefault(one.carrier_id, one.vehicle_id)
    return found


def rest_of(draft: Draft) -> Rest:
    done: dict[Stage, set[str]] = {stage: set() for stage in Stage}
    for judged in draft.tours.values():
        for errand in judged.tour.errands:
            done[errand.stage] |= errand.ids
    return Rest(done)


def tour_before(draft: Draft, work: Work, carrier_id: str, previous: Plan) -> Tour:
    """What the carrier did, of what there still is to do. Goods that nobody may carry, or not this carrier, are not."""
    ground, idle = draft.ground, draft.tours[carrier_id].tour
    stops = [stop for one in previous.rounds if one.carrier_id == carrier_id for stop in one.stops]
    brings: dict[int, list[Errand]] = {}
    takes: dict[int, list[Errand]] = {}
    behind = {one.consignment_id for one in work.left}
    for (first, last), members in rides(ground, stops, behind).items():
        goods = [one for one in (travelling(ground, consignment) for consignment in members) if isinstance(one, Goods)]
        for stage, together in by_stage(ground, goods, stops[first].site_id, stops[last].site_id, carrier_id):
            for part, need in parted_by_need((one, one.need) for one in together):
                errand = errand_of(
                    ground,
                    draft.next_number(),
                    way_of(ground, work, stage, part[0], stops[first], stops[last]),
                    part,
                    need,
                )
                takes.setdefault(first, []).append(errand)
                brings.setdefault(last, []).append(errand)
    calls: list[Call] = []
    for index, stop in enumerate(stops):
        calls += calls_at(stop.site_id, tuple(brings.get(index, ())), tuple(takes.get(index, ())), ground)
    return Tour(idle.carrier, idle.vehicle, tuple(calls))


def calls_at(site: str, brings: tuple[Errand, ...], takes: tuple[Errand, ...], ground: Ground) -> Iterator[Call]:
    if brings and takes and any(dock.id == site for dock in ground.docks):
        yield Call(site, brings=brings)
        yield Call(site, takes=takes)
    elif brings or takes:
        yield Call(site, brings, takes)


def rides(ground: Ground, stops: Sequence[Stop], behind: set[str]) -> dict[tuple[int, int], list[Consignment]]:
    """By the stops at which they are taken on and put down: consignments of the day."""
    day = {one.id: one for one in ground.day.consignments if one.id not in behind}
    aboard: dict[str, int] = {}
    found: dict[tuple[int, int], list[Consignment]] = {}
    for index, stop in enumerate(stops):
        for unload in stop.unloads:
            first = aboard.pop(unload.consignment_id, None)
            one = day.get(unload.consignment_id)
            if first is not None and one is not None and {stops[first].site_id, stop.site_id} <= ground.sites.keys():
                found.setdefault((first, index), []).append(one)
        for load in stop.loads:
            aboard[load.consignment_id] = index
    return found


def by_stage(
    ground: Ground, goods: Sequence[Goods], first: str, last: str, carrier_id: str
) -> Iterator[tuple[Stage, list[Goods]]]:
    """Only on the ways that the goods now have: from their farm, over a dock or not, to their pickup point."""
    docks = {dock.id for dock in ground.docks}
    found: dict[Stage, list[Goods]] = {}
    for one in goods:
        ends = one.consignment.from_site == first, one.consignment.to_site == last
        if ends == (True, True):
            stage = Stage.DIRECT
        elif ends == (True, False) and last in docks:
            stage = Stage.COLLECT
        elif ends == (False, True) and first in docks:
            stage = Stage.DELIVER
        else:
            continue
        if stage is Stage.COLLECT or one.carriers is None or carrier_id in one.carriers:
            found.setdefault(stage, []).append(one)
    yield from found.items()


def way_of(ground: Ground, work: Work, stage: Stage, one: Goods, first: Stop, last: Stop) -> Way:
    collects = stage is Stage.COLLECT
    boxed = not collects and one.need.cooling and work.room_at(last.site_id, one.id) is None
    return Way(stage, first.site_id, last.site_id, boxed, one.stays, None if collects else one.carriers)


def keep(draft: Draft, wanted: Tour) -> None:
    """The tour, less what it cannot do any more: the last first."""
    has = {one.number for one in draft.tours[wanted.carrier.id].tour.errands}
    while wanted.errands:
        judged = draft.judge(wanted)
        if judged is not None:
            draft.put(judged)
            return
        spare = [one.number for one in wanted.errands if one.number not in has]
        if not spare:
            return
        shorter = [wanted.without(frozenset({number})) for number in reversed(spare)]
        wanted = next((one for one in shorter if draft.judge(one) is not None), shorter[0])


def joined(draft: Draft, fetched: Tour, before: Tour, steady: set[str]) -> Tour:
    """What it fetches now, then what it brought before, of the goods that come to the dock as they did."""
    swap: dict[int, Errand | None] = {}
    for errand in before.errands:
        if errand.stage is not Stage.DELIVER:
            swap[errand.number] = None
        elif not errand.ids <= steady & draft.at_dock.keys():
            rest = errand.ids & steady & draft.at_dock.keys()
            swap[errand.number] = only(errand, rest, draft.next_number()) if rest else None
    return Tour(fetched.carrier, fetched.vehicle, (*fetched.calls, *before.swapped(swap).calls))
