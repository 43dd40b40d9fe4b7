"""Households and how to write to their people. A copy of ordering's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Integer, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from contracts import ordering
from notify.schema import metadata

household = Table(
    "household",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("group_id", String(100), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("people", JSON, nullable=False),
)
"""`people`: a list of `contracts.ordering.HouseholdPerson`, without their telephones: mails need none."""


@dataclass(frozen=True)
class Addressee:
    """Somebody to write to: a person, or a producer. `email` is empty where there is no address."""

    id: str
    name: str
    email: str
    language: str


async def keep_household(writer: Writer, said: ordering.HouseholdRegistered | ordering.HouseholdChanged) -> None:
    row = {
        "id": said.id,
        "version": said.version,
        "group_id": said.group_id,
        "name": said.name,
        "active": said.active,
        "people": [person.model_dump(mode="json", exclude={"phone"}) for person in said.people],
    }
    await writer.keep_newest(household, row)


async def people_of_households(reader: Reader, household_ids: Collection[str]) -> dict[str, list[Addressee]]:
    """Those who have an address, by household; without the households nobody told of."""
    rows = await reader.all(select(household).where(household.c.id.in_(household_ids)))
    return {row["id"]: addressees(row) for row in rows}


async def active_households(reader: Reader, group_ids: Collection[str]) -> list[RowMapping]:
    """The households of some groups that take part."""
    chosen = select(household).where(household.c.group_id.in_(group_ids), household.c.active.is_(True))
    return await reader.all(chosen.order_by(household.c.id))


def addressees(row: RowMapping | dict[str, Any]) -> list[Addressee]:
    return [
        Addressee(person["person_id"], person["name"], person["email"], person["language"])
        for person in row["people"]
        if person["email"]
    ]


async def address_of(reader: Reader, person_id: str) -> str:
    """The e-mail address of a person of any household, as it is known now; "" where there is none."""
    for row in await reader.all(select(household.c.people)):
        for person in row["people"]:
            if person["person_id"] == person_id:
                return str(person["email"])
    return ""
