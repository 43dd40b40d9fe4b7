"""The mails that tell a day's schedule: to each producer, carrier and referent what is theirs, and after that only what
changed of it since the last mail that left. Members are told where their hand-over has another place or hour.

Held back a little, as allocations are: of two versions in a minute the last is told. An older version, or the same once
more, tells nobody anything; nor does one of a day that is over.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import JSON, Column, Date, Integer, RowMapping, String, Table, Text, or_, select

from chassis.database import Reader, Writer
from chassis.tables import Row
from chassis.timers import Timer
from contracts.ordering import ReferentsChanged
from contracts.schedule import Schedule, ScheduleChanged, ScheduledCarrier, SchedulePublished
from notify.cycle import cycles_delivered_on
from notify.household import Addressee, active_households, addressees
from notify.message import (
    HANDOVER,
    SCHEDULE,
    facts_reached,
    message_row,
    on_their_way,
    supersede,
    write_messages,
)
from notify.order import households_with_orders
from notify.producer import find_producer
from notify.referent import keep_referents, referents_by_group
from notify.schedule_part import Known, changed, of_carrier, of_group, of_member, of_producer
from notify.schema import metadata

log = structlog.get_logger()

TIMER = "schedule"
PATIENCE = timedelta(minutes=1)
"""How long to wait for a producer's address where the schedule came first, or for a mail that is being sent."""
TRIES = 60
PRODUCER, CARRIER, REFERENT = "producer", "carrier", "referent"

schedule = Table(
    "schedule",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("said", Text, nullable=False),
    Column("first_version", Integer),
    Column("first_handovers", JSON),
)
"""The newest word on each day. `said`: the event itself, as JSON. `first_handovers`: by group, where and when members
collect as the oldest version that was heard says it: what their orders told them."""


@dataclass(frozen=True)
class Part:
    """What one person must know of a day. `role`: as whom. `path`: what opens their page; may be empty."""

    to: Addressee
    role: str
    known: Known
    path: str = ""
    whose: str = ""


@dataclass(frozen=True)
class Schedules:
    """`delay`: how long a mail is held back; `stale`: of what is older nothing is said (a replay of history); `zone`:
    of the hub, in which a day ends."""

    delay: timedelta
    stale: timedelta
    zone: ZoneInfo

    async def hear(self, writer: Writer, said: SchedulePublished | ScheduleChanged) -> None:
        row = {"id": said.id, "version": said.version, "delivers_on": said.delivers_on}
        news = await writer.keep_newest(schedule, row | {"said": said.model_dump_json()})
        if news:
            await supersede(writer, [said.id, *_groups(said)], SCHEDULE, HANDOVER, failed=True)
        older = or_(schedule.c.first_version.is_(None), schedule.c.first_version > said.version)
        first = schedule.update().where(schedule.c.id == said.id, older)
        handovers = {group: of_member(said, group) for group in _groups_of(said)}
        earlier = await writer.execute(first.values(first_version=said.version, first_handovers=handovers))
        if (news or earlier.rowcount) and self._matters(writer, said):
            # Replaces the call for an older version.
            await writer.call_at(TIMER, said.id, writer.now + self.delay)

    async def hear_referents(self, writer: Writer, said: ReferentsChanged) -> None:
        """Who looks after a group from now on is told of the days to come."""
        if await keep_referents(writer, said):
            today = writer.now.astimezone(self.zone).date()
            coming = await writer.all(select(schedule.c.id).where(schedule.c.delivers_on >= today))
            await writer.call_all_at(TIMER, [row["id"] for row in coming], writer.now + self.delay)

    async def tell(self, writer: Writer, timer: Timer) -> None:
        row = await find_schedule(writer, timer.key)
        assert row is not None, "a call is set only where there is a schedule"
        said = Schedule.model_validate_json(row["said"])
        about = [said.id, *_groups(said)]
        if not self._matters(writer, said):
            return
        if await on_their_way(writer, about, SCHEDULE, HANDOVER):
            await writer.call_at(TIMER, timer.key, writer.now + PATIENCE, timer.payload)
            return
        await supersede(writer, about, SCHEDULE, HANDOVER, but=_reason(said), failed=True)
        told = await facts_reached(writer, [said.id], SCHEDULE)
        parts, unknown = await _parts(writer, said, told)
        mails = [self._mail(writer, said, part, told.get((said.id, part.to.id))) for part in parts]
        await write_messages(writer, [mail for mail in mails if mail is not None])
        await self._tell_members(writer, said, row["first_handovers"] or {})
        if unknown:
            await self._look_again(writer, timer, unknown)

    def _mail(self, writer: Writer, said: Schedule, part: Part, before: dict[str, Any] | None) -> Row | None:
        """None where nothing of theirs changed."""
        changes = changed(before["knows"] if before else {}, part.known)
        if not changes:
            return None
        facts = {
            "role": part.role,
            "whose": part.whose,
            "delivers_on": said.delivers_on.isoformat(),
            "version": said.version,
            "whole": before is None,
            "knows": part.known,
            "path": part.path,
            "to": asdict(part.to),
            **asdict(changes),
        }
        reason, until = _reason(said), self._midnight(said)
        return message_row(writer, SCHEDULE, part.to, caused_by=reason, about=said.id, facts=facts, expires_at=until)

    async def _tell_members(self, writer: Writer, said: Schedule, first: dict[str, Known]) -> None:
        about = _groups_of(said)
        told = await facts_reached(writer, about.values(), HANDOVER)
        reached = {where for where, _recipient in told}
        now = {group: of_member(said, group) for group in about}
        moved = [group for group in about if first.get(group, now[group]) != now[group] or about[group] in reached]
        if not moved:
            return
        ordered: set[str] = set()
        for cycle in await cycles_delivered_on(writer, said.delivers_on):
            ordered |= await households_with_orders(writer, cycle["id"])
        mails: list[Row] = []
        for household in await active_households(writer, moved):
            group = household["group_id"]
            for person in addressees(household) if household["id"] in ordered else ():
                before = told.get((about[group], person.id))
                knew = before["knows"] if before else first.get(group, {})
                if knew == now[group]:
                    continue
                facts = {"knows": now[group], "knew": knew, "delivers_on": said.delivers_on.isoformat()}
                until = self._midnight(said)
                mails.append(
                    message_row(
                        writer,
                        HANDOVER,
                        person,
                        caused_by=_reason(said),
                        about=about[group],
                        facts=facts,
                        expires_at=until,
                    )
                )
        await write_messages(writer, mails)

    async def _look_again(self, writer: Writer, timer: Timer, unknown: Collection[str]) -> None:
        tries = int(timer.payload.get("tries", 0)) + 1
        if tries > TRIES:
            log.error("a schedule with producers nobody told of", on=timer.key, producers=sorted(unknown))
            return
        await writer.call_at(TIMER, timer.key, writer.now + PATIENCE, {"tries": tries})

    def _midnight(self, said: Schedule) -> datetime:
        """When the day is over."""
        return datetime.combine(said.delivers_on + timedelta(days=1), time(), self.zone)

    def _matters(self, writer: Writer, said: Schedule) -> bool:
        """The day is not over, and it is no history."""
        return writer.now < self._midnight(said) and said.published_at > writer.now - self.stale


