"""Two plans side by side: what differs for each carrier, producer and place. Who is not named has the same in both."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from coldchain.checker import check
from coldchain.day import Day
from coldchain.plan import Plan
from coldchain.violation import Violation
from logistics.solver.costs import costs


class Side(NamedTuple):
    day: Day
    plan: Plan


class Work(NamedTuple):
    """What a carrier does on the day. `starts`, `ends`: of its first and last round. `calls`: places, in order, with
    when it comes. `goods`: names of what it carries."""

    starts: datetime
    ends: datetime
    metres: int
    seconds: int
    cents: int
    calls: tuple[tuple[datetime, str], ...]
    goods: frozenset[str]


class Visit(NamedTuple):
    """Somebody comes, and takes or brings goods (names)."""

    at: datetime
    carrier: str
    goods: frozenset[str]


F = TypeVar("F", bound=Hashable)


@dataclass(frozen=True)
class Pair(Generic[F]):
    """`before`, `after`: None where it is only in the other."""

    name: str
    before: F | None
    after: F | None


@dataclass(frozen=True)
class Comparison:
    """`fetched`: by farm, who takes what away when. `brought`: by pickup point, who brings what when. `broken`: rules
    that only the second plan breaks; `mended`: that only the first one does."""

    carriers: tuple[Pair[Work], ...]
    fetched: tuple[Pair[tuple[Visit, ...]], ...]
    brought: tuple[Pair[tuple[Visit, ...]], ...]
    broken: tuple[Violation, ...]
    mended: tuple[Violation, ...]

    @property
    def same(self) -> bool:
        return not (self.carriers or self.fetched or self.brought or self.broken or self.mended)


def compare(before: Side, after: Side) -> Comparison:
    old, new = check(before.day, before.plan), check(after.day, after.plan)
    was, now = {one.id for one in old}, {one.id for one in new}
    return Comparison(
        carriers=_pairs(work_of, before, after),
        fetched=_pairs(fetched, before, after),
        brought=_pairs(brought, before, after),
        broken=tuple(one for one in new if one.id not in was),
        mended=tuple(one for one in old if one.id not in now),
    )


def _pairs(of: Callable[[Side], Mapping[tuple[str, str], F]], before: Side, after: Side) -> tuple[Pair[F], ...]:
    """By id and name, in the order of names; a thing that was renamed is the same one."""
    old = {identity: found for (identity, _name), found in of(before).items()}
    new = {identity: found for (identity, _name), found in of(after).items()}
    names = dict([*of(before), *of(after)])
    return tuple(
        Pair(name, old.get(identity), new.get(identity))
        for identity, name in sorted(names.items(), key=lambda pair: pair[1])
        if old.get(identity) != new.get(identity)
    )


def work_of(side: Side) -> dict[tuple[str, str], Work]:
    """By carrier."""
    names = {one.id: one.name for one in side.day.carriers}
    sites = {one.id: one.name for one in side.day.sites}
    goods = _names(side.day)
    cost = {one.round_id: one for one in costs(side.day, side.plan)}
    found: dict[tuple[str, str], Work] = {}
    for carrier_id, name in names.items():
        mine = sorted(
            (one for one in side.plan.rounds if one.carrier_id == carrier_id), key=lambda one: one.stops[0].arrives_at
        )
        if mine:
            stops = [stop for one in mine for stop in one.stops]
            found[carrier_id, name] = Work(
                starts=mine[0].stops[0].departs_at,
                ends=mine[-1].stops[-1].arrives_at,
                metres=sum(cost[one.id].metres for one in mine),
                seconds=sum(cost[one.id].seconds for one in mine),
                cents=sum(cost[one.id].cents for one in mine),
                calls=tuple((stop.arrives_at, sites[stop.site_id]) for stop in stops if stop.loads or stop.unloads),
                goods=frozenset(goods[load.consignment_id] for stop in stops for load in stop.loads),
            )
    return found


def fetched(side: Side) -> dict[tuple[str, str], tuple[Visit, ...]]:
    """By farm."""
    origins = {one.id: one.from_site for one in side.day.consignments}
    return _visits(side, lambda site_id, goods: origins[goods] == site_id, loads=True)


def brought(side: Side) -> dict[tuple[str, str], tuple[Visit, ...]]:
    """By pickup point."""
    ends = {one.id: one.to_site for one in side.day.consignments}
    return _visits(side, lambda site_id, goods: ends[goods] == site_id, loads=False)


def _visits(
    side: Side, concerns: Callable[[str, str], bool], *, loads: bool
) -> dict[tuple[str, str], tuple[Visit, ...]]:
    names = {one.id: one.name for one in side.day.carriers}
    sites = {one.id: one.name for one in side.day.sites}
    goods = _names(side.day)
    found: dict[tuple[str, str], list[Visit]] = defaultdict(list)
    for one in side.plan.rounds:
        for stop in one.stops:
            handled = (each.consignment_id for each in (stop.loads if loads else stop.unloads))
            mine = frozenset(goods[each] for each in handled if concerns(stop.site_id, each))
            if mine:
                visit = Visit(stop.arrives_at, names[one.carrier_id], mine)
                found[stop.site_id, sites[stop.site_id]].append(visit)
    return {key: tuple(sorted(visits, key=lambda visit: (visit.at, visit.carrier))) for key, visits in found.items()}


def _names(day: Day) -> dict[str, str]:
    """Goods and where they go, by consignment."""
    sites = {one.id: one.name for one in day.sites}
    return {
        one.id: f"{', '.join(sorted({line.name for line in one.lines}))} → {sites[one.to_site]}"
        for one in day.consignments
    }
