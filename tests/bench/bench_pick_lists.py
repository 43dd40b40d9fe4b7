"""How long logistics takes for a large closing: 1,000 orders of 15 lines taken in, the cycle closed, the lists made.

pytest -m bench -s tests/bench/bench_pick_lists.py
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from fastapi import FastAPI

from chassis.envelope import Received, headers_of
from chassis.listening import DONE, Delivery
from chassis.testing import announced
from chassis.trace import Trace
from contracts import Article, Bilingual, Event, Place, PriceBasis, Unit
from contracts.logistics import PickListIssued
from contracts.ordering import (
    CycleClosed,
    CyclePickup,
    Manifest,
    OrderLine,
    OrderPlaced,
    ProducerTotal,
    manifest_digest,
)
from logistics.app import create_app
from logistics.pages.writing import sheet_of
from logistics.pick_list import list_id, pick_list_of
from logistics.press import Press
from logistics.settings import LogisticsSettings
from ui.i18n import translator
from ui.words import Words

pytestmark = pytest.mark.bench

ORDERS, LINES, PRODUCTS, PRODUCERS, GROUPS = 1000, 15, 850, 70, 25
CLOSES = datetime(2026, 11, 22, 19, tzinfo=UTC)
CLASSES = ("FROZEN", "PERISHABLE", "VERY_PERISHABLE", "EGGS", "AMBIENT")


def articles() -> list[Article]:
    return [
        Article(
            product_id=f"product-{n}",
            producer_id=f"producer-{n % PRODUCERS}",
            reference=f"R{n}",
            name=Bilingual(fr=f"Produit {n}", en=f"Product {n}"),
            unit=Unit.KG if n % 3 == 0 else Unit.PIECE,
            price_cents=200 + n,
            price_basis=PriceBasis.UNIT,
            vat_class="FOOD",
            temperature_class=CLASSES[n % 5],
        )
        for n in range(PRODUCTS)
    ]


def pickups() -> list[CyclePickup]:
    return [
        CyclePickup(
            group_id=f"group-{n}",
            group_name=f"Groupe {n}",
            place=Place(name=f"Village {n}"),
            starts_at=CLOSES + timedelta(days=5, hours=n % 6),
            ends_at=CLOSES + timedelta(days=5, hours=n % 6 + 1),
            bags=n % 5 == 0,
        )
        for n in range(GROUPS)
    ]


def orders() -> list[OrderPlaced]:
    chance, goods, places = Random(7), articles(), pickups()
    made = []
    for n in range(ORDERS):
        place = places[n % GROUPS]
        lines = []
        for article in chance.sample(goods, LINES):
            quantity = chance.choice((1000, 2000, 3000)) if article.unit is Unit.PIECE else chance.randrange(100, 3000)
            gross = (article.price_cents * quantity + 500) // 1000
            name = f"Ferme {article.producer_id}"
            lines.append(
                OrderLine(article=article, producer_name=name, quantity_thousandths=quantity, gross_cents=gross)
            )
        made.append(
            OrderPlaced(
                id=f"order-{n}",
                version=1,
                cycle_id="cycle",
                cycle_name="Semaine 48",
                household_id=f"household-{n}",
                household_name=f"Foyer {n}",
                group_id=place.group_id,
                group_name=place.group_name,
                placed_at=CLOSES - timedelta(minutes=ORDERS - n),
                placed_by="person",
                closes_at=CLOSES,
                lines=tuple(lines),
                gross_cents=sum(line.gross_cents for line in lines),
            )
        )
    return made


def closing(placed: list[OrderPlaced]) -> CycleClosed:
    sums: dict[str, list[int]] = {}
    for order in placed:
        for line in order.lines:
            mine = sums.setdefault(line.article.producer_id, [0, 0, 0])
            mine[0] += 1
            mine[1] += line.quantity_thousandths
            mine[2] += line.gross_cents
    totals = [
        ProducerTotal(producer_id=key, lines=lines, quantity_thousandths=quantity, gross_cents=gross)
        for key, (lines, quantity, gross) in sorted(sums.items())
    ]
    return CycleClosed(
        id="cycle",
        version=2,
        name="Semaine 48",
        opens_at=CLOSES - timedelta(days=5),
        closes_at=CLOSES,
        delivers_on=date(2026, 11, 27),
        pickups=tuple(pickups()),
        closed_at=CLOSES,
        manifest=Manifest(
            orders=len(placed),
            lines=sum(total.lines for total in totals),
            quantity_thousandths=sum(total.quantity_thousandths for total in totals),
            gross_cents=sum(total.gross_cents for total in totals),
            digest=manifest_digest([(order.id, order.version) for order in placed]),
            producers=tuple(totals),
        ),
    )


async def take(app: FastAPI, events: list[Event], batch: int = 200) -> float:
    """Seconds to take the events in, in batches as JetStream delivers them."""
    service = app.state.service
    deliveries = [
        Delivery(
            Received(
                event.subject,
                headers_of(event, f"event-{event.id}-{event.version}", CLOSES, Trace()),
                event.model_dump_json().encode(),
            )
        )
        for event in events
    ]
    begun = time.perf_counter()
    for first in range(0, len(deliveries), batch):
        part = deliveries[first : first + batch]
        assert await service.intake.take("logistics-from-ordering", part) == [DONE] * len(part)
    return time.perf_counter() - begun


async def test_a_closing_of_fifteen_thousand_lines(started: Callable[..., Awaitable[FastAPI]]) -> None:
    app = await started(create_app, LogisticsSettings, log_level="WARNING")
    placed = orders()
    taken = await take(app, list(placed))
    closed = await take(app, [closing(placed)])
    issued = [event for event in await announced(app) if isinstance(event, PickListIssued)]
    assert len(issued) == PRODUCERS
    assert sum(event.gross_cents for event in issued) == sum(order.gross_cents for order in placed)
    async with app.state.service.database.read() as reader:
        pick_list = await pick_list_of(reader, list_id("cycle", "producer-3"))
    assert pick_list is not None
    press, seconds = Press(), []
    for _ in range(3):
        begun = time.perf_counter()
        await press.pdf(sheet_of(pick_list, Words("fr"), translator("logistics", "fr"), "Cabas"))
        seconds.append(time.perf_counter() - begun)
    press.close()
    database = app.state.service.database.url.get_backend_name()
    print(
        f"\n{database}: {ORDERS} orders of {LINES} lines taken in {taken:.2f} s"
        f" ({ORDERS / taken:.0f}/s); closed and {len(issued)} lists issued in {closed:.2f} s;"
        f" largest event {max(len(event.model_dump_json()) for event in issued) // 1024} KiB;"
        f" PDF {seconds[0]:.2f} s with the start of the press, then {seconds[-1] * 1000:.0f} ms"
    )
    assert closed < 10
