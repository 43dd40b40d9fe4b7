"""How many orders a second: `python services/ordering/bench/orders.py [orders] [lines] [database url]`.

Orders of 15 lines on a cycle of 850 products, a third of them bounded, each with its outbox row and a durable commit,
placed through the domain by 50 households at a time; then the closing with its manifest. No broker, no HTTP.
"""

import asyncio
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

from chassis.clock import RandomIds, SystemClock
from chassis.database import Database
from chassis.schema import migrate
from contracts.goods import Article, Bilingual, PriceBasis, Unit
from ordering import group, household
from ordering.cycle import close_cycle, plan_cycle
from ordering.offer import Offer, product
from ordering.order import EnteredBy, place_order
from ordering.plan import Plan
from ordering.wanted import Wanted

PRODUCTS, AT_ONCE = 850, 50


def offers() -> list[Offer]:
    made = []
    for n in range(PRODUCTS):
        article = Article(
            product_id=f"p{n:04d}",
            producer_id=f"producer-{n // 12}",
            reference=f"R{n}",
            name=Bilingual(fr=f"Produit {n}"),
            unit=Unit.KG if n % 2 else Unit.PIECE,
            price_cents=100 + n,
            price_basis=PriceBasis.UNIT,
            vat_class="FOOD",
            temperature_class="AMBIENT",
        )
        made.append(Offer(article, f"Producteur {n // 12}", available_thousandths=10**9 if n % 3 == 0 else None))
    return made


async def prepare(database: Database, households: int) -> None:
    now = datetime.now(UTC)  # noqa: TID251  a measurement lives in real time
    async with database.write() as writer:
        rows = []
        for offer in offers():
            row = offer.row()
            rows.append({"id": row.pop("product_id"), "version": 1, "offered": True, **row})
        await writer.execute(product.insert(), rows)
        await group.register(writer, "limoux", group.Details("Limoux", "Limoux", 4, "17:00", "18:30"))
        for n in range(households):
            await household.register(writer, f"h{n}", household.Details("limoux", f"Foyer {n}"))
        closes = now + timedelta(days=2)
        plan = Plan("Bench", now, closes, (closes + timedelta(days=4)).date(), ("limoux",))
        await plan_cycle(writer, "bench", plan, ZoneInfo("Europe/Paris"))


async def measure(orders: int, lines: int, url: str) -> None:
    database = Database(url, service="ordering", clock=SystemClock(), ids=RandomIds(), pool=AT_ONCE)
    await migrate(database.engine, Path(__file__).parents[1] / "src/ordering/migrations")
    await prepare(database, orders)
    chance = random.Random(48)  # noqa: S311
    names = [f"p{n:04d}" for n in range(PRODUCTS)]
    baskets = [[Wanted(p, 1000 * chance.randint(1, 4)) for p in chance.sample(names, lines)] for _ in range(orders)]
    gate, seconds = asyncio.Semaphore(AT_ONCE), []

    async def place(n: int) -> None:
        async with gate:
            began = perf_counter()
            async with database.write() as writer:
                await place_order(writer, "bench", f"h{n}", baskets[n], EnteredBy("p", "Josette"), base_version=0)
            seconds.append(perf_counter() - began)

    began, cpu = perf_counter(), process_time()
    await asyncio.gather(*(place(n) for n in range(orders)))
    took, worked = perf_counter() - began, process_time() - cpu
    seconds.sort()
    p99 = seconds[int(len(seconds) * 0.99)] * 1000
    rate = f"{orders / took:.0f}/s, p99 {p99:.0f} ms, CPU {worked / orders * 1000:.1f} ms each"
    print(f"{orders} orders of {lines} lines: {rate}")  # noqa: T201
    began = perf_counter()
    async with database.write() as writer:
        closed = await close_cycle(writer, "bench")
    assert closed.manifest is not None
    print(f"closing with {closed.manifest.lines} lines: {(perf_counter() - began) * 1000:.0f} ms")  # noqa: T201
    await database.close()


if __name__ == "__main__":
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        url = given[2] if len(given) > 2 else f"sqlite+aiosqlite:///{folder}/bench.db"
        asyncio.run(measure(int(given[0]) if given else 1000, int(given[1]) if len(given) > 1 else 15, url))
