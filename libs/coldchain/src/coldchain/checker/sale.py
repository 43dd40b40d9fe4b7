"""What the law asks of how some goods are sold: eggs, the dispensation from approval, organic goods in bulk."""

from collections.abc import Iterator
from math import ceil

from coldchain.checker.finding import found, hard
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Trace
from coldchain.day import Consignment, Dispensation, Line, SiteKind
from coldchain.road import great_circle
from coldchain.sources import DISPENSATION, EGGS, ORGANIC
from coldchain.temperature import MINCED
from coldchain.violation import Violation

EGGS_RESOLD = hard("eggs-resold", EGGS)
EGGS_FAR = hard("eggs-too-far", EGGS)
EGGS_ALONE = hard("eggs-without-producer", EGGS)
MINCED_RESOLD = hard("minced-meat-under-dispensation", DISPENSATION)
NOT_DECLARED = hard("dispensation-not-declared", DISPENSATION)
CAP = hard("dispensation-cap", DISPENSATION)
RADIUS = hard("dispensation-too-far", DISPENSATION)
BULK = hard("organic-bulk-at-dock", ORGANIC)

RULES = (EGGS_RESOLD, EGGS_FAR, EGGS_ALONE, MINCED_RESOLD, NOT_DECLARED, CAP, RADIUS, BULK)


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    for one in scene.day.consignments:
        if one.id not in trace.delivered:
            continue
        eggs = [line for line in one.lines if needs_producer(line)]
        if eggs:
            yield from _eggs(scene, trace, one, eggs)
        yield from _radius(scene, one)
    yield from _caps(scene, trace)
    for stand in trace.stands:
        site, lines = scene.sites[stand.site_id], scene.consignments[stand.consignment_id].lines
        bulk = [line for line in lines if line.organic_bulk]
        if bulk and site.kind is SiteKind.DOCK and not site.certified_organic:
            yield found(BULK, [stand.consignment_id], bulk, site_id=site.id, site=site.name)


def needs_producer(line: Line) -> bool:
    """Eggs that no packing centre classed: their producer hands them over in person."""
    return line.eggs and not line.packing_centre


def _eggs(scene: Scene, trace: Trace, one: Consignment, eggs: list[Line]) -> Iterator[Violation]:
    site, origin = scene.sites[one.to_site], scene.sites[one.from_site]
    resold = [line for line in eggs if line.resold]
    if resold:
        yield found(EGGS_RESOLD, [one.id], resold, site_id=site.id, site=site.name)
    metres, limit = ceil(great_circle(origin, site)), scene.day.limits.eggs_metres
    if metres > limit:
        yield found(
            EGGS_FAR, [one.id], eggs, site_id=site.id,
            site=site.name, origin=origin.name, metres=metres, limit_metres=limit,
        )  # fmt: skip
    rides = trace.rides[one.id]
    if not rides:
        return
    handover = site.handover
    assert handover is not None
    last = rides[-1].stops[-1]
    carriers = [scene.carriers[ride.round.carrier_id] for ride in rides]
    stays = last.arrives_at <= handover.opens_at and last.departs_at >= handover.closes_at
    alone = [line for line in eggs if any(carrier.producer_id != line.producer_id for carrier in carriers)]
    if alone or not stays:
        yield found(
            EGGS_ALONE, [one.id], alone or eggs, rides[-1].round.id, site.id,
            site=site.name, carrier=carriers[-1].name,
        )  # fmt: skip


def _radius(scene: Scene, one: Consignment) -> Iterator[Violation]:
    site, origin = scene.sites[one.to_site], scene.sites[one.from_site]
    metres, declared = ceil(great_circle(origin, site)), _declared(scene)
    too_far: dict[int, list[Line]] = {}
    for line in one.lines:
        cap = declared.get((line.producer_id, line.dispensation))
        limit = scene.day.limits.dispensation_metres if cap is None or cap.metres is None else cap.metres
        if line.dispensation and metres > limit:
            too_far.setdefault(limit, []).append(line)
    for limit, lines in too_far.items():
        yield found(
            RADIUS, [one.id], lines, site_id=site.id,
            site=site.name, origin=origin.name, metres=metres, limit_metres=limit,
        )  # fmt: skip


def _declared(scene: Scene) -> dict[tuple[str, str], Dispensation]:
    return {(one.producer_id, one.category): one for one in scene.day.dispensations}


def _caps(scene: Scene, trace: Trace) -> Iterator[Violation]:
    declared = _declared(scene)
    sold: dict[tuple[str, str], list[tuple[Consignment, Line]]] = {}
    for one in scene.day.consignments:
        for line in one.lines:
            if line.dispensation and one.id in trace.delivered:
                sold.setdefault((line.producer_id, line.dispensation), []).append((one, line))
    for key, every in sold.items():
        ids, lines = [one.id for one, _line in every], [line for _one, line in every]
        minced = [(one.id, line) for one, line in every if line.temperature_class == MINCED]
        if minced:
            yield found(MINCED_RESOLD, [one for one, _line in minced], [line for _one, line in minced])
        cap = declared.get(key)
        quantity = sum(line.against_cap for line in lines)
        if cap is None:
            yield found(NOT_DECLARED, ids, lines, category=key[1])
        elif cap.used + quantity > cap.weekly_cap:
            yield found(
                CAP, ids, lines, category=key[1],
                quantity=cap.used + quantity, limit_quantity=cap.weekly_cap, used_quantity=cap.used,
            )  # fmt: skip
