"""What was shared of each day and told to billing: versions that are only added, each with all that it came from.

A day is shared from its date on, by what the newest published schedule says, and again whenever something came of it
that was not known: a record of what was delivered, another schedule. What says the same is not said again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import Column, Date, Integer, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer, TimerHandler
from contracts import Part
from contracts.logistics import CostBearer, SharedBy, SharedRound, TransportCostsShared, TransportShare
from logistics.cost.alone import lone_trips
from logistics.cost.portion import SHARE, Portion, portions_on
from logistics.cost.rule import CostRule, rule_on
from logistics.cost.sharing import Borne, Sharing, share
from logistics.cycle import cycles_of_day
from logistics.schedule.published import Published, current, schedule
from logistics.tables import metadata

SWEEP = "all"
"""Key of the timer that looks for days nobody shared yet."""
EVERY = timedelta(hours=1)
LOOK_BACK = timedelta(days=45)
"""What is published or recorded later than that is shared when its page is asked to."""

shared_costs = Table(
    "shared_costs",
    metadata,
    Column("on", Date, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("shared_at", Utc, nullable=False),
)
"""Rows are only added; the highest version holds. `content`: JSON of `Content`; `digest`: its SHA-256."""


class Content(Part):
    """As in TransportCostsShared; `producers`, `groups`: the same rounds among all producers, and among all groups, by
    what the rule shares by, whoever bears the cents. `alone_metres`: what each producer would have driven without the
    hub, by producer."""

    schedule_version: int
    cycle_ids: tuple[str, ...]
    bearer: CostBearer
    shared_by: SharedBy
    rule_number: int
    lines: int
    recorded_lines: int
    rounds: tuple[SharedRound, ...]
    shares: tuple[TransportShare, ...]
    hub_cents: int
    producers: tuple[TransportShare, ...]
    groups: tuple[TransportShare, ...]
    alone_metres: dict[str, int]

    @property
    def cents(self) -> int:
        return sum(one.cents for one in self.rounds)

    @property
    def metres(self) -> int:
        return sum(one.metres for one in self.rounds)

    @property
    def seconds(self) -> int:
        return sum(one.seconds for one in self.rounds)

    @property
    def co2_grams(self) -> int:
        return sum(one.co2_grams for one in self.rounds)


_SHARES = TypeAdapter(tuple[TransportShare, ...])


@dataclass(frozen=True)
class Shared:
    """`version` counts from 1 on each date."""

    on: date
    version: int
    content: Content
    shared_at: datetime


async def reckon(reader: Reader, on: date) -> Content | None:
    """What the day comes to now; None: nothing is published of it."""
    published = await current(reader, on)
    if published is None:
        return None
    cycles = [one.id for one in await cycles_of_day(reader, on) if one.manifest is not None]
    return content_of(published, await portions_on(reader, on), await rule_on(reader, on), cycles)


def content_of(one: Published, portions: list[Portion], rule: CostRule, cycle_ids: Iterable[str]) -> Content:
    """No I/O."""

    def among(bearer: CostBearer) -> Sharing:
        return share(one.day, one.plan, portions, bearer, rule.shared_by)

    names = round_names(one)
    borne = among(rule.bearer)
    rounds = tuple(
        SharedRound(
            round_id=cost.round_id,
            carrier_name=names[cost.round_id],
            metres=cost.metres,
            seconds=cost.seconds,
            co2_grams=cost.co2_grams,
            cents=cost.cents,
        )
        for cost in borne.rounds
    )
    return Content(
        schedule_version=one.version,
        cycle_ids=tuple(sorted(cycle_ids)),
        bearer=rule.bearer,
        shared_by=rule.shared_by,
        rule_number=rule.number,
        lines=len(portions),
        recorded_lines=sum(portion.recorded for portion in portions),
        rounds=rounds,
        shares=_shares(borne.borne),
        hub_cents=borne.left.cents,
        producers=_shares(among(CostBearer.PRODUCERS).borne),
        groups=_shares(among(CostBearer.GROUPS).borne),
        alone_metres=lone_trips(one.day),
    )


def round_names(one: Published) -> dict[str, str]:
    """By id: the carrier's, with a number where it drives several."""
    carriers = {carrier.id: carrier.name for carrier in one.day.carriers}
    mine: dict[str, list[str]] = {}
    for each in one.plan.rounds:
        mine.setdefault(each.carrier_id, []).append(each.id)
    return {
        round_id: carriers[carrier_id] + (f" {number}" if len(ids) > 1 else "")
        for carrier_id, ids in mine.items()
        for number, round_id in enumerate(ids, start=1)
    }


def _shares(borne: Iterable[Borne]) -> tuple[TransportShare, ...]:
    return _SHARES.validate_python([vars(one) for one in borne])


async def share_day(writer: Writer, on: date) -> Shared | None:
    """Keep and announce what the day comes to, where that is news; None where it is not, or nothing is published."""
    # Whoever shares a day holds its schedule: of two at once the second finds what the first has said.
    if not await writer.all(select(schedule.c.version).where(schedule.c.on == on).with_for_update()):
        return None
    content = await reckon(writer, on)
    if content is None:
        return None
    text = content.model_dump_json()
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows = await writer.all(select(shared_costs).where(shared_costs.c.on == on).order_by(shared_costs.c.version))
    if rows and rows[-1]["digest"] == digest:
        return None
    made = Shared(on, len(rows) + 1, content, writer.now)
    row = {"on": on, "version": made.version, "digest": digest, "content": text, "shared_at": writer.now}
    await writer.execute(shared_costs.insert().values(**row))
    await writer.announce(_announced(made))
    return made


def _announced(one: Shared) -> TransportCostsShared:
    said = {
        name: getattr(one.content, name) for name in Content.model_fields if name in TransportCostsShared.model_fields
    }
    return TransportCostsShared(
        id=one.on.isoformat(), version=one.version, delivers_on=one.on, shared_at=one.shared_at, **said
    )


def sharing_timer(zone: ZoneInfo) -> TimerHandler:
    """Shares the day that the timer names, or all that are due."""

    async def due(writer: Writer, timer: Timer) -> None:
        today = writer.now.astimezone(zone).date()
        if timer.key != SWEEP:
            on = date.fromisoformat(timer.key)
            if on <= today:
                await share_day(writer, on)
            return
        days = select(schedule.c.on).where(schedule.c.on <= today, schedule.c.on >= today - LOOK_BACK).distinct()
        # In order of day: two replicas that lock them in opposite order would wait for each other.
        for row in await writer.all(days.order_by(schedule.c.on)):
            await share_day(writer, row["on"])
        await writer.call_at(SHARE, SWEEP, writer.now + EVERY)

    return due


async def shared_of(reader: Reader, on: date) -> Shared | None:
    """What was told of a day last."""
    mine = select(shared_costs).where(shared_costs.c.on == on).order_by(shared_costs.c.version.desc())
    row = await reader.first(mine.limit(1))
    return None if row is None else _shared(row)


async def shared_between(reader: Reader, first: date, last: date) -> list[Shared]:
    """What was told last of each day, by day."""
    chosen = select(shared_costs).where(shared_costs.c.on >= first, shared_costs.c.on <= last)
    newest: dict[date, Shared] = {}
    for row in await reader.all(chosen.order_by(shared_costs.c.on, shared_costs.c.version)):
        newest[row["on"]] = _shared(row)
    return list(newest.values())


def _shared(row: RowMapping) -> Shared:
    return Shared(row["on"], row["version"], Content.model_validate_json(row["content"]), row["shared_at"])
