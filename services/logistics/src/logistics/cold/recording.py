"""Keeping readings: each is judged by what stood there then, and what breaks a limit opens a nonconformity in the same
transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from chassis.database import Reader, Writer
from chassis.tables import Row
from logistics.cold import reading
from logistics.cold.limit import Asked, Followed, Limit
from logistics.cold.nonconformity import add_breach, breach_of, broken_lines
from logistics.cold.place import Kind, Place, Stage
from logistics.cold.reading import Measured, Source, temperature_reading
from logistics.cold.telling import nonconformity_opened
from logistics.schedule import published

log = structlog.get_logger()


class Contradiction(Exception):
    """A series said something else of a moment before. `at`, `said` (tenths, what is held), `given`."""

    def __init__(self, one: Measured, said: int) -> None:
        super().__init__(one.at.isoformat())
        self.measured, self.said = one, said


class Corrected(Exception):
    """Somebody corrected this reading already. `by_this`: with this very correction (the form was sent twice)."""

    def __init__(self, *, by_this: bool) -> None:
        super().__init__("corrected already")
        self.by_this = by_this


@dataclass
class Recorded:
    """`kept`: new readings; `known`: those that were here. `broke`: of the new ones. `told`: ids of nonconformities
    that people must decide on now."""

    kept: int = 0
    known: int = 0
    broke: int = 0
    told: list[str] = field(default_factory=list)


class Days:
    """Published days as readings ask for them. A night's goods belong to the day before."""

    def __init__(self, reader: Reader, zone: ZoneInfo) -> None:
        self._reader = reader
        self._zone = zone
        self._known: dict[date, Followed | None] = {}

    async def of_date(self, on: date) -> Followed | None:
        if on not in self._known:
            found = await published.current(self._reader, on)
            self._known[on] = None if found is None else Followed.of(found)
        return self._known[on]

    async def around(self, at: datetime) -> list[Followed]:
        local = at.astimezone(self._zone).date()
        found = [await self.of_date(on) for on in (local, local - timedelta(days=1))]
        return [one for one in found if one is not None]

    async def limit(self, place: Place, at: datetime, stage: Stage | None = None) -> tuple[Followed | None, Limit]:
        """Which schedule has goods there, and what they ask; None: nothing is there that asks for a temperature."""
        for followed in await self.around(at):
            limit = followed.limit(place, at, stage)
            if limit.asked:
                return followed, limit
        return None, Limit()


async def record(writer: Writer, measured: Sequence[Measured], zone: ZoneInfo) -> Recorded:
    """Keep readings, all or none. What is here already changes nothing. Raises Contradiction, Corrected."""
    done, days = Recorded(), Days(writer, zone)
    for one in measured:
        if one.corrects is not None:
            await _not_corrected(writer, one)
    rows: list[Row] = []
    breaches: dict[tuple[date, Place], tuple[list[Measured], dict[str, Asked]]] = {}
    fresh = await _unknown(writer, measured, done)
    for one in sorted(fresh, key=lambda each: (each.at, each.id)):
        followed, limit = await days.limit(one.place, one.at, one.stage)
        broken = limit.broken_by(one.temperature)
        on = None if followed is None else followed.published.on
        bounds = (limit.band.lowest, limit.band.highest)
        rows.append(reading.row_of(one, writer.now, on, bounds, bool(broken)))
        if followed is not None and broken:
            told, lines = breaches.setdefault((followed.published.on, one.place), ([], {}))
            told.append(one)
            lines.update({asked.line.id: asked for asked in broken})
    if rows:
        kept = writer.insert(temperature_reading).on_conflict_do_nothing()
        await writer.execute(kept, rows)
    done.kept, done.broke = len(rows), sum(len(told) for told, _lines in breaches.values())
    # In one order: two who record at once would wait for each other.
    for (on, place), (told, lines) in sorted(breaches.items()):
        day = await days.of_date(on)
        assert day is not None
        counts = {one.id: len(one.lines) for one in day.published.day.consignments}
        breach = breach_of(told, broken_lines(lines.values(), counts))
        opened, news = await add_breach(writer, on, place, breach, told[-1].by)
        log.warning("a temperature broke its limit", nonconformity_id=opened.id, place=place.code, readings=len(told))
        if news:
            done.told.append(opened.id)
            await writer.announce(nonconformity_opened(opened, name_of(day, place), breach, writer.now))
    return done


async def _not_corrected(writer: Writer, one: Measured) -> None:
    """Lock what it corrects: of two who correct at once the second is told. Raises Corrected."""
    t = temperature_reading.c
    await writer.first(select(t.id).where(t.id == one.corrects).with_for_update())
    other = await writer.scalar(select(t.id).where(t.corrects == one.corrects))
    if other is not None:
        raise Corrected(by_this=other == one.id)


async def _unknown(reader: Reader, measured: Sequence[Measured], done: Recorded) -> list[Measured]:
    by_series: dict[str, list[Measured]] = {}
    for one in measured:
        by_series.setdefault(one.series, []).append(one)
    fresh: list[Measured] = []
    for series, told in by_series.items():
        held = await reading.held_values(reader, series, min(o.at for o in told), max(o.at for o in told))
        for one in told:
            said = held.get(one.at)
            if said is None:
                held[one.at] = one.temperature
                fresh.append(one)
            elif said == one.temperature:
                done.known += 1
            else:
                raise Contradiction(one, said)
    return fresh


async def keep_at_handover(
    writer: Writer, on: date, consignment_id: str, stage: Stage, temperature: int, at: datetime, by: str, zone: ZoneInfo
) -> Recorded:
    """A temperature that was typed while goods were handed over, in tenths: one reading of the goods themselves, in the
    caller's transaction."""
    new_id, place = writer.ids.new(), Place(Kind.GOODS, consignment_id)
    one = Measured(new_id, at, place, temperature, Source.HAND, f"hand:{new_id}", by, stage)
    return await record(writer, [one], zone)


def name_of(followed: Followed, place: Place) -> str:
    """As people call it; where it is not among the places of the day, its code."""
    scene = followed.scene
    if place.kind is Kind.BOX:
        box = scene.boxes.get(place.id)
        return box.name or box.id if box else place.id
    if place.kind is Kind.GOODS:
        one = scene.consignments.get(place.id)
        line = scene.lines.get(place.part)
        site = scene.sites.get(one.to_site) if one else None
        goods = line.name if line else ", ".join(each.name for each in one.lines) if one else place.id
        return f"{goods} → {site.name}" if site else goods
    holder = scene.sites.get(place.id) if place.kind is Kind.SITE else scene.vehicles.get(place.id)
    if holder is None:
        return place.id
    room = next((each for each in holder.rooms if each.id == place.part), None)
    return f"{holder.name}, {room.name or room.id}" if room else holder.name


async def published_days(reader: Reader, limit: int, before: date | None = None) -> list[date]:
    """Dates with a schedule, the newest first."""
    on = published.schedule.c.on
    chosen = select(on).distinct().order_by(on.desc()).limit(limit)
    rows = await reader.all(chosen if before is None else chosen.where(on < before))
    return [row["on"] for row in rows]
