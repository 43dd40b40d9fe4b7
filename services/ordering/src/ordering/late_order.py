"""Orders that came after the closing: refused, and kept for the coordinator, who may still be able to help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, String, Table, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from ordering.cycle_offer import frozen
from ordering.group import group
from ordering.household import household
from ordering.order import Line
from ordering.order_line import gross_cents
from ordering.pickup import cycle_pickup
from ordering.role import coordinators
from ordering.tables import metadata
from ordering.wanted import Wanted, wrong_lines

late_order = Table(
    "late_order",
    metadata,
    Column("cycle_id", String(60), ForeignKey("cycle.id"), primary_key=True),
    Column("household_id", String(36), primary_key=True),
    Column("household_name", String(100), nullable=False),
    Column("group_id", String(36), nullable=False),
    Column("group_name", String(100), nullable=False),
    Column("tried_at", Utc, nullable=False),
    Column("tried_by", String(200), nullable=False),
    Column("quantities", JSON, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class LateOrder:
    household_id: str
    household_name: str
    group_id: str
    group_name: str
    tried_at: datetime
    tried_by: str
    gross_cents: int
    lines: tuple[Line, ...]


async def note(writer: Writer, cycle_id: str, household_id: str, wanted: Sequence[Wanted], tried_by: str) -> bool:
    """Keep what a household wanted too late; the last attempt counts. False for what was no order anyway."""
    offers = await frozen(writer, cycle_id, sorted({line.product_id for line in wanted}))
    theirs = (
        select(household.c.name, group.c.id, group.c.name.label("group_name"))
        .join(group, group.c.id == household.c.group_id)
        .join(cycle_pickup, (cycle_pickup.c.group_id == group.c.id) & (cycle_pickup.c.cycle_id == cycle_id))
        .where(household.c.id == household_id)
    )
    who = await writer.first(theirs)
    if not wanted or who is None or wrong_lines(wanted, offers):
        return False
    values = {
        "household_name": who["name"],
        "group_id": who["id"],
        "group_name": who["group_name"],
        "tried_at": writer.now,
        "tried_by": tried_by,
        "quantities": {line.product_id: line.quantity_thousandths for line in wanted},
        "gross_cents": sum(gross_cents(offers[w.product_id].article, w.quantity_thousandths) for w in wanted),
    }
    kept = writer.insert(late_order).values(cycle_id=cycle_id, household_id=household_id, **values)
    await writer.execute(kept.on_conflict_do_update(index_elements=["cycle_id", "household_id"], set_=values))
    return True


async def of_cycle(reader: Reader, cycle_id: str) -> list[LateOrder]:
    """Latest first."""
    rows = await reader.all(
        select(late_order).where(late_order.c.cycle_id == cycle_id).order_by(late_order.c.tried_at.desc())
    )
    offers = await frozen(reader, cycle_id, sorted({product for row in rows for product in row["quantities"]}))
    return [
        LateOrder(
            **{k: row[k] for k in row if k not in ("cycle_id", "quantities")},
            lines=tuple(
                Line(offers[p].article, offers[p].producer_name, q, gross_cents(offers[p].article, q))
                for p, q in row["quantities"].items()
                if p in offers
            ),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Contact:
    name: str
    phone: str
    email: str


async def contacts(reader: Reader) -> tuple[Contact, ...]:
    """Whom a household can call: the coordinators, those with a telephone first."""
    found = [Contact(row["name"], row["phone"], row["email"]) for row in await coordinators(reader)]
    return tuple(sorted(found, key=lambda contact: not contact.phone))
