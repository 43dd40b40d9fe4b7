"""Drafts of a day's plan. What a draft is made of never changes: each change is a draft of its own, after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import Field, TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from chassis.database import Reader, Writer
from chassis.tables import Utc
from coldchain.day import Day
from coldchain.plan import Plan
from contracts import Part
from logistics.schedule.published import Accepted, schedule
from logistics.schedule.sums import sums
from logistics.schedule.wishes import NONE, Wishes
from logistics.schedule.worker import News
from logistics.tables import metadata

schedule_draft = Table(
    "schedule_draft",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("on", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("after_id", String(60)),
    Column("outside", Integer, nullable=False),
    Column("day", Text, nullable=False),
    Column("plan", Text),
    Column("previous", Text),
    Column("wishes", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("accepted", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("left_behind", Integer),
    Column("cents", Integer),
    Column("fault", Text, nullable=False),
    Column("stop_asked", Boolean, nullable=False),
    Column("heard_at", Utc, nullable=False),
    Column("seen_version", Integer, nullable=False),
    Column("published_version", Integer),
    Column("made_at", Utc, nullable=False),
    Column("made_by", Text, nullable=False),
    UniqueConstraint("on", "number", name="uq_schedule_draft_on_number"),
    Index("ix_schedule_draft_after_id", "after_id"),
)
"""`number`: as people say it, from 1 on each date. `after_id`: the draft this one was changed from. `previous`: the
plan that it may change as little as it can. `left_behind`, `cents`: of the best plan so far, then of the plan.
`heard_at`: when its planner last said that it was at work. `seen_version`: the published version when it was begun."""

LEASE = timedelta(seconds=15)
"""A planner that was not heard of for so long is dead: the hub was killed, or it was."""


class State(StrEnum):
    """`BROKEN`: broken off in the middle."""

    PLANNING = "planning"
    PLANNED = "planned"
    FAILED = "failed"
    BROKEN = "broken"


class Change(Part):
    """What makes a draft another one than that before it. `values`: names of what it is about, for its sentence."""

    kind: str
    values: dict[str, str] = Field(default_factory=dict)


PLANNED = Change(kind="planned")
"""Planned from nothing but the day."""

_ACCEPTED = TypeAdapter(tuple[Accepted, ...])


class Missing(Exception):
    """There is no such draft, or it has no plan yet."""


@dataclass(frozen=True)
class Head:
    """A draft without what it is made of. `state` as it was when it was read."""

    id: str
    on: date
    number: int
    after_id: str | None
    outside: int
    change: Change
    state: State
    seed: int
    seconds: int
    left_behind: int | None
    cents: int | None
    fault: str
    stop_asked: bool
    seen_version: int
    published_version: int | None
    made_at: datetime
    made_by: str


@dataclass(frozen=True)
class Draft(Head):
    day: Day
    wishes: Wishes
    accepted: tuple[Accepted, ...]
    previous: Plan | None
    plan: Plan | None


@dataclass(frozen=True)
class Wanted:
    """A draft to begin. `plan`: it is there already (a change by hand); None: a planner makes it, within `seconds`.
    `previous`: the plan it starts from, and changes as little as it can."""

    day: Day
    outside: int
    wishes: Wishes = NONE
    change: Change = PLANNED
    after_id: str | None = None
    seed: int = 1
    seconds: int = 5
    accepted: tuple[Accepted, ...] = ()
    previous: Plan | None = None
    plan: Plan | None = None


_HEAD = [
    schedule_draft.c[name]
    for name in (
        "id", "on", "number", "after_id", "outside", "change", "state", "seed", "seconds", "left_behind", "cents",
        "fault", "stop_asked", "seen_version", "published_version", "made_at", "made_by", "heard_at",
    )
]  # fmt: skip


class Begun(NamedTuple):
    """`new`: this call began it, so its caller has it planned."""

    head: Head
    new: bool


async def begin(writer: Writer, draft_id: str, wanted: Wanted, *, by: str) -> Begun:
    """Keep a new draft. The same id again (a form sent twice) is the draft that is there."""
    seen = await writer.scalar(select(func.max(schedule.c.version)).where(schedule.c.on == wanted.day.date))
    total = None if wanted.plan is None else sums(wanted.day, wanted.plan)
    row: dict[str, Any] = {
        "id": draft_id,
        "on": wanted.day.date,
        "after_id": wanted.after_id,
        "outside": wanted.outside,
        "day": wanted.day.model_dump_json(),
        "plan": None if wanted.plan is None else wanted.plan.model_dump_json(),
        "previous": None if wanted.previous is None else wanted.previous.model_dump_json(),
        "wishes": wanted.wishes.model_dump_json(),
        "change": wanted.change.model_dump_json(),
        "accepted": _ACCEPTED.dump_json(wanted.accepted).decode(),
        "state": State.PLANNING if wanted.plan is None else State.PLANNED,
        "seed": wanted.seed,
        "seconds": wanted.seconds,
        "left_behind": total and total.left,
        "cents": total and total.cents,
        "fault": "",
        "stop_asked": False,
        "heard_at": writer.now,
        "seen_version": seen or 0,
        "published_version": None,
        "made_at": writer.now,
        "made_by": by,
    }
    new = False
    while True:
        if (there := await head(writer, draft_id)) is not None:
            return Begun(there, new)
        last = await writer.scalar(
            select(func.max(schedule_draft.c.number)).where(schedule_draft.c.on == wanted.day.date)
        )
        # Where somebody else's draft of the same moment has the number, the next one is free.
        kept = writer.insert(schedule_draft).values(row | {"number": (last or 0) + 1}).on_conflict_do_nothing()
        new = (await writer.execute(kept)).rowcount == 1


async def head(reader: Reader, draft_id: str) -> Head | None:
    row = await reader.first(select(*_HEAD).where(schedule_draft.c.id == draft_id))
    return None if row is None else Head(**_told(row, reader.now))


async def find(reader: Reader, draft_id: str) -> Draft:
    """Raises Missing."""
    return _whole(await reader.first(select(schedule_draft).where(schedule_draft.c.id == draft_id)), reader.now)


async def find_to_change(writer: Writer, draft_id: str) -> Draft:
    """The draft, its row held until the transaction ends. Raises Missing."""
    held = select(schedule_draft).where(schedule_draft.c.id == draft_id).with_for_update()
    return _whole(await writer.first(held), writer.now)


async def drafts_of(reader: Reader, on: date) -> list[Head]:
    """The newest first."""
    of_date = select(*_HEAD).where(schedule_draft.c.on == on).order_by(schedule_draft.c.number.desc())
    return [Head(**_told(row, reader.now)) for row in await reader.all(of_date)]


async def heard(writer: Writer, draft_id: str, news: News) -> bool:
    """Its planner is at work, and this is the best plan so far. Whether it is to stop now."""
    fresh = {"heard_at": writer.now, "left_behind": news.left, "cents": news.cents}
    mine = schedule_draft.c.id == draft_id
    await writer.execute(schedule_draft.update().where(mine, schedule_draft.c.state == State.PLANNING).values(fresh))
    return bool(await writer.scalar(select(schedule_draft.c.stop_asked).where(mine)))


async def ask_to_stop(writer: Writer, draft_id: str) -> None:
    """The best plan so far is to be the plan. Where it is planned already, nothing happens."""
    planning = schedule_draft.c.state == State.PLANNING
    await writer.execute(
        schedule_draft.update().where(schedule_draft.c.id == draft_id, planning).values(stop_asked=True)
    )


async def finish(writer: Writer, draft_id: str, plan: Plan) -> None:
    one = await find_to_change(writer, draft_id)
    total = sums(one.day, plan)
    kept = plan.model_dump_json()
    await _end(writer, draft_id, State.PLANNED, plan=kept, left_behind=total.left, cents=total.cents)


async def fail(writer: Writer, draft_id: str, why: str) -> None:
    """`why`: for the operator."""
    await _end(writer, draft_id, State.FAILED, fault=why)


async def break_off(writer: Writer, draft_id: str) -> None:
    await _end(writer, draft_id, State.BROKEN)


async def _end(writer: Writer, draft_id: str, state: State, **values: Any) -> None:
    planning = schedule_draft.c.state == State.PLANNING
    await writer.execute(
        schedule_draft.update().where(schedule_draft.c.id == draft_id, planning).values(state=state, **values)
    )


async def count_failed(reader: Reader, since: datetime) -> int:
    """Drafts begun since then whose planner failed, or died with its hub; none that a stop of the hub broke off."""
    t = schedule_draft.c
    died = (t.state == State.PLANNING) & (t.heard_at < reader.now - LEASE)
    failed = (t.state == State.FAILED) | died
    return int(await reader.scalar(select(func.count()).select_from(schedule_draft).where(t.made_at > since, failed)))


async def answer_for(writer: Writer, one: Draft, accepted: Sequence[Accepted]) -> None:
    """What a person accepts in this draft, all of it. The row is held (`find_to_change`)."""
    kept = _ACCEPTED.dump_json(tuple(accepted)).decode()
    await writer.execute(schedule_draft.update().where(schedule_draft.c.id == one.id).values(accepted=kept))


async def note_published(writer: Writer, one: Draft, version: int) -> None:
    """The row is held (`find_to_change`)."""
    await writer.execute(schedule_draft.update().where(schedule_draft.c.id == one.id).values(published_version=version))


def _told(row: RowMapping, now: datetime) -> dict[str, Any]:
    found = {column.name: row[column.name] for column in _HEAD if column.name != "heard_at"}
    state = State(row["state"])
    if state is State.PLANNING and now - row["heard_at"] > LEASE:
        state = State.BROKEN
    return found | {"state": state, "change": Change.model_validate_json(row["change"])}


def _whole(row: RowMapping | None, now: datetime) -> Draft:
    if row is None:
        raise Missing
    return Draft(
        **_told(row, now),
        day=Day.model_validate_json(row["day"]),
        wishes=Wishes.model_validate_json(row["wishes"]),
        accepted=_ACCEPTED.validate_json(row["accepted"]),
        previous=None if row["previous"] is None else Plan.model_validate_json(row["previous"]),
        plan=None if row["plan"] is None else Plan.model_validate_json(row["plan"]),
    )
