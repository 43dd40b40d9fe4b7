"""Ways that were measured, kept between two spots, and ways that a person corrected, kept between two places.

A spot is a pair of coordinates to four decimals (11 metres). What was measured is replaced when it is measured anew. A
correction is a row that is never changed: the newest of a way holds for as long as neither place was moved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, RowMapping, String, Table, Text, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from coldchain.day import Leg, Roads
from coldchain.road import Point, Way
from logistics.network.kept import Kept
from logistics.network.site import SiteSheet
from logistics.tables import metadata

measured_way = Table(
    "measured_way",
    metadata,
    Column("from_spot", String(24), primary_key=True),
    Column("to_spot", String(24), primary_key=True),
    Column("metres", Integer),
    Column("seconds", Integer),
    Column("engine", String(12), nullable=False),
    Column("data", Text, nullable=False),
    Column("measured_at", Utc, nullable=False),
)
"""`metres` NULL: the engine knows no road. `data`: the name of what it measured on."""

corrected_way = Table(
    "corrected_way",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("from_site", String(60), nullable=False),
    Column("to_site", String(60), nullable=False),
    Column("number", Integer, nullable=False),
    Column("from_spot", String(24), nullable=False),
    Column("to_spot", String(24), nullable=False),
    Column("metres", Integer),
    Column("seconds", Integer),
    Column("why", Text, nullable=False),
    Column("corrected_at", Utc, nullable=False),
    Column("corrected_by", Text, nullable=False),
    UniqueConstraint("from_site", "to_site", "number"),
)
"""Rows are only added. `number` counts from 1 for each way; `metres` NULL: what was measured or reckoned holds
again."""

Pair = tuple[str, str]
"""From, to: ids of sites."""


class Outrun(Exception):
    """Somebody corrected this way since the page was opened."""


@dataclass(frozen=True)
class Measured:
    """`way` None: the engine knows no road."""

    way: Way | None
    engine: str
    data: str
    measured_at: datetime


@dataclass(frozen=True)
class Correction:
    """`way` None: it was taken back. `spots`: where the two places were then."""

    number: int
    way: Way | None
    spots: tuple[str, str]
    why: str
    corrected_at: datetime
    corrected_by: str


@dataclass(frozen=True)
class Ways:
    """All ways between some places that are not left to reckoning. `spots`: where each place is, by id."""

    spots: Mapping[str, str]
    measured: Mapping[tuple[str, str], Measured]
    corrected: Mapping[Pair, Correction]

    def correction(self, pair: Pair) -> Correction | None:
        """The one that holds: made while both places were where they are now, and not taken back."""
        found = self.corrected.get(pair)
        here = (self.spots.get(pair[0]), self.spots.get(pair[1]))
        return found if found is not None and found.way is not None and found.spots == here else None

    def measurement(self, pair: Pair) -> Measured | None:
        return self.measured.get((self.spots[pair[0]], self.spots[pair[1]]))

    def way(self, pair: Pair) -> Way | None:
        """None: it is reckoned."""
        by_hand = self.correction(pair)
        found = by_hand or self.measurement(pair)
        return found.way if found is not None else None

    def pairs(self, site_ids: Iterable[str]) -> list[Pair]:
        """Ways between places that stand apart, of those whose spots are known."""
        known = [one for one in site_ids if one in self.spots]
        return [(a, b) for a in known for b in known if self.spots[a] != self.spots[b]]

    def on(self, roads: Roads, site_ids: Iterable[str]) -> Roads:
        """`roads` with a leg for each way that was measured or corrected."""
        legs = [
            Leg(from_site=pair[0], to_site=pair[1], metres=way.metres, seconds=way.seconds)
            for pair in self.pairs(sorted(site_ids))
            if (way := self.way(pair)) is not None
        ]
        return roads.model_copy(update={"legs": (*roads.legs, *legs)})


def spot(latitude: float, longitude: float) -> str:
    """`43.0531,2.2174`. Adding zero makes one of the two zeros."""
    return f"{round(latitude, 4) + 0.0:.4f},{round(longitude, 4) + 0.0:.4f}"


def point(of_spot: str) -> Point:
    latitude, longitude = of_spot.split(",")
    return float(latitude), float(longitude)


def spots_of(sites: Iterable[Kept[SiteSheet]]) -> dict[str, str]:
    """Of those that have coordinates, by id."""
    return {
        one.id: spot(one.sheet.latitude, one.sheet.longitude)
        for one in sites
        if one.sheet.latitude is not None and one.sheet.longitude is not None
    }


async def ways_between(reader: Reader, sites: Iterable[Kept[SiteSheet]]) -> Ways:
    spots = spots_of(sites)
    table, at = measured_way, sorted(set(spots.values()))
    measured = {}
    chosen = select(table).where(table.c.from_spot.in_(at), table.c.to_spot.in_(at))
    for row in await reader.all(chosen) if at else []:
        found = Measured(_way(row), row["engine"], row["data"], row["measured_at"])
        measured[row["from_spot"], row["to_spot"]] = found
    corrected: dict[Pair, Correction] = {}
    for row in await reader.all(select(corrected_way).order_by(corrected_way.c.number)):
        corrected[row["from_site"], row["to_site"]] = _correction(row)
    return Ways(spots, measured, corrected)


async def corrections(reader: Reader, pair: Pair) -> list[Correction]:
    """All of one way, the newest first."""
    table = corrected_way
    mine = select(table).where(table.c.from_site == pair[0], table.c.to_site == pair[1])
    return [_correction(row) for row in await reader.all(mine.order_by(table.c.number.desc()))]


async def correct(
    writer: Writer, form_id: str, pair: Pair, spots: tuple[str, str], way: Way | None, *, seen: int, why: str, by: str
) -> None:
    """Add a correction; `way` None takes the last one back. `seen`: its number, 0 where there was none. The same form
    sent twice is one correction. Raises Outrun."""
    if await writer.first(select(corrected_way.c.id).where(corrected_way.c.id == form_id)):
        return
    last = await corrections(writer, pair)
    if (last[0].number if last else 0) != seen:
        raise Outrun
    row = {"id": form_id, "from_site": pair[0], "to_site": pair[1], "number": seen + 1}
    row |= {"from_spot": spots[0], "to_spot": spots[1], "why": why}
    row |= {"metres": way and way.metres, "seconds": way and way.seconds}
    try:
        await writer.execute(corrected_way.insert().values(**row, corrected_at=writer.now, corrected_by=by))
    except IntegrityError as error:
        # Somebody else, or the same form, in the same moment.
        raise Outrun from error


async def keep_measured(writer: Writer, found: Mapping[tuple[str, str], Way | None], engine: str, data: str) -> None:
    """By spots. What was known of them before is replaced."""
    said = {"engine": engine, "data": data, "measured_at": writer.now}
    rows = [
        {"from_spot": a, "to_spot": b, "metres": way and way.metres, "seconds": way and way.seconds, **said}
        # In order of key: two replicas that lock rows in opposite order would wait for each other.
        for (a, b), way in sorted(found.items())
    ]
    if not rows:
        return
    statement = writer.insert(measured_way)
    fresh = {name: statement.excluded[name] for name in ("metres", "seconds", "engine", "data", "measured_at")}
    await writer.execute(statement.on_conflict_do_update(index_elements=["from_spot", "to_spot"], set_=fresh), rows)


def _way(row: RowMapping) -> Way | None:
    return None if row["metres"] is None else Way(row["metres"], row["seconds"])


def _correction(row: RowMapping) -> Correction:
    spots = (row["from_spot"], row["to_spot"])
    return Correction(row["number"], _way(row), spots, row["why"], row["corrected_at"], row["corrected_by"])
