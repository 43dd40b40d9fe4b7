"""The day played minute by minute, as naively as can be: who is where, what is in whose hands, how warm it is.

Written without the checker and its files, from what `docs/plan.md` says. It tells what goes wrong on the day itself
(things, hours, room, cold); what only a law on paper forbids, it does not know. All instants are whole minutes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from coldchain.day import Box, Day, Line, Room
from coldchain.plan import Load, Plan, Round, Stop
from coldchain.road import DayRoads

MINUTE = timedelta(minutes=1)

# Tenths of a degree: carried at most, handed over at most, at least. What usage alone asks is not here.
LIMITS: dict[str, tuple[int | None, int | None, int | None]] = {
    "FROZEN": (-180, -180, None),
    "FRESH_FISH": (20, 20, 0),
    "VERY_PERISHABLE": (40, 40, None),
    "PERISHABLE": (80, 80, None),
    "HOT_DISH": (None, None, 630),
    "AMBIENT": (None, None, None),
}
LABEL_PREVAILS = ("VERY_PERISHABLE", "PERISHABLE")


def within(line: Line, temperature: int, handed_over: bool) -> bool:
    most, most_at_hand_over, least = LIMITS.get(line.temperature_class, (None, None, None))
    if most is not None and line.label_max is not None:
        most = line.label_max if line.temperature_class in LABEL_PREVAILS else min(most, line.label_max)
    if most is not None and most_at_hand_over is not None and handed_over:
        most = min(most, most_at_hand_over)
    return not (most is not None and temperature > most) and not (least is not None and temperature < least)


class Played:
    """`wrong`: each thing that went wrong, once."""

    def __init__(self, day: Day, plan: Plan) -> None:
        self.day, self.plan, self.roads = day, plan, DayRoads(day)
        self.sites = {site.id: site for site in day.sites}
        self.goods = {one.id: one for one in day.consignments}
        self.where: dict[str, Any] = {one.id: ("farm", one.from_site) for one in day.consignments}
        self.closed_in: dict[str, tuple[str, ...]] = {one.id: () for one in day.consignments}
        self.box_where: dict[str, Any] = {box.id: ("site", box.at_site) for box in day.boxes}
        self.box_filled: dict[str, datetime] = {}
        self.boxes = {box.id: box for box in day.boxes}
        self.bare: dict[str, int] = {}
        self.wrong: set[str] = set()
        self.arrived: dict[str, datetime] = {}
        self.packed: set[str] = set()
        self.seen: dict[tuple[str, str, str | None], tuple[Room | None, int | None]] = {}
        self.play()

    def play(self) -> None:
        stops = [stop for one in self.plan.rounds for stop in one.stops]
        instants = [moment for stop in stops for moment in (stop.arrives_at, stop.departs_at)]
        ends = [site.handover.closes_at for site in self.day.sites if site.handover is not None]
        now, last = min(instants + ends), max(instants + ends)
        busy = {
            moment
            for stop in stops
            for moment in (
                stop.arrives_at,
                min(stop.arrives_at + self.handling(stop), stop.departs_at),
                max(stop.departs_at - self.handling(stop), stop.arrives_at),
                stop.departs_at,
            )
        }
        self.travel()
        while now <= last:
            if now in busy:
                self.actions(now)
            self.look(now)
            now += MINUTE
        for one in self.day.consignments:
            site = self.sites[one.to_site]
            if self.where[one.id][:2] != ("site", one.to_site):
                self.wrong.add("not delivered")
            elif site.handover is not None and self.arrived[one.id] > site.handover.opens_at:
                self.wrong.add("late")

    def travel(self) -> None:
        """Everything that concerns who drives what when."""
        busy: dict[tuple[str, str], list[tuple[datetime, datetime, str, str]]] = {}
        for one in self.plan.rounds:
            self.drive(one)
            way = (one.stops[0].arrives_at, one.stops[-1].departs_at, one.stops[0].site_id, one.stops[-1].site_id)
            busy.setdefault(("carrier", one.carrier_id), []).append(way)
            busy.setdefault(("vehicle", one.vehicle_id), []).append(way)
            carrier = next(carrier for carrier in self.day.carriers if carrier.id == one.carrier_id)
            if way[0] < carrier.hours.opens_at or way[1] > carrier.hours.closes_at:
                self.wrong.add("hours")
            if one.vehicle_id not in carrier.vehicle_ids:
                self.wrong.add("vehicle")
        for (kind, who), ways in busy.items():
            self.in_one_place(kind, who, sorted(ways))

    def drive(self, one: Round) -> None:
        for here, there in zip(one.stops, one.stops[1:], strict=False):
            seconds = self.roads.way(here.site_id, there.site_id).seconds
            if (there.arrives_at - here.departs_at).total_seconds() < seconds:
                self.wrong.add("too fast")
        for stop in one.stops:
            if stop.departs_at < stop.arrives_at:
                self.wrong.add("backwards")
            windows = self.sites[stop.site_id].windows
            if windows and all(
                stop.arrives_at < window.opens_at or stop.departs_at > window.closes_at for window in windows
            ):
                self.wrong.add("closed")
            if (stop.loads or stop.unloads) and stop.departs_at - stop.arrives_at < self.handling(stop):
                self.wrong.add("handled too fast")

    def in_one_place(self, kind: str, who: str, ways: list[tuple[datetime, datetime, str, str]]) -> None:
        at: str | None = None
        free: datetime | None = None
        for begins, ends, start, end in ways:
            if (free is not None and begins < free) or (at is not None and start != at):
                self.wrong.add(f"{kind} in two places")
            at, free = end, ends
        if kind == "carrier":
            carrier = next(carrier for carrier in self.day.carriers if carrier.id == who)
            if ways[0][2] != carrier.starts_at_site or at != carrier.ends_at_site:
                self.wrong.add("not from home to home")

    def handling(self, stop: Stop) -> timedelta:
        return timedelta(minutes=self.sites[stop.site_id].handling)

    def actions(self, now: datetime) -> None:  # noqa: C901 (five times the same loop)
        """Who leaves, then who comes; first what is put down, then what is taken up: two carriers may meet."""
        stops = [(one, stop) for one in self.plan.rounds for stop in one.stops]
        for one, stop in stops:
            if stop.arrives_at < stop.departs_at == now:
                self.leave(one, stop)
        for one, stop in stops:
            if stop.arrives_at == now:
                self.begin_unloading(one, stop)
        for one, stop in stops:
            if min(stop.arrives_at + self.handling(stop), stop.departs_at) == now:
                self.put_down(one, stop, now)
        for one, stop in stops:
            if max(stop.departs_at - self.handling(stop), stop.arrives_at) == now:
                self.take_up(one, stop, now)
        for one, stop in stops:
            if stop.departs_at <= stop.arrives_at == now:
                self.leave(one, stop)

    def begin_unloading(self, one: Round, stop: Stop) -> None:
        for unload in stop.unloads:
            at = self.where[unload.consignment_id]
            if at[:2] != ("van", one.id):
                self.wrong.add("unloads what is not aboard")
                continue
            self.where[unload.consignment_id] = ("hands", one.id)
            for box in self.closed_in[unload.consignment_id]:
                self.box_where[box] = ("site", stop.site_id)
            if unload.unpacked:
                self.closed_in[unload.consignment_id] = ()

    def put_down(self, one: Round, stop: Stop, now: datetime) -> None:
        for unload in stop.unloads:
            if self.where[unload.consignment_id] == ("hands", one.id):
                self.where[unload.consignment_id] = ("site", stop.site_id, unload.room_id)
                self.arrived[unload.consignment_id] = now

    def take_up(self, one: Round, stop: Stop, now: datetime) -> None:
        filling = [
            load
            for load in stop.loads
            if load.box_ids and set(load.box_ids) != set(self.closed_in[load.consignment_id])
        ]
        for load in stop.loads:
            at = self.where[load.consignment_id]
            if at[0] not in ("farm", "site") or at[1] != stop.site_id:
                self.wrong.add("loads what is not there")
                continue
            goods = self.goods[load.consignment_id]
            if at[0] == "farm" and goods.ready_at is not None and now < goods.ready_at:
                self.wrong.add("not ready")
            self.packed.discard(load.consignment_id)
            if load in filling and at[0] == "farm":
                self.packed.add(load.consignment_id)
            if set(load.box_ids) != set(self.closed_in[load.consignment_id]):
                self.closed_in[load.consignment_id] = ()
            self.where[load.consignment_id] = ("hands", one.id)
        self.fill(filling, stop, now)

    def fill(self, filling: list[Load], stop: Stop, now: datetime) -> None:
        for load in filling:
            for box in load.box_ids:
                if self.box_where[box] != ("site", stop.site_id):
                    self.wrong.add("box is not there")
                if any(box in closed for closed in self.closed_in.values()):
                    self.wrong.add("box is full of other goods")
                self.box_filled[box] = now
        inside: dict[tuple[str, ...], int] = {}
        for load in filling:
            key = tuple(sorted(load.box_ids))
            inside[key] = inside.get(key, 0) + self.goods[load.consignment_id].volume
        if any(volume > sum(self.boxes[box].volume for box in key) for key, volume in inside.items()):
            self.wrong.add("box too small")

    def leave(self, one: Round, stop: Stop) -> None:
        for load in stop.loads:
            if self.where[load.consignment_id] == ("hands", one.id):
                self.where[load.consignment_id] = ("van", one.id, load.room_id)
                self.closed_in[load.consignment_id] = load.box_ids
                for box in load.box_ids:
                    self.box_where[box] = ("van", one.id)

    def look(self, now: datetime) -> None:
        """At everything, for the minute that begins now."""
        rooms: dict[tuple[str, str, str | None], list[str]] = {}
        for one, at in self.where.items():
            if at[0] in ("van", "site"):
                rooms.setdefault(at, []).append(one)
            if at[0] != "farm":
                self.feel(one, at, now)
        for box in self.boxes:
            spots = {self.where[one] for one, closed in self.closed_in.items() if box in closed}
            if len(spots) > 1:
                self.wrong.add("box in two places")
        for (kind, place, room_id), inside in rooms.items():
            self.fits(kind, place, room_id, inside, now)
        for one in self.plan.rounds:
            vehicle = next(vehicle for vehicle in self.day.vehicles if vehicle.id == one.vehicle_id)
            aboard = [name for name, at in self.where.items() if at[:2] == ("van", one.id)]
            if sum(self.goods[name].weight for name in aboard) > vehicle.payload:
                self.wrong.add("vehicle too heavy")

    def room(self, kind: str, place: str, room_id: str | None) -> tuple[Room | None, int | None]:
        """And at what temperature it is kept."""
        if (kind, place, room_id) not in self.seen:
            self.seen[kind, place, room_id] = self.looked_up(kind, place, room_id)
        return self.seen[kind, place, room_id]

    def looked_up(self, kind: str, place: str, room_id: str | None) -> tuple[Room | None, int | None]:
        if kind == "van":
            one = next(one for one in self.plan.rounds if one.id == place)
            vehicle = next(vehicle for vehicle in self.day.vehicles if vehicle.id == one.vehicle_id)
            rooms, settings = vehicle.rooms, one.settings
        else:
            rooms = self.sites[place].rooms
            settings = next((one.settings for one in self.plan.rooms if one.site_id == place), ())
        room = next((room for room in rooms if room.id == room_id), None)
        set_to = next((one.set_to for one in settings if one.room_id == room_id), None)
        if room is None or room.coldest is None or set_to is None:
            return room, None
        if room.warmest is not None and not room.coldest <= set_to <= room.warmest:
            self.wrong.add("cannot be set so")
        return room, set_to

    def feel(self, one: str, at: Any, now: datetime) -> None:
        site = self.sites[self.goods[one].to_site]
        handover = site.handover
        assert handover is not None
        there = at[:2] == ("site", site.id)
        if there and now >= handover.closes_at:
            return
        handed_over = there and now >= handover.opens_at
        _room, set_to = self.room(*at) if at[0] in ("van", "site") else (None, None)
        boxes = [self.boxes[box] for box in self.closed_in[one]]
        held = bool(boxes) and all(now - self.box_filled[box.id] < self.holds(box) for box in boxes)
        for line in self.goods[one].lines:
            if held:
                if not all(within(line, edge, handed_over) for box in boxes for edge in (box.coldest, box.warmest)):
                    self.wrong.add("box too warm or too cold")
            elif set_to is not None:
                if not within(line, set_to, handed_over):
                    self.wrong.add("room too warm or too cold")
            elif not within(line, self.day.outside, handed_over):
                self.uncooled(one, line, at, bool(boxes))

    def uncooled(self, one: str, line: Line, at: Any, boxed: bool) -> None:
        if boxed:
            self.wrong.add("box holds no longer")
        elif line.temperature_class == "HOT_DISH":
            if not (one in self.packed and at[0] == "hands"):
                self.wrong.add("hot dish becomes cold")
        elif line.temperature_class == "FROZEN" and at[0] != "hands":
            self.wrong.add("thaws")
        else:
            self.bare[line.id] = self.bare.get(line.id, 0) + 1
            if self.bare[line.id] > self.day.limits.uncooled:
                self.wrong.add("too long without cooling")

    def holds(self, box: Box) -> timedelta:
        told = sorted((hold.outside, hold.minutes) for hold in box.holds if hold.outside >= self.day.outside)
        return timedelta(minutes=told[0][1] if told else 0)

    def fits(self, kind: str, place: str, room_id: str | None, inside: list[str], now: datetime) -> None:
        inside = [one for one in inside if not self.collected(one, kind, place, now)]
        room, _set_to = self.room(kind, place, room_id)
        boxes = {box for one in inside for box in self.closed_in[one]}
        volume = sum(self.boxes[box].volume for box in boxes)
        volume += sum(self.goods[one].volume for one in inside if not self.closed_in[one])
        weight = sum(self.goods[one].weight for one in inside)
        most = self.sites[place].floor if room is None else room.volume * (100 - self.day.limits.room_loss) // 100
        if most is not None and volume > most:
            self.wrong.add("full")
        if room is not None and room.payload is not None and weight > room.payload:
            self.wrong.add("too heavy")

    def collected(self, one: str, kind: str, place: str, now: datetime) -> bool:
        to_site = self.sites[self.goods[one].to_site]
        closed = to_site.handover is not None and now >= to_site.handover.closes_at
        return kind == "site" and place == to_site.id and closed


def failures(day: Day, plan: Plan) -> Iterator[str]:
    yield from sorted(Played(day, plan).wrong)
