"""What a cycle comes to at this moment: in all, by group, by producer, and who has not ordered yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import distinct, func, select

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
    c = order_line.c
    row = await reader.first(
        select(
            func.count(distinct(c.order_id)).label("orders"),
            func.count().label("lines"),
            func.count(distinct(c.producer_id)).label("producers"),
            func.coalesce(func.sum(c.gross_cents), 0).label("gross"),
            func.coalesce(func.sum(c.quantity_thousandths), 0).label("quantity"),
        ).where(c.cycle_id == cycle_id)
    )
    assert row is not None
    corrections = await allocated_line.corrections(reader, cycle_id)
    given = list(corrections.values())
    return Sums(
        row["orders"],
        row["lines"] + sum(one.lines for one in given),
        row["producers"] - await _emptied(reader, cycle_id, corrections),
        int(row["gross"]) + sum(one.gross_cents for one in given),
        int(row["quantity"]) + sum(one.quantity_thousandths for one in given),
    )


async def _emptied(reader: Reader, cycle_id: str, corrections: Mapping[str, Correction]) -> int:
    """How many producers were asked for something and bring nothing: all of it was cancelled, or refused."""
    fewer = {producer: -one.lines for producer, one in corrections.items() if one.lines < 0}
    if not fewer:
        return 0
    c = order_line.c
    asked = select(c.producer_id, func.count().label("lines")).where(c.cycle_id == cycle_id, c.producer_id.in_(fewer))
    rows = await reader.all(asked.group_by(c.producer_id))
    return sum(row["lines"] == fewer[row["producer_id"]] for row in rows)


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


async def by_producer(reader: Reader, cycle_id: str) -> list[OfProducer]:
    """Every producer with something on offer, those with the largest order first."""
    c = order_line.c
    sold = select(
        c.producer_id,
        func.count(distinct(c.order_id)).label("orders"),
        func.count().label("lines"),
        func.sum(c.gross_cents).label("gross"),
    )
    rows = await reader.all(sold.where(c.cycle_id == cycle_id).group_by(c.producer_id))
    ordered = {row["producer_id"]: row for row in rows}
    given = await allocated_line.corrections(reader, cycle_id)
    offering = select(cycle_offer.c.producer_id, func.max(cycle_offer.c.producer_name).label("name"))
    offering = offering.where(cycle_offer.c.cycle_id == cycle_id).group_by(cycle_offer.c.producer_id)
    found = []
    for row in await reader.all(offering):
        mine = ordered.get(row["producer_id"])
        more = given.get(row["producer_id"], NONE)
        counts = (mine["orders"], mine["lines"] + more.lines, int(mine["gross"]) + more.gross_cents) if mine else _NO
        found.append(OfProducer(row["producer_id"], row["name"], *counts))
    return sorted(found, key=lambda p: (-p.gross_cents, p.producer_name.casefold()))


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
