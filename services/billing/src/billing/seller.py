"""A producer as billing needs it: whose name goes on the cheque, and how it stands to VAT. A copy of catalog's."""

from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, Text, select

from billing.schema import metadata
from chassis.database import Reader, Writer
from contracts import catalog

seller = Table(
    "seller",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("regime", String(40), nullable=False),
)


@dataclass(frozen=True)
class Seller:
    """`regime` is a code of the seller regimes table."""

    id: str
    name: str
    country: str
    regime: str


async def keep_seller(writer: Writer, said: catalog.ProducerRegistered | catalog.ProducerChanged) -> bool:
    """True when it was news."""
    row = {
        "id": said.id,
        "version": said.version,
        "name": said.name,
        "country": said.country,
        "regime": said.seller_regime,
    }
    return await writer.keep_newest(seller, row)


async def sellers(reader: Reader) -> dict[str, Seller]:
    """All producers heard of, by id."""
    rows = await reader.all(select(seller))
    return {row["id"]: Seller(row["id"], row["name"], row["country"], row["regime"]) for row in rows}
