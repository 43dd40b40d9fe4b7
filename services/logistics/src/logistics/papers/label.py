"""Labels: on every cool box that is filled, on the crates of what travels in none, and on each household's bag."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from coldchain.day import Box, Carrier, Consignment, Day, Line, Site
from coldchain.plan import Plan
from logistics.papers.goods import Goods
from logistics.papers.route import routes

CRATE = 40_000
"""Millilitres in a usual crate (60 x 40 x 20 cm, not filled to the brim): so many labels for a consignment."""
MOST_CRATES = 12


@dataclass(frozen=True)
class BoxLabel:
    """`holds_until`: until when its plates keep the cold, where anybody said how long they do. `goals`: the pickup
    points that its goods are for, one in most cases."""

    box: Box
    goods: tuple[Consignment, ...]
    origin: Site
    goals: tuple[Site, ...]
    carrier: Carrier
    filled_at: datetime
    holds_until: datetime | None


@dataclass(frozen=True)
class CrateLabel:
    """`carrier`: who takes it to the pickup point. `copies`: how many crates it is likely to fill."""

    goods: Consignment
    origin: Site
    goal: Site
    carrier: Carrier
    copies: int


@dataclass(frozen=True)
class BagLabel:
    """What one household gets of everything: line of the day and thousandths."""

    household_id: str
    household_name: str
    group_name: str
    site: Site
    lines: tuple[tuple[Line, int], ...]


def box_labels(day: Day, plan: Plan) -> list[BoxLabel]:
    """By when they are filled; a box that is emptied and filled again has two."""
    found: list[BoxLabel] = []
    for route in routes(day, plan):
        for halt in route.halts:
            held: dict[str, list[Consignment]] = defaultdict(list)
            goals: dict[str, dict[str, Site]] = defaultdict(dict)
            boxes: dict[str, Box] = {}
            for one in halt.on:
                for box in one.boxes if one.filled else ():
                    boxes[box.id] = box
                    held[box.id].append(one.consignment)
                    goals[box.id][one.goal.id] = one.goal
            for box_id, box in boxes.items():
                minutes = box.held_for(day.outside)
                until = halt.departs_at + timedelta(minutes=minutes) if minutes else None
                to = tuple(goals[box_id].values())
                label = BoxLabel(box, tuple(held[box_id]), halt.site, to, route.carrier, halt.departs_at, until)
                found.append(label)
    return sorted(found, key=lambda one: (one.filled_at, one.box.name, one.box.id))


def crate_labels(day: Day, plan: Plan) -> list[CrateLabel]:
    """Of every consignment that is carried and never in a cool box, by pickup point and farm."""
    last: dict[str, CrateLabel] = {}
    boxed: set[str] = set()
    for route in routes(day, plan):
        for halt in route.halts:
            for on in halt.on:
                if on.boxes:
                    boxed.add(on.consignment.id)
                goods = on.consignment
                copies = max(1, min(MOST_CRATES, -(-goods.volume // CRATE)))
                if on.off_at.id == goods.to_site or goods.id not in last:
                    last[goods.id] = CrateLabel(goods, on.origin, on.goal, route.carrier, copies)
    kept = [one for goods_id, one in last.items() if goods_id not in boxed]
    return sorted(kept, key=lambda one: (one.goal.name, one.goal.id, one.origin.name, one.goods.id))


def bag_labels(day: Day, goods: Goods) -> list[BagLabel]:
    """Of the groups that want bags, by pickup point, group and household: coldest lines first, as the day has them."""
    sites = {one.id: one for one in day.sites}
    held: dict[tuple[str, str], list[tuple[Line, int]]] = defaultdict(list)
    names: dict[tuple[str, str], tuple[str, str]] = {}
    for one in day.consignments:
        for line in one.lines:
            origin = goods.origins.get(line.id)
            for bag in origin.bags if origin else ():
                key = (one.to_site, bag.household_id)
                held[key].append((line, bag.thousandths))
                names[key] = (bag.household_name, bag.group_name)
    labels = [
        BagLabel(household_id, *names[site_id, household_id], sites[site_id], tuple(lines))
        for (site_id, household_id), lines in held.items()
    ]
    return sorted(labels, key=lambda one: (one.site.name, one.group_name, one.household_name, one.household_id))
