"""A household: the people who share one basket, in one group. A person belongs to one household, or to none."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    UniqueConstraint,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer
from ordering import announcing, person
from ordering.conflict import AlreadySent, ChangedMeanwhile, EmailTaken, Missing, NameTaken, name_key
from ordering.group import group
from ordering.tables import metadata

household = Table(
    "household",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("group_id", String(36), ForeignKey("group.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("name_key", String(100), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("changed_at", Utc, nullable=False),
    # It has a solidarity basket. Told to nobody, neither in its group nor in events: only its goods come first.
    Column("solidarity", Boolean, nullable=False, server_default=false()),
    # It stands for the hub: what is left over of a case can go to it.
    Column("takes_surplus", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("group_id", "name_key"),
)

SAY_AGAIN = "say_household"
"""The timer that tells of a household anew; its key is the household."""


@dataclass(frozen=True)
class Details:
    """What can be said of a household. `active`: False when it orders no more; its people then sign in no more."""

    group_id: str
    name: str
    active: bool = True


@dataclass(frozen=True)
class Newcomer:
    """A person who comes with a new household; `id` comes with the form."""

    id: str
    details: person.Details


class InAnotherHousehold(Exception):
    """`somebody` belongs to a household already."""

    def __init__(self, somebody: RowMapping) -> None:
        super().__init__(somebody["id"])
        self.somebody = somebody


async def register(
    writer: Writer,
    household_id: str,
    details: Details,
    people: Sequence[Newcomer] = (),
    *,
    known_may_join: bool = False,
) -> RowMapping:
    """A new household with its people. `household_id` comes with the form, so that a form sent twice makes one.

    `known_may_join`: an address that belongs to somebody without a household brings this person in.
    Raises NameTaken, EmailTaken, InAnotherHousehold, AlreadySent, Missing (no such group).
    """
    if not await writer.scalar(select(group.c.id).where(group.c.id == details.group_id)):
        raise Missing
    values = asdict(details) | {"id": household_id, "version": 1, "changed_at": writer.now}
    values["name_key"] = name_key(details.name)
    made = await writer.execute(writer.insert(household).values(values).on_conflict_do_nothing())
    row = await find(writer, household_id)
    if row is None:
        raise NameTaken
    if made.rowcount == 0:
        if any(row[name] != value for name, value in asdict(details).items()):
            raise AlreadySent(row)
        return row
    for newcomer in people:
        await _settle(writer, household_id, newcomer, known_may_join=known_may_join)
    await writer.announce(announcing.household_registered(row, await people_of(writer, household_id)))
    return row


async def change(writer: Writer, household_id: str, version: int, details: Details) -> RowMapping:
    """Rename a household, move it to another group, let it rest. Raises ChangedMeanwhile, NameTaken, Missing."""
    row = await writer.first(select(household).where(household.c.id == household_id).with_for_update())
    if row is None or not await writer.scalar(select(group.c.id).where(group.c.id == details.group_id)):
        raise Missing
    if row["version"] != version:
        raise ChangedMeanwhile(row)
    if all(row[name] == value for name, value in asdict(details).items()):
        return row
    try:
        async with writer.connection.begin_nested():
            values = asdict(details) | {"name_key": name_key(details.name)}
            await writer.execute(household.update().where(household.c.id == household_id).values(values))
    except IntegrityError as error:
        raise NameTaken from error
    return await _announce_changed(writer, household_id)


async def mark(writer: Writer, household_id: str, *, solidarity: bool, takes_surplus: bool) -> None:
    """Say whether the household has a solidarity basket, and whether it stands for the hub. Nobody is told, so it is no
    new version. Raises Missing."""
    marks = {"solidarity": solidarity, "takes_surplus": takes_surplus}
    its = household.update().where(household.c.id == household_id).values(**marks)
    if (await writer.execute(its)).rowcount == 0:
        raise Missing


# --- its people ---


async def add_person(writer: Writer, household_id: str, newcomer: Newcomer, *, known_may_join: bool = False) -> None:
    """Raises EmailTaken, InAnotherHousehold, AlreadySent, Missing."""
    if await find(writer, household_id) is None:
        raise Missing
    if await _settle(writer, household_id, newcomer, known_may_join=known_may_join):
        await _announce_changed(writer, household_id)


async def _settle(writer: Writer, household_id: str, newcomer: Newcomer, *, known_may_join: bool) -> bool:
    """Bring somebody in; False when they are in already."""
    known = await person.with_email(writer, newcomer.details.email) if newcomer.details.email else None
    if known is not None and known["id"] != newcomer.id:
        if not known_may_join or not known["active"]:
            raise EmailTaken(newcomer.details.email, known)
        return await join(writer, known["id"], household_id, announce=False)
    before = await person.find(writer, newcomer.id)
    await person.add(writer, newcomer.id, newcomer.details, household_id)
    return before is None


async def join(writer: Writer, person_id: str, household_id: str, *, announce: bool = True) -> bool:
    """Bring somebody known into a household; False when they are in already. Raises InAnotherHousehold, Missing."""
    somebody = await person.locked(writer, person_id)
    if somebody["household_id"] == household_id:
        return False
    if somebody["household_id"] is not None:
        raise InAnotherHousehold(somebody)
    if await find(writer, household_id) is None:
        raise Missing
    await _move(writer, somebody, household_id)
    if announce:
        await _announce_changed(writer, household_id)
    return True


async def leave(writer: Writer, person_id: str, household_id: str) -> None:
    """The person stays known, without a household: their past orders keep their name. Nothing when they are not in."""
    somebody = await person.locked(writer, person_id)
    if somebody["household_id"] == household_id:
        await _move(writer, somebody, None)
        await _announce_changed(writer, household_id)


async def _move(writer: Writer, somebody: RowMapping, household_id: str | None) -> None:
    values = {"household_id": household_id, "version": somebody["version"] + 1}
    await writer.execute(person.person.update().where(person.person.c.id == somebody["id"]).values(values))


async def change_person(writer: Writer, person_id: str, version: int, details: person.Details) -> None:
    """Say something else of a person; their household says so too. Raises ChangedMeanwhile, EmailTaken, Missing."""
    if await person.write(writer, person_id, version, details):
        await person_changed(writer, person_id)


async def person_changed(writer: Writer, person_id: str) -> None:
    """Something was changed of a person that others were told: tell them again."""
    from ordering import role  # roles know of households, so this way round it is late

    somebody = await person.find(writer, person_id)
    if somebody is not None and somebody["household_id"] is not None:
        await _announce_changed(writer, somebody["household_id"])
    await role.say_again(writer, person_id)


async def say_again(writer: Writer, timer: Timer) -> None:
    """Timer: an earlier release told of this household without something that others need now."""
    if await find(writer, timer.key) is not None:
        await _announce_changed(writer, timer.key)


async def _announce_changed(writer: Writer, household_id: str) -> RowMapping:
    # The row is locked by this update before the people are read: the newer version never tells of older people.
    await writer.execute(
        household.update()
        .where(household.c.id == household_id)
        .values(version=household.c.version + 1, changed_at=writer.now)
    )
    row = await find(writer, household_id)
    assert row is not None
    await writer.announce(announcing.household_changed(row, await people_of(writer, household_id)))
    return row


# --- queries ---


async def find(reader: Reader, household_id: str) -> RowMapping | None:
    return await reader.first(select(household).where(household.c.id == household_id))


async def named(reader: Reader, group_id: str, name: str) -> RowMapping | None:
    mine = (household.c.group_id == group_id) & (household.c.name_key == name_key(name))
    return await reader.first(select(household).where(mine))


async def people_of(reader: Reader, household_id: str) -> list[RowMapping]:
    """The active people of a household, in the order they came."""
    mine = (person.person.c.household_id == household_id) & person.person.c.active
    return await reader.all(select(person.person).where(mine).order_by(person.person.c.added_at, person.person.c.id))


@dataclass(frozen=True)
class Listed:
    """A line of the list: a household with its group's name and the names of its people."""

    row: RowMapping
    group_name: str
    people: list[RowMapping]


