"""A producer as billing needs it: whose name goes on the cheque, and how it stands to VAT. A copy of catalog's."""

from dataclasses import dataclass, fields

from sqlalchemy import Column, Integer, RowMapping, String, Table, Text, select

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
    """Who sells to households: a producer, or the hub what it buys and sells again. `regime` is a code of the seller
    regimes table."""

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
    rows = await reader.all(select(seller.c.id, seller.c.name, seller.c.country, seller.c.regime))
    return {row["id"]: Seller(**row) for row in rows}


def frozen_sellers(cycle: RowMapping) -> dict[str, Seller]:
    """How the sellers stood when the cycle's amounts were first made, by id; none until then."""
    return {each["id"]: Seller(**{name: each[name] for name in _NAMES}) for each in cycle["sellers"] or ()}


_NAMES = tuple(field.name for field in fields(Seller))
