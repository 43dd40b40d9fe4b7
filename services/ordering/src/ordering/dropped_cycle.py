"""Planned cycles that were dropped, as they stood: calendars that showed them must hear that they are off."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Column, Integer, String, Table

from chassis.database import Writer
from chassis.tables import Utc
from ordering.tables import metadata

if TYPE_CHECKING:
    from ordering.cycle import Cycle

cycle_dropped = Table(
    "cycle_dropped",
    metadata,
    Column("cycle_id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("said", JSON, nullable=False),
    Column("dropped_at", Utc, nullable=False),
)


async def remember(writer: Writer, held: "Cycle", producer_ids: Collection[str]) -> None:
    """`producer_ids`: whose goods it would have offered."""
    said = {
        "name": held.name,
        "closes_at": held.closes_at.isoformat(),
        "delivers_on": held.delivers_on.isoformat(),
        "pickups": [pickup.model_dump(mode="json") for pickup in held.pickups],
        "producer_ids": sorted(producer_ids),
    }
    row = {"version": held.version + 1, "said": said, "dropped_at": writer.now}
    kept = writer.insert(cycle_dropped).values(cycle_id=held.id, **row)
    await writer.execute(kept.on_conflict_do_update(index_elements=["cycle_id"], set_=row))
