"""The lines of orders: what one household wants of one article."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, false

from contracts.goods import Article, PriceBasis, PriceTier
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
    # The terms of the quantity: see ordering.wanted.
    Column("tolerance_thousandths", BigInteger, nullable=False, server_default="0"),
    Column("least_thousandths", BigInteger, nullable=False, server_default="0"),
    Column("substitute", Boolean, nullable=False, server_default=false()),
    # Of what is shared out first come: microseconds since 1970 at which the quantity was last raised; else 0.
    Column("arrival", BigInteger, nullable=False, server_default="0"),
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


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def arrivals_of(
    now: datetime,
    before: Mapping[str, int],
    arrivals: Mapping[str, int],
    quantities: Mapping[str, int],
    first_come: Collection[str],
) -> dict[str, int]:
    """Product -> since when so much is asked, of those that are shared out first come. `before`: thousandths asked so
    far, and since when. Whoever raises a quantity comes after those who asked before: else a single piece on the first
    day would keep a place for a hundred on the last."""
    if not first_come:
        return {}
    instant = (now - _EPOCH) // timedelta(microseconds=1)
    return {
        product: arrivals.get(product, instant) if quantity <= before.get(product, 0) else instant
        for product, quantity in quantities.items()
        if product in first_come
    }


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two numbers above or equal to zero, rounded half up, in integers."""
    return (2 * numerator + denominator) // (2 * denominator)


def gross_cents(article: Article, quantity_thousandths: int) -> int:
    """What a quantity of the article costs: quantity × price, half up to the cent.

    A price "per content" is for one unit of what a piece holds: a crate of 10 kg at 2.20 the kilo costs 22.00.
    Where the price falls with the quantity, all of the line costs the price its quantity reaches.
    """
    cents = price_at(article, quantity_thousandths)
    if article.price_basis is PriceBasis.CONTENT:
        content = 1000 if article.content_thousandths is None else article.content_thousandths
        return half_up(cents * quantity_thousandths * content, 1_000_000)
    return half_up(cents * quantity_thousandths, 1000)


def price_at(article: Article, quantity_thousandths: int) -> int:
    """The price that a quantity reaches, in cents on the article's basis."""
    cents = article.price_cents
    for tier in article.tiers:
        if quantity_thousandths >= tier.from_thousandths:
            cents = tier.price_cents
    return cents


def deposit_cents(article: Article, quantity_thousandths: int) -> int:
    """The deposits on the containers of a quantity: beside the price, and given back."""
    return half_up(article.deposit_cents * quantity_thousandths, 1000)


@dataclass(frozen=True)
class Expected:
    """What a weighed quantity should come to, and the least and most it may: thousandths of the content unit, cents."""

    least: int
    weight: int
    most: int
    least_cents: int
    most_cents: int


def expected(article: Article, quantity_thousandths: int = 1000) -> Expected | None:
    """Of what is ordered by the piece and billed by weight; None for all else. The margin is rounded outwards."""
    content, margin = article.content_thousandths, article.weight_margin_percent
    if not (article.weighed and content and article.price_basis is PriceBasis.CONTENT):
        return None
    weight = half_up(content * quantity_thousandths, 1000)
    least = weight * (100 - margin) // 100
    most = -(-weight * (100 + margin) // 100)
    cents = price_at(article, quantity_thousandths)
    return Expected(least, weight, most, half_up(cents * least, 1000), half_up(cents * most, 1000))


def reached_tier(article: Article, quantity_thousandths: int) -> PriceTier | None:
    """The price by quantity that counts for a line; None where it is the usual one."""
    reached = [tier for tier in article.tiers if quantity_thousandths >= tier.from_thousandths]
    return reached[-1] if reached else None


def piece_cents(article: Article) -> int:
    """What one order unit costs."""
    return gross_cents(article, 1000)


def tier_cents(article: Article, price_cents: int) -> int:
    """What one order unit costs at a price on the article's basis."""
    if article.price_basis is PriceBasis.CONTENT:
        return half_up(price_cents * (article.content_thousandths or 1000), 1000)
    return price_cents
