"""When a round is where after somebody changed it by hand: as early as its goods and doors allow from its departure on.

Nothing here judges: what cannot be in time is driven all the same, and the checker says so.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from coldchain.day import Day, Site
from coldchain.plan import Plan, Round, Stop
from coldchain.road import DayRoads

AT_MOST = 3
"""How often a round is begun earlier so that it comes in time."""


class Clockwork:
    """Times of rounds of one plan. The round that is timed may be another one than that of its id in the plan."""

    def __init__(self, day: Day, plan: Plan) -> None:
        self._sites = {one.id: one for one in day.sites}
        self._goods = {one.id: one for one in day.consignments}
        self._carriers = {one.id: one for one in day.carriers}
        self._roads = DayRoads(day)
        self._plan = plan

    def in_time(self, one: Round) -> Round:
        """From its departure as it was; earlier where it would come too late, as far as its carrier's hours go."""
        first = one.stops[0]
        opens = self._carriers[one.carrier_id].hours.opens_at + self._length(first)
        ready = self._ready(one, first)
        earliest = opens if ready is None else max(opens, ready + self._length(first))
        timed = self.from_departure(one, max(first.departs_at, earliest))
        for _ in range(AT_MOST):
            late = self._lateness(timed)
            departs = max(timed.stops[0].departs_at - late, earliest)
            if late <= timedelta() or departs >= timed.stops[0].departs_at:
                break
            timed = self.from_departure(one, departs)
        return timed

    def from_departure(self, one: Round, departs: datetime) -> Round:
        """It leaves its first stop then, whatever comes of it."""
        first = one.stops[0]
        begun = first.model_copy(update={"arrives_at": departs - self._length(first), "departs_at": departs})
        stops = [begun]
        for stop in one.stops[1:]:
            way = self._roads.way(stops[-1].site_id, stop.site_id)
            stops.append(self._called_at(one, stop, stops[-1].departs_at + timedelta(seconds=way.seconds)))
        return one.model_copy(update={"stops": tuple(stops)})

    def pushed(self, one: Round) -> Round | None:
        """Later, where it would take goods on before they are there, or begin before its carrier or vehicle is back;
        None: it need not."""
        first, takes = one.stops[0], self._length(one.stops[0])
        earliest = [first.departs_at]
        earliest += [other.stops[-1].departs_at + takes for other in self._before(one)]
        ready = self._ready(one, first)
        earliest += [] if ready is None else [ready + takes]
        waits = any(
            (there := self._ready(one, stop)) is not None and there + self._handling(stop) > stop.departs_at
            for stop in one.stops
        )
        return self.from_departure(one, max(earliest)) if waits or max(earliest) > first.departs_at else None

    def _before(self, one: Round) -> list[Round]:
        """Rounds of its carrier or vehicle that come first in the plan."""
        ids = [other.id for other in self._plan.rounds]
        return [
            other
            for other in self._plan.rounds[: ids.index(one.id)]
            if other.carrier_id == one.carrier_id or other.vehicle_id == one.vehicle_id
        ]

    def _called_at(self, one: Round, stop: Stop, comes: datetime) -> Stop:
        site = self._sites[stop.site_id]
        takes = self._handling(stop)
        arrives = opened(site, comes, takes)
        departs = arrives + takes
        ready = self._ready(one, stop)
        if ready is not None:
            departs = max(departs, ready + takes)
        if site.handover is not None and self.stays(stop, site):
            departs = max(departs, site.handover.closes_at)
        return stop.model_copy(update={"arrives_at": arrives, "departs_at": departs})

    def _handling(self, stop: Stop) -> timedelta:
        handled = stop.loads or stop.unloads
        return timedelta(minutes=self._sites[stop.site_id].handling if handled else 0)

    def _length(self, first: Stop) -> timedelta:
        """How long one is at the first stop before one leaves it."""
        return max(first.departs_at - first.arrives_at, self._handling(first))

    def stays(self, stop: Stop, site: Site) -> bool:
        """Whether the carrier was present during the hand-over (eggs without a packing centre)."""
        return site.handover is not None and stop.departs_at >= site.handover.closes_at and bool(stop.unloads)

    def _ready(self, one: Round, stop: Stop) -> datetime | None:
        """From when all that it takes on there is there."""
        times = []
        for load in stop.loads:
            goods = self._goods[load.consignment_id]
            if goods.from_site == stop.site_id:
                times += [goods.ready_at] if goods.ready_at is not None else []
            else:
                times += [other.departs_at for other in self._others(one, stop.site_id) if brings(other, goods.id)]
        return max(times, default=None)

    def _lateness(self, one: Round) -> timedelta:
        """By how much it comes too late where it is latest."""
        late = timedelta()
        for stop in one.stops:
            site = self._sites[stop.site_id]
            put_down = min(stop.departs_at, stop.arrives_at + timedelta(minutes=site.handling))
            for unload in stop.unloads:
                due = self._due(one, site, unload.consignment_id)
                late = late if due is None else max(late, put_down - due)
        return late

    def _due(self, one: Round, site: Site, consignment_id: str) -> datetime | None:
        """By when it must stand there: before households come, before another round takes it on."""
        if self._goods[consignment_id].to_site == site.id:
            return None if site.handover is None else site.handover.opens_at
        handling = timedelta(minutes=site.handling)
        taken = [each.departs_at - handling for each in self._others(one, site.id) if takes_on(each, consignment_id)]
        return min(taken, default=None)

    def _others(self, one: Round, site_id: str) -> Sequence[Stop]:
        return [
            stop for other in self._plan.rounds if other.id != one.id for stop in other.stops if stop.site_id == site_id
        ]


def followed(day: Day, plan: Plan, changed: str, locked: Collection[str]) -> Plan:
    """The rounds that wait for the one that was changed come later with it. `locked`: carriers whose rounds do not."""
    for _ in range(2 * len(plan.rounds)):
        clockwork = Clockwork(day, plan)
        for one in plan.rounds:
            later = None if one.id == changed or one.carrier_id in locked else clockwork.pushed(one)
            if later is not None and later != one:
                plan = replaced(plan, later)
                break
        else:
            break
    return plan


def replaced(plan: Plan, changed: Round) -> Plan:
    rounds = tuple(changed if one.id == changed.id else one for one in plan.rounds)
    return plan.model_copy(update={"rounds": rounds})


def opened(site: Site, comes: datetime, takes: timedelta) -> datetime:
    """The first moment from then on at which its door is open long enough; where there is none, when one comes."""
    windows = sorted(site.windows, key=lambda window: window.opens_at)
    starts = (
        max(comes, window.opens_at) for window in windows if max(comes, window.opens_at) + takes <= window.closes_at
    )
    return next(starts, comes)


def brings(stop: Stop, consignment_id: str) -> bool:
    return any(one.consignment_id == consignment_id for one in stop.unloads)


def takes_on(stop: Stop, consignment_id: str) -> bool:
    return any(one.consignment_id == consignment_id for one in stop.loads)
