"""Time: it runs forward, ways and handling take their time, places are open, and nobody drives beyond their hours."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from coldchain.checker.finding import at, found, hard, minutes
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Trace
from coldchain.plan import Round, Stop
from coldchain.sources import HOUSE
from coldchain.violation import Violation

BACKWARDS = hard("time-backwards")
TOO_FAST = hard("too-fast")
HANDLING = hard("handling-too-short")
CLOSED = hard("place-closed", HOUSE)
HOURS = hard("outside-hours", HOUSE)
DRIVING = hard("driving-too-long", HOUSE)

RULES = (BACKWARDS, TOO_FAST, HANDLING, CLOSED, HOURS, DRIVING)


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    for round_ in scene.plan.rounds:
        yield from _round(scene, round_)
    for carrier in scene.day.carriers:
        rounds = [one for one in scene.plan.rounds if one.carrier_id == carrier.id]
        driven = timedelta(seconds=sum(_driven(scene, one) for one in rounds))
        if carrier.at_most_driving is not None and driven > timedelta(minutes=carrier.at_most_driving):
            yield found(
                DRIVING, round_id=rounds[0].id,
                carrier=carrier.name, minutes=minutes(driven), limit_minutes=carrier.at_most_driving,
            )  # fmt: skip


def _driven(scene: Scene, round_: Round) -> int:
    return sum(scene.roads.way(here.site_id, there.site_id).seconds for here, there in pairwise(round_.stops))


def _round(scene: Scene, round_: Round) -> Iterator[Violation]:
    carrier = scene.carriers[round_.carrier_id]
    for stop in round_.stops:
        yield from _stop(scene, round_, stop)
    for here, there in pairwise(round_.stops):
        taken = there.arrives_at - here.departs_at
        needed = timedelta(seconds=scene.roads.way(here.site_id, there.site_id).seconds)
        site, origin = scene.sites[there.site_id].name, scene.sites[here.site_id].name
        if taken < timedelta():
            yield found(
                BACKWARDS, round_id=round_.id, site_id=there.site_id,
                carrier=carrier.name, site=site, at=at(here.departs_at), limit_at=at(there.arrives_at),
            )  # fmt: skip
        elif taken < needed:
            yield found(
                TOO_FAST, round_id=round_.id, site_id=there.site_id, carrier=carrier.name, site=site, origin=origin,
                minutes=int(taken.total_seconds()) // 60, limit_minutes=minutes(needed),
            )  # fmt: skip
    begins, ends = round_.stops[0].arrives_at, round_.stops[-1].departs_at
    if begins < carrier.hours.opens_at or ends > carrier.hours.closes_at:
        yield found(
            HOURS, round_id=round_.id, carrier=carrier.name, at=at(begins), until=at(ends),
            limit_at=at(carrier.hours.opens_at), limit_until=at(carrier.hours.closes_at),
        )  # fmt: skip


def _stop(scene: Scene, round_: Round, stop: Stop) -> Iterator[Violation]:
    site, carrier = scene.sites[stop.site_id], scene.carriers[round_.carrier_id]
    stays = stop.departs_at - stop.arrives_at
    moved = [*(one.consignment_id for one in stop.unloads), *(one.consignment_id for one in stop.loads)]
    if stays < timedelta():
        yield found(
            BACKWARDS, moved, round_id=round_.id, site_id=site.id,
            carrier=carrier.name, site=site.name, at=at(stop.arrives_at), limit_at=at(stop.departs_at),
        )  # fmt: skip
    elif moved and stays < timedelta(minutes=site.handling):
        yield found(
            HANDLING, moved, round_id=round_.id, site_id=site.id, carrier=carrier.name, site=site.name,
            minutes=int(stays.total_seconds()) // 60, limit_minutes=site.handling,
        )  # fmt: skip
    if site.windows and not any(
        one.opens_at <= stop.arrives_at and stop.departs_at <= one.closes_at for one in site.windows
    ):
        yield found(
            CLOSED, moved, round_id=round_.id, site_id=site.id,
            carrier=carrier.name, site=site.name, at=at(stop.arrives_at), until=at(stop.departs_at),
        )  # fmt: skip
