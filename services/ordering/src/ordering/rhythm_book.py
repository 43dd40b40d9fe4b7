"""The rhythms of the hub, what of them was made into cycles, and the plan of the months to come.

A turn is made once: its row says which cycle it became, also after that cycle was dropped. Whoever makes turns holds
the rhythm's row, and all of it is one transaction: killed in the middle, nothing of it was made.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import JSON, Boolean, Column, ColumnElement, Date, Integer, RowMapping, String, Table, select

from chassis.database import Database, Reader, Writer
from chassis.timers import Timer, TimerHandler
from contracts import Sale
from ordering import cycle
from ordering.conflict import Missing
from ordering.cycle import Cycle, State
from ordering.dropped_cycle import cycle_dropped
from ordering.offer import Choice, Offer, chosen, on_offer
from ordering.pickup import Slot, all_slots, pickup_day
from ordering.plan import Impossible, Plan
from ordering.planning import change_cycle, drop_draft, plan_cycle
from ordering.rhythm import DaysOff, Rhythm, Turn, turns
from ordering.tables import metadata
from ordering.turn_by_hand import differs, moved_plan

log = structlog.get_logger()

MAKE = "rhythm"
AGAIN = timedelta(days=1)
"""So often each rhythm is looked at: what could not be made yesterday, for want of offers, may be possible today."""
MOST_AT_ONCE = 4
"""Cycles a rhythm makes in one transaction: members order in between."""
AROUND = timedelta(days=62)
"""No turn is moved farther than this from its own day."""
FARTHEST = timedelta(days=120)
"""No turn opens longer than this before its delivery."""

rhythm = Table(
    "rhythm",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("stuck_on", Date),
)
"""`stuck_on`: the delivery whose cycle should be there by now and could not be made; None where all is well."""
rhythm_turn = Table(
    "rhythm_turn",
    metadata,
    Column("rhythm_id", String(36), primary_key=True),
    Column("on_day", Date, primary_key=True),
    Column("cycle_id", String(60), nullable=False),
    Column("rhythm_version", Integer, nullable=False),
)
"""The turns that were made into a cycle, and the version of the rhythm that made it."""


class StaleRhythm(Exception):
    """Somebody else changed the rhythm after the form was opened."""


class UnderWay(Exception):
    """The cycle of this turn is open, or was: it is changed itself, not by its rhythm."""


# Operations


async def save(writer: Writer, said: Rhythm) -> Rhythm:
    """Keep a rhythm as it is said; `said.version` is the one its form was opened with, 0 for a new one. What it has
    made already stays as it is. Raises StaleRhythm."""
    held = await locked(writer, said.id)
    if held is not None and replace(held, version=said.version) == said:
        return held
    if (held.version if held else 0) != said.version:
        raise StaleRhythm
    saved = replace(said, version=said.version + 1, exceptions=held.exceptions if held else {})
    await _write(writer, saved)
    if saved.active:
        await writer.call_at(MAKE, saved.id, writer.now)
    else:
        await writer.cancel_call(MAKE, saved.id)
    return saved


async def set_exception(
    writer: Writer, rhythm_id: str, on: date, to: date | None, zone: ZoneInfo, days_off: DaysOff
) -> Cycle | None:
    """Skip a turn (`to` None), move it, or (`to` its own day) have it as the rule says. A cycle made of it and not open
    yet goes, or moves with what was changed in it (it is returned). Raises Missing, UnderWay, Impossible."""
    held = await locked(writer, rhythm_id)
    if held is None or on not in held.rule.between(on, on):
        raise Missing
    others = {day: moved for day, moved in held.exceptions.items() if day != on}
    changed = replace(held, version=held.version + 1, exceptions=others if to == on else others | {on: to})
    before, turn = (turns(one, on, on, days_off)[0] for one in (held, changed))
    made = await writer.first(select(rhythm_turn).where(_is(rhythm_id, on)))
    its = await cycle.locked(writer, made["cycle_id"]) if made else None
    if its is not None and its.state not in (State.DRAFT, State.PLANNED):
        raise UnderWay
    if its is not None and turn.delivers_on is None:
        await drop_draft(writer, its.id)
    elif its is not None:
        plan = moved_plan(its, before, turn, await all_slots(writer), zone)
        its = await change_cycle(writer, its.id, plan, zone, draft=its.state is State.DRAFT)
    elif made is not None and turn.delivers_on is not None:
        # It was dropped, and is wanted after all.
        changed = replace(changed, version=max(changed.version, await _forget_dropped(writer, made)))
    await _write(writer, changed)
    if changed.active:
        await writer.call_at(MAKE, rhythm_id, writer.now)
    return its if turn.delivers_on else None


async def _forget_dropped(writer: Writer, made: RowMapping) -> int:
    """Forget that a turn was made and dropped; a sequence above all that calendars heard of it."""
    its = cycle_dropped.c.cycle_id == made["cycle_id"]
    dropped = await writer.scalar(select(cycle_dropped.c.version).where(its)) or 0
    await writer.execute(cycle_dropped.delete().where(its))
    await writer.execute(rhythm_turn.delete().where(_is(made["rhythm_id"], made["on_day"])))
    return int(made["rhythm_version"] + dropped + 1)


async def make(writer: Writer, turn: Turn, zone: ZoneInfo, *, at_once: bool = False) -> Cycle | None:
    """The cycle of a turn, planned, or `at_once` open; None where it was made before, or the turn is skipped. The
    caller holds the rhythm. Raises Impossible."""
    if turn.delivers_on is None:
        return None
    if await writer.first(select(rhythm_turn.c.on_day).where(_is(turn.rhythm.id, turn.on))) is not None:
        return None
    made = await plan_cycle(writer, turn.cycle_id, _plan(turn, zone, writer.now, at_once), zone)
    row = {
        "rhythm_id": turn.rhythm.id,
        "on_day": turn.on,
        "cycle_id": made.id,
        "rhythm_version": turn.rhythm.version,
    }
    await writer.execute(rhythm_turn.insert().values(row))
    return made


def _plan(turn: Turn, zone: ZoneInfo, now: datetime, at_once: bool) -> Plan:
    plan = turn.plan(zone)
    return replace(plan, opens_at=min(plan.opens_at, now)) if at_once else plan


async def open_week(
    database: Database, monday: date, zone: ZoneInfo, days_off: DaysOff, *, at_once: bool
) -> tuple[list[Cycle], list[Turn]]:
    """Make every turn that delivers in the week; with `at_once` open those that are made, now. The cycles made or
    opened, and the turns that could not be: nothing of theirs is on offer, or their hour has passed.

    A transaction for each, so that nobody's order waits for the whole week; what an interruption leaves out, asking
    again makes.
    """
    done: list[Cycle] = []
    not_possible: list[Turn] = []
    async with database.read() as reader:
        wanted = [turn for held in await active(reader) for turn in week_of(held, monday, days_off)]
    for seen in wanted:
        async with database.write() as writer:
            held = await locked(writer, seen.rhythm.id)
            for turn in turns(held, seen.on, seen.on, days_off) if held else ():
                try:
                    made = await make(writer, turn, zone, at_once=at_once)
                    if made is None and at_once:
                        made = await _opened(writer, turn, zone)
                except Impossible:
                    not_possible.append(turn)
                    continue
                done += [made] if made else []
    return done, not_possible


async def _opened(writer: Writer, turn: Turn, zone: ZoneInfo) -> Cycle | None:
    """A cycle that was planned before, opened now. As it stands: it may have been changed by hand."""
    its = await cycle.locked(writer, turn.cycle_id)
    if its is None or its.state is not State.PLANNED:
        return None
    days = {pickup.group_id: pickup.starts_at.astimezone(zone).date() for pickup in its.pickups}
    groups = tuple(pickup.group_id for pickup in its.pickups)
    more = its.completion_hours, its.hours
    plan = Plan(its.name, writer.now, its.closes_at, its.delivers_on, groups, its.choice, days, *more)
    return await change_cycle(writer, its.id, plan, zone)


def timers(zone: ZoneInfo, days_off: DaysOff) -> dict[str, TimerHandler]:
    """The call that makes the cycles of a rhythm when their time has come."""

    async def make_due(writer: Writer, timer: Timer) -> None:
        held = await locked(writer, timer.key)
        if held is None or not held.active:
            return
        today = writer.now.astimezone(zone).date()
        horizon = today + timedelta(weeks=held.ahead_weeks) + FARTHEST
        near = turns(held, today - AROUND, horizon, days_off)
        made = 0
        missing: date | None = None
        for turn in (turn for turn in near if is_due(turn, writer.now, zone)):
            try:
                made += await make(writer, turn, zone) is not None
            except Impossible as impossible:
                log.info("a turn cannot be made yet", rhythm=held.id, on=turn.on.isoformat(), why=str(impossible))
                missing = missing or turn.delivers_on
            if made == MOST_AT_ONCE:
                break
        await writer.execute(rhythm.update().where(rhythm.c.id == held.id).values(stuck_on=missing))
        await writer.call_at(MAKE, held.id, writer.now + (AGAIN if made < MOST_AT_ONCE else timedelta()))

    return {MAKE: make_due}


def is_due(turn: Turn, now: datetime, zone: ZoneInfo) -> bool:
    """Whether its cycle is to be made by now, and still can."""
    if turn.delivers_on is None:
        return False
    plan = turn.plan(zone)
    return plan.opens_at - timedelta(weeks=turn.rhythm.ahead_weeks) <= now < plan.closes_at


def _is(rhythm_id: str, on: date) -> ColumnElement[bool]:
    return (rhythm_turn.c.rhythm_id == rhythm_id) & (rhythm_turn.c.on_day == on)


async def _write(writer: Writer, said: Rhythm) -> None:
    values = {"version": said.version, "name": said.name, "active": said.active, "terms": said.terms()}
    statement = writer.insert(rhythm).values(id=said.id, **values)
    await writer.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


# Queries


async def by_id(reader: Reader, rhythm_id: str) -> Rhythm | None:
    row = await reader.first(select(rhythm).where(rhythm.c.id == rhythm_id))
    return Rhythm.read(row) if row else None


async def locked(writer: Writer, rhythm_id: str) -> Rhythm | None:
    """The rhythm, its row locked until the end of the transaction."""
    row = await writer.first(select(rhythm).where(rhythm.c.id == rhythm_id).with_for_update())
    return Rhythm.read(row) if row else None


async def all_rhythms(reader: Reader) -> list[Rhythm]:
    """By name, those that rest at the end."""
    rows = await reader.all(select(rhythm).order_by(rhythm.c.active.desc(), rhythm.c.name, rhythm.c.id))
    return [Rhythm.read(row) for row in rows]


async def active(reader: Reader) -> list[Rhythm]:
    """In order of id, as everybody locks them."""
    return [Rhythm.read(row) for row in await reader.all(select(rhythm).where(rhythm.c.active).order_by(rhythm.c.id))]


async def stuck(reader: Reader) -> list[RowMapping]:
    """`name` and `stuck_on` of the rhythms that cannot make what is due."""
    waiting = rhythm.c.active & rhythm.c.stuck_on.is_not(None)
    return await reader.all(select(rhythm.c.name, rhythm.c.stuck_on).where(waiting).order_by(rhythm.c.stuck_on))


def week_of(held: Rhythm, monday: date, days_off: DaysOff) -> list[Turn]:
    """The turns that deliver in the week: also those that were moved into it."""
    near = turns(held, monday - AROUND, monday + AROUND, days_off)
    return [turn for turn in near if turn.delivers_on and monday <= turn.delivers_on <= monday + timedelta(days=6)]


class Standing(StrEnum):
    """How it is with a turn, or with a cycle that no rhythm made."""

    MADE = "made"
    DROPPED = "dropped"
    SKIPPED = "skipped"
    COMING = "coming"
    NO_OFFER = "no_offer"
    NO_GROUP = "no_group"
    MISSED = "missed"


@dataclass(frozen=True)
class Entry:
    """A line of the calendar. `day`: of the delivery; of a turn that is skipped, the day it would have been.
    `clashes`: names of others that a group would collect on the same day. `by_hand`: it is not as its rhythm has it."""

    day: date
    standing: Standing
    turn: Turn | None = None
    cycle: Cycle | None = None
    plan: Plan | None = None
    clashes: tuple[str, ...] = ()
    by_hand: bool = False

    @property
    def name(self) -> str:
        return self.cycle.name if self.cycle else self.plan.name if self.plan else self.turn.rhythm.name  # type: ignore[union-attr]

    @property
    def group_ids(self) -> tuple[str, ...]:
        if self.cycle:
            return tuple(sorted(self.cycle.group_ids))
        return self.turn.rhythm.group_ids if self.turn else ()


async def calendar(reader: Reader, start: date, end: date, zone: ZoneInfo, days_off: DaysOff) -> list[Entry]:
    """What delivers from `start` to `end`: turns that were made and that will be, and cycles made by hand."""
    c = cycle.cycle.c
    rows = await reader.all(select(c.id).where(c.delivers_on.between(start, end)))
    held = {of.id: of for of in await cycle.by_ids(reader, [row["id"] for row in rows])}
    slots = {slot.group_id: slot for slot in await all_slots(reader)}
    offers = _Offers(await on_offer(reader))
    entries: list[Entry] = []
    seen: set[str] = set()
    first, last = start - AROUND, end + AROUND
    for one in await active(reader):
        t = rhythm_turn.c
        made = select(t.on_day, t.cycle_id, c.delivers_on).outerjoin(cycle.cycle, c.id == t.cycle_id)
        mine = await reader.all(made.where(t.rhythm_id == one.id, t.on_day.between(first, last)))
        cycles = {row["on_day"]: row for row in mine}
        for turn in turns(one, first, last, days_off):
            row = cycles.get(turn.on)
            its = held.get(row["cycle_id"]) if row else None
            if row and row["delivers_on"] and its is None:
                # Moved by hand to a day outside.
                continue
            entry = _entry(turn, its, turn.on in cycles, offers, slots, reader.now, zone)
            if start <= entry.day <= end:
                entries.append(entry)
                seen |= {its.id} if its else set()
    entries += [Entry(of.delivers_on, Standing.MADE, cycle=of) for of in held.values() if of.id not in seen]
    return sorted(_with_clashes(entries, slots, zone), key=lambda entry: (entry.day, entry.name))


def _entry(
    turn: Turn,
    its: Cycle | None,
    was_made: bool,
    offers: "_Offers",
    slots: dict[str, Slot],
    now: datetime,
    zone: ZoneInfo,
) -> Entry:
    if its is not None:
        return Entry(its.delivers_on, Standing.MADE, turn, its, by_hand=differs(its, turn, zone))
    if turn.delivers_on is None:
        return Entry(turn.on, Standing.SKIPPED, turn)
    plan = turn.plan(zone)
    if was_made:
        standing = Standing.DROPPED
    elif plan.closes_at <= now:
        standing = Standing.MISSED
    elif not set(plan.group_ids) <= slots.keys():
        standing = Standing.NO_GROUP
    else:
        standing = Standing.COMING if offers.any_for(plan.choice, turn.delivers_on) else Standing.NO_OFFER
    return Entry(turn.delivers_on, standing, turn, plan=plan)


class _Offers:
    """Whether a choice would offer anything on a day. Seasons are counted in months, so one answer does for each month;
    a mandate can begin or end on any day."""

    def __init__(self, offers: list[Offer]) -> None:
        self._offers = offers
        self._daily = any(offer.details.sale is Sale.MANDATE for offer in offers)
        self._found: dict[tuple[str, int], bool] = {}

    def any_for(self, choice: Choice, day: date) -> bool:
        key = (repr(choice.as_json()), day.toordinal() if self._daily else day.month)
        if key not in self._found:
            self._found[key] = bool(chosen(choice, self._offers, day))
        return self._found[key]


def _with_clashes(entries: list[Entry], slots: dict[str, Slot], zone: ZoneInfo) -> list[Entry]:
    stands = {Standing.MADE, Standing.COMING, Standing.NO_OFFER}
    collecting: dict[tuple[str, date], list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        if entry.standing in stands:
            for key in _pickups(entry, slots, zone):
                collecting[key].append(number)
    clashing: dict[int, set[str]] = defaultdict(set)
    for numbers in collecting.values():
        for number in numbers:
            clashing[number] |= {entries[other].name for other in numbers if other != number}
    return [replace(entry, clashes=tuple(sorted(clashing[n]))) for n, entry in enumerate(entries)]


def _pickups(entry: Entry, slots: dict[str, Slot], zone: ZoneInfo) -> list[tuple[str, date]]:
    if entry.cycle:
        return [(p.group_id, p.starts_at.astimezone(zone).date()) for p in entry.cycle.pickups]
    assert entry.plan is not None
    return [
        (group_id, pickup_day(slots[group_id].weekday, entry.day))
        for group_id in entry.plan.group_ids
        if group_id in slots
    ]
