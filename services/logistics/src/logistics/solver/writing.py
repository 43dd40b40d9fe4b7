"""A draft as a plan that people can drive."""

from itertools import pairwise

from coldchain.plan import LeftBehind, Load, Plan, Round, Setting, SiteSettings, Stop, Unload
from coldchain.sentences import NOT_FROM_THE_DOCK, NOT_FROM_THE_FARM, ONLY_IN_BOXES
from logistics.solver.draft import Draft, Judged
from logistics.solver.errand import Errand
from logistics.solver.ground import Ground, moment
from logistics.solver.grouping import Work


def written(draft: Draft, work: Work) -> Plan:
    """What no tour carries is left behind: why, the grouping tells or whoever gave it up."""
    ground = draft.ground
    rounds = [
        one
        for carrier_id in sorted(draft.tours)
        if draft.tours[carrier_id].tour.calls
        for one in rounds_of(ground, draft.tours[carrier_id], work)
    ]
    rooms = [
        SiteSettings(
            site_id=site_id,
            settings=tuple(Setting(room_id=room, set_to=at) for room, at in sorted(kept.set_to.items())),
        )
        for site_id, kept in sorted(work.kept.items())
        if kept.set_to
    ]
    boxed = {identity for errand in work.errands if errand.boxed for identity in errand.ids}
    behind = {one.consignment_id: one for one in work.left} | {
        identity: told(one, identity in boxed) for identity, one in draft.why.items()
    }
    return Plan(
        day_id=ground.day.id,
        rounds=tuple(rounds),
        rooms=tuple(rooms),
        left_behind=tuple(behind[one.id] for one in ground.day.consignments if one.id in behind),
    )


def told(one: LeftBehind, boxed: bool) -> LeftBehind:
    """Where the pickup point cannot keep goods, that is what to mend: not that nobody brings them."""
    if boxed and one.why in (NOT_FROM_THE_FARM, NOT_FROM_THE_DOCK):
        return one.model_copy(update={"why": ONLY_IN_BOXES})
    return one


def rounds_of(ground: Ground, judged: Judged, work: Work) -> list[Round]:
    """One; more where the carrier's base is a dock and it comes by in between."""
    tour, times = judged.tour, judged.times
    stops = [
        Stop(
            site_id=call.site,
            arrives_at=moment(arrives),
            departs_at=moment(departs),
            unloads=tuple(
                unload(errand, one.id, call.site, judged, work) for errand in call.brings for one in errand.consignments
            ),
            loads=tuple(
                Load(
                    consignment_id=one.id,
                    room_id=judged.cargo.room_of[errand.number, one.id],
                    box_ids=judged.cargo.boxes_of.get((errand.number, one.id), ()),
                )
                for errand in call.takes
                for one in errand.consignments
            ),
        )
        for call, (arrives, departs) in zip(tour.calls, times.calls, strict=True)
    ]
    start, end = tour.carrier.starts_at_site, tour.carrier.ends_at_site
    if stops[0].site_id != start:
        stops.insert(0, Stop(site_id=start, arrives_at=moment(times.starts), departs_at=moment(times.starts)))
    if stops[-1].site_id != end:
        stops.append(Stop(site_id=end, arrives_at=moment(times.ends), departs_at=moment(times.ends)))
    parts = parted_at(stops, start) if start == end else [stops]
    settings = tuple(Setting(room_id=room, set_to=at) for room, at in sorted(judged.cargo.set_to.items()))
    return [
        Round(
            id=f"{tour.carrier.id}-{number}",
            carrier_id=tour.carrier.id,
            vehicle_id=tour.vehicle.id,
            settings=settings,
            stops=tuple(part),
        )
        for number, part in enumerate(parts, start=1)
    ]


def unload(errand: Errand, consignment_id: str, site: str, judged: Judged, work: Work) -> Unload:
    room = None if errand.boxed else work.room_at(site, consignment_id)
    in_boxes = (errand.number, consignment_id) in judged.cargo.boxes_of
    return Unload(
        consignment_id=consignment_id,
        room_id=room,
        unpacked=in_boxes and room is not None,
    )


def parted_at(stops: list[Stop], base: str) -> list[list[Stop]]:
    """At its base a carrier with an empty vehicle ends a round; the next begins with the stop at which it loads."""
    parts: list[list[Stop]] = [[stops[0]]]
    aboard: set[str] = set()
    for before, stop in pairwise(stops):
        aboard -= {unload.consignment_id for unload in before.unloads}
        aboard |= {load.consignment_id for load in before.loads}
        if stop.site_id == base and before.site_id == base and len(parts[-1]) > 1 and not aboard:
            parts.append([])
        parts[-1].append(stop)
    return parts
