"""What households were handed otherwise than they ordered, and what was said of it to billing.

A referent notes it at the pickup point; the coordinator confirms it with one button, and it is announced in the same
transaction. What is noted otherwise later is a difference again: each announcement is the next version.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.logistics import DeliveredLine, DeliveryRecorded
from logistics.handover.expected import PartyKind
from logistics.handover.log import Came, Entry, State, entries_of, standing
from logistics.tables import metadata

delivery_said = Table(
    "delivery_said",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("on", Date, nullable=False),
    Column("cycle_id", String(60), nullable=False),
    Column("household_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("lines", Text, nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("said_by", Text, nullable=False),
)
"""What was announced; rows are only added. `lines`: JSON, [product id, thousandths]."""
Index("ix_delivery_said_on", delivery_said.c.on)

_OF_DELIVERIES = UUID("0c1d3d8e-9f0b-5d53-8a65-55a2b1c1f3d7")
COUNTS = frozenset({State.AS_PLANNED, State.LESS, State.DAMAGED, State.REFUSED})
"""Of a household that nobody came for, nothing is known to differ: whether it pays is the coordinator's affair."""

Lines = tuple[tuple[str, int], ...]


@dataclass(frozen=True, order=True)
class Of:
    cycle_id: str
    household_id: str
    producer_id: str

    @property
    def id(self) -> str:
        """Of what is announced."""
        return str(uuid5(_OF_DELIVERIES, f"{self.cycle_id}\n{self.household_id}\n{self.producer_id}"))


@dataclass(frozen=True)
class Difference:
    """Of one household and one producer. `came`: the lines that differ; none: all is as ordered, after it was said
    otherwise. `entry`: where it was noted."""

    of: Of
    entry: Entry
    came: tuple[Came, ...]

    @property
    def lines(self) -> Lines:
        """By product: what a household has of one on two lines counts together."""
        sums: dict[str, int] = {}
        for one in self.came:
            sums[one.product_id] = sums.get(one.product_id, 0) + one.came
        return tuple(sorted(sums.items()))


@dataclass(frozen=True)
class Differences:
    """`open`: not said to billing yet. `seen` names them: what was before the eyes of who confirms."""

    open: tuple[Difference, ...]
    said: tuple[Difference, ...]

    @property
    def seen(self) -> str:
        told = json.dumps([(one.of.id, one.lines) for one in self.open])
        return hashlib.sha256(told.encode()).hexdigest()[:20]


class Changed(Exception):
    """Something else was noted since the page was opened."""


def found(entries: Iterable[Entry], said: Mapping[Of, Lines]) -> Differences:
    """`said`: what was announced last. No I/O."""
    known: dict[Of, Difference] = {}
    for entry in entries:
        if entry.took.kind is not PartyKind.HOUSEHOLD or entry.state not in COUNTS:
            continue
        by_producer: dict[Of, list[Came]] = {}
        for line in entry.lines:
            by_producer.setdefault(Of(line.cycle_id, entry.thing, line.producer_id), []).append(line)
        for of, lines in by_producer.items():
            known[of] = Difference(of, entry, tuple(line for line in lines if line.came != line.expected))
    each = [known[of] for of in sorted(known)]
    return Differences(
        tuple(one for one in each if one.lines != said.get(one.of, ())),
        tuple(one for one in each if one.lines and one.lines == said.get(one.of)),
    )


async def differences_of(reader: Reader, on: date) -> Differences:
    return found(
        standing(await entries_of(reader, on)).values(), {of: last[1] for of, last in (await _said(reader, on)).items()}
    )


async def _said(reader: Reader, on: date) -> dict[Of, tuple[int, Lines]]:
    """Version and lines of what was announced last."""
    rows = await reader.all(select(delivery_said).where(delivery_said.c.on == on).order_by(delivery_said.c.version))
    return {
        Of(row["cycle_id"], row["household_id"], row["producer_id"]): (
            row["version"],
            tuple((product, came) for product, came in json.loads(row["lines"])),
        )
        for row in rows
    }


async def confirm(writer: Writer, on: date, seen: str, by: str) -> Sequence[Difference]:
    """Say to billing all that differs; what was said. The caller holds the day. Raises Changed."""
    differences = await differences_of(writer, on)
    if not differences.open:
        return ()
    if differences.seen != seen:
        raise Changed
    versions = {of: version for of, (version, _lines) in (await _said(writer, on)).items()}
    events = [_event(one, versions.get(one.of, 0) + 1, writer, by) for one in differences.open]
    rows = [
        {
            "id": event.id,
            "version": event.version,
            "on": on,
            "cycle_id": event.cycle_id,
            "household_id": event.household_id,
            "producer_id": event.producer_id,
            "lines": json.dumps(one.lines),
            "said_at": writer.now,
            "said_by": by,
        }
        for one, event in zip(differences.open, events, strict=True)
    ]
    await writer.execute(delivery_said.insert(), rows)
    await writer.announce(*events)
    return differences.open


def _event(one: Difference, version: int, writer: Writer, by: str) -> DeliveryRecorded:
    lines = tuple(DeliveredLine(product_id=product, quantity_thousandths=quantity) for product, quantity in one.lines)
    return DeliveryRecorded(
        id=one.of.id,
        version=version,
        cycle_id=one.of.cycle_id,
        household_id=one.of.household_id,
        producer_id=one.of.producer_id,
        recorded_at=writer.now,
        recorded_by=by,
        lines=lines,
    )
