"""The prices a product has had: who set which, when. Rows are added, never changed."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, RowMapping, String, Table, select

from catalog.schema import metadata
from chassis.database import Reader
from chassis.tables import Utc

BY_HAND = "form"
BY_PRICE_LIST = "price_list"

price = Table(
    "price",
    metadata,
    Column("product_id", String(36), ForeignKey("product.id"), primary_key=True),
    # The version of the product that the price came with.
    Column("version", Integer, primary_key=True),
    Column("price_cents", BigInteger, nullable=False),
    Column("price_basis", String(10), nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("set_by", String(36), nullable=False),
    Column("set_by_name", String(120), nullable=False),
    Column("source", String(12), nullable=False),
    Column("reason", String(300), nullable=False),
)


async def history(reader: Reader, product_id: str) -> list[RowMapping]:
    """Newest first."""
    return await reader.all(select(price).where(price.c.product_id == product_id).order_by(price.c.version.desc()))
