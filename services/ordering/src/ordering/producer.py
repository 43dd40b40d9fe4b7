"""The producers, as catalog tells of them: a local copy, for giving them access and for naming them.

A producer's address in the catalog is an invitation: its owner may sign in and sees this producer's own things.
When the catalog names another address, the access that came with the old one ends; what a coordinator gave by hand
stays until a coordinator takes it away.
"""

from sqlalchemy import JSON, Boolean, Column, Float, Integer, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from contracts import Role
from contracts.catalog import Producer
from ordering import person, role
from ordering.tables import metadata

producer = Table(
    "producer",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("contact_name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("active", Boolean, nullable=False),
    # Where its goods come from, to tell how far that is.
    Column("latitude", Float),
    Column("longitude", Float),
    # What must come together before it delivers, as its events say it.
    Column("minimum", JSON(none_as_null=True)),
    # A code of the table of seller regimes: whether its prices hold VAT.
    Column("seller_regime", String(40), nullable=False, server_default="NORMAL"),
)


async def keep(writer: Writer, event: Producer) -> None:
    """What catalog said last of a producer."""
    row = {
        "id": event.id,
        "version": event.version,
        "name": event.name,
        "contact_name": event.contact_name,
        "email": event.email,
        "active": event.active,
        "latitude": event.place.latitude,
        "longitude": event.place.longitude,
        "minimum": event.minimum.model_dump(mode="json") if event.minimum else None,
        "seller_regime": event.seller_regime,
    }
    before = await find(writer, event.id)
    if not await writer.keep_newest(producer, row):
        return
    # Only another address is an invitation: what a coordinator took away does not come back with the next change.
    if person.email_key(before["email"] if before else "") != person.email_key(event.email):
        await _open_access(writer, event)


async def _open_access(writer: Writer, event: Producer) -> None:
    """Whoever has the producer's address may act for it, and nobody else by the catalog's word."""
    invited: str | None = None
    if person.email_key(event.email):
        somebody = await person.with_email(writer, event.email)
        if somebody is None:
            name = (event.contact_name or event.name)[:100]
            language = event.language if event.language in ("fr", "en") else "fr"
            details = person.Details(name, event.email.strip(), event.phone[:30], language)
            somebody = await person.add(writer, writer.ids.new(), details)
        invited = somebody["id"]
        await role.give(writer, invited, Role.PRODUCER, producer_id=event.id, given_by=role.CATALOG)
    given = role.person_role
    others = (given.c.producer_id == event.id) & (given.c.given_by == role.CATALOG)
    if invited is not None:
        others &= given.c.person_id != invited
    await writer.execute(given.delete().where(others))


async def find(reader: Reader, producer_id: str) -> RowMapping | None:
    return await reader.first(select(producer).where(producer.c.id == producer_id))


async def all_producers(reader: Reader) -> list[RowMapping]:
    return await reader.all(select(producer).order_by(producer.c.active.desc(), producer.c.name))
