"""Boxes of a day that did not come back: where each was in the morning, and where the register says it is. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from coldchain.day import Day
from coldchain.plan import Plan
from logistics.network.box import BoxSheet, Move, Moved
from logistics.network.kept import Kept


@dataclass(frozen=True)
class Away:
    """`home`: the site it left in the morning, empty where it was not on this day's rounds. `moved`: the last line of
    the register."""

    box_id: str
    name: str
    home: str
    moved: Moved


def away(day: Day, plan: Plan, boxes: Mapping[str, Kept[BoxSheet]], where: Mapping[str, Moved]) -> list[Away]:
    """Those of the day's rounds that stand elsewhere than in the morning, and every box that somebody has or nobody
    finds, by name."""
    used = {box for one in plan.rounds for stop in one.stops for load in stop.loads for box in load.box_ids}
    homes = {one.id: one.at_site for one in day.boxes if one.id in used}
    found = [
        Away(box_id, boxes[box_id].sheet.number, homes.get(box_id, ""), moved)
        for box_id, moved in where.items()
        if box_id in boxes and (moved.move is not Move.PUT or moved.site_id != homes.get(box_id, moved.site_id))
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.box_id))