async def search(
    reader: Reader, *, group_ids: Collection[str] | None, text: str = "", offset: int = 0, limit: int = 50
) -> tuple[list[Listed], int]:
    """Households of the given groups (None: of all) whose name, or one of whose people, holds `text`.

    By group and name, those at rest at the end; with the number of all that were found.
    """
    found: Select[tuple[object, ...]] = select(household.c.id).join(group, group.c.id == household.c.group_id)
    if group_ids is not None:
        found = found.where(household.c.group_id.in_(group_ids))
    if text.strip():
        wanted = name_key(text)
        p = person.person
        somebody = or_(p.c.name_key.contains(wanted, autoescape=True), p.c.email_key.contains(wanted, autoescape=True))
        theirs = select(p.c.household_id).where(somebody, p.c.household_id.is_not(None))
        by_name = household.c.name_key.contains(wanted, autoescape=True)
        found = found.where(or_(by_name, household.c.id.in_(theirs)))
    total = await reader.scalar(select(func.count()).select_from(found.subquery()))
    rows = await reader.all(
        select(household, group.c.name.label("group_name"))
        .join(group, group.c.id == household.c.group_id)
        .where(household.c.id.in_(found))
        .order_by(household.c.active.desc(), group.c.name_key, household.c.name_key)
        .offset(offset)
        .limit(limit)
    )
    ids = [row["id"] for row in rows]
    mine = person.person.c.household_id.in_(ids) & person.person.c.active
    people = await reader.all(select(person.person).where(mine).order_by(person.person.c.added_at))
    by_household: dict[str, list[RowMapping]] = {household_id: [] for household_id in ids}
    for somebody_here in people:
        by_household[somebody_here["household_id"]].append(somebody_here)
    return [Listed(row, row["group_name"], by_household[row["id"]]) for row in rows], int(total or 0)


async def count_by_group(reader: Reader) -> dict[str, int]:
    """Active households of each group that has any."""
    counted = select(household.c.group_id, func.count().label("n")).where(household.c.active)
    return {row["group_id"]: row["n"] for row in await reader.all(counted.group_by(household.c.group_id))}
