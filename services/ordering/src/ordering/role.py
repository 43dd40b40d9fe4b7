"""What people may do: the roles they were given, and the membership that comes with their household.

A person with several roles has all of them. Membership is not given by hand: who belongs to an active household is
a member of it. A change is in force with the person's next token, ten minutes later at the latest.
"""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Column, ForeignKey, Integer, RowMapping, String, Table, UniqueConstraint, func, select

from chassis.database import Database, Reader, Writer
from chassis.identity import Grant
from chassis.tables import Utc
from contracts import Role
from ordering import announcing, person
from ordering.household import household
from ordering.tables import metadata

CATALOG = "catalog"
"""`given_by` of access that came with a producer's address in the catalog."""

person_role = Table(
    "person_role",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(36), ForeignKey("person.id"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("group_id", String(36), nullable=False),
    Column("producer_id", String(60), nullable=False, index=True),
    Column("given_at", Utc, nullable=False),
    Column("given_by", String(36), nullable=False),
    UniqueConstraint("person_id", "role", "group_id", "producer_id"),
)
"""One role of one person, for the hub (empty ids), a group or a producer. A referent looks after the households of a
group, or after the goods of a producer in all groups: cases are filled by all of them together."""

coordinators_said = Table(
    "coordinators_said",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("version", Integer, nullable=False),
)
"""How often it was said who coordinates, who drives, and who looks after the groups: a row for each. Its lock comes
before the people are read: the newer version never tells of older people."""
COORDINATORS, DRIVERS, REFERENTS = "coordinators", "drivers", "referents"

OF_THE_HUB = (Role.COORDINATOR, Role.BOOKKEEPER, Role.DRIVER, Role.OPERATOR)
GIVEN = (*OF_THE_HUB, Role.REFERENT, Role.PRODUCER)
"""The roles that can be given; the others are held for a group or a producer."""


class LastCoordinator(Exception):
    """Without this person nobody could run the hub any more."""


async def give(
    writer: Writer, person_id: str, role: Role, *, group_id: str = "", producer_id: str = "", given_by: str
) -> None:
    """Nothing when the person has it already. Raises ValueError for a role that lacks its group or producer."""
    held_for = {Role.REFERENT: ((True, False), (False, True)), Role.PRODUCER: ((False, True),)}
    if role not in GIVEN or (bool(group_id), bool(producer_id)) not in held_for.get(role, ((False, False),)):
        raise ValueError(f"{role} cannot be given like this")
    given = writer.insert(person_role).values(
        id=writer.ids.new(),
        person_id=person_id,
        role=role.value,
        group_id=group_id,
        producer_id=producer_id,
        given_at=writer.now,
        given_by=given_by,
    )
    made = await writer.execute(given.on_conflict_do_nothing())
    if made.rowcount:
        await _tell_the_others(writer, role, group_id)


async def take(writer: Writer, person_id: str, role_id: str) -> None:
    """Take a role away; nothing when it is gone already. Raises LastCoordinator."""
    mine = (person_role.c.id == role_id) & (person_role.c.person_id == person_id)
    row = await writer.first(select(person_role).where(mine))
    if row is None:
        return
    if row["role"] == Role.COORDINATOR:
        await _keep_a_coordinator(writer, person_id)
    await writer.execute(person_role.delete().where(mine))
    await _tell_the_others(writer, Role(row["role"]), row["group_id"])


async def _tell_the_others(writer: Writer, role: Role, group_id: str) -> None:
    """After a role was given or taken, where others need to know who has it."""
    if role is Role.COORDINATOR:
        await say_who_coordinates(writer)
    if role is Role.DRIVER:
        await say_who_drives(writer)
    if role is Role.REFERENT and group_id:
        await say_who_refers(writer)


async def say_who_coordinates(writer: Writer) -> None:
    """Tell the others who coordinates, and how to write to them."""
    version = await _count(writer, COORDINATORS)
    await writer.announce(announcing.coordinators_changed(version, await coordinators(writer)))


async def say_who_drives(writer: Writer) -> None:
    """Tell the others who drives for the hub."""
    version = await _count(writer, DRIVERS)
    await writer.announce(announcing.drivers_changed(version, await drivers(writer)))


async def say_who_refers(writer: Writer) -> None:
    """Tell the others who looks after which group, and how to write to them."""
    version = await _count(writer, REFERENTS)
    await writer.announce(announcing.referents_changed(version, await referents(writer)))


async def _count(writer: Writer, what: str) -> int:
    """How often it was said, with this time; the row is locked from here on."""
    count = writer.insert(coordinators_said).values(id=what, version=1)
    again = {"version": coordinators_said.c.version + 1}
    await writer.execute(count.on_conflict_do_update(index_elements=["id"], set_=again))
    version = await writer.scalar(select(coordinators_said.c.version).where(coordinators_said.c.id == what))
    return int(version)


async def say_first(database: Database) -> None:
    """At the start: tell who coordinates, who drives, and who looks after the groups, where nobody was ever told
    though somebody does."""
    async with database.read() as reader:
        told = {row["id"] for row in await reader.all(select(coordinators_said.c.id))}
        coordinate = COORDINATORS not in told and await coordinators(reader)
        drive = DRIVERS not in told and await drivers(reader)
        refer = REFERENTS not in told and await referents(reader)
    if not (coordinate or drive or refer):
        return
    async with database.write() as writer:
        if coordinate:
            await say_who_coordinates(writer)
        if drive:
            await say_who_drives(writer)
        if refer:
            await say_who_refers(writer)


async def say_again(writer: Writer, person_id: str) -> None:
    """Something was changed of this person; they may be resting."""
    held = await given_to(writer, person_id)
    if any(row["role"] == Role.COORDINATOR for row in held):
        await say_who_coordinates(writer)
    if any(row["role"] == Role.DRIVER for row in held):
        await say_who_drives(writer)
    if any(row["role"] == Role.REFERENT and row["group_id"] for row in held):
        await say_who_refers(writer)


async def let_rest(writer: Writer, person_id: str) -> RowMapping:
    """The person may not sign in any more; their roles wait for them. Raises LastCoordinator, Missing.

    The caller ends their sessions, and tells of their household (household.person_changed).
    """
    await _keep_a_coordinator(writer, person_id)
    return await _set_active(writer, person_id, active=False)


async def let_return(writer: Writer, person_id: str) -> RowMapping:
    """Raises Missing."""
    return await _set_active(writer, person_id, active=True)


async def _set_active(writer: Writer, person_id: str, *, active: bool) -> RowMapping:
    somebody = await person.locked(writer, person_id)
    if somebody["active"] != active:
        values = {"active": active, "version": somebody["version"] + 1}
        await writer.execute(person.person.update().where(person.person.c.id == person_id).values(values))
    return somebody


async def _keep_a_coordinator(writer: Writer, person_id: str) -> None:
    """Raise LastCoordinator when no active coordinator but this person is left."""
    coordinators = person_role.c.role == Role.COORDINATOR.value
    # Lock them all, in one order, then look again: two coordinators who remove each other take turns.
    await writer.all(select(person_role.c.id).where(coordinators).order_by(person_role.c.id).with_for_update())
    theirs = select(person_role.c.person_id).where(coordinators)
    active = person.person.c.active & person.person.c.id.in_(theirs)
    rows = await writer.all(select(person.person.c.id).where(active))
    if {row["id"] for row in rows} == {person_id}:
        raise LastCoordinator


# --- queries ---


async def grants_of(reader: Reader, somebody: RowMapping) -> tuple[Grant, ...]:
    """All that a person (a row of `person`) may do now; nothing when they are not active."""
    if not somebody["active"]:
        return ()
    grants = [
        Grant(Role(row["role"]), group_id=row["group_id"], producer_id=row["producer_id"])
        for row in await given_to(reader, somebody["id"])
    ]
    if somebody["household_id"] is not None:
        home = await reader.first(select(household).where(household.c.id == somebody["household_id"]))
        if home is not None and home["active"]:
            grants.append(Grant(Role.MEMBER, group_id=home["group_id"], household_id=home["id"]))
    return tuple(grants)


async def given_to(reader: Reader, person_id: str) -> list[RowMapping]:
    mine = person_role.c.person_id == person_id
    return await reader.all(select(person_role).where(mine).order_by(person_role.c.given_at, person_role.c.id))


async def given_to_all(reader: Reader, person_ids: Collection[str]) -> dict[str, list[RowMapping]]:
    theirs = person_role.c.person_id.in_(person_ids)
    rows = await reader.all(select(person_role).where(theirs).order_by(person_role.c.given_at, person_role.c.id))
    by_person: dict[str, list[RowMapping]] = defaultdict(list)
    for row in rows:
        by_person[row["person_id"]].append(row)
    return by_person


async def holds_any(reader: Reader, person_id: str) -> bool:
    """Whether the person was given any role: then only a coordinator may change their address."""
    mine = person_role.c.person_id == person_id
    return bool(await reader.scalar(select(func.count()).select_from(person_role).where(mine)))


async def coordinators(reader: Reader) -> list[RowMapping]:
    """Active people who coordinate, the longest known first."""
    return await _holders(reader, Role.COORDINATOR)


async def drivers(reader: Reader) -> list[RowMapping]:
    """Active people who drive for the hub, the longest known first."""
    return await _holders(reader, Role.DRIVER)


async def _holders(reader: Reader, role: Role) -> list[RowMapping]:
    theirs = select(person_role.c.person_id).where(person_role.c.role == role.value)
    active = person.person.c.active & person.person.c.id.in_(theirs)
    return await reader.all(select(person.person).where(active).order_by(person.person.c.added_at, person.person.c.id))


async def referents(reader: Reader) -> dict[str, list[RowMapping]]:
    """Active people who look after a group, by group; in each the longest known first."""
    c = person_role.c
    theirs = select(c.group_id, c.person_id).where(c.role == Role.REFERENT.value, c.group_id != "")
    given = await reader.all(theirs)
    active = person.person.c.active & person.person.c.id.in_({row["person_id"] for row in given})
    rows = await reader.all(select(person.person).where(active).order_by(person.person.c.added_at, person.person.c.id))
    pairs = {(row["group_id"], row["person_id"]) for row in given}
    by_group = {group_id: [row for row in rows if (group_id, row["id"]) in pairs] for group_id, _one in sorted(pairs)}
    return {group_id: people for group_id, people in by_group.items() if people}


async def people(
    reader: Reader, *, text: str = "", kind: str = "", offset: int = 0, limit: int = 50
) -> tuple[list[RowMapping], int]:
    """People whose name or address holds `text`; `kind`: those with this role ("member": in a household), or all.

    By name, those who left at the end; with the number of all that were found.
    """
    p = person.person
    found = select(p)
    wanted = " ".join(text.split()).casefold()
    if wanted:
        by_name = p.c.name_key.contains(wanted, autoescape=True)
        found = found.where(by_name | p.c.email_key.contains(wanted, autoescape=True))
    if kind == Role.MEMBER:
        found = found.where(p.c.household_id.is_not(None))
    elif kind:
        found = found.where(p.c.id.in_(select(person_role.c.person_id).where(person_role.c.role == kind)))
    total = await reader.scalar(select(func.count()).select_from(found.subquery()))
    ordered = found.order_by(p.c.active.desc(), p.c.name_key, p.c.id).offset(offset).limit(limit)
    return await reader.all(ordered), int(total or 0)
