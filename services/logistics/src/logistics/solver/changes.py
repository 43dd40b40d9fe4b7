"""What a new plan changes for each consignment: who carries it where, and in which order its sites are called at."""

from collections.abc import Iterator
from typing import NamedTuple

from coldchain.plan import Plan


class Ride(NamedTuple):
    carrier_id: str
    from_site: str
    to_site: str


class Changed(NamedTuple):
    """`before`, `after`: its rides; none: it was or is left behind. `order`: another order of the same calls."""

    consignment_id: str
    before: tuple[Ride, ...]
    after: tuple[Ride, ...]
    order: bool


def changes(before: Plan, after: Plan) -> tuple[Changed, ...]:
    old, new = rides_of(before), rides_of(after)
    moved = sites_in_another_order(before, after)
    found = []
    for identity in sorted(old.keys() | new.keys()):
        was, now = old.get(identity, ()), new.get(identity, ())
        order = was == now and any((ride.carrier_id, ride.to_site) in moved for ride in now)
        if was != now or order:
            found.append(Changed(identity, was, now, order))
    return tuple(found)


def rides_of(plan: Plan) -> dict[str, tuple[Ride, ...]]:
    """By consignment, in the order in which they are driven."""
    found: dict[str, list[tuple[object, Ride]]] = {}
    for one in plan.rounds:
        aboard: dict[str, str] = {}
        for stop in one.stops:
            for unload in stop.unloads:
                start = aboard.pop(unload.consignment_id, stop.site_id)
                ride = Ride(one.carrier_id, start, stop.site_id)
                found.setdefault(unload.consignment_id, []).append((stop.arrives_at, ride))
            aboard |= {load.consignment_id: stop.site_id for load in stop.loads}
    return {
        identity: tuple(ride for _, ride in sorted(rides, key=lambda pair: str(pair[0])))
        for identity, rides in found.items()
    }


def sites_in_another_order(before: Plan, after: Plan) -> set[tuple[str, str]]:
    """Carrier and site, among the sites that the carrier calls at in both."""
    old, new = dict(calls_of(before)), dict(calls_of(after))
    found = set()
    for carrier_id in old.keys() & new.keys():
        common = set(old[carrier_id]) & set(new[carrier_id])
        was = [site for site in old[carrier_id] if site in common]
        now = [site for site in new[carrier_id] if site in common]
        found |= {(carrier_id, b) for a, b in zip(was, now, strict=True) if a != b}
    return found


def calls_of(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    """By carrier: the sites at which it puts something down, each once."""
    calls: dict[str, list[str]] = {}
    for one in plan.rounds:
        calls.setdefault(one.carrier_id, []).extend(stop.site_id for stop in one.stops if stop.unloads)
    yield from ((carrier_id, list(dict.fromkeys(sites))) for carrier_id, sites in calls.items())
