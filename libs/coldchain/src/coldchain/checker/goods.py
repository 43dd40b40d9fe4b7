"""All goods are fetched where they stand, ready, and delivered in time, once, to their pickup point."""

from collections.abc import Iterator

from coldchain.checker.finding import at, found, hard
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Slip, Trace
from coldchain.violation import Violation

LOADED_ELSEWHERE = hard("loaded-elsewhere")
LOADED_AGAIN = hard("loaded-again")
NOT_ABOARD = hard("not-aboard")
LEFT_BEHIND = hard("left-behind")
NOT_DELIVERED = hard("not-delivered")
NOT_READY = hard("not-ready")
TOO_LATE = hard("after-hand-over-opens")

RULES = (LOADED_ELSEWHERE, LOADED_AGAIN, NOT_ABOARD, LEFT_BEHIND, NOT_DELIVERED, NOT_READY, TOO_LATE)

_SLIPS = {Slip.NOT_THERE: LOADED_ELSEWHERE, Slip.TAKEN_AWAY: LOADED_AGAIN, Slip.NOT_ABOARD: NOT_ABOARD}


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    for slip in trace.slipped:
        if slip.slip in _SLIPS:
            lines = scene.consignments[slip.consignment_id].lines
            site, carrier = scene.sites[slip.site_id], scene.carriers[scene.rounds[slip.round_id].carrier_id]
            yield found(
                _SLIPS[slip.slip], [slip.consignment_id], lines, slip.round_id, slip.site_id,
                site=site.name, carrier=carrier.name,
            )  # fmt: skip
    told = {left.consignment_id: left.why for left in scene.plan.left_behind}
    for one in scene.day.consignments:
        if one.id in trace.delivered:
            continue
        rule = NOT_DELIVERED if trace.rides[one.id] else LEFT_BEHIND
        yield found(
            rule, [one.id], one.lines, site_id=one.to_site,
            site=scene.sites[one.to_site].name, origin=scene.sites[one.from_site].name, why=told.get(one.id, ""),
        )  # fmt: skip
    yield from _in_time(scene, trace)


def _in_time(scene: Scene, trace: Trace) -> Iterator[Violation]:
    for one in scene.day.consignments:
        rides, delivered = trace.rides[one.id], trace.delivered.get(one.id)
        if not rides:
            continue
        begins = scene.taken_from(rides[0].stops[0])
        if one.ready_at is not None and begins < one.ready_at:
            yield found(
                NOT_READY, [one.id], one.lines, rides[0].round.id, one.from_site,
                site=scene.sites[one.from_site].name, at=at(begins), limit_at=at(one.ready_at),
            )  # fmt: skip
        handover = scene.sites[one.to_site].handover
        if delivered is not None and handover is not None and delivered > handover.opens_at:
            yield found(
                TOO_LATE, [one.id], one.lines, rides[-1].round.id, one.to_site,
                site=scene.sites[one.to_site].name, at=at(delivered), limit_at=at(handover.opens_at),
            )  # fmt: skip
