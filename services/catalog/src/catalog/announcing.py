"""What catalog says to the others: producers and products, whole, with their versions."""

from dataclasses import fields
from typing import TYPE_CHECKING

from catalog.terms import Terms
from chassis.database import Writer
from contracts import Article, Bilingual
from contracts.catalog import ProducerChanged, ProducerRegistered, ProductOffered, ProductWithdrawn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from catalog.producer import Producer
    from catalog.product import Product

ANNOUNCES = (ProducerRegistered, ProducerChanged, ProductOffered, ProductWithdrawn)


async def registered(writer: Writer, producer: "Producer") -> None:
    await writer.announce(ProducerRegistered.model_validate(_said_of(producer)))


async def changed(writer: Writer, producer: "Producer") -> None:
    await writer.announce(ProducerChanged.model_validate(_said_of(producer)))


def _said_of(producer: "Producer") -> dict[str, object]:
    """The whole sheet: its fields carry the names of the event's."""
    sheet = {field.name: getattr(producer.sheet, field.name) for field in fields(producer.sheet)}
    return {"id": producer.id, "version": producer.version, **sheet}


async def offers(writer: Writer, producer_name: str, products: "Iterable[Product]") -> None:
    """One event for each product, after a change: offered or withdrawn as its state is."""
    await writer.announce(*(_event(product, producer_name) for product in products))


def _event(product: "Product", producer_name: str) -> ProductOffered | ProductWithdrawn:
    kind = ProductOffered if product.offered else ProductWithdrawn
    terms = product.terms
    return kind(
        id=product.id,
        version=product.version,
        article=article(product.id, product.producer_id, terms),
        producer_name=producer_name,
        season=terms.season,
        allergens=terms.allergens,
        labels=terms.labels,
        available_thousandths=terms.available_thousandths,
        note=terms.note,
    )


def article(product_id: str, producer_id: str, terms: Terms) -> Article:
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
    )
