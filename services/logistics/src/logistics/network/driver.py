"""Who drives for the hub, as ordering says it, and for which carriers: whose rounds are whose."""

from sqlalchemy import JSON, Column, Integer, String, Table, select

from chassis.database import Reader, Writer
from chassis.identity import Person
from contracts import Role
from contracts.ordering import DriversChanged
from logistics.network.carrier import CARRIERS
from logistics.tables import metadata

drivers = Table(
    "drivers",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("people", JSON, nullable=False),
)
"""One row: all of them. `people`: a list of `contracts.ordering.Driver`."""


async def keep_drivers(writer: Writer, said: DriversChanged) -> None:
    people = [one.model_dump(mode="json") for one in said.people]
    await writer.keep_newest(drivers, {"id": said.id, "version": said.version, "people": people})


async def drivers_by_id(reader: Reader) -> dict[str, str]:
    """Their names by id; nobody while ordering has not told."""
    row = await reader.first(select(drivers))
    return {} if row is None else {one["person_id"]: one["name"] for one in row["people"]}


async def driven_by(reader: Reader, person: Person) -> frozenset[str]:
    """Ids of the carriers that name this person, those that are retired too: a published plan may name them. None
    for who does not drive (any more)."""
    if not person.has(Role.DRIVER):
        return frozenset()
    every = [*await CARRIERS.all(reader), *await CARRIERS.all(reader, retired=True)]
    return frozenset(one.id for one in every if person.id in one.sheet.driver_ids)
