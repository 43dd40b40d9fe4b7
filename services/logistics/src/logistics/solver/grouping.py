"""Which goods travel together, by which kind of way, and which cannot travel at all and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from coldchain.day import Consignment, Room, Site, SiteKind
from coldchain.plan import LeftBehind
from coldchain.road import great_circle
from coldchain.sentences import (
    EGGS_TOO_FAR,
    NO_COMMON_TEMPERATURE,
    NO_ROOM_AT_THE_PLACE,
    NOBODY_DRIVES,
    OVER_THE_CAP,
    UNKNOWN_SITE,
)
from logistics.solver.errand import Errand, Stage
from logistics.solver.ground import Ground, seconds
from logistics.solver.need import Need, need_of, parted_by_need
from logistics.solver.storing import Kept, store

NEVER = 1 << 40
"""Seconds; later than any day."""

READY_TOGETHER = 1800
"""Seconds: what is ready within the same half hour is fetched together."""


@dataclass(frozen=True)
class Goods:
    """A consignment that can travel: what it needs, and by whom it must be brought (None: by anybody)."""

    consignment: Consignment
    need: Need
    carriers: frozenset[str] | None
    stays: bool
    due: int
    ready: int

    @property
    def id(self) -> str:
        return self.consignment.id


@dataclass
class Work:
    """All errands of a day. `kept`: rooms and their temperatures, by dock or pickup point."""

    errands: list[Errand] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)
    left: list[LeftBehind] = field(default_factory=list)

    def of(self, stage: Stage) -> list[Errand]:
        return [errand for errand in self.errands if errand.stage is stage]

    def room_at(self, site: str, consignment_id: str) -> str | None:
        kept = self.kept.get(site)
        return None if kept is None else kept.room_of.get(consignment_id)


def group(
    ground: Ground,
    *,
    direct: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
    kept: dict[str, Kept] | None = None,
) -> Work:
    """`direct`: consignments that are not to go over a dock. `without`: that are not to travel, told elsewhere. `kept`:
    rooms that are given out already."""
    work = Work(kept=kept or {})
    over_cap = beyond_caps(ground)
    goods: list[Goods] = []
    for consignment in ground.day.consignments:
        if consignment.id in without:
            continue
        found = OVER_THE_CAP if consignment.id in over_cap else None
        one = found or travelling(ground, consignment)
        if isinstance(one, str):
            work.left.append(LeftBehind(consignment_id=consignment.id, why=one))
        else:
            goods.append(one)
    if kept is None:
        goods = with_room_at_places(ground, goods, work)
    docks = docks_of(ground, goods, work, direct)
    errands_of(ground, goods, docks, work)
    return work


def travelling(ground: Ground, consignment: Consignment) -> Goods | str:
    """Its goods, or why nobody may carry it on this day."""
    if consignment.from_site not in ground.sites or consignment.to_site not in ground.sites:
        return UNKNOWN_SITE
    need = need_of(consignment, ground.day.outside)
    if need is None:
        return NO_COMMON_TEMPERATURE
    present = [line for line in consignment.lines if line.eggs and not line.packing_centre]
    a, b = ground.sites[consignment.from_site], ground.sites[consignment.to_site]
    if present and great_circle(a, b) > ground.day.limits.eggs_metres:
        return EGGS_TOO_FAR
    carriers = bound(ground, consignment, {line.producer_id for line in present})
    if carriers is not None and not carriers:
        return NOBODY_DRIVES
    handover = ground.handover.get(consignment.to_site)
    closes = max((closes for _, closes in ground.windows[consignment.to_site]), default=NEVER)
    return Goods(
        consignment,
        need,
        carriers,
        stays=bool(present) and handover is not None,
        due=closes if handover is None else min(handover[0], closes),
        ready=0 if consignment.ready_at is None else seconds(consignment.ready_at),
    )


def bound(ground: Ground, consignment: Consignment, producers: set[str]) -> frozenset[str] | None:
    """Who alone may bring it: because its producer does or must, by a pin, else by a fixed round. None: anybody."""
    day = ground.day
    if consignment.self_delivery:
        producers = producers | {consignment.producer_id}
    allowed: list[set[str]] = [
        {carrier.id for carrier in day.carriers if carrier.producer_id == producer} for producer in sorted(producers)
    ]
    pins = {pin.carrier_id for pin in day.pins if pin.consignment_id == consignment.id}
    fixed = {one.carrier_id for one in day.fixed_rounds if consignment.to_site in one.site_ids}
    if pins:
        allowed.append(pins)
    elif fixed and not allowed:
        allowed.append(fixed)
    if not allowed:
        return None
    driving = {carrier.id for carrier in day.carriers if ground.known(carrier)}
    return frozenset(set.intersection(driving, *allowed))


def beyond_caps(ground: Ground) -> set[str]:
    """Consignments that cannot be sold under a dispensation any more: the largest are left, so the fewest are."""
    beyond: set[str] = set()
    for cap in ground.day.dispensations:
        taken = []
        for consignment in ground.day.consignments:
            quantity = sum(
                line.quantity
                for line in consignment.lines
                if line.resold and line.producer_id == cap.producer_id and line.dispensation == cap.category
            )
            if quantity:
                taken.append((quantity, consignment.id))
        free = cap.weekly_cap - cap.used
        for quantity, identity in sorted(taken):
            free -= quantity
            if free < 0:
                beyond.add(identity)
    return beyond


def with_room_at_places(ground: Ground, goods: list[Goods], work: Work) -> list[Goods]:
    """Fills the fridges of the pickup points; what finds no floor is left behind."""
    by_place: dict[str, list[Goods]] = {}
    for one in goods:
        by_place.setdefault(one.consignment.to_site, []).append(one)
    stay: list[Goods] = []
    for site_id, there in by_place.items():
        site = ground.sites[site_id]
        cold = [(one.consignment, one.need) for one in there if one.need.cooling]
        kept = work.kept[site_id] = store(rooms_of(ground, site), cold)
        floor = NEVER if site.floor is None else site.floor
        for one in sorted(there, key=lambda one: (one.consignment.volume, one.id)):
            if one.id not in kept.room_of:
                floor -= one.consignment.volume
            if floor >= 0:
                stay.append(one)
            else:
                work.left.append(LeftBehind(consignment_id=one.id, why=NO_ROOM_AT_THE_PLACE))
    order = {one.id: index for index, one in enumerate(ground.day.consignments)}
    return sorted(stay, key=lambda one: order[one.id])


def rooms_of(ground: Ground, site: Site) -> list[tuple[Room, int]]:
    return [(room, ground.usable(room.volume)) for room in ground.cooled_rooms(site)]


def docks_of(ground: Ground, goods: list[Goods], work: Work, direct: frozenset[str]) -> dict[str, str]:
    """Over which dock each consignment goes, where it may and can be kept cold there; the others go directly."""
    found: dict[str, str] = {}
    at_dock: dict[str, list[Goods]] = {}
    for one in goods:
        this = one.consignment
        if one.stays or this.self_delivery or this.id in direct:
            continue
        if SiteKind.DOCK in (ground.sites[this.from_site].kind, ground.sites[this.to_site].kind):
            continue
        bulk = any(line.organic_bulk for line in this.lines)
        docks = [dock for dock in ground.docks if dock.certified_organic or not bulk]
        if docks:
            near = min(
                docks,
                key=lambda dock: (
                    ground.way(this.from_site, dock.id).metres + ground.way(dock.id, this.to_site).metres,
                    dock.id,
                ),
            )
            at_dock.setdefault(near.id, []).append(one)
    for dock_id, there in at_dock.items():
        dock = ground.sites[dock_id]
        cold = [(one.consignment, one.need) for one in there if one.need.cooling]
        kept = work.kept[dock_id] = store(rooms_of(ground, dock), cold)
        floor = NEVER if dock.floor is None else dock.floor
        for one in there:
            floor -= 0 if one.need.cooling else one.consignment.volume
            if (one.id in kept.room_of) if one.need.cooling else (floor >= 0):
                found[one.id] = dock_id
    return found


class Way(NamedTuple):
    """What goods of one errand have in common, but for their temperature."""

    stage: Stage
    take_at: str
    bring_to: str
    boxed: bool = False
    stays: bool = False
    carriers: frozenset[str] | None = None
    early: int = 0


def errands_of(ground: Ground, goods: list[Goods], docks: dict[str, str], work: Work) -> None:
    """One errand for what goes the same way at the same time and bears one temperature."""
    groups: dict[Way, list[Goods]] = {}
    for one in goods:
        this, dock = one.consignment, docks.get(one.id)
        boxed = one.need.cooling and work.room_at(this.to_site, one.id) is None
        if dock is None:
            ways = [Way(Stage.DIRECT, this.from_site, this.to_site, boxed, one.stays, one.carriers)]
        else:
            ways = [
                Way(Stage.COLLECT, this.from_site, dock, early=one.ready // READY_TOGETHER),
                Way(Stage.DELIVER, dock, this.to_site, boxed, carriers=one.carriers),
            ]
        for way in ways:
            groups.setdefault(way, []).append(one)
    most = max((sum(ground.usable(r.volume) for r in v.rooms) for v in ground.day.vehicles), default=0) // 2
    for way, members in groups.items():
        for together, need in parted_by_need((one, one.need) for one in members):
            work.errands += [
                errand_of(ground, len(work.errands) + index, way, part, need)
                for index, part in enumerate(in_loads(together, most))
            ]


def errand_of(ground: Ground, number: int, way: Way, goods: list[Goods], need: Need) -> Errand:
    return Errand(
        number,
        way.stage,
        tuple(one.consignment for one in goods),
        way.take_at,
        way.bring_to,
        need,
        way.boxed,
        ready=0 if way.stage is Stage.DELIVER else max(one.ready for one in goods),
        due=min(due_of(ground, one, way.stage, way.bring_to) for one in goods),
        carriers=way.carriers,
        stays=way.stays,
        volume=sum(one.consignment.volume for one in goods),
        weight=sum(one.consignment.weight for one in goods),
    )


def due_of(ground: Ground, one: Goods, stage: Stage, bring_to: str) -> int:
    """By when it must have been put down there: at a dock in time for the way that is left."""
    if stage is not Stage.COLLECT:
        return one.due
    left = ground.way(bring_to, one.consignment.to_site).seconds
    return one.due - left - ground.handling[bring_to] - ground.handling[one.consignment.to_site]


def in_loads(goods: Iterable[Goods], most: int) -> list[list[Goods]]:
    """In parts of at most half the largest vehicle; in the order of the day."""
    parts: list[list[Goods]] = []
    volume = 0
    for one in goods:
        if not parts or volume + one.consignment.volume > most:
            parts.append([])
            volume = 0
        parts[-1].append(one)
        volume += one.consignment.volume
    return parts
