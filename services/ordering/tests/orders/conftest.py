"""A hub with two groups, their households and a catalog, so that a test says only what it is about."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select

from chassis.database import Database
from chassis.identity import Grant
from chassis.service import Service
from chassis.tables import timer
from chassis.testing import FrozenClock, announced, deliver
from contracts import Event, Role, catalog
from contracts.goods import Article, Bilingual, PriceBasis, Season, Unit
from ordering import cycle, group, household, person
from ordering.app import create_app
from ordering.cycle import Cycle
from ordering.offer import Choice
from ordering.offer_sheet import OfferSheets
from ordering.order import EnteredBy, Order, Slip
from ordering.placing import place_order
from ordering.plan import Plan
from ordering.planning import plan_cycle
from ordering.settings import OrderingSettings
from ordering.wanted import Wanted

PARIS = ZoneInfo("Europe/Paris")
CLOSES = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
"""Sunday at 20:00 in the Aude."""
FRIDAY = date(2026, 11, 27)
JOSETTE = EnteredBy("person-1", "Josette")

COORDINATOR = Grant(Role.COORDINATOR)


def product(product_id: str, version: int = 1, **changes: object) -> catalog.ProductOffered:
    """A product as the catalog says it; `changes` of the article or of the product."""
    article = {
        "product_id": product_id,
        "producer_id": "bousole",
        "reference": product_id.upper(),
        "name": Bilingual(fr=product_id.capitalize()),
        "unit": Unit.PIECE,
        "price_cents": 350,
        "price_basis": PriceBasis.UNIT,
        "vat_class": "FOOD",
        "temperature_class": "AMBIENT",
    }
    said = {"id": product_id, "version": version, "producer_name": "La Ferme de Bousole"}
    for name, value in changes.items():
        (article if name in Article.model_fields else said)[name] = value
    return catalog.ProductOffered.model_validate({**said, "article": article})


CATALOG = (
    product("tomme", temperature_class="DAIRY", allergens=("milk",), labels=("EU_ORGANIC",)),
    product("potatoes", unit=Unit.KG, price_cents=245),
    product(
        "oranges",
        producer_id="bioespuna",
        producer_name="BioEspuña",
        price_cents=220,
        price_basis=PriceBasis.CONTENT,
        content_thousandths=10_000,
        content_unit=Unit.KG,
        pack_label="caisse 10 kg",
        season=Season(from_month=11, to_month=5),
    ),
    product("cherries", unit=Unit.KG, price_cents=890, season=Season(from_month=5, to_month=7)),
    product("eggs", price_cents=310, available_thousandths=10_000, allergens=("eggs",)),
    product("nothing", price_cents=0),
)


@dataclass
class Hub:
    """`limoux` has the households h1 to h3, `quillan` has h4; Josette belongs to h1."""

    app: FastAPI
    clock: FrozenClock
    sheets: OfferSheets = field(default_factory=OfferSheets)

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    @property
    def database(self) -> Database:
        return self.service.database

    def plan(self, **changes: object) -> Plan:
        values = {
            "name": "Semaine 48",
            "opens_at": self.clock.now(),
            "closes_at": CLOSES,
            "delivers_on": FRIDAY,
            "group_ids": ("limoux", "quillan"),
            "choice": Choice(),
        }
        return Plan(**{**values, **changes})

    async def open(self, cycle_id: str = "c48", **changes: object) -> Cycle:
        async with self.database.write() as writer:
            return await plan_cycle(writer, cycle_id, self.plan(**changes), PARIS)

    async def cycle(self, cycle_id: str = "c48") -> Cycle:
        async with self.database.read() as reader:
            found = await cycle.by_id(reader, cycle_id)
        assert found is not None
        return found

    async def order(
        self, household_id: str = "h1", base: int | None = None, cycle_id: str = "c48", **quantities: int
    ) -> Order:
        """`order(tomme=2000)`: in thousandths. In a transaction of its own, as another replica's desk would."""
        wanted = [Wanted(product_id, quantity) for product_id, quantity in quantities.items()]
        return await self.place(household_id, cycle_id, wanted, base)

    async def place(self, household_id: str, cycle_id: str, wanted: Sequence[Wanted], base: int | None = None) -> Order:
        slip = Slip(cycle_id, household_id, wanted, JOSETTE, base)
        return await self.database.run(lambda tx: place_order(tx, slip, self.sheets))

    async def close(self, cycle_id: str = "c48") -> Cycle:
        async with self.database.write() as writer:
            return await self.app.state.closing.close(writer, cycle_id)

    async def hear(self, *events: Event) -> None:
        await deliver(self.app, *events)

    async def said(self, kind: type[Event] = Event) -> list[Event]:
        """Events announced so far, of one kind."""
        return [event for event in await announced(self.app) if isinstance(event, kind)]

    async def tick(self) -> None:
        """Make every call that is due; the service's own loop may take some of them."""
        while await self._due():
            await self.service.timers.call_one()

    async def _due(self) -> int:
        due = select(func.count()).select_from(timer).where(timer.c.due_at <= self.clock.now())
        async with self.database.read() as reader:
            return int(await reader.scalar(due))

    async def sleep(self, length: timedelta) -> None:
        """Time passes while the scheduler is stopped."""
        self.clock.advance(length)


async def _people(hub: Hub) -> None:
    async with hub.database.write() as writer:
        for group_id, weekday in (("limoux", 4), ("quillan", 5)):
            name = group_id.capitalize()
            details = group.Details(name, name, weekday, "17:00", "18:30", address="Salle des fêtes")
            await group.register(writer, group_id, details)
        for number, group_id in ((1, "limoux"), (2, "limoux"), (3, "limoux"), (4, "quillan")):
            newcomer = household.Newcomer(
                f"person-{number}", person.Details(f"Personne {number}", f"p{number}@example.org")
            )
            details_of = household.Details(group_id, f"Foyer {number}")
            await household.register(writer, f"h{number}", details_of, [newcomer])


@pytest_asyncio.fixture
async def hub(started: Callable[..., Awaitable[FastAPI]], clock: FrozenClock) -> Hub:
    made = Hub(await started(create_app, OrderingSettings, timer_poll=3600), clock)
    await _people(made)
    await made.hear(*CATALOG)
    return made
