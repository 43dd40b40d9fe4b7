"""Who coordinates the hub, and how to write to them. A copy of ordering's."""

from sqlalchemy import JSON, Column, Integer, String, Table, select

from chassis.database import Reader, Writer
from contracts.ordering import CoordinatorsChanged
from notify.household import Addressee, addressees
from notify.schema import metadata

coordinators = Table(
    "coordinators",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("people", JSON, nullable=False),
)
"""One row: all of them, as ordering says it."""


async def keep_coordinators(writer: Writer, said: CoordinatorsChanged) -> None:
    people = [person.model_dump(mode="json") for person in said.people]
    await writer.keep_newest(coordinators, {"id": said.id, "version": said.version, "people": people})


async def who_coordinates(reader: Reader) -> list[Addressee]:
    """Those who have an address; nobody while ordering has not told."""
    row = await reader.first(select(coordinators))
    return addressees(row) if row is not None else []
