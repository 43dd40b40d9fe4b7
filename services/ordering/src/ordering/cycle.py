"""An order cycle: from the coordinator's draft to the closing, over several groups.

    draft --plan--> planned --opens_at--> open --closes_at, or the coordinator--> completing --> deciding --> closed

How it is planned, opened and changed is in `planning.py`, how it ends in `closing.py`; where nothing is to be decided
it is closed at once. A closed cycle changes only by a revision, which has a number of its own.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Column,
    Date,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    exists,
    func,
    null,
    select,
)

from chassis.database import Reader, Writer
from chassis.tables import Row, Utc
from contracts.goods import Bilingual
from contracts.ordering import CyclePickup, Manifest
from ordering.cycle_offer import offers_of
from ordering.hours import OfProducers, read, shut, stored
from ordering.offer import Choice, Offer, chosen, on_offer
from ordering.pickup import cycle_pickup, pickups_of
from ordering.tables import metadata
from ordering.wanted import Wrong

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
    # Hours of single producers (hours.py); the one producer it was opened again for, "" for none.
    Column("hours", JSON, nullable=False, server_default="{}"),
    Column("extended_for", String(60), nullable=False, server_default=""),
    # Why what was asked could not be shared out at its closing; "" where it was.
    Column("unshared", Text, nullable=False, server_default=""),
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
    hours: OfProducers = field(default_factory=dict)
    extended_for: str = ""
    unshared: str = ""

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

    def shut_to(self, producer_id: str, now: datetime) -> Wrong | None:
        """Why nothing of a producer can be ordered now, while the cycle takes orders."""
        return shut(self.hours, self.extended_for, producer_id, now)

    @property
    def ended_at(self) -> datetime:
        """When orders ended: the hour that was announced, or earlier where the coordinator closed it."""
        return _ended_at(self.closes_at, self.closed_at)


def _ended_at(closes_at: datetime, closed_at: datetime | None) -> datetime:
    return min(closes_at, closed_at) if closed_at else closes_at


@dataclass(frozen=True)
class Past:
    """A closed cycle as a list names it. `groups`: how many took part."""

    id: str
    name: str
    ended_at: datetime
    delivers_on: date
    groups: int


class AlreadyClosed(Exception):
    """The cycle is closed: nothing about it changes any more."""


class NotOpen(Exception):
    """The cycle is not open (any more, or yet)."""


class StaleCycle(Exception):
    """Somebody else changed the cycle after the form was opened."""


# Queries


async def by_id(reader: Reader, cycle_id: str) -> Cycle | None:
    row = await reader.first(select(cycle).where(cycle.c.id == cycle_id))
    return (await _with_pickups(reader, [row]))[0] if row else None


async def by_ids(reader: Reader, cycle_ids: Collection[str]) -> list[Cycle]:
    """The one that delivers first first."""
    some = select(cycle).where(cycle.c.id.in_(list(cycle_ids))).order_by(cycle.c.delivers_on, cycle.c.id)
    return await _with_pickups(reader, await reader.all(some))


async def shown_to(reader: Reader, cycle_ids: Collection[str], group_ids: Collection[str]) -> dict[str, Cycle]:
    """The cycles by id, as members of these groups look at them: with the pickups of these groups and no others,
    without the manifest. To be shown, not to be kept: years of orders would parse thousands of places to show a few."""
    bare = [null().label("manifest") if each is cycle.c.manifest else each for each in cycle.c]
    rows = await reader.all(select(*bare).where(cycle.c.id.in_(list(cycle_ids))))
    theirs = await pickups_of(reader, [row["id"] for row in rows], group_ids) if rows else {}
    return {row["id"]: _cycle(row, tuple(theirs[row["id"]])) for row in rows}


async def locked(writer: Writer, cycle_id: str) -> Cycle | None:
    """The cycle, its row locked until the end of the transaction."""
    row = await writer.first(select(cycle).where(cycle.c.id == cycle_id).with_for_update())
    return (await _with_pickups(writer, [row]))[0] if row else None


async def all_locked(writer: Writer, cycle_ids: Collection[str]) -> dict[str, Cycle]:
    """The cycles by id, their rows locked until the end of the transaction.

    Who needs several takes them here, together and in order of id: two who took them one by one, each its own first,
    would wait for each other.
    """
    these = select(cycle).where(cycle.c.id.in_(list(cycle_ids))).order_by(cycle.c.id).with_for_update()
    return {one.id: one for one in await _with_pickups(writer, await writer.all(these))}


async def in_state(reader: Reader, *states: State, limit: int = 200) -> list[Cycle]:
    """The cycles in these states, the one that closes last first."""
    newest = select(cycle).where(cycle.c.state.in_(states)).order_by(cycle.c.closes_at.desc(), cycle.c.id).limit(limit)
    return await _with_pickups(reader, await reader.all(newest))


async def past(reader: Reader, group_ids: Collection[str] | None, limit: int = 200) -> list[Past]:
    """The closed cycles in which one of these groups took part (None: all), the one that closed last first. Their lists
    grow for years: neither manifests nor pickups are read."""
    c, each = cycle.c, cycle_pickup.c
    groups = select(func.count()).where(each.cycle_id == c.id).scalar_subquery()
    closed = select(c.id, c.name, c.closes_at, c.closed_at, c.delivers_on, groups.label("groups"))
    closed = closed.where(c.state == State.CLOSED.value)
    if group_ids is not None:
        closed = closed.where(exists().where(each.cycle_id == c.id, each.group_id.in_(list(group_ids))))
    return [
        Past(row["id"], row["name"], _ended_at(row["closes_at"], row["closed_at"]), row["delivers_on"], row["groups"])
        for row in await reader.all(closed.order_by(c.closes_at.desc(), c.id).limit(limit))
    ]


async def opening_next(reader: Reader, count: int) -> list[Cycle]:
    """So many of those that are planned, the one that opens first first; before all what should have opened already."""
    planned = select(cycle).where(cycle.c.state == State.PLANNED.value).order_by(cycle.c.opens_at, cycle.c.id)
    return await _with_pickups(reader, await reader.all(planned.limit(count)))


async def open_for_groups(reader: Reader, group_ids: frozenset[str]) -> list[Cycle]:
    """Open cycles in which one of the groups orders, the one that closes first first."""
    return of_groups(await in_state(reader, State.OPEN, State.COMPLETING), group_ids)


def of_groups(cycles: Iterable[Cycle], group_ids: frozenset[str]) -> list[Cycle]:
    """Those in which one of the groups takes part, the one that closes first first."""
    return sorted((c for c in cycles if c.group_ids & group_ids), key=lambda c: (c.closes_at, c.id))


async def offers_for(reader: Reader, of: Cycle) -> list[Offer]:
    """What the cycle offers; for one that is not open yet, what it would offer if it opened now."""
    if of.state not in (State.DRAFT, State.PLANNED):
        return await offers_of(reader, of.id)
    return chosen(of.choice, await on_offer(reader), of.delivers_on)


# As rows


def row_of(of: Cycle) -> Row:
    """What the table keeps of it."""
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
        "hours": stored(of.hours),
        "extended_for": of.extended_for,
        "unshared": of.unshared,
    }


async def keep(writer: Writer, of: Cycle) -> None:
    """Write a locked cycle as it is now."""
    await writer.execute(cycle.update().where(cycle.c.id == of.id).values(row_of(of)))


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
        hours=read(row["hours"]),
        extended_for=row["extended_for"],
        unshared=row["unshared"],
    )
