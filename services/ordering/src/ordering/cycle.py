"""An order cycle: from the coordinator's draft to the closing, over several groups.

    draft --plan--> planned --opens_at--> open --closes_at, or the coordinator--> completing --> deciding --> closed

A draft binds nobody. A planned cycle opens by itself; the articles and prices it offers are frozen at that moment.
While it is open its end, its pickups and its offers may still change. How it ends is in `closing.py`; where nothing is
to be decided it is closed at once. A closed cycle changes only by a revision, which has a number of its own.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    Column,
    Date,
    Integer,
    RowMapping,
    String,
    Table,
    select,
)

from chassis.database import Reader, Writer
from chassis.tables import Row, Utc
from chassis.timers import Timer, TimerHandler
from contracts.goods import Bilingual
from contracts.ordering import CyclePickup, Manifest
from ordering import announcing, dropped_cycle, manifest
from ordering.conflict import Missing
from ordering.cycle_offer import freeze, offers_of, settle
from ordering.offer import Choice, Kind, Offer, chosen, on_offer
from ordering.pickup import pickups, pickups_of, renewed, slots, write_pickups
from ordering.plan import Impossible, Plan, Problem, problems
from ordering.tables import metadata

cycle = Table(
    "cycle",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("opens_at", Utc, nullable=False),
    Column("closes_at", Utc, nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("choice", JSON, nullable=False),
    Column("opened_at", Utc),
    Column("closed_at", Utc),
    Column("manifest", JSON(none_as_null=True)),
    # How long cases can be filled after its end, and while they can: until when.
    Column("completion_hours", Integer, nullable=False, server_default="0"),
    Column("complete_until", Utc),
    # While it is deciding: when the defaults count.
    Column("decide_by", Utc),
    # The closing is revision 1; when and why there was another.
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("revised_at", Utc),
    Column("because", JSON(none_as_null=True)),
)

OPEN_TIMER, CLOSE_TIMER = "open", "close"


class State(StrEnum):
    DRAFT = "draft"
    PLANNED = "planned"
    OPEN = "open"
    COMPLETING = "completing"
    DECIDING = "deciding"
    CLOSED = "closed"


@dataclass(frozen=True)
class Cycle:
    """`closed_at`: since when it takes no orders. `decide_by`: while it is deciding, when the defaults count.
    `revised_at`, `because`: of the newest revision, None for the closing itself."""

    id: str
    version: int
    name: str
    state: State
    opens_at: datetime
    closes_at: datetime
    delivers_on: date
    choice: Choice
    pickups: tuple[CyclePickup, ...]
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    manifest: Manifest | None = None
    completion_hours: int = 0
    complete_until: datetime | None = None
    decide_by: datetime | None = None
    revision: int = 1
    revised_at: datetime | None = None
    because: Bilingual | None = None

    @property
    def has_ended(self) -> bool:
        """Its plan does not change any more; orders only while it is completing, and only to complete."""
        return self.state in (State.COMPLETING, State.DECIDING, State.CLOSED)

    @property
    def seed(self) -> str:
        """What lots are drawn with, published while it is open. Of its id, which nobody chooses and nobody changes."""
        return self.id[-12:]

    @property
    def orders_until(self) -> datetime:
        return self.complete_until or self.closes_at

    @property
    def group_ids(self) -> frozenset[str]:
        return frozenset(pickup.group_id for pickup in self.pickups)

    def pickup_of(self, group_id: str) -> CyclePickup | None:
        return next((pickup for pickup in self.pickups if pickup.group_id == group_id), None)

    def takes_orders(self, now: datetime) -> bool:
        """Open, and not past its hour: the timer that closes it may be late, the rule is not."""
        return self.state in (State.OPEN, State.COMPLETING) and now < self.orders_until

    @property
    def ended_at(self) -> datetime:
        """When orders ended: the hour that was announced, or earlier where the coordinator closed it."""
        return min(self.closes_at, self.closed_at) if self.closed_at else self.closes_at


class AlreadyClosed(Exception):
    """The cycle is closed: nothing about it changes any more."""


class NotOpen(Exception):
    """The cycle is not open (any more, or yet)."""


class StaleCycle(Exception):
    """Somebody else changed the cycle after the form was opened."""


# Operations


async def plan_cycle(writer: Writer, cycle_id: str, plan: Plan, zone: ZoneInfo, *, draft: bool = False) -> Cycle:
    """Make a cycle: a draft; or planned, and open at once where its hour has come. Raises Impossible.

    `cycle_id` comes with the form, so that a form sent twice makes one cycle.
    """
    before = await locked(writer, cycle_id)
    if before is not None:
        return before
    made = await _planned(writer, plan, zone, cycle_id=cycle_id, draft=draft)
    if (await writer.execute(writer.insert(cycle).values(_row(made)).on_conflict_do_nothing())).rowcount == 0:
        return await by_id(writer, cycle_id) or made
    await write_pickups(writer, made.id, made.pickups)
    return await _settle_opening(writer, made)


async def change_cycle(
    writer: Writer, cycle_id: str, plan: Plan, zone: ZoneInfo, *, draft: bool = False, base_version: int | None = None
) -> Cycle:
    """Change a cycle that is not closed; `draft` takes a planned one back to the drafts.

    Raises Impossible, AlreadyClosed, StaleCycle (where `base_version` is not the version held), Missing.
    """
    held = await locked(writer, cycle_id)
    if held is None:
        raise Missing
    if held.has_ended:
        raise AlreadyClosed
    if base_version is not None and held.version != base_version:
        raise StaleCycle
    if held.state is State.OPEN:
        return await _change_open(writer, held, plan, zone)
    changed = replace(await _planned(writer, plan, zone, cycle_id=cycle_id, draft=draft), version=held.version + 1)
    await keep(writer, changed)
    await write_pickups(writer, changed.id, changed.pickups)
    await writer.cancel_call(OPEN_TIMER, cycle_id)
    return await _settle_opening(writer, changed)


async def open_cycle(writer: Writer, cycle_id: str) -> Cycle | None:
    """Open a planned cycle: freeze its offers, announce it, set its end. None when there is nothing to open, or
    nothing to offer: then it stays planned, and the coordinator's home says so."""
    held = await locked(writer, cycle_id)
    if held is None or held.state is not State.PLANNED:
        return None
    offers = chosen(held.choice, await on_offer(writer), held.delivers_on)
    if not offers:
        return None
    fresh = await slots(writer, held.group_ids)
    opened = replace(
        held,
        version=held.version + 1,
        state=State.OPEN,
        opened_at=writer.now,
        pickups=tuple(renewed(pickup, fresh) for pickup in held.pickups),
    )
    await keep(writer, opened)
    await write_pickups(writer, opened.id, opened.pickups)
    await freeze(writer, cycle_id, offers)
    await writer.call_at(CLOSE_TIMER, cycle_id, opened.closes_at)
    await writer.announce(announcing.cycle_opened(opened, offers))
    return opened


