"""What a cycle comes to at this moment: in all, by group, by producer, and who has not ordered yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Label, RowMapping, distinct, func, select

from chassis.database import Reader
from ordering import allocated_line
from ordering.allocated_line import NONE, Correction
from ordering.cycle import Cycle
from ordering.cycle_offer import cycle_offer
from ordering.group import group
from ordering.household import household
from ordering.order import household_order
from ordering.order_line import order_line

_NO = (0, 0, 0)


@dataclass(frozen=True)
class Sums:
    """Of what the placed orders get; before the closing, of what they ask. The quantity sums thousandths of any unit:
    a checksum."""

    orders: int
    lines: int
    producers: int
    gross_cents: int
    quantity_thousandths: int


@dataclass(frozen=True)
class OfGroup:
    group_id: str
    group_name: str
    orders: int
    households: int
    gross_cents: int


@dataclass(frozen=True)
class OfProducer:
    producer_id: str
    producer_name: str
    orders: int
    lines: int
    gross_cents: int


@dataclass(frozen=True)
class OfHousehold:
    """`state` is "" for one that never ordered in the cycle."""

    household_id: str
    household_name: str
    group_id: str
    group_name: str
    state: str
    gross_cents: int
    order_id: str


async def sums(reader: Reader, cycle_id: str) -> Sums:
    lines, given = await _lines(reader, cycle_id), await allocated_line.corrections(reader, cycle_id)
    return await _sums(reader, cycle_id, lines, given)


async def sums_and_producers(reader: Reader, cycle_id: str) -> tuple[Sums, list[OfProducer]]:
    """Both, from one reading of the lines: every producer with something on offer, those with the largest order
    first."""
    several = func.count(distinct(order_line.c.order_id)).label("orders")
    lines, given = await _lines(reader, cycle_id, several), await allocated_line.corrections(reader, cycle_id)
    found = []
    for producer_id, name in (await _offering(reader, cycle_id)).items():
        mine, more = lines.get(producer_id), given.get(producer_id, NONE)
        counts = (mine["orders"], mine["lines"] + more.lines, int(mine["gross"]) + more.gross_cents) if mine else _NO
        found.append(OfProducer(producer_id, name, *counts))
    found.sort(key=lambda p: (-p.gross_cents, p.producer_name.casefold()))
    return await _sums(reader, cycle_id, lines, given), found


async def sums_and_largest(reader: Reader, cycle_id: str, count: int) -> tuple[Sums, list[tuple[str, int]]]:
    """The sums, and so many of the producers with the largest orders: name and cents. How many ordered of each is not
    counted, which is most of the work."""
    lines, given = await _lines(reader, cycle_id), await allocated_line.corrections(reader, cycle_id)
    names = await _offering(reader, cycle_id)
    each = [
        (names[of], int(row["gross"]) + given.get(of, NONE).gross_cents) for of, row in lines.items() if of in names
    ]
    each.sort(key=lambda one: (-one[1], one[0].casefold()))
    return await _sums(reader, cycle_id, lines, given), each[:count]


async def _lines(reader: Reader, cycle_id: str, *more: Label[int]) -> dict[str, RowMapping]:
    """What is asked, by producer: `lines`, `gross`, `quantity`, and `more`. An index holds all of it."""
    c = order_line.c
    asked = select(
        c.producer_id,
        func.count().label("lines"),
        func.sum(c.gross_cents).label("gross"),
        func.sum(c.quantity_thousandths).label("quantity"),
        *more,
    )
    rows = await reader.all(asked.where(c.cycle_id == cycle_id).group_by(c.producer_id))
    return {row["producer_id"]: row for row in rows}


async def _sums(
    reader: Reader, cycle_id: str, lines: Mapping[str, RowMapping], corrections: Mapping[str, Correction]
) -> Sums:
    # Orders know themselves how many lines they have: to count those that the lines name, all lines are sorted.
    o = household_order.c
    orders = await reader.scalar(select(func.count()).where(o.cycle_id == cycle_id, o.lines > 0))
    # All that some producers were asked for was cancelled, or refused: they bring nothing.
    emptied = [of for of, row in lines.items() if row["lines"] == -corrections.get(of, NONE).lines]
    given = list(corrections.values())
    return Sums(
        int(orders),
        sum(row["lines"] for row in lines.values()) + sum(one.lines for one in given),
        len(lines) - len(emptied),
        sum(int(row["gross"]) for row in lines.values()) + sum(one.gross_cents for one in given),
        sum(int(row["quantity"]) for row in lines.values()) + sum(one.quantity_thousandths for one in given),
    )


async def _offering(reader: Reader, cycle_id: str) -> dict[str, str]:
    """Producers with something on offer, and their names."""
    offering = select(cycle_offer.c.producer_id, func.max(cycle_offer.c.producer_name).label("name"))
    rows = await reader.all(offering.where(cycle_offer.c.cycle_id == cycle_id).group_by(cycle_offer.c.producer_id))
    return {row["producer_id"]: row["name"] for row in rows}


async def by_group(reader: Reader, of: Cycle) -> list[OfGroup]:
    """Every group of the cycle, in order of pickup."""
    o, h = household_order.c, household.c
    placed = select(o.group_id, func.count().label("orders"), func.sum(o.gross_cents).label("gross"))
    placed = placed.where(o.cycle_id == of.id, o.state == "placed").group_by(o.group_id)
    ordered = {row["group_id"]: row for row in await reader.all(placed)}
    members = select(h.group_id, func.count().label("n")).where(h.active).group_by(h.group_id)
    households = {row["group_id"]: row["n"] for row in await reader.all(members)}
    return [
        OfGroup(
            p.group_id,
            p.group_name,
            ordered[p.group_id]["orders"] if p.group_id in ordered else 0,
            households.get(p.group_id, 0),
            int(ordered[p.group_id]["gross"]) if p.group_id in ordered else 0,
        )
        for p in of.pickups
    ]


async def by_household(reader: Reader, of: Cycle, group_ids: frozenset[str]) -> list[OfHousehold]:
    """The active households of these groups and what they ordered, by group and name."""
    o, h = household_order.c, household.c
    mine = (o.household_id == h.id) & (o.cycle_id == of.id)
    rows = await reader.all(
        select(
            h.id, h.name, h.group_id, group.c.name.label("group_name"), o.state, o.gross_cents, o.id.label("order_id")
        )
        .join(group, group.c.id == h.group_id)
        .outerjoin(household_order, mine)
        .where(h.group_id.in_(list(group_ids & of.group_ids)), h.active | o.id.is_not(None))
        .order_by(group.c.name_key, h.name_key)
    )
    return [
        OfHousehold(
            r["id"],
            r["name"],
            r["group_id"],
            r["group_name"],
            r["state"] or "",
            r["gross_cents"] or 0,
            r["order_id"] or "",
        )
        for r in rows
    ]