async def _parts(
    reader: Reader, said: Schedule, told: dict[tuple[str, str], dict[str, Any]]
) -> tuple[list[Part], set[str]]:
    """What everybody must know who has a part in the day, or had one when they were last told; and the producers nobody
    told of."""
    parts: list[Part] = []
    unknown: set[str] = set()
    had = {recipient: facts for (_about, recipient), facts in told.items()}
    farms = {one.producer_id for one in said.producers}
    farms |= {recipient for recipient, facts in had.items() if facts["role"] == PRODUCER}
    for producer_id in sorted(farms):
        to = await find_producer(reader, producer_id)
        if to is None:
            unknown.add(producer_id)
        else:
            parts.append(Part(to, PRODUCER, of_producer(said, producer_id)))
    driving = {f"carrier:{one.carrier_id}" for one in said.carriers}
    for one in said.carriers:
        found, missing = await _driver(reader, one)
        if found is not None:
            parts.append(Part(found, CARRIER, of_carrier(said, one.carrier_id), one.path, one.name))
        elif missing:
            unknown.add(missing)
    for recipient, facts in had.items():
        if facts["role"] == CARRIER and recipient not in driving:
            parts.append(Part(Addressee(**facts["to"]), CARRIER, {}, whose=facts["whose"]))
    of_group_: dict[str, Known] = {one.group_id: of_group(said, one.group_id) for one in said.sites if one.group_id}
    theirs: dict[str, tuple[Addressee, Known]] = {}
    for group_id, people in (await referents_by_group(reader)).items():
        for person in people:
            known = theirs.get(person.id, (person, {}))[1] | of_group_.get(group_id, {})
            theirs[person.id] = (person, known)
    parts += [Part(person, REFERENT, known) for person, known in theirs.values()]
    return parts, unknown


async def _driver(reader: Reader, one: ScheduledCarrier) -> tuple[Addressee | None, str]:
    """Whom to write to; else the id of the producer nobody told of. Neither: somebody has to phone."""
    own = f"carrier:{one.carrier_id}"
    if one.email:
        return Addressee(own, one.name, one.email, one.language), ""
    if not one.producer_id:
        return None, ""
    producer = await find_producer(reader, one.producer_id)
    if producer is None:
        return None, one.producer_id
    return Addressee(own, one.name, producer.email, producer.language), ""


def _reason(said: Schedule) -> str:
    """By which a version is told once."""
    return f"{said.aggregate}:{said.id}:{said.version}"


def _groups_of(said: Schedule) -> dict[str, str]:
    """What mails to members are about, by group."""
    return {one.group_id: f"{said.id}:{one.group_id}" for one in said.sites if one.group_id}


def _groups(said: Schedule) -> list[str]:
    return list(_groups_of(said).values())


async def find_schedule(reader: Reader, wanted: str) -> RowMapping | None:
    return await reader.first(select(schedule).where(schedule.c.id == wanted))
