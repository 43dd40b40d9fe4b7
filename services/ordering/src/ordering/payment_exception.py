"""Households that may order although something is left to pay: until a day, for a reason that only coordinators read.

A household in difficulty must be able to eat. Rows are only added, and ended.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Column, Date, ForeignKey, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from ordering.conflict import AlreadySent, Missing
from ordering.household import household
from ordering.tables import metadata

payment_exception = Table(
    "payment_exception",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("household_id", String(36), ForeignKey("household.id"), nullable=False, index=True),
    Column("reason", String(500), nullable=False),
    Column("until", Date, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("ended_at", Utc),
    Column("ended_by", String(200), nullable=False),
)
"""`id`: the form's own. `until`: its last day. `ended_at`: it was ended before."""


@dataclass(frozen=True)
class Wish:
    """An exception as it is typed."""

    household_id: str
    reason: str
    until: date


async def let_through(writer: Writer, exception_id: str, wish: Wish, by: str) -> RowMapping:
    """Let a household order until a day. The id comes with the form. Raises Missing, AlreadySent."""
    if await writer.scalar(select(household.c.id).where(household.c.id == wish.household_id)) is None:
        raise Missing
    values = {"household_id": wish.household_id, "reason": wish.reason, "until": wish.until}
    row = values | {"id": exception_id, "made_at": writer.now, "made_by": by, "ended_by": ""}
    await writer.execute(writer.insert(payment_exception).values(**row).on_conflict_do_nothing())
    made = await writer.first(select(payment_exception).where(payment_exception.c.id == exception_id))
    assert made is not None
    if any(made[name] != value for name, value in values.items()):
        raise AlreadySent(made)
    return made


async def end(writer: Writer, household_id: str, exception_id: str, by: str) -> None:
    """End it now; ended twice, it is ended once. Raises Missing."""
    e = payment_exception.c
    mine = select(payment_exception).where(e.id == exception_id, e.household_id == household_id)
    row = await writer.first(mine.with_for_update())
    if row is None:
        raise Missing
    if row["ended_at"] is None:
        ended = {"ended_at": writer.now, "ended_by": by}
        await writer.execute(payment_exception.update().where(e.id == exception_id).values(**ended))


async def of_household(reader: Reader, household_id: str) -> list[RowMapping]:
    """The newest first."""
    mine = select(payment_exception).where(payment_exception.c.household_id == household_id)
    return await reader.all(mine.order_by(payment_exception.c.made_at.desc(), payment_exception.c.id))
