"""Of a schedule, what one person must know: facts by key, each a few words and instants. And what changed of them.

Instants are written as ISO 8601, for facts are kept with the mail that told them. What nobody acts on is no fact: a
producer is told who fetches its goods and when, not with which vehicle.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.schedule import Schedule, ScheduledRound, ScheduledStop

Known = dict[str, dict[str, Any]]
"""What somebody knows of a day, by key. Keys are stable from version to version."""

FETCHED, BROUGHT = "fetched", "brought"


@dataclass(frozen=True)
class Changes:
    """`moved`: what it was, and what it is now."""

    new: Known
    moved: dict[str, tuple[dict[str, Any], dict[str, Any]]]
    gone: Known

    def __bool__(self) -> bool:
        return bool(self.new or self.moved or self.gone)


def changed(before: Known, now: Known) -> Changes:
    """What somebody who knows `before` is to be told, so that they know `now`."""
    return Changes(
        new={key: fact for key, fact in now.items() if key not in before},
        moved={key: (before[key], fact) for key, fact in now.items() if key in before and before[key] != fact},
        gone={key: fact for key, fact in before.items() if key not in now},
    )


def heard(known: Known, changes: Changes) -> Known:
    """What somebody who knew `known` knows after they read `changes`."""
    kept = {key: fact for key, fact in known.items() if key not in changes.gone}
    return kept | changes.new | {key: now for key, (_before, now) in changes.moved.items()}


# --- what each must know ---


def of_producer(said: Schedule, producer_id: str) -> Known:
    """Of each of its consignments: who fetches it and when, or when the producer has to be where with it."""
    names = {one.site_id: one.name for one in said.sites}
    drivers = {one.carrier_id: one for one in said.carriers}
    known: Known = {}
    for at, one in enumerate(said.consignments):
        if one.producer_id != producer_id:
            continue
        for round_, stop in _stops(said):
            if at not in stop.loads or stop.site_id != one.from_site:
                continue
            driver = drivers[round_.carrier_id]
            fact = {"to": names[one.to_site], "how": FETCHED, "at": stop.arrives_at.isoformat(), "by": driver.name}
            if driver.producer_id == producer_id:
                put_down = next(each for each in round_.stops if at in each.unloads)
                fact |= {"how": BROUGHT, "at": put_down.arrives_at.isoformat(), "by": names[put_down.site_id]}
            known[f"goods:{one.consignment_id}"] = fact
    return known


def of_group(said: Schedule, group_id: str) -> Known:
    """Where and when its households collect, and of each consignment when it is there, of whom, by whom."""
    points = {one.site_id: one for one in said.sites if one.group_id == group_id}
    called = {one.producer_id: one.name for one in said.producers}
    drivers = {one.carrier_id: one.name for one in said.carriers}
    known: Known = {f"handover:{one}": fact for one, fact in _handovers(said, group_id)}
    for at, one in enumerate(said.consignments):
        if one.to_site not in points:
            continue
        for round_, stop in _stops(said):
            if at in stop.unloads and stop.site_id == one.to_site:
                fact = {"place": points[one.to_site].name, "of": called[one.producer_id]}
                fact |= {"at": stop.arrives_at.isoformat(), "by": drivers[round_.carrier_id]}
                known[f"goods:{one.consignment_id}"] = fact
    return known


def of_carrier(said: Schedule, carrier_id: str) -> Known:
    """Of each of its rounds start and end, and its stops with what is taken on and put down there."""
    names = {one.site_id: one.name for one in said.sites}
    mine = [one for one in said.rounds if one.carrier_id == carrier_id]
    known: Known = {}
    for number, one in enumerate(sorted(mine, key=lambda each: each.stops[0].departs_at), start=1):
        first, last = one.stops[0], one.stops[-1]
        known[f"round:{number}"] = {
            "number": number,
            "vehicle": one.vehicle_name,
            "at": (first.arrives_at if first.loads else first.departs_at).isoformat(),
            "from": names[first.site_id],
            "until": last.departs_at.isoformat(),
            "to": names[last.site_id],
        }
        visits: dict[str, int] = {}
        for stop in one.stops:
            visits[stop.site_id] = visits.get(stop.site_id, 0) + 1
            if stop.loads or stop.unloads:
                fact = _stop(said, stop, names) | {"number": number}
                known[f"stop:{number}:{stop.site_id}:{visits[stop.site_id]}"] = fact
    return known


def of_member(said: Schedule, group_id: str) -> Known:
    """Where and when the group collects."""
    return {f"handover:{site_id}": fact for site_id, fact in _handovers(said, group_id)}


def _handovers(said: Schedule, group_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in said.sites:
        if one.group_id == group_id and one.opens_at is not None and one.closes_at is not None:
            hours = {"at": one.opens_at.isoformat(), "until": one.closes_at.isoformat()}
            yield one.site_id, {"place": one.name, "address": one.address} | hours


def _stop(said: Schedule, stop: ScheduledStop, names: Mapping[str, str]) -> dict[str, Any]:
    called = {one.producer_id: one.name for one in said.producers}

    def goods(positions: Iterable[int]) -> list[list[str]]:
        """Of whom, for where; each once."""
        meant = (said.consignments[at] for at in positions)
        return [list(pair) for pair in sorted({(called[one.producer_id], names[one.to_site]) for one in meant})]

    return {
        "place": names[stop.site_id],
        "at": stop.arrives_at.isoformat(),
        "until": stop.departs_at.isoformat(),
        "loads": goods(stop.loads),
        "unloads": goods(stop.unloads),
    }


def _stops(said: Schedule) -> Iterator[tuple[ScheduledRound, ScheduledStop]]:
    return ((round_, stop) for round_ in said.rounds for stop in round_.stops)
