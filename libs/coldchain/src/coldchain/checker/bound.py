"""What people fixed beforehand: who delivers themselves, which round is whose, what was pinned."""

from collections.abc import Iterator

from coldchain.checker.finding import found, hard
from coldchain.checker.sale import needs_producer
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Trace
from coldchain.day import Consignment, FixedRound
from coldchain.sources import HOUSE
from coldchain.violation import Violation

SELF = hard("not-by-its-producer", HOUSE)
PINNED = hard("pinned-otherwise", HOUSE)
FIXED_CARRIER = hard("fixed-round-by-another", HOUSE)
FIXED_ORDER = hard("fixed-round-in-another-order", HOUSE)

RULES = (SELF, PINNED, FIXED_CARRIER, FIXED_ORDER)


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    pins = {pin.consignment_id: pin.carrier_id for pin in scene.day.pins}
    for one in scene.day.consignments:
        carriers = [scene.carriers[ride.round.carrier_id] for ride in trace.rides[one.id]]
        if not carriers:
            continue
        last = trace.rides[one.id][-1].round
        if one.self_delivery and any(carrier.producer_id != one.producer_id for carrier in carriers):
            other = next(carrier for carrier in carriers if carrier.producer_id != one.producer_id)
            yield found(SELF, [one.id], one.lines, last.id, one.to_site, carrier=other.name)
        pinned = pins.get(one.id)
        if pinned is not None and carriers[-1].id != pinned:
            yield found(
                PINNED, [one.id], one.lines, last.id, one.to_site,
                carrier=carriers[-1].name, other=scene.carriers[pinned].name,
            )  # fmt: skip
    for fixed in scene.day.fixed_rounds:
        yield from _fixed(scene, trace, fixed, pins)


def _fixed(scene: Scene, trace: Trace, fixed: FixedRound, pins: dict[str, str]) -> Iterator[Violation]:
    carrier = scene.carriers[fixed.carrier_id]
    used: set[str] = set()
    for one in scene.day.consignments:
        if one.to_site not in fixed.site_ids or not trace.rides[one.id] or is_free(one, pins):
            continue
        by = scene.carriers[trace.rides[one.id][-1].round.carrier_id]
        if by.id == carrier.id:
            used.add(one.to_site)
        else:
            yield found(
                FIXED_CARRIER, [one.id], one.lines, trace.rides[one.id][-1].round.id, one.to_site,
                carrier=by.name, other=carrier.name, site=scene.sites[one.to_site].name,
            )  # fmt: skip
    rounds = sorted(
        (one for one in scene.plan.rounds if one.carrier_id == carrier.id), key=lambda one: one.stops[0].arrives_at
    )
    visited = [stop.site_id for one in rounds for stop in one.stops if stop.site_id in used]
    asked = [site for site in fixed.site_ids if site in used]
    if rounds and list(dict.fromkeys(visited)) != asked:
        yield found(
            FIXED_ORDER, round_id=rounds[0].id, carrier=carrier.name,
            sites=" → ".join(scene.sites[site].name for site in asked),
        )  # fmt: skip


def is_free(one: Consignment, pins: dict[str, str]) -> bool:
    """Goods for a village of a fixed round that need not come with it."""
    return one.self_delivery or one.id in pins or any(needs_producer(line) for line in one.lines)
