"""Follows all goods through a plan once, stop by stop in the order of time, and writes down what became of each.

Goods stand with their producer, well kept, until they are fetched. At a stop what is unloaded is carried in the first
minutes (as many as the site's handling takes) and what is loaded in the last ones, so that goods that one carrier
brings to a dock can be taken by another when they stand there. Which rules that breaks is not decided here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from coldchain.checker.scene import Scene
from coldchain.checker.trace import Doing, Piece, Ride, Slip, Slipped, Stand, Trace
from coldchain.day import Box
from coldchain.plan import Load, Round, Stop, Unload

Ids = frozenset[str]


@dataclass
class _Goods:
    """Where a consignment is now. `site_id` empty: aboard `round` since its stop number `taken`."""

    site_id: str
    room_id: str | None = None
    round: Round | None = None
    taken: int = 0
    boxes: Ids = frozenset()
    filled_at: datetime | None = None
    since: datetime | None = None
    brought_at: datetime | None = None


def follow(scene: Scene) -> Trace:
    walk = _Walk(scene)
    for _at, unloading, index, number in _in_order(scene):
        round_ = scene.plan.rounds[index]
        if unloading:
            walk.unload(round_, number)
        else:
            walk.load(round_, number)
    walk.finish()
    return walk.trace


def _in_order(scene: Scene) -> list[tuple[datetime, bool, int, int]]:
    """When goods are put down (True) and taken, by round and stop; at one instant they are put down first. What a round
    does comes in its own order even where its times run backwards."""
    events = []
    for index, round_ in enumerate(scene.plan.rounds):
        now = round_.stops[0].arrives_at
        for number, stop in enumerate(round_.stops):
            now = max(now, scene.put_down_by(stop))
            events.append((now, 0, index, number))
            now = max(now, scene.taken_from(stop))
            events.append((now, 1, index, number))
    return [(at, not order, index, number) for at, order, index, number in sorted(events)]


class _Walk:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._goods = {one.id: _Goods(one.from_site) for one in scene.day.consignments}
        self._box_at = {box.id: box.at_site for box in scene.day.boxes}
        """The site where each box stands; empty: it is aboard."""
        self._inside: dict[str, set[str]] = {box.id: set() for box in scene.day.boxes}
        self.trace = Trace({one: [] for one in self._goods}, {one: [] for one in self._goods})
        for one in scene.day.consignments:
            if one.from_site == one.to_site:
                handover = scene.sites[one.to_site].handover
                assert handover is not None
                self.trace.delivered[one.id] = one.ready_at or handover.opens_at

    def unload(self, round_: Round, number: int) -> None:
        stop = round_.stops[number]
        moved: list[tuple[Unload, _Goods]] = []
        for unload in stop.unloads:
            goods = self._goods[unload.consignment_id]
            if goods.round is round_ and not goods.site_id:
                moved.append((unload, goods))
                goods.site_id = stop.site_id
            else:
                self._slip(Slip.NOT_ABOARD, unload.consignment_id, round_, stop)
        self._parted(
            [(unload.consignment_id, goods, (unload.room_id, unload.unpacked)) for unload, goods in moved], round_, stop
        )
        for unload, goods in moved:
            self._put_down(unload, goods, round_, number)

    def _put_down(self, unload: Unload, goods: _Goods, round_: Round, number: int) -> None:
        scene, stop, one = self._scene, round_.stops[number], unload.consignment_id
        put_down = scene.put_down_by(stop)
        self._ride(one, goods, number)
        for box in goods.boxes:
            self._box_at[box] = stop.site_id
        if unload.unpacked:
            self._take_out(one, goods)
        self._piece(one, goods, stop.arrives_at, put_down, Doing.HANDLED, stop.site_id, round_.id)
        goods.room_id, goods.round = unload.room_id, None
        goods.since, goods.brought_at = put_down, stop.arrives_at
        if stop.site_id == scene.consignments[one].to_site:
            self.trace.delivered[one] = put_down

    def load(self, round_: Round, number: int) -> None:
        stop = round_.stops[number]
        moved: list[tuple[Load, _Goods]] = []
        for load in stop.loads:
            goods = self._goods[load.consignment_id]
            if goods.site_id != stop.site_id:
                self._slip(Slip.NOT_THERE, load.consignment_id, round_, stop)
            elif load.consignment_id in self.trace.delivered:
                self._slip(Slip.TAKEN_AWAY, load.consignment_id, round_, stop)
            else:
                moved.append((load, goods))
                goods.site_id = ""
        self._parted(
            [(load.consignment_id, goods, (load.room_id, Ids(load.box_ids))) for load, goods in moved], round_, stop
        )
        opened = [(load, goods) for load, goods in moved if Ids(load.box_ids) != goods.boxes]
        for load, goods in moved:
            self._leave(load.consignment_id, goods, round_, number)
        for load, goods in opened:
            self._take_out(load.consignment_id, goods)
        for load, goods in opened:
            self._fill(load, goods, round_, number)
        for load, goods in moved:
            self._take(load, goods, round_, number)

    def _leave(self, one: str, goods: _Goods, round_: Round, number: int) -> None:
        """What stood at a site no longer does; with the producer nobody counts."""
        stop = round_.stops[number]
        if goods.since is None or goods.brought_at is None:
            return
        begins = max(self._scene.taken_from(stop), goods.since)
        self._piece(one, goods, goods.since, begins, Doing.STANDING, stop.site_id)
        self._stand(one, goods, stop.site_id, stop.departs_at)

    def _fill(self, load: Load, goods: _Goods, round_: Round, number: int) -> None:
        stop = round_.stops[number]
        for box in sorted(load.box_ids):
            together = self.trace.filled.get((box, round_.id, number), [])
            if self._box_at[box] != stop.site_id:
                self._slip(Slip.BOX_ELSEWHERE, load.consignment_id, round_, stop, box)
            elif self._inside[box] - set(together):
                self._slip(Slip.BOX_TAKEN, load.consignment_id, round_, stop, box)
            self.trace.filled[box, round_.id, number] = [*together, load.consignment_id]
            self._inside[box].add(load.consignment_id)

    def _take(self, load: Load, goods: _Goods, round_: Round, number: int) -> None:
        stop = round_.stops[number]
        begins = self._scene.taken_from(stop) if goods.since is None else max(self._scene.taken_from(stop), goods.since)
        closed = Ids(load.box_ids) == goods.boxes
        if not closed:
            # It is put into the boxes while it is carried.
            goods.boxes = frozenset()
        packed = not closed and goods.since is None
        doing = Doing.PACKED if packed and load.box_ids else Doing.HANDLED
        self._piece(load.consignment_id, goods, begins, stop.departs_at, doing, stop.site_id, round_.id)
        if not closed:
            goods.boxes, goods.filled_at = Ids(load.box_ids), begins
        for box in load.box_ids:
            self._box_at[box] = ""
        goods.room_id, goods.round, goods.taken, goods.since = load.room_id, round_, number, stop.departs_at

    def _take_out(self, one: str, goods: _Goods) -> None:
        for box in goods.boxes:
            self._inside[box].discard(one)
        goods.boxes, goods.filled_at = frozenset(), None

    def _parted(self, moved: list[tuple[str, _Goods, object]], round_: Round, stop: Stop) -> None:
        """All that is in one box is moved at once and in the same way, or not at all."""
        ways = {one: way for one, _goods, way in moved}
        for one, goods, way in moved:
            for box in sorted(goods.boxes):
                if any(ways.get(other) != way for other in self._inside[box]):
                    self._slip(Slip.BOX_PARTED, one, round_, stop, box)

    def _ride(self, one: str, goods: _Goods, put_down: int | None) -> None:
        round_ = goods.round
        assert round_ is not None
        assert goods.room_id is not None
        self.trace.rides[one].append(Ride(round_, goods.taken, put_down, goods.room_id, self._boxes(goods.boxes)))
        stop = round_.stops[-1 if put_down is None else put_down]
        begins = round_.stops[goods.taken].departs_at
        ends = stop.departs_at if put_down is None else stop.arrives_at
        self._piece(one, goods, begins, ends, Doing.RIDING, "", round_.id)

    def finish(self) -> None:
        """Delivered goods stay until households have collected them."""
        scene = self._scene
        for one, goods in self._goods.items():
            if goods.round is not None and not goods.site_id:
                self._ride(one, goods, None)
            self.trace.ends_at[one] = goods.site_id
            if goods.since is None or not goods.site_id:
                continue
            handover = scene.sites[goods.site_id].handover if one in self.trace.delivered else None
            if handover is None:
                self._stand(one, goods, goods.site_id, None)
                continue
            opens, closes = max(goods.since, handover.opens_at), max(goods.since, handover.closes_at)
            self._piece(one, goods, goods.since, opens, Doing.STANDING, goods.site_id)
            self._piece(one, goods, opens, closes, Doing.HANDED_OVER, goods.site_id)
            self._stand(one, goods, goods.site_id, closes)

    def _piece(
        self, one: str, goods: _Goods, begins: datetime, ends: datetime, doing: Doing, site_id: str, round_id: str = ""
    ) -> None:
        if ends <= begins:
            return
        room, set_to = None, None
        if doing is Doing.RIDING and goods.round is not None and goods.room_id is not None:
            room, set_to = self._scene.compartment(goods.round, goods.room_id)
        elif doing in (Doing.STANDING, Doing.HANDED_OVER):
            room, set_to = self._scene.site_room(site_id, goods.room_id)
        boxes = self._boxes(goods.boxes)
        held = goods.filled_at + self._scene.held_for(boxes) if boxes and goods.filled_at is not None else None
        self.trace.pieces[one].append(Piece(begins, ends, doing, site_id, round_id, room, set_to, boxes, held))

    def _stand(self, one: str, goods: _Goods, site_id: str, ends: datetime | None) -> None:
        assert goods.brought_at is not None
        boxes = self._boxes(goods.boxes)
        self.trace.stands.append(Stand(site_id, goods.room_id, goods.brought_at, ends, one, boxes))

    def _boxes(self, ids: Iterable[str]) -> tuple[Box, ...]:
        return tuple(self._scene.boxes[one] for one in sorted(ids))

    def _slip(self, slip: Slip, one: str, round_: Round, stop: Stop, box: str = "") -> None:
        self.trace.slipped.append(Slipped(slip, one, round_.id, stop.site_id, box))
