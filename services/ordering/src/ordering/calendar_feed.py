"""Calendars that people subscribe to: the dates of a group, a household or a producer, by a secret link.

The link is the key: it is shown once, only its hash is kept, whoever made it can end it, and it ends when they may not
see these dates any more. What it tells is when and where, never who ordered what. Each date keeps its UID for as long
as it is one, from the plan of the rhythm to the closed cycle; its SEQUENCE grows with every change; what is dropped is
sent as cancelled.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar import Event as Entry
from sqlalchemy import Column, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from chassis.identity import Grant
from chassis.tables import Utc
from contracts import Role, Sale
from contracts.ordering import CyclePickup
from ordering import cycle, household, person, rhythm_book, role
from ordering.cycle import Cycle, State
from ordering.cycle_offer import cycle_offer
from ordering.dropped_cycle import cycle_dropped
from ordering.offer import Choice, Offer, chosen, on_offer
from ordering.pickup import Slot, all_slots, pickups
from ordering.rhythm import DaysOff, Turn, turns
from ordering.rhythm_book import rhythm_turn
from ordering.tables import metadata

BEFORE = timedelta(days=60)
AFTER = timedelta(days=366)
"""How far calendars look back, and ahead."""

calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("of_id", String(60), nullable=False),
    Column("name", String(200), nullable=False),
    Column("language", String(2), nullable=False),
    Column("made_by", String(36), nullable=False, index=True),
    Column("made_at", Utc, nullable=False),
)


class Kind(StrEnum):
    GROUP = "group"
    HOUSEHOLD = "household"
    PRODUCER = "producer"


# Operations


async def make(writer: Writer, kind: Kind, of_id: str, name: str, language: str, made_by: str) -> str:
    """A new calendar; its secret, which is told only now."""
    secret = writer.ids.secret()
    row = {
        "id": writer.ids.new(),
        "secret_hash": _hash(secret),
        "kind": kind.value,
        "of_id": of_id,
        "name": name,
        "language": language,
        "made_by": made_by,
        "made_at": writer.now,
    }
    await writer.execute(calendar_feed.insert().values(row))
    return secret


async def end(writer: Writer, feed_id: str, made_by: str) -> None:
    """The link works no more."""
    mine = (calendar_feed.c.id == feed_id) & (calendar_feed.c.made_by == made_by)
    await writer.execute(calendar_feed.delete().where(mine))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# Queries


async def of_person(reader: Reader, person_id: str) -> list[RowMapping]:
    mine = select(calendar_feed).where(calendar_feed.c.made_by == person_id)
    return await reader.all(mine.order_by(calendar_feed.c.made_at.desc()))


async def by_secret(reader: Reader, secret: str) -> RowMapping | None:
    """The calendar behind a link, while whoever made the link may still see it."""
    feed = await reader.first(select(calendar_feed).where(calendar_feed.c.secret_hash == _hash(secret)))
    maker = await person.find(reader, feed["made_by"]) if feed else None
    if feed is None or maker is None:
        return None
    grants = await role.grants_of(reader, maker)
    return feed if may_see(grants, Kind(feed["kind"]), feed["of_id"]) else None


_WHOSE = {
    Kind.HOUSEHOLD: (Role.MEMBER, "household_id"),
    Kind.GROUP: (Role.REFERENT, "group_id"),
    Kind.PRODUCER: (Role.PRODUCER, "producer_id"),
}


def may_see(grants: Iterable[Grant], kind: Kind, of_id: str) -> bool:
    """Members their household's dates, referents their groups', producers their own; coordinators those of all groups
    and producers."""
    needed, of = _WHOSE[kind]
    return any(
        (grant.role is needed and getattr(grant, of) == of_id)
        or (grant.role is Role.COORDINATOR and kind is not Kind.HOUSEHOLD)
        for grant in grants
    )


class What(StrEnum):
    CLOSING = "closing"
    PICKUP = "pickup"
    DELIVERY = "delivery"


class Sure(StrEnum):
    """As iCalendar calls it (RFC 5545, 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Date:
    """One event. `key` names it for ever; `starts` is an instant, or a whole day."""

    key: str
    what: What
    name: str
    starts: datetime | date
    ends: datetime | date
    sequence: int
    sure: Sure
    place: str = ""


@dataclass(frozen=True)
class _Known:
    """A cycle, planned or made or dropped, as far as calendars tell of it."""

    id: str
    name: str
    closes_at: datetime
    delivers_on: date
    pickups: tuple[CyclePickup, ...]
    sequence: int
    sure: Sure
    producer_ids: frozenset[str]


async def dates(reader: Reader, feed: RowMapping, zone: ZoneInfo, days_off: DaysOff) -> list[Date]:
    """What a calendar shows now."""
    kind, of_id = Kind(feed["kind"]), feed["of_id"]
    if kind is Kind.PRODUCER:
        producers = _Producers(await on_offer(reader))
        known = await _known(reader, zone, days_off, producers)
        return [day for one in known if of_id in one.producer_ids for day in _of_producer(one)]
    if kind is Kind.HOUSEHOLD:
        home = await household.find(reader, of_id)
        if home is None or not home["active"]:
            return []
        of_id = home["group_id"]
    known = await _known(reader, zone, days_off, _Producers([]), of_id)
    return [day for one in known for p in one.pickups if p.group_id == of_id for day in _of_group(one, p)]


def _of_group(one: _Known, pickup: CyclePickup) -> list[Date]:
    place = ", ".join(part for part in (pickup.place.name, pickup.address) if part)
    closing = _closing(one)
    key, begins, ends = f"{one.id}-{pickup.group_id}", pickup.starts_at, pickup.ends_at
    collect = Date(key, What.PICKUP, one.name, begins, ends, one.sequence, one.sure, place)
    return [closing, collect]


def _of_producer(one: _Known) -> list[Date]:
    day = one.delivers_on
    delivery = Date(f"{one.id}-delivery", What.DELIVERY, one.name, day, day + timedelta(days=1), one.sequence, one.sure)
    return [_closing(one), delivery]


def _closing(one: _Known) -> Date:
    until = one.closes_at + timedelta(minutes=15)
    return Date(f"{one.id}-closing", What.CLOSING, one.name, one.closes_at, until, one.sequence, one.sure)


class _Producers:
    """Whose goods a choice would offer on a day. Seasons are counted in months, so one answer does for each month; a
    mandate can begin or end on any day."""

    def __init__(self, offers: list[Offer]) -> None:
        self._offers = offers
        self._daily = any(offer.details.sale is Sale.MANDATE for offer in offers)
        self._found: dict[tuple[str, int], frozenset[str]] = {}

    def of(self, choice: Choice, day: date) -> frozenset[str]:
        key = (repr(choice.as_json()), day.toordinal() if self._daily else day.month)
        if key not in self._found:
            self._found[key] = frozenset(offer.producer_id for offer in chosen(choice, self._offers, day))
        return self._found[key]


async def _known(
    reader: Reader, zone: ZoneInfo, days_off: DaysOff, producers: _Producers, group_id: str = ""
) -> list[_Known]:
    """All that calendars tell of; of what is not made yet, that of the group alone where one is asked for."""
    today = reader.now.astimezone(zone).date()
    start, end_day = today - BEFORE, today + AFTER
    c, t = cycle.cycle.c, rhythm_turn.c
    made = await reader.all(select(t.cycle_id, t.rhythm_version))
    made_by_rhythm = {row["cycle_id"]: row["rhythm_version"] for row in made}
    ids = await reader.all(select(c.id).where(c.delivers_on.between(start, end_day), c.state != State.DRAFT.value))
    found = [
        await _of_cycle(reader, of, made_by_rhythm.get(of.id, 0), producers)
        for of in await cycle.by_ids(reader, [row["id"] for row in ids])
    ]
    dropped = await reader.all(select(cycle_dropped).where(cycle_dropped.c.dropped_at > reader.now - BEFORE))
    held = {one.id for one in found}
    found += [_dropped(row, made_by_rhythm.get(row["cycle_id"], 0)) for row in dropped if row["cycle_id"] not in held]
    told = {one.id for one in found} | made_by_rhythm.keys()
    slots = {slot.group_id: slot for slot in await all_slots(reader)}
    for one in await rhythm_book.active(reader):
        if group_id and group_id not in one.group_ids:
            continue
        for turn in turns(one, today, end_day, days_off):
            if turn.cycle_id not in told:
                found.append(_planned(turn, slots, producers, zone))
    return found


async def _of_cycle(reader: Reader, of: Cycle, rhythm_version: int, producers: _Producers) -> _Known:
    if of.opened_at is None:
        theirs = producers.of(of.choice, of.delivers_on)
    else:
        its = select(cycle_offer.c.producer_id).where(cycle_offer.c.cycle_id == of.id).distinct()
        theirs = frozenset(row["producer_id"] for row in await reader.all(its))
    return _Known(
        of.id,
        of.name,
        of.ended_at,
        of.delivers_on,
        of.pickups,
        rhythm_version + of.version,
        Sure.CONFIRMED,
        theirs,
    )


def _dropped(row: RowMapping, rhythm_version: int) -> _Known:
    said = row["said"]
    return _Known(
        row["cycle_id"],
        said["name"],
        datetime.fromisoformat(said["closes_at"]),
        date.fromisoformat(said["delivers_on"]),
        tuple(CyclePickup.model_validate(pickup) for pickup in said["pickups"]),
        rhythm_version + row["version"],
        Sure.CANCELLED,
        frozenset(said["producer_ids"]),
    )


def _planned(turn: Turn, slots: dict[str, Slot], producers: _Producers, zone: ZoneInfo) -> _Known:
    """A turn that is not made yet; cancelled where it is skipped: somebody may have seen it before."""
    shown = turn if turn.delivers_on else replace(turn, delivers_on=turn.on)
    plan = shown.plan(zone)
    return _Known(
        turn.cycle_id,
        plan.name,
        plan.closes_at,
        plan.delivers_on,
        pickups(slots, plan.group_ids, plan.delivers_on, zone, {}),
        turn.rhythm.version,
        Sure.TENTATIVE if turn.delivers_on else Sure.CANCELLED,
        producers.of(plan.choice, plan.delivers_on),
    )


# As a file


@dataclass(frozen=True)
class Words:
    """What the events are called, by what they are: `%(name)s` is the cycle."""

    calendar: str
    summaries: dict[What, str]


def as_ical(events: Iterable[Date], words: Words, host: str, now: datetime) -> bytes:
    """RFC 5545. Instants in UTC: clients show them in their own time."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Cabas//{host}//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", words.calendar)
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    for event in sorted(events, key=lambda one: one.key):
        entry = Entry()
        entry.add("uid", f"{event.key}@{host}")
        entry.add("sequence", event.sequence)
        entry.add("dtstamp", now)
        entry.add("dtstart", event.starts)
        entry.add("dtend", event.ends)
        entry.add("summary", words.summaries[event.what] % {"name": event.name})
        entry.add("status", event.sure.value)
        if event.what is not What.PICKUP:
            entry.add("transp", "TRANSPARENT")
        if event.place:
            entry.add("location", event.place)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
