"""Of a plan, what is one person's: when goods of a producer go, when they come to a place, who drives what."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from coldchain.day import Day, Site
from coldchain.plan import Plan, Round, Stop


@dataclass(frozen=True)
class Going:
    """Goods that leave a farm together. `brought_to`: the producer takes them there itself; None: `by` fetches them.
    `at`: when they are fetched, or have to be there. `to`: names of the places they are for."""

    at: datetime
    by: str
    brought_to: str | None
    to: tuple[str, ...]


@dataclass(frozen=True)
class Coming:
    """Goods that come to a pickup point together; of which producers, by id."""

    at: datetime
    by: str
    producer_ids: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """One round as a glance shows it."""

    carrier_id: str
    carrier: str
    vehicle: str
    starts_at: datetime
    starts: str
    ends_at: datetime
    ends: str
    stops: int


def minute(at: datetime) -> datetime:
    """Nobody is told of seconds, or told anew because of them."""
    return at.replace(second=0, microsecond=0)


def goings(day: Day, plan: Plan, producer_ids: Collection[str]) -> tuple[Going, ...]:
    """By hour."""
    mine = {one.id: one for one in day.consignments if one.producer_id in producer_ids}
    names, carriers = {one.id: one.name for one in day.sites}, {one.id: one for one in day.carriers}
    found: dict[tuple[datetime, str, str | None], set[str]] = {}
    for round_, stop in _stops(plan):
        for load in stop.loads:
            one = mine.get(load.consignment_id)
            if one is None or one.from_site != stop.site_id:
                continue
            carrier, at, brought = carriers[round_.carrier_id], minute(stop.arrives_at), None
            if carrier.producer_id == one.producer_id:
                put_down = _put_down(round_, one.id)
                at, brought = minute(put_down.arrives_at), names[put_down.site_id]
            found.setdefault((at, carrier.name, brought), set()).add(names[one.to_site])
    rows = sorted(found.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or ""))
    return tuple(Going(at, by, brought, tuple(sorted(to))) for (at, by, brought), to in rows)


def comings(day: Day, plan: Plan, site_id: str) -> tuple[Coming, ...]:
    """By hour."""
    owners = {one.id: one.producer_id for one in day.consignments if one.to_site == site_id}
    names = {one.id: one.name for one in day.carriers}
    found: dict[tuple[datetime, str], set[str]] = {}
    for round_, stop in _stops(plan):
        here = {owners[each.consignment_id] for each in stop.unloads if each.consignment_id in owners}
        if stop.site_id == site_id and here:
            found.setdefault((minute(stop.arrives_at), names[round_.carrier_id]), set()).update(here)
    return tuple(Coming(at, by, tuple(sorted(of))) for (at, by), of in sorted(found.items()))


def ways(
    day: Day, plan: Plan, producer_ids: Collection[str] | None = None, carrier_ids: Collection[str] = ()
) -> tuple[Way, ...]:
    """By hour. `producer_ids`: of those who drive home to one of these farms, and of these carriers; None: all."""
    names, vehicles = {one.id: one.name for one in day.sites}, {one.id: one.name for one in day.vehicles}
    carriers = {one.id: one for one in day.carriers}
    found = []
    for one in plan.rounds:
        carrier, first, last = carriers[one.carrier_id], one.stops[0], one.stops[-1]
        if producer_ids is not None and carrier.producer_id not in producer_ids and carrier.id not in carrier_ids:
            continue
        found.append(
            Way(
                carrier_id=carrier.id,
                carrier=carrier.name,
                vehicle=vehicles[one.vehicle_id],
                starts_at=first.arrives_at if first.loads else first.departs_at,
                starts=names[first.site_id],
                ends_at=last.departs_at,
                ends=names[last.site_id],
                stops=sum(bool(stop.loads or stop.unloads) for stop in one.stops),
            )
        )
    return tuple(sorted(found, key=lambda way: (way.starts_at, way.carrier, way.carrier_id)))


def minute_plan(plan: Plan, carrier_id: str) -> object:
    """Equal for what the carrier would do the same by, to the minute."""
    return [
        (one.vehicle_id, [_deeds(stop) for stop in one.stops]) for one in plan.rounds if one.carrier_id == carrier_id
    ]


def handover_sites(day: Day) -> tuple[Site, ...]:
    return tuple(one for one in day.sites if one.handover is not None)


def _deeds(stop: Stop) -> tuple[object, ...]:
    minutes = [minute(at) for at in (stop.arrives_at, stop.departs_at)]
    loads = sorted((each.consignment_id, each.room_id, each.box_ids) for each in stop.loads)
    return stop.site_id, *minutes, loads, sorted(each.consignment_id for each in stop.unloads)


def _put_down(round_: Round, consignment_id: str) -> Stop:
    return next(stop for stop in round_.stops if any(each.consignment_id == consignment_id for each in stop.unloads))


def _stops(plan: Plan) -> Iterator[tuple[Round, Stop]]:
    return ((round_, stop) for round_ in plan.rounds for stop in round_.stops)
