"""Cool boxes: used where they are, filled to what they hold, and all that is in one goes one way."""

from collections.abc import Iterator

from coldchain.checker.finding import found, hard
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Ride, Slip, Trace
from coldchain.violation import Violation

ELSEWHERE = hard("box-elsewhere")
TAKEN = hard("box-taken")
PARTED = hard("box-parted")
MIXED = hard("box-shared-otherwise")
FULL = hard("box-full")

RULES = (ELSEWHERE, TAKEN, PARTED, MIXED, FULL)

_SLIPS = {Slip.BOX_ELSEWHERE: ELSEWHERE, Slip.BOX_TAKEN: TAKEN, Slip.BOX_PARTED: PARTED}


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    for slip in trace.slipped:
        if slip.slip in _SLIPS:
            one, box = scene.consignments[slip.consignment_id], scene.boxes[slip.box_id]
            yield found(
                _SLIPS[slip.slip], [one.id], one.lines, slip.round_id, slip.site_id,
                box=box.name or box.id, site=scene.sites[slip.site_id].name,
            )  # fmt: skip
    told: set[tuple[tuple[str, ...], str, int]] = set()
    for (box_id, round_id, number), ids in trace.filled.items():
        rides = {one: _ride(trace, one, round_id, number) for one in ids}
        boxes = {tuple(box.id for box in ride.boxes) for ride in rides.values()}
        ways = {(ride.room_id, ride.put_down) for ride in rides.values()}
        name, site = scene.boxes[box_id].name or box_id, scene.rounds[round_id].stops[number].site_id
        lines = [line for one in ids for line in scene.consignments[one].lines]
        if len(boxes) > 1 or len(ways) > 1:
            yield found(MIXED, ids, lines, round_id, site, box=name)
            continue
        together = min(boxes)
        volume = sum(scene.consignments[one].volume for one in ids)
        most = sum(scene.boxes[one].volume for one in together)
        if volume > most and (together, round_id, number) not in told:
            told.add((together, round_id, number))
            yield found(FULL, ids, lines, round_id, site, box=name, volume=volume, limit_volume=most)


def _ride(trace: Trace, one: str, round_id: str, number: int) -> Ride:
    return next(ride for ride in trace.rides[one] if ride.round.id == round_id and ride.taken == number)
