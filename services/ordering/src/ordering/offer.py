"""What can be offered: ordering's own copy of the catalog's products, and what a cycle chooses of them.

The copy follows the catalog's events (newest version wins). A cycle freezes the articles it offers when it opens, so
that a price list imported on Saturday changes nothing in the orders of Friday.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    cast,
    func,
    select,
)

from chassis.database import Reader, Writer
from chassis.tables import Row
from coldchain.early import Refusal
from contracts.catalog import (
    Breakdown,
    Claim,
    Food,
    Minimum,
    Pool,
    ProductOffered,
    ProductWithdrawn,
    SharingRule,
    SharingRules,
)
from contracts.event import Part
from contracts.goods import Article, Sale, Season, StockUnit, Unit
from ordering.mandate import Contracts, Uncovered, all_contracts, uncovered
from ordering.tables import metadata

product = Table(
    "product",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("offered", Boolean, nullable=False),
    Column("producer_id", String(60), nullable=False, index=True),
    Column("producer_name", String(200), nullable=False),
    Column("article", JSON, nullable=False),
    Column("season", JSON(none_as_null=True)),
    Column("allergens", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("available_thousandths", BigInteger),
    Column("note", Text, nullable=False),
    Column("details", JSON, nullable=False),
)


class Details(Part):
    """What the catalog says of a product beside its article, as its events say it: for members to read before they
    buy, and for filling cases."""

    stock_unit: StockUnit = StockUnit.ORDER
    pool: Pool | None = None
    minimum: Minimum | None = None
    claims: tuple[Claim, ...] = ()
    food: Food | None = None
    breakdown: Breakdown | None = None
    price_locked_until: date | None = None
    intermediaries: int | None = None
    sharing: SharingRules = SharingRules()
    sale: Sale = Sale.DIRECT

    @classmethod
    def of(cls, event: ProductOffered | ProductWithdrawn) -> "Details":
        return cls(**{name: getattr(event, name) for name in cls.model_fields})

    def stored(self) -> Row:
        """As JSON; what is not said takes no place."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def read(cls, stored: str) -> "Details":
        """From the text of what is stored."""
        return cls.model_validate_json(stored) if stored != "{}" else NOTHING_MORE


NOTHING_MORE = Details()


async def keep_product(writer: Writer, event: ProductOffered | ProductWithdrawn) -> bool:
    """Take in what the catalog says of a product; False when something newer is known."""
    said = event.model_dump(mode="json", include={"article", "season", "allergens", "labels"})
    return await writer.keep_newest(
        product,
        {
            "id": event.id,
            "version": event.version,
            "offered": isinstance(event, ProductOffered),
            "producer_id": event.article.producer_id,
            "producer_name": event.producer_name,
            "available_thousandths": event.available_thousandths,
            "note": event.note,
            "details": Details.of(event).stored(),
            **said,
        },
    )


