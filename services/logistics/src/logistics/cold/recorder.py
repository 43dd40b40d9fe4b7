"""Recorders (EN 12830) whose file somebody brings: how each of them writes, and which files were taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Integer, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Part
from logistics.cold.place import Place, place_of
from logistics.cold.reading import Measured, Source
from logistics.cold.recorder_file import Layout, Line, Order
from logistics.cold.recording import Recorded, record
from logistics.network.kept import Kept, Register, kept_table
from logistics.tables import metadata

HUB = "hub"
ZONES = (HUB, "UTC", "Etc/GMT-1", "Etc/GMT-2")
"""Whose time a recorder writes: the hub's own, UTC, or winter or summer time all year round."""


class RecorderSheet(Part):
    """`place`: code of where it stands. `date_column`, `time_column`, `temperature_column`: headings as the file has
    them; empty: the usual French and English ones."""

    name: str
    place: str
    zone: str = HUB
    order: Order = Order.DAY_FIRST
    date_column: str = ""
    time_column: str = ""
    temperature_column: str = ""

    @property
    def bound_to(self) -> str | None:
        return self.name.casefold()

    @property
    def measures(self) -> Place:
        found = place_of(self.place)
        assert found is not None
        return found

    def layout(self, hub: ZoneInfo) -> Layout:
        zone = hub if self.zone == HUB else ZoneInfo(self.zone)
        return Layout(zone, self.order, self.date_column, self.time_column, self.temperature_column)


temperature_recorder = kept_table("temperature_recorder")
RECORDERS: Register[RecorderSheet] = Register(temperature_recorder, RecorderSheet)

recorder_file = Table(
    "recorder_file",
    metadata,
    Column("recorder_id", String(60), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("readings", Integer, nullable=False),
    Column("first_at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("kept_at", Utc, nullable=False),
    Column("kept_by", Text, nullable=False),
)
"""Files that were taken; rows are only added. `digest`: SHA-256 of the content."""


@dataclass(frozen=True)
class Taken:
    name: str
    readings: int
    first_at: datetime
    last_at: datetime
    kept_at: datetime
    kept_by: str


def series(recorder_id: str) -> str:
    return f"{Source.FILE}:{recorder_id}"


async def take_file(
    writer: Writer, one: Kept[RecorderSheet], name: str, content: bytes, lines: Sequence[Line], by: str, zone: ZoneInfo
) -> Recorded:
    """Keep what a file says, all of it or nothing. Raises Contradiction."""
    digest = sha256(content).hexdigest()
    known = select(recorder_file.c.digest).where(
        recorder_file.c.recorder_id == one.id, recorder_file.c.digest == digest
    )
    await RECORDERS.locked(writer, one.id)
    if await writer.first(known) is not None:
        return Recorded(known=len(lines))
    place, mine = one.sheet.measures, series(one.id)
    measured = [
        Measured(
            f"{one.id[:36]}-{int(line.at.timestamp())}",
            line.at.astimezone(UTC),
            place,
            line.temperature,
            Source.FILE,
            mine,
            by,
            instrument=one.sheet.name,
        )
        for line in lines
    ]
    done = await record(writer, measured, zone)
    moments = [line.at for line in lines]
    row = {"recorder_id": one.id, "digest": digest, "name": name, "readings": len(lines), "kept_by": by}
    row |= {"first_at": min(moments), "last_at": max(moments), "kept_at": writer.now}
    await writer.execute(recorder_file.insert().values(row))
    return done


async def files_of(reader: Reader, recorder_id: str, limit: int = 50) -> list[Taken]:
    """The newest first."""
    of = select(recorder_file).where(recorder_file.c.recorder_id == recorder_id)
    rows = await reader.all(of.order_by(recorder_file.c.kept_at.desc(), recorder_file.c.digest).limit(limit))
    return [
        Taken(row["name"], row["readings"], row["first_at"], row["last_at"], row["kept_at"], row["kept_by"])
        for row in rows
    ]
