"""A producer as billing needs it: whose name goes on the cheque, and how it stands to VAT. A copy of catalog's."""

from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, Text, func, select

from billing.mandate.catalogue import principal
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
    """`regime` is a code of the seller regimes table; `sale`: a `contracts.catalog.Sale`, how its goods are sold."""

    id: str
    name: str
    country: str
    regime: str
    sale: str = catalog.Sale.DIRECT.value


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
    c = seller.c
    # Of a producer heard of before there were mandates nothing else is known.
    sale = func.coalesce(principal.c.sale, catalog.Sale.DIRECT.value).label("sale")
    told = select(c.id, c.name, c.country, c.regime, sale).outerjoin(principal, principal.c.id == c.id)
    return {row["id"]: Seller(**row) for row in await reader.all(told)}
