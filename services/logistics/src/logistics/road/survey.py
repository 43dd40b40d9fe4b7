"""The survey: ways between all places in use that were never measured, or not lately, are asked of the engine.

It runs beside the pages, never inside one: a day is made of what is known by then, and what is not is reckoned. What
the engine answered before it failed is kept. Since when it fails is kept too, for people to read.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Column, Integer, String, Table, Text, select

from chassis.database import Database, Reader
from chassis.tables import Utc
from coldchain.road import Way
from logistics.network.site import SITES
from logistics.road.asking import Engine, EngineFails
from logistics.road.way import Measured, Ways, keep_measured, point, ways_between
from logistics.tables import metadata

log = structlog.get_logger()

EVERY = 60.0
"""Seconds between two looks at what is missing."""
AFTER_FAILURE = 600.0

road_survey = Table(
    "road_survey",
    metadata,
    Column("engine", String(12), primary_key=True),
    Column("asked_at", Utc, nullable=False),
    Column("measured", Integer, nullable=False),
    Column("failing_since", Utc),
    Column("failure", String(20), nullable=False),
    Column("detail", Text, nullable=False),
)
"""How the last survey with each engine ended. `failing_since` NULL: everything that was asked was answered."""

Spots = tuple[str, str]


@dataclass(frozen=True)
class Survey:
    """`measured`: how many ways were answered the last time."""

    engine: str
    asked_at: datetime
    measured: int
    failing_since: datetime | None
    failure: str
    detail: str


class Surveyor:
    """`data`: what the operator calls the engine's data; with another name everything is measured anew. `keep`: for
    how long a way is not asked for again."""

    def __init__(self, database: Database, engine: Engine, data: str, keep: timedelta) -> None:
        self.engine = engine
        self._database = database
        self._data = data
        self._keep = keep
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        while True:
            done = await self.survey()
            await asyncio.sleep(AFTER_FAILURE if done is not None and done.failing_since else EVERY)

    async def survey(self) -> Survey | None:
        """Ask for what is missing; how it ended, or None where nothing was missing."""
        async with self._one_at_a_time:
            async with self._database.read() as reader:
                ways = await ways_between(reader, await SITES.all(reader))
                missing = self.missing(ways, reader.now)
            if not missing:
                return None
            measured, failed = 0, None
            try:
                for sources, targets in batches(missing, self.engine.dialect.at_most):
                    measured += await self._measure(sources, targets)
            except EngineFails as error:
                failed = error
                log.warning("the road engine fails", failure=error.failure, detail=error.detail)
            return await self._note(measured, failed)

    def missing(self, ways: Ways, now: datetime) -> list[Spots]:
        """Of all ways between places in use, those to ask for."""
        pairs = {(ways.spots[a], ways.spots[b]) for a, b in ways.pairs(ways.spots)}
        return sorted(pair for pair in pairs if self.is_old(ways.measured.get(pair), now))

    def is_old(self, one: Measured | None, now: datetime) -> bool:
        if one is None or one.engine != self.engine.dialect.name or one.measured_at < now - self._keep:
            return True
        return one.data.partition(" · ")[0] != self._data

    async def _measure(self, sources: Sequence[str], targets: Sequence[str]) -> int:
        rows, data = await self.engine.table([point(one) for one in sources], [point(one) for one in targets])
        found: dict[Spots, Way | None] = {
            (source, target): way
            for source, row in zip(sources, rows, strict=True)
            for target, way in zip(targets, row, strict=True)
            if source != target
        }
        named = f"{self._data} · {data}" if data else self._data
        async with self._database.write() as writer:
            await keep_measured(writer, found, self.engine.dialect.name, named)
        return len(found)

    async def _note(self, measured: int, failed: EngineFails | None) -> Survey:
        async with self._database.write() as writer:
            name = self.engine.dialect.name
            before = await last_survey(writer, name)
            since = before.failing_since if before is not None else None
            done = Survey(
                name,
                writer.now,
                measured,
                (since or writer.now) if failed else None,
                failed.failure.value if failed else "",
                failed.detail if failed else "",
            )
            row = {field: getattr(done, field) for field in Survey.__dataclass_fields__}
            statement = writer.insert(road_survey).values(**row)
            fresh = {field: statement.excluded[field] for field in row if field != "engine"}
            await writer.execute(statement.on_conflict_do_update(index_elements=["engine"], set_=fresh))
        return done


async def last_survey(reader: Reader, engine: str) -> Survey | None:
    row = await reader.first(select(road_survey).where(road_survey.c.engine == engine))
    return None if row is None else Survey(**row)


def batches(missing: Sequence[Spots], at_most: int) -> Iterator[tuple[list[str], list[str]]]:
    """Sources and targets of requests that hold all pairs, none larger than the engine takes."""
    wanted: dict[str, set[str]] = {}
    for source, target in missing:
        wanted.setdefault(source, set()).add(target)
    for sources in _portions(_alike(wanted), at_most):
        targets = sorted(set().union(*(wanted[one] for one in sources)))
        for portion in _portions(targets, at_most):
            yield sources, portion


def _alike(wanted: Mapping[str, set[str]]) -> list[str]:
    """Those that lack many ways first: a new place does not make all others ask for everything again."""
    return sorted(wanted, key=lambda one: (-len(wanted[one]), one))


def _portions(of: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(of), size):
        yield list(of[start : start + size])