async def clone_cycle(writer: Writer, cycle_id: str, name: str) -> Cycle:
    """A draft like the cycle, some whole weeks later, so that it opens in the future. A fresh aggregate: no order,
    no manifest, no mark of what became of the other. Raises Missing."""
    held = await by_id(writer, cycle_id)
    if held is None:
        raise Missing
    weeks = max(1, -((held.opens_at - writer.now) // timedelta(weeks=1)))
    later = timedelta(weeks=weeks)
    copy = Cycle(
        id=writer.ids.new(),
        version=1,
        name=name,
        state=State.DRAFT,
        opens_at=held.opens_at + later,
        closes_at=held.closes_at + later,
        delivers_on=held.delivers_on + later,
        choice=held.choice,
        pickups=tuple(
            pickup.model_copy(update={"starts_at": pickup.starts_at + later, "ends_at": pickup.ends_at + later})
            for pickup in held.pickups
        ),
        completion_hours=held.completion_hours,
    )
    await writer.execute(cycle.insert().values(_row(copy)))
    await write_pickups(writer, copy.id, copy.pickups)
    return copy


async def drop_draft(writer: Writer, cycle_id: str) -> None:
    """Remove a cycle that nobody has heard of yet. Raises AlreadyClosed for one that was opened, Missing."""
    held = await locked(writer, cycle_id)
    if held is None:
        raise Missing
    if held.state not in (State.DRAFT, State.PLANNED):
        raise AlreadyClosed
    if held.state is State.PLANNED:
        producers = {offer.producer_id for offer in await offers_for(writer, held)}
        await dropped_cycle.remember(writer, held, producers)
    await writer.cancel_call(OPEN_TIMER, cycle_id)
    await write_pickups(writer, cycle_id, ())
    await writer.execute(cycle.delete().where(cycle.c.id == cycle_id))


async def _open_when_due(writer: Writer, timer: Timer) -> None:
    await open_cycle(writer, timer.key)


TIMERS: dict[str, TimerHandler] = {OPEN_TIMER: _open_when_due}


# Queries


async def by_id(reader: Reader, cycle_id: str) -> Cycle | None:
    row = await reader.first(select(cycle).where(cycle.c.id == cycle_id))
    return (await _with_pickups(reader, [row]))[0] if row else None


async def by_ids(reader: Reader, cycle_ids: Collection[str]) -> list[Cycle]:
    """The one that delivers first first."""
    some = select(cycle).where(cycle.c.id.in_(list(cycle_ids))).order_by(cycle.c.delivers_on, cycle.c.id)
    return await _with_pickups(reader, await reader.all(some))


async def locked(writer: Writer, cycle_id: str) -> Cycle | None:
    """The cycle, its row locked until the end of the transaction."""
    row = await writer.first(select(cycle).where(cycle.c.id == cycle_id).with_for_update())
    return (await _with_pickups(writer, [row]))[0] if row else None


async def in_state(reader: Reader, *states: State, limit: int = 200) -> list[Cycle]:
    """The cycles in these states, the one that closes last first."""
    newest = select(cycle).where(cycle.c.state.in_(states)).order_by(cycle.c.closes_at.desc(), cycle.c.id).limit(limit)
    return await _with_pickups(reader, await reader.all(newest))


async def open_for_groups(reader: Reader, group_ids: frozenset[str]) -> list[Cycle]:
    """Open cycles in which one of the groups orders, the one that closes first first."""
    found = await in_state(reader, State.OPEN, State.COMPLETING)
    return sorted((c for c in found if c.group_ids & group_ids), key=lambda c: (c.closes_at, c.id))


async def offers_for(reader: Reader, of: Cycle) -> list[Offer]:
    """What the cycle offers; for one that is not open yet, what it would offer if it opened now."""
    if of.state not in (State.DRAFT, State.PLANNED):
        return await offers_of(reader, of.id)
    return chosen(of.choice, await on_offer(reader), of.delivers_on)


# Inside


async def _planned(writer: Writer, plan: Plan, zone: ZoneInfo, *, cycle_id: str, draft: bool) -> Cycle:
    """The cycle a plan makes. Raises Impossible."""
    wrong = problems(plan, writer.now, zone)
    known = await slots(writer, frozenset(plan.group_ids))
    if set(plan.group_ids) - set(known):
        wrong.setdefault("groups", Problem.UNKNOWN_GROUP)
    catalog = await on_offer(writer)
    if plan.choice.kind is Kind.PRODUCTS and set(plan.choice.product_ids) - {o.product_id for o in catalog}:
        wrong.setdefault("offers", Problem.UNKNOWN_PRODUCT)
    if not chosen(plan.choice, catalog, plan.delivers_on):
        wrong.setdefault("offers", Problem.NO_OFFER)
    if wrong:
        raise Impossible(wrong)
    return Cycle(
        id=cycle_id,
        version=1,
        name=plan.name,
        state=State.DRAFT if draft else State.PLANNED,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        delivers_on=plan.delivers_on,
        choice=plan.choice,
        pickups=pickups(known, plan.group_ids, plan.delivers_on, zone, plan.pickup_days),
        completion_hours=plan.completion_hours,
    )


async def _settle_opening(writer: Writer, made: Cycle) -> Cycle:
    if made.state is not State.PLANNED:
        return made
    if made.opens_at <= writer.now:
        return await open_cycle(writer, made.id) or made
    await writer.call_at(OPEN_TIMER, made.id, made.opens_at)
    return made


async def _change_open(writer: Writer, held: Cycle, plan: Plan, zone: ZoneInfo) -> Cycle:
    """Change what may change while members order: name, end, pickups and offers."""
    plan = replace(plan, opens_at=held.opens_at)
    wrong = problems(plan, writer.now, zone)
    known = await slots(writer, frozenset(plan.group_ids))
    if set(plan.group_ids) - set(known):
        wrong.setdefault("groups", Problem.UNKNOWN_GROUP)
    gone = await manifest.groups_with_orders(writer, held.id) - set(plan.group_ids)
    if gone:
        wrong.setdefault("groups", Problem.GROUP_HAS_ORDERED)
    names = {p.group_id: p.group_name for p in held.pickups}
    if wrong:
        raise Impossible(wrong, {"groups": ", ".join(sorted(names[g] for g in gone))})
    changed = replace(
        held,
        version=held.version + 1,
        name=plan.name,
        closes_at=plan.closes_at,
        delivers_on=plan.delivers_on,
        choice=plan.choice,
        pickups=pickups(known, plan.group_ids, plan.delivers_on, zone, plan.pickup_days),
        completion_hours=plan.completion_hours,
    )
    await settle(writer, held.id, plan.choice, plan.delivers_on)
    await keep(writer, changed)
    await write_pickups(writer, changed.id, changed.pickups)
    await writer.call_at(CLOSE_TIMER, held.id, changed.closes_at)
    await writer.announce(announcing.cycle_changed(changed, await offers_of(writer, held.id)))
    return changed


def _row(of: Cycle) -> Row:
    return {
        "id": of.id,
        "version": of.version,
        "name": of.name,
        "state": of.state.value,
        "opens_at": of.opens_at,
        "closes_at": of.closes_at,
        "delivers_on": of.delivers_on,
        "choice": of.choice.as_json(),
        "opened_at": of.opened_at,
        "closed_at": of.closed_at,
        "manifest": of.manifest.model_dump(mode="json") if of.manifest else None,
        "completion_hours": of.completion_hours,
        "complete_until": of.complete_until,
        "decide_by": of.decide_by,
        "revision": of.revision,
        "revised_at": of.revised_at,
        "because": of.because.model_dump(mode="json") if of.because else None,
    }


async def keep(writer: Writer, of: Cycle) -> None:
    """Write a locked cycle as it is now."""
    await writer.execute(cycle.update().where(cycle.c.id == of.id).values(_row(of)))


async def _with_pickups(reader: Reader, rows: list[RowMapping]) -> list[Cycle]:
    if not rows:
        return []
    theirs = await pickups_of(reader, [row["id"] for row in rows])
    return [_cycle(row, tuple(theirs[row["id"]])) for row in rows]


def _cycle(row: RowMapping, its: tuple[CyclePickup, ...]) -> Cycle:
    return Cycle(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        state=State(row["state"]),
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        delivers_on=row["delivers_on"],
        choice=Choice.from_json(row["choice"]),
        pickups=its,
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        manifest=Manifest.model_validate(row["manifest"]) if row["manifest"] else None,
        completion_hours=row["completion_hours"],
        complete_until=row["complete_until"],
        decide_by=row["decide_by"],
        revision=row["revision"],
        revised_at=row["revised_at"],
        because=Bilingual.model_validate(row["because"]) if row["because"] else None,
    )
