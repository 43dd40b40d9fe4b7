"""A week of the hub in events: what the others say to billing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from chassis.database import Writer
from chassis.testing import waits_for_lock
from contracts import Article, Bilingual, Event, Place, PriceBasis, Sale, Unit
from contracts.catalog import ProducerRegistered
from contracts.ordering import (
    AllocatedLine,
    CycleClosed,
    CycleOpened,
    CycleRevised,
    GroupRegistered,
    HouseholdRegistered,
    Manifest,
    OrderAllocated,
    OrderLine,
    OrderPlaced,
    OrderWithdrawn,
    ProducerTotal,
    manifest_digest,
)

CLOSES = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
DELIVERS = date(2026, 11, 27)

OLIVES = ("olives", "BioEspuña", "FOOD", 2200)
SOAP = ("soap", "BioEspuña", "HOUSEHOLD", 600)
CHEESE = ("cheese", "Chèvrerie du Roc", "FOOD", 850)
WINE = ("wine", "Domaine de la Serre", "ALCOHOL", 700)


def producer_id(name: str) -> str:
    return f"p-{name.split(maxsplit=1)[0]}"


def producer(name: str, regime: str = "NORMAL", country: str = "FR", version: int = 1) -> ProducerRegistered:
    return ProducerRegistered(
        id=producer_id(name),
        version=version,
        name=name,
        place=Place(name="Aude"),
        country=country,
        seller_regime=regime,
    )


PRODUCERS = [
    producer("BioEspuña", country="ES"),
    producer("Chèvrerie du Roc", "FARMER_FLAT_RATE"),
    producer("Domaine de la Serre"),
]
GROUPS = [
    GroupRegistered(
        id=f"g-{name}",
        version=1,
        name=name,
        pickup_place=Place(name=name),
        pickup_weekday=4,
        pickup_from="17:00",
        pickup_until="19:00",
    )
    for name in ("Limoux", "Quillan")
]


def household(name: str, group: str = "Limoux", version: int = 1) -> HouseholdRegistered:
    return HouseholdRegistered(id=f"h-{name}", version=version, group_id=f"g-{group}", name=name)


def line(goods: tuple[str, str, str, int], count: int = 1) -> OrderLine:
    product, name, vat_class, cents = goods
    article = Article(
        product_id=product,
        producer_id=producer_id(name),
        reference=product,
        name=Bilingual(fr=product.title(), en=product),
        unit=Unit.PIECE,
        price_cents=cents,
        price_basis=PriceBasis.UNIT,
        vat_class=vat_class,
        temperature_class="AMBIENT",
    )
    return OrderLine(article=article, producer_name=name, quantity_thousandths=count * 1000, gross_cents=count * cents)


def resold(ordered: OrderLine) -> OrderLine:
    """The same, bought by the hub and sold again."""
    return ordered.model_copy(update={"article": ordered.article.model_copy(update={"sale": Sale.RESALE})})


def _order(name: str, group: str, version: int, cycle: str) -> dict[str, object]:
    return {
        "id": f"o-{cycle}-{name}",
        "version": version,
        "cycle_id": cycle,
        "cycle_name": "Semaine 48",
        "household_id": f"h-{name}",
        "household_name": name,
        "group_id": f"g-{group}",
        "group_name": group,
    }


def placed(
    name: str, lines: list[OrderLine], group: str = "Limoux", version: int = 1, cycle: str = "week-48"
) -> OrderPlaced:
    return OrderPlaced(
        **_order(name, group, version, cycle),
        placed_at=CLOSES,
        placed_by=f"person-{name}",
        closes_at=CLOSES,
        lines=tuple(lines),
        gross_cents=sum(each.gross_cents for each in lines),
    )


def given(goods: tuple[str, str, str, int], count: int, asked: int = 1) -> AllocatedLine:
    asked_for = line(goods, asked)
    return AllocatedLine(
        article=asked_for.article,
        producer_name=asked_for.producer_name,
        asked_thousandths=asked * 1000,
        quantity_thousandths=count * 1000,
        gross_cents=count * goods[3],
        reason=None if count == asked else Bilingual(fr="Il en manque.", en="There is not enough."),
    )


def allocated(
    name: str, lines: list[AllocatedLine], group: str = "Limoux", version: int = 3, cycle: str = "week-48"
) -> OrderAllocated:
    return OrderAllocated(
        **_order(name, group, version, cycle),
        placed_at=CLOSES,
        placed_by=f"person-{name}",
        allocated_at=CLOSES,
        lines=tuple(lines),
        gross_cents=sum(each.gross_cents for each in lines),
    )


def withdrawn(name: str, group: str = "Limoux", version: int = 2, cycle: str = "week-48") -> OrderWithdrawn:
    return OrderWithdrawn(**_order(name, group, version, cycle), withdrawn_at=CLOSES)


def opened(cycle: str = "week-48") -> CycleOpened:
    return CycleOpened(**_cycle(cycle, 1), offers=())


def _cycle(cycle: str, version: int) -> dict[str, object]:
    return {
        "id": cycle,
        "version": version,
        "name": "Semaine 48",
        "opens_at": datetime(2026, 11, 16, 8, 0, tzinfo=UTC),
        "closes_at": CLOSES,
        "delivers_on": DELIVERS,
        "pickups": (),
    }


Standing = OrderPlaced | OrderAllocated


def manifest_of(orders: Sequence[Standing], more_cents: int = 0) -> Manifest:
    """As ordering makes it of these orders; `more_cents` makes it lie."""
    lines = [each for order in orders for each in order.lines if each.quantity_thousandths]
    totals = []
    for producer_id in sorted({each.article.producer_id for each in lines}):
        own = [each for each in lines if each.article.producer_id == producer_id]
        totals.append(
            ProducerTotal(
                producer_id=producer_id,
                lines=len(own),
                quantity_thousandths=sum(each.quantity_thousandths for each in own),
                gross_cents=sum(each.gross_cents for each in own) + more_cents,
            )
        )
    return Manifest(
        orders=len(orders),
        lines=len(lines),
        quantity_thousandths=sum(total.quantity_thousandths for total in totals),
        gross_cents=sum(total.gross_cents for total in totals),
        digest=manifest_digest([(order.id, order.version) for order in orders]),
        producers=tuple(totals),
    )


def closed(orders: Sequence[Standing], cycle: str = "week-48", more_cents: int = 0) -> CycleClosed:
    return CycleClosed(**_cycle(cycle, 2), closed_at=CLOSES, manifest=manifest_of(orders, more_cents))


def revised(orders: Sequence[Standing], revision: int = 2, cycle: str = "week-48") -> CycleRevised:
    return CycleRevised(
        **_cycle(cycle, 1 + revision),
        closed_at=CLOSES,
        revised_at=CLOSES,
        revision=revision,
        because=Bilingual(fr="Le producteur ne peut pas tout apporter.", en="The producer cannot bring it all."),
        manifest=manifest_of(orders),
    )


@dataclass
class Week:
    """Two groups, three households, three producers; Marie changed her mind, Paul withdrew."""

    cycle: str = "week-48"
    orders: list[OrderPlaced] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.orders = [
            placed("Marie", [line(OLIVES), line(CHEESE, 2), line(SOAP)], version=2, cycle=self.cycle),
            placed("Josette", [line(WINE, 3)], group="Quillan", cycle=self.cycle),
        ]

    @property
    def events(self) -> list[Event]:
        return [
            *GROUPS,
            *PRODUCERS,
            household("Marie"),
            household("Josette", "Quillan"),
            household("Paul"),
            opened(self.cycle),
            placed("Marie", [line(OLIVES, 9)], cycle=self.cycle),
            placed("Paul", [line(WINE)], cycle=self.cycle),
            withdrawn("Paul", cycle=self.cycle),
            *self.orders,
            closed(self.orders, self.cycle),
        ]


def both_read(app, read_it):
    """One of two waits until the other has read, too, or waits for what this one holds."""
    met = set()

    async def together(reader, *of):
        found = await read_it(reader, *of)
        if isinstance(reader, Writer):
            met.add(id(reader))
            async with asyncio.timeout(30):
                while len(met) < 2 and not await waits_for_lock(app.state.service.database):
                    await asyncio.sleep(0.02)
        return found

    return together
