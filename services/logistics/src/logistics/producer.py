"""Our copy of what catalog says of producers: whom a list is for, and in which language."""

from sqlalchemy import Boolean, Column, Integer, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from contracts.catalog import Producer
from logistics.tables import metadata

producer = Table(
    "producer",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("contact_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("active", Boolean, nullable=False),
    # Where its farm is (contracts.Place as JSON); None where an earlier release heard of it.
    Column("place", Text),
)


async def keep_producer(writer: Writer, event: Producer) -> None:
    """Keep what the event says, unless something newer is known."""
    row = event.model_dump(include=set(producer.c.keys()) - {"place"})
    row["place"] = event.place.model_dump_json()
    await writer.keep_newest(producer, row)


async def producers_by_id(reader: Reader, ids: set[str]) -> dict[str, RowMapping]:
    """Rows of `producer` by id, for those we have heard of."""
    if not ids:
        return {}
    return {row["id"]: row for row in await reader.all(select(producer).where(producer.c.id.in_(ids)))}


async def producers_in_use(reader: Reader) -> list[RowMapping]:
    """Rows of `producer` of those who sell here."""
    return await reader.all(select(producer).where(producer.c.active.is_(True)).order_by(producer.c.id))


async def language_of_producer(reader: Reader, producer_id: str) -> str:
    """The language a producer reads; French while catalog has not told us of them."""
    found: str | None = await reader.scalar(select(producer.c.language).where(producer.c.id == producer_id))
    return found or "fr"
