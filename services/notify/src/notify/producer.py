"""Producers and how to write to them. A copy of catalog's."""

from sqlalchemy import Column, Integer, String, Table, Text, select

from chassis.database import Reader, Writer
from contracts import catalog
from notify.household import Addressee
from notify.schema import metadata

producer = Table(
    "producer",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("contact_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("language", String(8), nullable=False),
)


async def keep_producer(writer: Writer, said: catalog.ProducerRegistered | catalog.ProducerChanged) -> None:
    row = {
        "id": said.id,
        "version": said.version,
        "name": said.name,
        "contact_name": said.contact_name,
        "email": said.email,
        "language": said.language,
    }
    await writer.keep_newest(producer, row)


async def find_producer(reader: Reader, producer_id: str) -> Addressee | None:
    """Whom to write to; None while nobody told of the producer."""
    row = await reader.first(select(producer).where(producer.c.id == producer_id))
    if row is None:
        return None
    return Addressee(row["id"], row["contact_name"] or row["name"], row["email"], row["language"])
