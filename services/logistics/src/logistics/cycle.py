"""Our copy of order cycles, and how far each closed one is: waiting for orders, or its pick lists issued.

What we were told: name, times, pickups, and once it is closed the manifest with its revision: 1 by the closing, more
by what was said since, each with its reason. What we decided (`issued_at`, `issued_revision`, `disagreement`,
`requests`, `asked_at`) is never touched by what ordering says.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Column, Date, Integer, RowMapping, String, Table, Text, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.goods import Bilingual
from contracts.ordering import (
    CycleChanged,
    CycleClosed,
    CycleOffer,
    CycleOpened,
    CyclePhase,
    CyclePickup,
    CycleRevised,
    Manifest,
)
from logistics.tables import metadata

cycle = Table(
    "cycle",
    metadata,
    Column("id", String(60), primary_key=True),
    # 0: something of the cycle was heard before the cycle itself; the row is there to be locked.
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("opens_at", Utc),
    Column("closes_at", Utc),
    Column("delivers_on", Date),
    Column("pickups", Text, nullable=False),
    # While it is not closed: whether it still takes orders (contracts.ordering.CyclePhase).
    Column("phase", String(12), nullable=False, server_default="open"),
    Column("closed_at", Utc),
    Column("because", Text),
    Column("manifest", Text),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("issued_at", Utc),
    Column("issued_revision", Integer, nullable=False, server_default="0"),
    Column("disagreement", Text),
    Column("requests", Integer, nullable=False, server_default="0"),
    Column("asked_at", Utc),
)

cycle_offers = Table(
    "cycle_offers",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("offers", Text, nullable=False),
)
"""What is on offer in a cycle, as its events say it: what a producer can bring instead of something else."""

Closing = CycleClosed | CycleRevised
Said = CycleOpened | CycleChanged | Closing

_waits = cycle.c.issued_revision < cycle.c.revision

_pickups = TypeAdapter(tuple[CyclePickup, ...])
_offers = TypeAdapter(tuple[CycleOffer, ...])
_STORED = ("pickups", "manifest", "because")
"""What is kept as JSON."""


@dataclass(frozen=True)
class Cycle:
    """A cycle as far as we know it. `phase`: whether it still takes orders, while it is not closed. `revision`: of its
    manifest, 0 while it is open; `because`: why there was another; `issued_revision`: up to which its pick lists are
    out. `disagreement`: all orders are here, and their sums are not the manifest's."""

    id: str
    name: str
    closes_at: datetime
    delivers_on: date
    pickups: tuple[CyclePickup, ...]
    closed_at: datetime | None
    manifest: Manifest | None
    revision: int
    issued_at: datetime | None
    issued_revision: int
    disagreement: str | None
    requests: int
    asked_at: datetime | None
    phase: str = "open"
    because: Bilingual | None = None

    @property
    def state(self) -> str:
        """open, waiting (closed or revised, and orders are missing), disagreeing, or issued."""
        if self.manifest is None:
            return "open"
        if self.issued_revision >= self.revision:
            return "issued"
        return "waiting" if self.disagreement is None else "disagreeing"

    @property
    def alarming(self) -> bool:
        """Orders had to be asked for again and are still missing, or the sums disagree."""
        return self.state == "disagreeing" or (self.state == "waiting" and self.asked_at is not None)


async def keep_cycle(writer: Writer, event: Said) -> None:
    """Keep what the event says, unless something newer is known."""
    row: dict[str, Any] = event.model_dump(include={"id", "version", "name", "opens_at", "closes_at", "delivers_on"})
    row["pickups"] = _pickups.dump_json(event.pickups).decode()
    row["phase"] = event.phase.value if isinstance(event, CycleChanged) else CyclePhase.OPEN.value
    if isinstance(event, CycleOpened | CycleChanged):
        offers = _offers.dump_json(event.offers).decode()
        await writer.keep_newest(cycle_offers, {"id": event.id, "version": event.version, "offers": offers})
    if isinstance(event, Closing):
        row |= {"closed_at": event.closed_at, "manifest": event.manifest.model_dump_json()}
        row["revision"] = event.revision if isinstance(event, CycleRevised) else 1
        row["because"] = event.because.model_dump_json() if isinstance(event, CycleRevised) else None
    await writer.keep_newest(cycle, row)


async def locked_cycle(writer: Writer, cycle_id: str) -> Cycle | None:
    """The cycle, locked until the end of the transaction; None when all we know is that it exists.

    Whoever keeps an order locks its cycle first, heard of or not: else the last order and the closing, taken in at
    the same time, would each miss the other, and nobody would notice that the cycle is complete.
    """
    row = await writer.first(select(cycle).where(cycle.c.id == cycle_id).with_for_update())
    if row is None:
        stub = writer.insert(cycle).values(id=cycle_id, version=0, name="", pickups="[]", requests=0)
        await writer.execute(stub.on_conflict_do_nothing())
        row = await writer.first(select(cycle).where(cycle.c.id == cycle_id).with_for_update())
    return None if row is None else _cycle(row)


