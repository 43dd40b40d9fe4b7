"""The lines of orders: what one household wants of one article."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from contracts.goods import Article, PriceBasis
from ordering.tables import metadata

order_line = Table(
    "order_line",
    metadata,
    Column("order_id", String(60), ForeignKey("household_order.id"), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("cycle_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    # Covers the sums of a cycle by producer and by product: a closing reads no row.
    Index(
        "ix_order_line_cycle",
        "cycle_id",
        "producer_id",
        "product_id",
        "quantity_thousandths",
        "gross_cents",
        "order_id",
    ),
)


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two numbers above or equal to zero, rounded half up, in integers."""
    return (2 * numerator + denominator) // (2 * denominator)


def gross_cents(article: Article, quantity_thousandths: int) -> int:
    """What a quantity of the article costs: quantity × price, half up to the cent.

    A price "per content" is for one unit of what a piece holds: a crate of 10 kg at 2.20 the kilo costs 22.00.
    """
    if article.price_basis is PriceBasis.CONTENT:
        content = 1000 if article.content_thousandths is None else article.content_thousandths
        return half_up(article.price_cents * quantity_thousandths * content, 1_000_000)
    return half_up(article.price_cents * quantity_thousandths, 1000)


def piece_cents(article: Article) -> int:
    """What one order unit costs."""
    return gross_cents(article, 1000)
