"""Groups and their households: the names billing shows. Copies of ordering's."""

from collections.abc import Collection

from sqlalchemy import Boolean, Column, Integer, RowMapping, String, Table, Text, select

from billing.schema import metadata
from chassis.database import Reader, Writer
from contracts import ordering

group = Table(
    "purchasing_group",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
)

household = Table(
    "household",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("group_id", String(100), nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("by_mail", Boolean),
)
"""`by_mail`: whether somebody in it has an e-mail address; None where nothing was heard since billing keeps it."""


async def keep_group(writer: Writer, said: ordering.GroupRegistered | ordering.GroupChanged) -> None:
    await writer.keep_newest(group, {"id": said.id, "version": said.version, "name": said.name})


async def keep_household(writer: Writer, said: ordering.HouseholdRegistered | ordering.HouseholdChanged) -> None:
    row = {
        "id": said.id,
        "version": said.version,
        "group_id": said.group_id,
        "name": said.name,
        "active": said.active,
        "by_mail": any(person.email for person in said.people),
    }
    await writer.keep_newest(household, row)


async def names_of_households(reader: Reader, household_ids: Collection[str]) -> dict[str, str]:
    """By id, of those somebody told of."""
    chosen = select(household.c.id, household.c.name).where(household.c.id.in_(sorted(household_ids)))
    return {row["id"]: row["name"] for row in await reader.all(chosen)}


async def households_of(reader: Reader, group_id: str) -> dict[str, str]:
    """Names by id of those who are in it, or were last, in their order."""
    chosen = select(household.c.id, household.c.name).where(household.c.group_id == group_id)
    rows = await reader.all(chosen)
    return {row["id"]: row["name"] for row in sorted(rows, key=lambda row: (row["name"].casefold(), row["id"]))}


async def find_household(reader: Reader, household_id: str) -> RowMapping | None:
    """Its row with `group_name`; None where nobody told of it."""
    joined = household.outerjoin(group, household.c.group_id == group.c.id)
    named = select(household, group.c.name.label("group_name")).select_from(joined)
    return await reader.first(named.where(household.c.id == household_id))


async def groups(reader: Reader) -> dict[str, str]:
    """Names by id, in their order."""
    rows = await reader.all(select(group.c.id, group.c.name))
    return {row["id"]: row["name"] for row in sorted(rows, key=lambda row: (row["name"].casefold(), row["id"]))}
