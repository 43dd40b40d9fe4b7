"""Order cycles as far as mails tell of them: when they close, where goods are collected. A copy of ordering's."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import JSON, Boolean, Column, Date, Integer, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import ordering
from contracts.ordering import CyclePickup
from notify.schema import metadata

cycle = Table(
    "cycle",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("opens_at", Utc, nullable=False),
    Column("closes_at", Utc, nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("pickups", JSON, nullable=False),
    Column("closed", Boolean, nullable=False),
)
"""`pickups`: a list of `contracts.ordering.CyclePickup`."""


async def keep_cycle(writer: Writer, said: ordering.Cycle) -> bool:
    """True when it was news."""
    row = {
        "id": said.id,
        "version": said.version,
        "name": said.name,
        "opens_at": said.opens_at,
        "closes_at": said.closes_at,
        "delivers_on": said.delivers_on,
        "pickups": [pickup.model_dump(mode="json") for pickup in said.pickups],
        "closed": isinstance(said, ordering.CycleClosed | ordering.CycleRevised),
    }
    return await writer.keep_newest(cycle, row)


async def find_cycle(reader: Reader, cycle_id: str) -> RowMapping | None:
    return await reader.first(select(cycle).where(cycle.c.id == cycle_id))


async def cycles_by_id(reader: Reader, cycle_ids: Collection[str]) -> dict[str, RowMapping]:
    return {row["id"]: row for row in await reader.all(select(cycle).where(cycle.c.id.in_(cycle_ids)))}


async def cycles_delivered_on(reader: Reader, on: date) -> list[RowMapping]:
    return await reader.all(select(cycle).where(cycle.c.delivers_on == on).order_by(cycle.c.id))


def pickup_of(row: RowMapping, group_id: str) -> CyclePickup | None:
    """Where and when a group collects its goods."""
    found = next((pickup for pickup in row["pickups"] if pickup["group_id"] == group_id), None)
    return None if found is None else CyclePickup.model_validate(found)