async def cycle_of(reader: Reader, cycle_id: str) -> Cycle | None:
    row = await reader.first(select(cycle).where(cycle.c.id == cycle_id))
    return None if row is None else _cycle(row)


async def closed_cycles(reader: Reader, *, offset: int = 0, limit: int = 12) -> list[Cycle]:
    """Closed cycles, the newest delivery first."""
    statement = select(cycle).where(cycle.c.closed_at.is_not(None)).order_by(cycle.c.delivers_on.desc(), cycle.c.id)
    rows = await reader.all(statement.offset(offset).limit(limit))
    return [found for row in rows if (found := _cycle(row))]


async def count_closed(reader: Reader) -> int:
    return int(await reader.scalar(select(func.count()).select_from(cycle).where(cycle.c.closed_at.is_not(None))) or 0)


async def waiting_cycles(reader: Reader) -> list[Cycle]:
    """Closed cycles whose pick lists are not out as they were last said, the most urgent delivery first."""
    statement = select(cycle).where(_waits)
    rows = await reader.all(statement.order_by(cycle.c.delivers_on, cycle.c.id))
    return [found for row in rows if (found := _cycle(row))]


async def running_cycles(reader: Reader) -> list[Cycle]:
    """Cycles that are still open, the first to close first: their pick lists are to be issued."""
    statement = select(cycle).where(cycle.c.closed_at.is_(None), cycle.c.version > 0)
    rows = await reader.all(statement.order_by(cycle.c.closes_at, cycle.c.id))
    return [found for row in rows if (found := _cycle(row))]


async def newest_cycles(reader: Reader, limit: int) -> list[Cycle]:
    """Cycles in whatever state, the newest delivery first."""
    statement = select(cycle).where(cycle.c.version > 0).order_by(cycle.c.delivers_on.desc(), cycle.c.id)
    return [found for row in await reader.all(statement.limit(limit)) if (found := _cycle(row))]


async def cycles_of_day(reader: Reader, day: date) -> list[Cycle]:
    """Cycles that deliver on that day, in whatever state, by name."""
    rows = await reader.all(select(cycle).where(cycle.c.delivers_on == day, cycle.c.version > 0))
    found = [one for row in rows if (one := _cycle(row))]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


async def days_of_cycles(reader: Reader, limit: int) -> list[tuple[date, list[str]]]:
    """The last days of delivery with the names of their cycles, the newest first."""
    days = select(cycle.c.delivers_on).where(cycle.c.version > 0, cycle.c.delivers_on.is_not(None)).distinct()
    newest = [row["delivers_on"] for row in await reader.all(days.order_by(cycle.c.delivers_on.desc()).limit(limit))]
    named = select(cycle.c.delivers_on, cycle.c.name).where(cycle.c.delivers_on.in_(newest)).order_by(cycle.c.name)
    found: dict[date, list[str]] = {day: [] for day in newest}
    for row in await reader.all(named):
        found[row["delivers_on"]].append(row["name"])
    return list(found.items())


async def count_waiting(reader: Reader) -> int:
    return int(await reader.scalar(select(func.count()).select_from(cycle).where(_waits)) or 0)


async def offers_of(reader: Reader, cycle_id: str, producer_id: str) -> tuple[CycleOffer, ...]:
    """What a producer offers in the cycle, as far as its name is known, by name."""
    stored = await reader.scalar(select(cycle_offers.c.offers).where(cycle_offers.c.id == cycle_id))
    found = _offers.validate_json(stored) if stored else ()
    mine = [offer for offer in found if offer.producer_id == producer_id and offer.name and offer.unit]
    return tuple(sorted(mine, key=lambda offer: offer.name.fr.casefold() if offer.name else ""))


async def note(writer: Writer, cycle_id: str, **decided: Any) -> None:
    """Write down what we decided about a cycle."""
    await writer.execute(cycle.update().where(cycle.c.id == cycle_id).values(**decided))


def _cycle(row: RowMapping) -> Cycle | None:
    if row["version"] == 0:
        return None
    fields = {name: row[name] for name in Cycle.__dataclass_fields__ if name not in _STORED}
    manifest = Manifest.model_validate_json(row["manifest"]) if row["manifest"] else None
    because = Bilingual.model_validate_json(row["because"]) if row["because"] else None
    return Cycle(**fields, pickups=_pickups.validate_json(row["pickups"]), manifest=manifest, because=because)
