"""How a household wants its invoices: one for each delivery, or one a month; told of by mail, or not. Each change is a
row of its own, with who and when; the newest holds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint, func, select

from billing.household import household
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

wish = Table(
    "invoice_wish",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("household_id", String(100), nullable=False),
    Column("number", Integer, nullable=False),
    Column("monthly", Boolean, nullable=False),
    Column("by_mail", Boolean, nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("said_by", Text, nullable=False),
    UniqueConstraint("household_id", "number"),
)
"""Rows are only added. `id`: the form's own; `number`: 1, 2, 3 for each household."""


@dataclass(frozen=True)
class Wish:
    monthly: bool = False
    by_mail: bool = False
    said_at: datetime | None = None
    said_by: str = ""


async def wishes(reader: Reader, household_ids: Collection[str]) -> dict[str, Wish]:
    """Of those who said one."""
    w = wish.c
    mine = select(w.household_id, func.max(w.number).label("number")).where(w.household_id.in_(sorted(household_ids)))
    newest = mine.group_by(w.household_id).subquery()
    same = (newest.c.household_id == w.household_id) & (newest.c.number == w.number)
    return {
        row["household_id"]: Wish(row["monthly"], row["by_mail"], row["said_at"], row["said_by"])
        for row in await reader.all(select(wish).join(newest, same))
    }


async def wish_of(reader: Reader, household_id: str) -> Wish:
    return (await wishes(reader, [household_id])).get(household_id, Wish())


async def keep(
    writer: Writer, form_id: str, household_id: str, monthly: bool, by_mail: bool, by: Person
) -> tuple[Wish, Wish]:
    """What it was and what it is. Sent twice, it is kept once; what is wished already is not kept again."""
    # Held until the end: of two who say it at once each has its number.
    await writer.scalar(select(household.c.id).where(household.c.id == household_id).with_for_update())
    before = await wish_of(writer, household_id)
    known = await writer.scalar(select(wish.c.id).where(wish.c.id == form_id))
    if known is not None or (before.monthly, before.by_mail) == (monthly, by_mail):
        return before, before
    last = select(func.coalesce(func.max(wish.c.number), 0)).where(wish.c.household_id == household_id)
    row = {"id": form_id, "household_id": household_id, "number": int(await writer.scalar(last)) + 1}
    said = {"monthly": monthly, "by_mail": by_mail, "said_at": writer.now, "said_by": by.name}
    await writer.execute(wish.insert().values(**row, **said))
    return before, Wish(monthly, by_mail, writer.now, by.name)
