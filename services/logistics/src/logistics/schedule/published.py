"""What was published of a day: immutable versions, each with the day it was made from. The newest holds.

A plan that breaks a hard rule is never published; a soft one only where a person accepted each of its violations, with
a reason that stays with the version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from pydantic import TypeAdapter
from sqlalchemy import Column, Date, Integer, RowMapping, Table, Text, func, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from coldchain import Violation, Weight, check
from coldchain.day import Day
from coldchain.plan import Plan
from contracts import Part
from logistics.schedule.round_link import RoundLinks
from logistics.schedule.telling import names_of, schedule_event
from logistics.tables import metadata

schedule = Table(
    "schedule",
    metadata,
    Column("on", Date, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("accepted", Text, nullable=False),
    Column("published_at", Utc, nullable=False),
    Column("published_by", Text, nullable=False),
)
"""Rows are only added. `on`: the date of the deliveries."""


class Accepted(Part):
    """A soft violation that a person answers for. `violation`: its id, which names the rule and what breaks it."""

    violation: str
    rule: str
    reason: str
    by: str


_ACCEPTED = TypeAdapter(tuple[Accepted, ...])


class Breaks(Exception):
    """The plan breaks rules that nobody may accept, or that nobody has accepted."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(", ".join(one.id for one in violations))
        self.violations = violations


class Outrun(Exception):
    """Another version was published since this one was begun."""


@dataclass(frozen=True)
class Judged:
    """What a plan breaks of the rules. Judging a large day takes half a second of a processor: that is done before a
    transaction, not while others wait for it."""

    day: Day
    plan: Plan
    violations: tuple[Violation, ...]

    @classmethod
    def of(cls, day: Day, plan: Plan) -> Self:
        return cls(day, plan, check(day, plan))

    def is_of(self, day: Day, plan: Plan) -> bool:
        """`day.id` has a digest of its content."""
        return self.day.id == day.id and self.plan == plan


@dataclass(frozen=True)
class Published:
    """`version` counts from 1 on each date."""

    on: date
    version: int
    day: Day
    plan: Plan
    accepted: tuple[Accepted, ...]
    published_at: datetime
    published_by: str


async def current(reader: Reader, on: date) -> Published | None:
    """The version that holds; None: nothing is published yet."""
    of_date = select(schedule).where(schedule.c.on == on).order_by(schedule.c.version.desc())
    row = await reader.first(of_date.limit(1))
    return None if row is None else _published(row)


async def coming(reader: Reader, today: date, limit: int = 3) -> list[Published]:
    """What holds of the next days of which something is published, today's first."""
    next_days = select(schedule.c.on).where(schedule.c.on >= today).distinct().order_by(schedule.c.on).limit(limit)
    found = [await current(reader, row["on"]) for row in await reader.all(next_days)]
    return [one for one in found if one is not None]


async def at_version(reader: Reader, on: date, version: int) -> Published | None:
    row = await reader.first(select(schedule).where(schedule.c.on == on, schedule.c.version == version))
    return None if row is None else _published(row)


async def versions_of(reader: Reader, on: date) -> list[Published]:
    """The newest first."""
    of_date = select(schedule).where(schedule.c.on == on).order_by(schedule.c.version.desc())
    return [_published(row) for row in await reader.all(of_date)]


async def dates_of(reader: Reader, limit: int) -> list[date]:
    """The dates of which something is published, the newest first."""
    dates = select(schedule.c.on).distinct().order_by(schedule.c.on.desc()).limit(limit)
    return [row["on"] for row in await reader.all(dates)]


async def publish(
    writer: Writer,
    day: Day,
    plan: Plan,
    *,
    by: str,
    accepted: Sequence[Accepted] = (),
    after: int = 0,
    links: RoundLinks | None = None,
    judged: Judged | None = None,
) -> Published:
    """Keep a new version, and tell the others in the same transaction. `after`: the version that held when this one was
    begun, 0 where there was none. `links`: with them each carrier is told where its rounds open without an account.
    `judged`: before the transaction; what is of another day or plan does not count, and is judged here.

    Raises Breaks, or Outrun.
    """
    answered = {one.violation for one in accepted}
    if judged is None or not judged.is_of(day, plan):
        judged = Judged.of(day, plan)
    open_ = [one for one in judged.violations if one.weight is Weight.HARD or one.id not in answered]
    if open_:
        raise Breaks(open_)
    held = await writer.scalar(select(func.max(schedule.c.version)).where(schedule.c.on == day.date))
    if (held or 0) != after:
        raise Outrun
    row = {
        "on": day.date,
        "version": after + 1,
        "day": day.model_dump_json(),
        "plan": plan.model_dump_json(),
        "accepted": _ACCEPTED.dump_json(tuple(accepted)).decode(),
        "published_at": writer.now,
        "published_by": by,
    }
    try:
        await writer.execute(schedule.insert().values(row))
    except IntegrityError as error:
        # Two people published in the same moment: the first one holds.
        raise Outrun from error
    made = Published(day.date, after + 1, day, plan, tuple(accepted), writer.now, by)
    await writer.announce(schedule_event(made, await names_of(writer, day), links))
    return made


def _published(row: RowMapping) -> Published:
    return Published(
        row["on"],
        row["version"],
        Day.model_validate_json(row["day"]),
        Plan.model_validate_json(row["plan"]),
        _ACCEPTED.validate_json(row["accepted"]),
        row["published_at"],
        row["published_by"],
    )
