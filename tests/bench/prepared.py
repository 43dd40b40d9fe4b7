"""A hub in which people can order: products, groups, households and open cycles in ordering's own database."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from chassis.clock import RandomIds, SystemClock
from chassis.database import Database
from chassis.schema import migrate
from contracts.catalog import ProductOffered
from contracts.goods import Article, Bilingual, PriceBasis, Unit
from ordering import group, household, person
from ordering.offer import keep_product
from ordering.plan import Plan
from ordering.planning import plan_cycle

PRODUCTS, PRODUCERS, GROUPS, LINES = 850, 70, 25, 15


@dataclass(frozen=True)
class Prepared:
    households: list[str]
    cycles: list[str]
    products: list[str]


def articles() -> list[Article]:
    return [
        Article(
            product_id=f"p{n:04d}",
            producer_id=f"producer-{n % PRODUCERS}",
            reference=f"R{n}",
            name=Bilingual(fr=f"Produit numéro {n} de la ferme", en=f"Product number {n} of the farm"),
            unit=Unit.KG if n % 3 == 0 else Unit.PIECE,
            pack_label="caisse",
            price_cents=100 + n,
            price_basis=PriceBasis.UNIT,
            vat_class="FOOD",
            temperature_class="AMBIENT",
        )
        for n in range(PRODUCTS)
    ]


def producer_name(article: Article) -> str:
    return f"Ferme de {article.producer_id}"


def baskets(number: int, seed: int = 48) -> list[list[dict[str, object]]]:
    """`number` baskets as the API takes them."""
    chance, names = Random(seed), [article.product_id for article in articles()]
    return [
        [
            {"product_id": product, "quantity_thousandths": 1000 * chance.randint(1, 4)}
            for product in chance.sample(names, LINES)
        ]
        for _ in range(number)
    ]


def bodies(households: list[str], seed: int) -> list[bytes]:
    """One first order for each household."""
    return [
        json.dumps({"household_id": home, "lines": lines, "expected_version": 0}).encode()
        for home, lines in zip(households, baskets(len(households), seed), strict=True)
    ]


async def prepare(url: str, households: int, cycles: int) -> Prepared:
    """Fill the database of ordering at `url`. One product in three is bounded, and never runs out."""
    database = Database(url, service="ordering", clock=SystemClock(), ids=RandomIds(), pool=4)
    await migrate(database.engine, Path(import_module("ordering.migrations").__path__[0]))
    made = Prepared(
        [f"household-{n}" for n in range(households)],
        [f"cycle-{n}" for n in range(cycles)],
        [article.product_id for article in articles()],
    )
    groups = [f"group-{n}" for n in range(GROUPS)]
    async with database.write() as writer:
        for n, article in enumerate(articles()):
            bound = 10**9 if n % 3 == 0 else None
            said = {"producer_name": producer_name(article), "available_thousandths": bound}
            event = {"id": article.product_id, "version": 1, "article": article, **said}
            await keep_product(writer, ProductOffered.model_validate(event))
        for name in groups:
            await group.register(writer, name, group.Details(name.capitalize(), "Limoux", 4, "17:00", "18:30"))
    for start in range(0, households, 500):
        async with database.write() as writer:
            for n in range(start, min(start + 500, households)):
                people = [household.Newcomer(f"person-{n}", person.Details(f"Josette {n}", f"josette.{n}@hub.example"))]
                details = household.Details(groups[n % GROUPS], f"Foyer {n}")
                await household.register(writer, made.households[n], details, people)
    closes = datetime.now(UTC) + timedelta(days=2)
    plan = Plan("Semaine", closes - timedelta(days=3), closes, (closes + timedelta(days=4)).date(), tuple(groups))
    for cycle_id in made.cycles:
        async with database.write() as writer:
            await plan_cycle(writer, cycle_id, plan, ZoneInfo("Europe/Paris"))
    await database.close()
    return made
