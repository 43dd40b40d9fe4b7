"""A plan changed by hand: a stop at another point of its round, goods on another round, another departure.

Rounds that wait for the changed one come later with it, but for those of `locked` carriers. What comes of it is for the
checker to say: a person may pass through a plan that does not hold.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from coldchain.day import Consignment, Day, Room, Site
from coldchain.plan import Load, Plan, Round, Setting, Stop, Unload
from coldchain.road import DayRoads
from logistics.schedule.retiming import Clockwork, brings, followed, replaced, takes_on
from logistics.solver.need import NOTHING, Need, need_of


class Refused(Exception):
    """It changes nothing, or cannot be done at all."""


def move_stop(day: Day, plan: Plan, round_id: str, index: int, to: int, locked: Collection[str] = ()) -> Plan:
    """The stop at `index` comes to stand at `to`. The first and the last stay where they are: there the carrier starts
    and ends. Raises Refused."""
    one = _round(plan, round_id)
    last = len(one.stops) - 1
    if not (0 < index < last and 0 < to < last) or index == to:
        raise Refused
    stops = list(one.stops)
    stops.insert(to, stops.pop(index))
    return _timed(day, plan, one.model_copy(update={"stops": tuple(stops)}), locked)


def depart(day: Day, plan: Plan, round_id: str, at: datetime, locked: Collection[str] = ()) -> Plan:
    """The round leaves its first stop then. Raises Refused."""
    one = _round(plan, round_id)
    if one.stops[0].departs_at == at:
        raise Refused
    return followed(day, replaced(plan, Clockwork(day, plan).from_departure(one, at)), one.id, locked)


def move_goods(day: Day, plan: Plan, consignment_id: str, round_id: str, locked: Collection[str] = ()) -> Plan:
    """Goods make their last way, to the pickup point, on that round; what nobody carried is fetched where it is. Raises
    Refused."""
    goods = next(one for one in day.consignments if one.id == consignment_id)
    target, before = _round(plan, round_id), _last_ride(plan, goods)
    if before is not None and before.id == target.id:
        raise Refused
    start, load, unload = _taken_off(day, plan, goods, before)
    rounds = tuple(each for one in plan.rounds if (each := _less(one, goods.id) if one is before else one))
    left = tuple(one for one in plan.left_behind if one.consignment_id != goods.id)
    changed = plan.model_copy(update={"rounds": rounds, "left_behind": left})
    if before is not None and any(one.id == before.id for one in rounds):
        changed = _timed(day, changed, _round(changed, before.id), locked)
    if any(stop.site_id == start and brings(stop, goods.id) for stop in target.stops):
        return _timed(day, changed, _kept_aboard(day, target, goods, unload), locked)
    boxes = load.box_ids if load else ()
    room_id, settings = _compartment(day, target, goods, boxed=bool(boxes))
    taken = Load(consignment_id=goods.id, room_id=room_id, box_ids=boxes)
    stops = _cheapest(DayRoads(day), target, start, goods.to_site, taken, unload)
    if stops is None:
        raise Refused
    return _timed(day, changed, target.model_copy(update={"stops": stops, "settings": settings}), locked)


def _round(plan: Plan, round_id: str) -> Round:
    found = next((one for one in plan.rounds if one.id == round_id), None)
    if found is None:
        raise Refused
    return found


def _timed(day: Day, plan: Plan, one: Round, locked: Collection[str]) -> Plan:
    return followed(day, replaced(plan, Clockwork(day, plan).in_time(one)), one.id, locked)


def _last_ride(plan: Plan, goods: Consignment) -> Round | None:
    """The round that brings it to its pickup point."""
    return next(
        (
            one
            for one in plan.rounds
            if any(stop.site_id == goods.to_site and brings(stop, goods.id) for stop in one.stops)
        ),
        None,
    )


def _taken_off(day: Day, plan: Plan, goods: Consignment, before: Round | None) -> tuple[str, Load | None, Unload]:
    """Where it is taken on, how it was loaded, and how it is put down."""
    if before is not None:
        stop = next(stop for stop in before.stops if takes_on(stop, goods.id))
        load = next(one for one in stop.loads if one.consignment_id == goods.id)
        unloads = [one for each in before.stops for one in each.unloads if one.consignment_id == goods.id]
        return stop.site_id, load, unloads[-1]
    put_down = [stop for one in plan.rounds for stop in one.stops if brings(stop, goods.id)]
    start = max(put_down, key=lambda stop: stop.departs_at).site_id if put_down else goods.from_site
    return start, None, Unload(consignment_id=goods.id, room_id=_room_at(day, plan, goods))


def _room_at(day: Day, plan: Plan, goods: Consignment) -> str | None:
    """The cold room of the pickup point that is kept as the goods need it; None: the floor."""
    need = need_of(goods, day.outside) or NOTHING
    if not need.cooling:
        return None
    set_to = {one.room_id: one.set_to for site in plan.rooms if site.site_id == goods.to_site for one in site.settings}
    site: Site = next(one for one in day.sites if one.id == goods.to_site)
    fitting = [room.id for room in site.rooms if room.id in set_to and need.lowest <= set_to[room.id] <= need.highest]
    return fitting[0] if fitting else None


def _less(one: Round, consignment_id: str) -> Round | None:
    """Without the goods, and without stops at which nothing is left to do; None: nothing is left to carry."""
    stops = []
    for index, stop in enumerate(one.stops):
        loads = tuple(each for each in stop.loads if each.consignment_id != consignment_id)
        unloads = tuple(each for each in stop.unloads if each.consignment_id != consignment_id)
        if loads or unloads or index in (0, len(one.stops) - 1):
            stops.append(stop.model_copy(update={"loads": loads, "unloads": unloads}))
    return one.model_copy(update={"stops": tuple(stops)}) if any(stop.loads for stop in stops) else None


def _compartment(day: Day, target: Round, goods: Consignment, *, boxed: bool) -> tuple[str, tuple[Setting, ...]]:
    """Where the goods ride, and the settings of the round with that: a compartment that is kept as they need it, else
    one that can be. Closed boxes keep their own cold."""
    need = NOTHING if boxed else need_of(goods, day.outside) or NOTHING
    rooms = next(one.rooms for one in day.vehicles if one.id == target.vehicle_id)
    set_to = {one.room_id: one.set_to for one in target.settings}
    kept = [room for room in rooms if room.id in set_to and need.lowest <= set_to[room.id] <= need.highest]
    free = [room for room in rooms if room.cooled and room.id not in set_to and _able(room, need)]
    plain = [room for room in rooms if not room.cooled]
    if not need.cooling:
        return (plain or kept or list(rooms))[0].id, target.settings
    if kept or not free:
        return (kept or list(rooms))[0].id, target.settings
    at = max(need.lowest, free[0].coldest or need.lowest)
    return free[0].id, (*target.settings, Setting(room_id=free[0].id, set_to=at))


def _able(room: Room, need: Need) -> bool:
    """Whether it can be kept as goods need it."""
    assert room.coldest is not None
    assert room.warmest is not None
    return max(room.coldest, need.lowest) <= min(room.warmest, need.highest)


def _cheapest(
    roads: DayRoads, target: Round, start: str, end: str, load: Load, unload: Unload
) -> tuple[Stop, ...] | None:
    """The stops with the goods taken on at `start` and put down at `end`, by the fewest metres; None: it calls nowhere
    in that order."""
    best: tuple[int, int, tuple[Stop, ...]] | None = None
    for taking in _calls(target.stops, start, 0, loads=(load,)):
        for both in _calls(taking.stops, end, taking.at + 1, unloads=(unload,)):
            metres = _metres(roads, both.stops)
            if best is None or (metres, len(both.stops)) < best[:2]:
                best = metres, len(both.stops), both.stops
    return None if best is None else best[2]


def _kept_aboard(day: Day, target: Round, goods: Consignment, unload: Unload) -> Round:
    """The round that fetches the goods does not put them down on the way any more, but at their pickup point."""
    stops = []
    for index, stop in enumerate(target.stops):
        rest = tuple(one for one in stop.unloads if one.consignment_id != goods.id)
        if rest or stop.loads or index in (0, len(target.stops) - 1):
            stops.append(stop.model_copy(update={"unloads": rest}))
    taken = next(index for index, stop in enumerate(stops) if takes_on(stop, goods.id))
    roads = DayRoads(day)
    best = min(
        _calls(tuple(stops), goods.to_site, taken + 1, unloads=(unload,)),
        key=lambda called: (_metres(roads, called.stops), len(called.stops)),
    )
    return target.model_copy(update={"stops": best.stops})


def _metres(roads: DayRoads, stops: tuple[Stop, ...]) -> int:
    return sum(roads.way(a.site_id, b.site_id).metres for a, b in pairwise(stops))


class _Called(NamedTuple):
    stops: tuple[Stop, ...]
    at: int


def _calls(
    stops: tuple[Stop, ...], site: str, first: int, *, loads: tuple[Load, ...] = (), unloads: tuple[Unload, ...] = ()
) -> Iterator[_Called]:
    """Each way to call there, from that stop on: where one stops anyway, or in between. Never before the start, never
    after the end."""
    for index in range(first, len(stops)):
        if stops[index].site_id == site:
            more = {"loads": (*stops[index].loads, *loads), "unloads": (*stops[index].unloads, *unloads)}
            called = stops[index].model_copy(update=more)
            yield _Called((*stops[:index], called, *stops[index + 1 :]), index)
        if index:
            at = stops[index - 1].departs_at
            called = Stop(site_id=site, arrives_at=at, departs_at=at, loads=loads, unloads=unloads)
            yield _Called((*stops[:index], called, *stops[index:]), index)
