"""What was delivered and weighed of a cycle, as it was recorded: by household and producer, in versions.

Logistics says it; a coordinator types it in where it does not. A record is never changed: the next version takes its
place, and each names who made it and when. What no record names came as it was ordered.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, Index, Integer, RowMapping, String, Table, Text, select

from billing.many import among
from billing.price import Came
from billing.pricing import Handed
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc

delivery = Table(
    "delivery",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("household_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("lines", Text, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("person_id", String(100), nullable=False),
    Column("event", String(100), nullable=False),
    Column("heard_at", Utc, nullable=False),
)
"""The highest version holds. `lines`: JSON, by product id a list of thousandths, thousandths of weight or None, whether
the producer bears what it weighs more or less. `recorded_by`: the name; `person_id`: "" where another service said it;
`event`: what said it (its ce-id, or the request)."""
Index("ix_delivery_producer", delivery.c.cycle_id, delivery.c.producer_id)


BETWEEN = 1000
"""Records typed in here between two versions of logistics: both count by themselves, and whoever spoke last holds."""


class Of(NamedTuple):
    """Whose delivery a record is about."""

    cycle_id: str
    household_id: str
    producer_id: str


@dataclass(frozen=True)
class Record:
    """`version`: of who said it; 0: typed in here, the next one."""

    of: Of
    lines: Mapping[str, Came]
    recorded_at: datetime
    recorded_by: str
    person_id: str
    event: str
    version: int = 0


async def keep(writer: Writer, records: Iterable[Record]) -> dict[str, Record]:
    """Keep records that are not held yet; by household the last that was news, in their order. The caller holds the
    cycle's row."""
    told: dict[tuple[Of, int], Record] = {}
    for record in records:
        version = record.version * BETWEEN or await _newest(writer, record.of) + 1
        told.setdefault((record.of, version), record)
    rows = [
        {
            **of._asdict(),
            "version": version,
            "lines": written(record.lines),
            "recorded_at": record.recorded_at,
            "recorded_by": record.recorded_by,
            "person_id": record.person_id,
            "event": record.event,
            "heard_at": writer.now,
        }
        for (of, version), record in told.items()
    ]
    if not rows:
        return {}
    c = delivery.c
    fresh = writer.insert(delivery).on_conflict_do_nothing()
    done = await writer.execute(fresh.returning(c.cycle_id, c.household_id, c.producer_id, c.version), rows)
    kept = {(Of(row.cycle_id, row.household_id, row.producer_id), row.version) for row in done}
    news: dict[str, Record] = {}
    for one, record in told.items():
        if one in kept:
            news.pop(record.of.household_id, None)
            news[record.of.household_id] = record
    return news


async def _newest(reader: Reader, of: Of) -> int:
    c = delivery.c
    mine = (c.cycle_id == of.cycle_id) & (c.household_id == of.household_id) & (c.producer_id == of.producer_id)
    newest = select(c.version).where(mine).order_by(c.version.desc()).limit(1)
    return int(await reader.scalar(newest) or 0)


def written(lines: Mapping[str, Came]) -> str:
    each = {
        product: [came.quantity_thousandths, came.weight_thousandths, came.borne_by_producer]
        for product, came in sorted(lines.items())
    }
    return json.dumps(each, separators=(",", ":"))


async def handed(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> dict[str, Handed]:
    """What holds, by household, of those of whom anything was recorded."""
    c = delivery.c
    theirs = select(delivery).where(c.cycle_id == cycle_id, among(c.household_id, household_ids))
    records: dict[str, int] = {}
    holding: dict[tuple[str, str], RowMapping] = {}
    for row in await reader.all(theirs.order_by(c.version)):
        records[row["household_id"]] = records.get(row["household_id"], 0) + 1
        holding[row["household_id"], row["producer_id"]] = row
    came: dict[str, dict[str, Came]] = {household_id: {} for household_id in records}
    for (household_id, _producer), row in holding.items():
        came[household_id] |= lines_of(row)
    return {household_id: Handed(count, came[household_id]) for household_id, count in records.items()}


async def recorded_of(reader: Reader, cycle_id: str, producer_id: str) -> tuple[dict[str, RowMapping], int]:
    """Of a producer's deliveries in a cycle the rows that hold, by household, and how many records there are."""
    c = delivery.c
    theirs = select(delivery).where(c.cycle_id == cycle_id, c.producer_id == producer_id).order_by(c.version)
    rows = await reader.all(theirs)
    return {row["household_id"]: row for row in rows}, len(rows)


def lines_of(row: RowMapping | None) -> dict[str, Came]:
    return {product: Came(*each) for product, each in json.loads(row["lines"]).items()} if row else {}
