"""Rounds that stay as they are: the rest of the day is planned around them.

The planner gets a day without them: without their carriers, vehicles, boxes and goods, with what they leave of the room
at each place. Goods that a locked round brings only to a dock start there. What feeds a locked round at a dock is
locked with it: it would else wait for goods that come later.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from coldchain.day import Consignment, Day, Room, Site
from coldchain.plan import Plan, Round, Setting, SiteSettings

Planner = Callable[[Day, Plan], Plan]


def plan_around(day: Day, previous: Plan, locked: Iterable[str], planner: Planner) -> Plan:
    """`locked`: carriers whose rounds in `previous` stay. `planner`: plans a day with the least change to a plan."""
    kept = _still_there(day, rounds_kept(previous, frozenset(locked)))
    if not kept:
        return planner(day, previous)
    ways = ways_of(kept)
    rest = without(day, kept, previous, ways)
    ids = {one.id for one in kept}
    others = tuple(one for one in previous.rounds if one.id not in ids)
    made = planner(rest, previous.model_copy(update={"rounds": others}))
    return made.model_copy(
        update={
            "day_id": day.id,
            "rounds": (*kept, *made.rounds),
            "rooms": _rooms(previous, made, _standing(kept)),
        }
    )


def rounds_kept(previous: Plan, locked: frozenset[str]) -> list[Round]:
    """Those of the locked carriers, and of whoever brings them goods to a dock."""
    carriers = set(locked)
    while True:
        taken = {
            (load.consignment_id, stop.site_id)
            for one in previous.rounds
            if one.carrier_id in carriers
            for stop in one.stops
            for load in stop.loads
        }
        feeding = {
            one.carrier_id
            for one in previous.rounds
            for stop in one.stops
            for unload in stop.unloads
            if (unload.consignment_id, stop.site_id) in taken
        }
        if feeding <= carriers:
            return [one for one in previous.rounds if one.carrier_id in carriers]
        carriers |= feeding


@dataclass(frozen=True)
class Reached:
    """Where locked rounds put goods down last, and when they leave them there."""

    site_id: str
    at: datetime


def ways_of(kept: Sequence[Round]) -> dict[str, Reached]:
    """By consignment."""
    found: dict[str, Reached] = {}
    for stop in (stop for one in kept for stop in one.stops):
        for unload in stop.unloads:
            before = found.get(unload.consignment_id)
            if before is None or before.at < stop.departs_at:
                found[unload.consignment_id] = Reached(stop.site_id, stop.departs_at)
    return found


def without(day: Day, kept: Sequence[Round], previous: Plan, ways: dict[str, Reached]) -> Day:
    """The day that is left to plan."""
    carriers = {one.carrier_id for one in kept}
    vehicles = {one.vehicle_id for one in kept}
    boxes = {box for one in kept for stop in one.stops for load in stop.loads for box in load.box_ids}
    consignments = tuple(left for one in day.consignments if (left := _left(one, ways.get(one.id))))
    there = {one.id for one in consignments}
    able = [
        one.model_copy(update={"vehicle_ids": tuple(each for each in one.vehicle_ids if each not in vehicles)})
        for one in day.carriers
        if one.id not in carriers
    ]
    standing, set_to = _standing(kept), _set_to(previous)
    volumes = {one.id: one.volume for one in day.consignments}
    loss = day.limits.room_loss
    return day.model_copy(
        update={
            "sites": tuple(_narrower(site, standing, set_to, volumes, loss) for site in day.sites),
            "vehicles": tuple(one for one in day.vehicles if one.id not in vehicles),
            "carriers": tuple(one for one in able if one.vehicle_ids),
            "boxes": tuple(one for one in day.boxes if one.id not in boxes),
            "consignments": consignments,
            "fixed_rounds": tuple(one for one in day.fixed_rounds if one.carrier_id not in carriers),
            "pins": tuple(pin for pin in day.pins if pin.consignment_id in there and pin.carrier_id not in carriers),
        }
    )


def _still_there(day: Day, rounds: Sequence[Round]) -> list[Round]:
    """Without what is gone from the day: a carrier and its rounds, goods and their stops' work."""
    carriers = {one.id: one.vehicle_ids for one in day.carriers}
    goods = {one.id for one in day.consignments}
    sites = {one.id for one in day.sites}
    found = []
    for one in rounds:
        if one.vehicle_id in carriers.get(one.carrier_id, ()) and {stop.site_id for stop in one.stops} <= sites:
            stops = tuple(
                stop.model_copy(
                    update={
                        "loads": tuple(each for each in stop.loads if each.consignment_id in goods),
                        "unloads": tuple(each for each in stop.unloads if each.consignment_id in goods),
                    }
                )
                for stop in one.stops
            )
            found.append(one.model_copy(update={"stops": stops}))
    return found


def _left(one: Consignment, reached: Reached | None) -> Consignment | None:
    """What is left to carry of it; None: nothing."""
    if reached is None:
        return one
    if reached.site_id == one.to_site:
        return None
    return one.model_copy(update={"from_site": reached.site_id, "ready_at": reached.at})


Standing = dict[tuple[str, str | None], set[str]]
"""Consignments by site and room (None: the floor)."""


def _standing(kept: Sequence[Round]) -> Standing:
    found: Standing = defaultdict(set)
    for stop in (stop for one in kept for stop in one.stops):
        for unload in stop.unloads:
            found[stop.site_id, unload.room_id].add(unload.consignment_id)
    return found


def _set_to(plan: Plan) -> dict[tuple[str, str], int]:
    return {(site.site_id, one.room_id): one.set_to for site in plan.rooms for one in site.settings}


def _narrower(
    site: Site, standing: Standing, set_to: dict[tuple[str, str], int], volumes: dict[str, int], loss: int
) -> Site:
    """With the room that locked goods leave, kept as they need it."""

    def taken(room_id: str | None) -> int:
        # Of a hundred litres `loss` stay empty: goods take that much more.
        used = sum(volumes.get(one, 0) for one in standing.get((site.id, room_id), ()))
        return -(-used * 100 // (100 - loss))

    def left_of(room: Room) -> Room:
        used, kept_at = taken(room.id), set_to.get((site.id, room.id))
        if not used:
            return room
        update: dict[str, object] = {"volume": max(0, room.volume - used)}
        if kept_at is not None:
            update |= {"coldest": kept_at, "warmest": kept_at}
        return room.model_copy(update=update)

    floor = None if site.floor is None else max(0, site.floor - taken(None))
    return site.model_copy(update={"rooms": tuple(left_of(room) for room in site.rooms), "floor": floor})


def _rooms(previous: Plan, made: Plan, standing: Standing) -> tuple[SiteSettings, ...]:
    """As the locked goods need them, and as the rest does."""
    used = {(site, room): at for (site, room), at in _set_to(previous).items() if (site, room) in standing}
    by_site: dict[str, dict[str, int]] = defaultdict(dict)
    for (site_id, room_id), at in {**_set_to(made), **used}.items():
        by_site[site_id][room_id] = at
    return tuple(
        SiteSettings(
            site_id=site_id,
            settings=tuple(Setting(room_id=room, set_to=at) for room, at in sorted(rooms.items())),
        )
        for site_id, rooms in sorted(by_site.items())
    )
