"""What catalog says to the others: producers and products, whole, with their versions."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping

from catalog import certificate, nomenclature, pool
from catalog.certificate import Standing
from catalog.pool import Pool
from catalog.terms import Terms
from chassis.database import Writer
from contracts import Article, Bilingual, Sale
from contracts.catalog import (
    CertificateEndsSoon,
    CertificateExpired,
    ProducerChanged,
    ProducerRegistered,
    ProductOffered,
    ProductWithdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from catalog.producer import Producer
    from catalog.product import Product

ANNOUNCES = (
    ProducerRegistered,
    ProducerChanged,
    ProductOffered,
    ProductWithdrawn,
    CertificateEndsSoon,
    CertificateExpired,
)


async def registered(writer: Writer, producer: "Producer") -> None:
    await writer.announce(ProducerRegistered.model_validate(_said_of(producer, Standing())))


async def changed(writer: Writer, producer: "Producer", standing: Standing) -> None:
    await writer.announce(ProducerChanged.model_validate(_said_of(producer, standing)))


def _said_of(producer: "Producer", standing: Standing) -> dict[str, object]:
    """The whole sheet: its fields carry the names of the event's. Labels that have lapsed are not said."""
    sheet = {field.name: getattr(producer.sheet, field.name) for field in fields(producer.sheet)}
    labels = standing.labels(producer.id, None, producer.sheet.labels)
    return {"id": producer.id, "version": producer.version, **sheet, "labels": labels}


async def certificate_ends_soon(writer: Writer, row: RowMapping) -> None:
    await writer.announce(CertificateEndsSoon(**_said_of_certificate(row), version=1, said_at=writer.now))


async def certificate_expired(writer: Writer, row: RowMapping) -> None:
    await writer.announce(CertificateExpired(**_said_of_certificate(row), version=2, said_at=writer.now))


def _said_of_certificate(row: RowMapping) -> dict[str, Any]:
    """`row` of `certificate.listed`. It is said at most twice: that it ends, and that it has ended."""
    label = nomenclature.labels().codes.get(row["label"])
    name = Bilingual(fr=label.fr, en=label.en) if label else Bilingual(fr=row["label"])
    said = {field: row[field] for field in ("id", "producer_id", "producer_name", "label", "body", "number")}
    return {**said, "product_name": row["product_name"] or "", "label_name": name, "valid_until": row["valid_until"]}


async def offers(writer: Writer, producer: "Producer", products: "Collection[Product]") -> None:
    """One event for each product of one producer, after a change: offered or withdrawn as its state is."""
    if not products:
        return
    pools = await pool.by_id(writer, sorted({one.terms.pool_id for one in products if one.terms.pool_id}))
    standing = await certificate.standing(writer, [producer.id])
    await writer.announce(*(_event(product, producer, pools, standing) for product in products))


def _event(
    product: "Product", producer: "Producer", pools: dict[str, Pool], standing: Standing
) -> ProductOffered | ProductWithdrawn:
    kind = ProductOffered if product.offered else ProductWithdrawn
    terms = product.terms
    filled = pools[terms.pool_id] if terms.pool_id else None
    return kind(
        id=product.id,
        version=product.version,
        article=article(product.id, producer.id, terms, producer.sheet.sale_of(terms.sale)),
        producer_name=producer.name,
        season=terms.season,
        allergens=terms.allergens,
        labels=standing.labels(product.producer_id, product.id, terms.labels),
        available_thousandths=terms.available_thousandths,
        note=terms.note,
        stock_unit=terms.stock_unit,
        pool=filled.said_with(terms.packing) if filled else None,
        minimum=terms.minimum,
        claims=standing.claims(product.producer_id, product.id, terms.labels),
        food=terms.food,
        breakdown=terms.breakdown,
        price_locked_until=product.price_locked_until,
        intermediaries=producer.sheet.intermediaries(terms.intermediaries, terms.sale),
        sharing=filled.sheet.sharing if filled else terms.sharing,
        sale=producer.sheet.sale_of(terms.sale),
    )


def article(product_id: str, producer_id: str, terms: Terms, sale: Sale | None) -> Article:
    return Article(
        product_id=product_id,
        producer_id=producer_id,
        reference=terms.reference,
        name=Bilingual(fr=terms.name_fr, en=terms.name_en),
        unit=terms.unit,
        pack_label=terms.pack_label,
        content_thousandths=terms.content_thousandths,
        content_unit=terms.content_unit,
        price_cents=terms.price_cents,
        price_basis=terms.price_basis,
        vat_class=terms.vat_class,
        temperature_class=terms.temperature_class,
        weighed=terms.weighed,
        case_thousandths=terms.case_thousandths,
        weight_margin_percent=terms.weight_margin_percent,
        deposit_cents=terms.deposit_cents,
        tiers=terms.tiers,
        sale=sale,
        bearer=terms.bearer,
        carriage=terms.carriage,
    )
