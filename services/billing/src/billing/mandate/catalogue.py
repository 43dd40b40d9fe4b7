"""Producers and goods as a contract needs them: whom to write to, what the annex lists. Copies of catalog's."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Integer, RowMapping, String, Table, Text, select

from billing.mandate.clauses import AnnexLine
from billing.schema import metadata
from chassis.database import Reader, Writer
from contracts import Article, PriceBasis, Unit, catalog

principal = Table(
    "principal",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("regime", String(40), nullable=False),
    Column("contact_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("sale", String(10), nullable=False),
)
"""`sale`: a `contracts.catalog.Sale`. A producer's row is also the lock of its contracts: one is open at most."""

goods_on_offer = Table(
    "mandate_goods",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("producer_id", String(100), nullable=False, index=True),
    Column("offered", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("line", JSON, nullable=False),
)
"""`line`: of an annex."""


async def keep_principal(writer: Writer, said: catalog.ProducerRegistered | catalog.ProducerChanged) -> None:
    row = {
        "id": said.id,
        "version": said.version,
        "name": said.name,
        "place": " ".join(filter(None, (said.place.postcode, said.place.name))),
        "country": said.country,
        "regime": said.seller_regime,
        "contact_name": said.contact_name,
        "email": said.email,
        "active": said.active,
        "sale": said.sale.value,
    }
    await writer.keep_newest(principal, row)


async def keep_goods(writer: Writer, said: catalog.ProductOffered | catalog.ProductWithdrawn) -> None:
    line = AnnexLine(
        product_id=said.id,
        reference=said.article.reference,
        name=", ".join(filter(None, (said.article.name.fr, said.article.pack_label))),
        price_cents=said.article.price_cents,
        per=per(said.article),
        vat_class=said.article.vat_class,
        labels=said.labels,
        certificates=tuple(
            " ".join(filter(None, (claim.body, claim.number, f"jusqu’au {claim.valid_until:%d/%m/%Y}")))
            for claim in said.claims
        ),
    )
    row = {
        "id": said.id,
        "version": said.version,
        "producer_id": said.article.producer_id,
        "offered": isinstance(said, catalog.ProductOffered),
        "name": said.article.name.fr,
        "line": line.model_dump(mode="json"),
    }
    await writer.keep_newest(goods_on_offer, row)


_PER: Mapping[Unit | None, str] = {Unit.PIECE: "la pièce", Unit.KG: "le kilo", Unit.LITRE: "le litre"}


def per(article: Article) -> str:
    """What the price is for, in the words of the contract."""
    unit = article.content_unit if article.price_basis is PriceBasis.CONTENT else article.unit
    return _PER.get(unit, "l’unité")


# Queries


async def principals(reader: Reader) -> list[RowMapping]:
    """By name."""
    return await reader.all(select(principal).order_by(principal.c.name))


async def find_principal(reader: Reader, producer_id: str) -> RowMapping | None:
    return await reader.first(select(principal).where(principal.c.id == producer_id))


async def locked_principal(writer: Writer, producer_id: str) -> RowMapping | None:
    """Held until the transaction ends."""
    return await writer.first(select(principal).where(principal.c.id == producer_id).with_for_update())


async def lines_of(reader: Reader, producer_id: str) -> dict[str, AnnexLine]:
    """What the producer offers now, by product, by name."""
    offered = select(goods_on_offer).where(goods_on_offer.c.producer_id == producer_id, goods_on_offer.c.offered)
    return {row["id"]: _line(row) for row in await reader.all(offered.order_by(goods_on_offer.c.name))}


def _line(row: RowMapping) -> AnnexLine:
    stored: Any = row["line"]
    return AnnexLine.model_validate(stored)
