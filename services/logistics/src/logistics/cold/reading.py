"""Temperatures that were measured: rows that are only added. What was written wrongly is corrected by a new row that
names the first; both stay."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
    tuple_,
)

from chassis.database import Reader
from chassis.tables import Row, Utc
from logistics.cold.place import Kind, Place, Stage
from logistics.tables import metadata


class Source(StrEnum):
    HAND = "hand"
    FILE = "file"
    PROBE = "probe"


temperature_reading = Table(
    "temperature_reading",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("place_id", String(120), nullable=False),
    Column("part", String(130), nullable=False),
    Column("stage", String(10), nullable=False),
    Column("temperature", Integer, nullable=False),
    Column("source", String(6), nullable=False),
    Column("series", String(70), nullable=False),
    Column("instrument", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("clean", String(3), nullable=False),
    Column("note", Text, nullable=False),
    Column("corrects", String(60)),
    Column("kept_at", Utc, nullable=False),
    Column("on", Date),
    Column("lowest", Integer),
    Column("highest", Integer),
    Column("broke", Boolean, nullable=False),
    UniqueConstraint("series", "at"),
    UniqueConstraint("corrects"),
)
"""`temperature`, `lowest`, `highest` in tenths of a degree; the limit as it was when the reading came. `series`: the
recorder or probe it comes from, or the reading itself where a person typed it; a series has one value at a time. `on`:
the date of the schedule whose goods were there; NULL: nothing was. `clean`: yes, no, or nobody looked."""
Index(
    "ix_temperature_reading_place",
    temperature_reading.c.kind,
    temperature_reading.c.place_id,
    temperature_reading.c.part,
    temperature_reading.c.at,
)
Index("ix_temperature_reading_at", temperature_reading.c.at)


@dataclass(frozen=True)
class Measured:
    """A reading that is to be kept. `temperature` in tenths; `instrument`: the thermometer, as people call it."""

    id: str
    at: datetime
    place: Place
    temperature: int
    source: Source
    series: str
    by: str
    stage: Stage | None = None
    instrument: str = ""
    clean: str = ""
    note: str = ""
    corrects: str | None = None


@dataclass(frozen=True)
class Kept:
    """A reading as it was kept and judged."""

    id: str
    at: datetime
    place: Place
    stage: Stage | None
    temperature: int
    source: Source
    instrument: str
    by: str
    clean: str
    note: str
    corrects: str | None
    kept_at: datetime
    on: date | None
    lowest: int | None
    highest: int | None
    broke: bool


def row_of(
    one: Measured, kept_at: datetime, on: date | None, bounds: tuple[int | None, int | None], broke: bool
) -> Row:
    return {
        "id": one.id,
        "at": one.at,
        "kind": one.place.kind.value,
        "place_id": one.place.id,
        "part": one.place.part,
        "stage": one.stage.value if one.stage else "",
        "temperature": one.temperature,
        "source": one.source.value,
        "series": one.series,
        "instrument": one.instrument,
        "said_by": one.by,
        "clean": one.clean,
        "note": one.note,
        "corrects": one.corrects,
        "kept_at": kept_at,
        "on": on,
        "lowest": bounds[0],
        "highest": bounds[1],
        "broke": broke,
    }


async def find(reader: Reader, wanted: str) -> Kept | None:
    row = await reader.first(select(temperature_reading).where(temperature_reading.c.id == wanted))
    return None if row is None else _kept(row)


async def between(reader: Reader, begins: datetime, ends: datetime, place: Place | None = None) -> list[Kept]:
    """In the order of time, without those that were corrected."""
    chosen = _standing().where(temperature_reading.c.at >= begins, temperature_reading.c.at < ends)
    if place is not None:
        chosen = chosen.where(*_of(place))
    order = (temperature_reading.c.at, temperature_reading.c.id)
    return [_kept(row) for row in await reader.all(chosen.order_by(*order))]


async def last_of(reader: Reader, places: Collection[Place], begins: datetime) -> dict[Place, Kept]:
    """The newest reading of each place since then."""
    if not places:
        return {}
    t = temperature_reading.c
    wanted = [(one.kind.value, one.id, one.part) for one in sorted(places)]
    chosen = _standing().where(t.at >= begins, tuple_(t.kind, t.place_id, t.part).in_(wanted)).order_by(t.at, t.id)
    found = [_kept(row) for row in await reader.all(chosen)]
    return {one.place: one for one in found}


async def held_values(reader: Reader, series: str, begins: datetime, ends: datetime) -> dict[datetime, int]:
    """What a series says between two moments, both included."""
    t = temperature_reading.c
    chosen = select(t.at, t.temperature).where(t.series == series, t.at >= begins, t.at <= ends)
    return {row["at"]: row["temperature"] for row in await reader.all(chosen)}


async def corrections(reader: Reader, ids: Sequence[str]) -> dict[str, Kept]:
    """By the id of what they correct."""
    chosen = select(temperature_reading).where(temperature_reading.c.corrects.in_(list(ids)))
    return {row["corrects"]: _kept(row) for row in await reader.all(chosen)} if ids else {}


def _standing() -> Select[Any]:
    """All that nobody corrected."""
    later = temperature_reading.alias()
    corrected = select(later.c.id).where(later.c.corrects == temperature_reading.c.id).exists()
    return select(temperature_reading).where(~corrected)


def _of(place: Place) -> tuple[ColumnElement[bool], ...]:
    t = temperature_reading.c
    return t.kind == place.kind.value, t.place_id == place.id, t.part == place.part


def _kept(row: RowMapping) -> Kept:
    return Kept(
        row["id"], row["at"], Place(Kind(row["kind"]), row["place_id"], row["part"]),
        Stage(row["stage"]) if row["stage"] else None, row["temperature"], Source(row["source"]), row["instrument"],
        row["said_by"], row["clean"], row["note"], row["corrects"], row["kept_at"], row["on"], row["lowest"],
        row["highest"], row["broke"],
    )  # fmt: skip