@dataclass(frozen=True)
class Offer:
    """A product as it is, or would be, on offer. `available_thousandths` None: as much as people want.
    `pool_left_thousandths`: what is left of its pool, in the pool's unit; None: the pool is not bounded. `code`: its
    number in the cycle, on paper and by telephone; 0 where no cycle gave it one. `contracts`: of an offer of the
    catalog, the mandate contracts that could cover it; `lack`: of one of an open cycle, why none does (any more).
    `never`: of one that is offered to a group, why its place can never receive it."""

    article: Article
    producer_name: str
    season: Season | None = None
    allergens: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    note: str = ""
    available_thousandths: int | None = None
    reserved_thousandths: int = 0
    pool_left_thousandths: int | None = None
    details: Details = NOTHING_MORE
    code: int = 0
    contracts: Contracts | None = None
    lack: Uncovered | None = None
    never: Refusal | None = None

    @property
    def barred(self) -> bool:
        """Whether nothing more of it can be ordered: no mandate covers it, or it can never be received."""
        return self.lack is not None or self.never is not None

    def uncovered(self, delivers_on: date) -> Uncovered | None:
        """Why it cannot be offered for that day though it is sold under mandate; None where it can. What an open
        cycle offers is looked at by its sheet (`offer_sheet.py`)."""
        if self.details.sale is not Sale.MANDATE or self.contracts is None:
            return None
        return uncovered(self.contracts, self.producer_id, self.product_id, delivers_on)

    @property
    def product_id(self) -> str:
        return self.article.product_id

    @property
    def producer_id(self) -> str:
        return self.article.producer_id

    @property
    def left_thousandths(self) -> int | None:
        """What anybody can still have of it; None: as much as they want."""
        return self.left_beside(0, 0)

    def left_beside(self, held: int, held_of_pool: int) -> int | None:
        """What a household can have that holds so much of it, and with all sizes so much of its pool."""
        left = []
        if self.available_thousandths is not None:
            left.append(max(0, self.available_thousandths - self.reserved_thousandths) + held)
        pool = self.details.pool
        if pool is not None and self.pool_left_thousandths is not None:
            units = (max(0, self.pool_left_thousandths) + held_of_pool) * 1000 // pool.size_thousandths
            left.append(units // 1000 * 1000 if self.article.unit is Unit.PIECE else units)
        return min(left, default=None)

    @property
    def counts_arrival(self) -> bool:
        """Whether it matters who asked first."""
        return SharingRule.FIRST_COME in (self.details.sharing.shortage, self.details.sharing.extra)

    def with_available(self, thousandths: int | None) -> "Offer":
        return Offer(**{**self.__dict__, "available_thousandths": thousandths})

    def row(self) -> Row:
        """What a cycle keeps of the offer."""
        return {
            "product_id": self.product_id,
            "producer_id": self.producer_id,
            "producer_name": self.producer_name,
            "article": self.article.model_dump(mode="json"),
            "season": self.season.model_dump(mode="json") if self.season else None,
            "allergens": list(self.allergens),
            "labels": list(self.labels),
            "note": self.note,
            "details": self.details.stored(),
            "available_thousandths": self.available_thousandths,
        }


def columns_of(offers: FromClause) -> list[ColumnElement[Any]]:
    """What `offer_from` reads of the catalog's copy or of a cycle: what is kept as JSON comes as its text, which is
    read in one go: a cycle has hundreds of offers."""
    return [cast(each, Text).label(each.name) if isinstance(each.type, JSON) else each for each in offers.c]


def offer_from(row: RowMapping | Mapping[str, Any]) -> Offer:
    """An Offer from a row of `columns_of`."""
    return Offer(
        article=Article.model_validate_json(row["article"]),
        producer_name=row["producer_name"],
        season=Season.model_validate_json(row["season"]) if row["season"] else None,
        allergens=_names(row["allergens"]),
        labels=_names(row["labels"]),
        note=row["note"],
        available_thousandths=row["available_thousandths"],
        reserved_thousandths=row.get("reserved_thousandths", 0),
        details=Details.read(row["details"]),
        code=row.get("code", 0),
    )


def _names(stored: str) -> tuple[str, ...]:
    # Most goods have none, and a cycle has eight hundred.
    return tuple(json.loads(stored)) if stored != "[]" else ()


def in_season(season: Season | None, day: date) -> bool:
    """Whether the product is sold on that day; a season from November to May wraps over New Year."""
    if season is None:
        return True
    first, last = season.from_month, season.to_month
    return first <= day.month <= last if first <= last else day.month >= first or day.month <= last


class Kind(StrEnum):
    """How a coordinator chooses what a cycle offers."""

    SEASON = "season"
    PRODUCERS = "producers"
    PRODUCTS = "products"


@dataclass(frozen=True)
class Choice:
    """What a cycle shall offer. `available` overrides the catalog's quantity for some products, by their id, and for
    some pools, by theirs, in thousandths; None there: not bounded."""

    kind: Kind = Kind.SEASON
    producer_ids: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    available: Mapping[str, int | None] = field(default_factory=dict)

    def as_json(self) -> Row:
        return {
            "kind": self.kind.value,
            "producer_ids": list(self.producer_ids),
            "product_ids": list(self.product_ids),
            "available": dict(self.available),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Choice":
        return Choice(
            Kind(data["kind"]), tuple(data["producer_ids"]), tuple(data["product_ids"]), dict(data["available"])
        )


def chosen(choice: Choice, offers: Iterable[Offer], delivers_on: date) -> list[Offer]:
    """The offers a choice means, bounded as it says, in the order given.

    By season and by producer only what is in season on the day of delivery; a product named one by one is taken at
    its word. What has no price is never offered: nobody could be told what it costs. Nor is what is sold under mandate
    while no contract covers the day of delivery.
    """

    def wanted(offer: Offer) -> bool:
        if offer.article.price_cents <= 0 or offer.uncovered(delivers_on) is not None:
            return False
        if choice.kind is Kind.PRODUCTS:
            return offer.product_id in choice.product_ids
        if choice.kind is Kind.PRODUCERS and offer.producer_id not in choice.producer_ids:
            return False
        return in_season(offer.season, delivers_on)

    return bounded((offer for offer in offers if wanted(offer)), choice.available)


def uncovered_of(choice: Choice, offers: Sequence[Offer], delivers_on: date) -> list[tuple[Offer, Uncovered]]:
    """What a choice means and does not get, because no mandate covers it on the day of delivery; and why."""
    lacking = {o.product_id: why for o in offers if (why := o.uncovered(delivers_on)) is not None}
    meant = chosen(choice, (replace(o, contracts=None) for o in offers if o.product_id in lacking), delivers_on)
    return [(offer, lacking[offer.product_id]) for offer in meant]


def bounded(offers: Iterable[Offer], available: Mapping[str, int | None]) -> list[Offer]:
    """The offers with these bounds, by product and by pool; others keep theirs."""
    found = []
    for offer in offers:
        pool = offer.details.pool
        if pool is not None and pool.pool_id in available:
            its = pool.model_copy(update={"available_thousandths": available[pool.pool_id]})
            offer = replace(offer, details=offer.details.model_copy(update={"pool": its}))
        if offer.product_id in available:
            offer = replace(offer, available_thousandths=available[offer.product_id])
        found.append(offer)
    return found


def bounds_of_pools(offers: Iterable[Offer]) -> dict[str, int | None]:
    """Pool -> how much there is of it, as the first of its sizes says."""
    found: dict[str, int | None] = {}
    for offer in offers:
        if offer.details.pool is not None:
            found.setdefault(offer.details.pool.pool_id, offer.details.pool.available_thousandths)
    return found


@lru_cache(maxsize=10_000)
def plain(text: str) -> str:
    """Without accents and capitals, as people look things up: "chevre" is "Chèvre", and Œufs come before Poires."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def by_producer_and_name(offers: Iterable[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda o: (plain(o.producer_name), o.producer_id, plain(o.article.name.fr)))


# Queries


async def on_offer(reader: Reader) -> list[Offer]:
    """Everything the catalog offers now, by producer and name."""
    return await _on_offer(reader, product.c.offered)


async def under_mandate(reader: Reader) -> list[Offer]:
    """What of it is sold under mandate, with the contracts that could cover it."""
    sale = product.c.details["sale"].as_string()
    return await _on_offer(reader, product.c.offered & (sale == Sale.MANDATE.value))


async def _on_offer(reader: Reader, which: ColumnElement[bool]) -> list[Offer]:
    rows = await reader.all(select(*columns_of(product)).where(which))
    contracts = await all_contracts(reader) if rows else None
    return by_producer_and_name(replace(offer_from(row), contracts=contracts) for row in rows)


async def without_price(reader: Reader) -> int:
    """How many products are on offer without a price: nobody can order them."""
    price = product.c.article["price_cents"].as_integer()
    return int(await reader.scalar(select(func.count()).where(product.c.offered, price <= 0)))


async def count_on_offer(reader: Reader) -> int:
    return int(await reader.scalar(select(func.count()).where(product.c.offered)))
