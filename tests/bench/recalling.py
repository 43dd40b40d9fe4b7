"""(l) Recalls: who got of a lot, of a product, of a producer, among 100,000 deliveries, with how to reach everybody.

Timed is all that stands between the button and the names: the query, the goods, the pickups, and the order by group.
The first case is a year of a hub of 160 households; in the last, every one of 100,000 households got the one product.
"""

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from figures import Row, Table, median, spread
from processes import Bench

from chassis import logs
from chassis.clock import RandomIds, SystemClock
from chassis.database import Database, Writer
from chassis.schema import migrate
from contracts import Article, Bilingual, Place, PriceBasis, Unit
from contracts.ordering import CycleOpened, CyclePickup
from logistics import migrations
from logistics.cycle import keep_cycle
from logistics.lot.finding import Wanted, find
from logistics.lot.household import household
from logistics.lot.lot import lot
from logistics.lot.tracing import lot_share, traced_goods, traced_share

FIRST = date(2025, 11, 28)
TIMES = 5
GROUPS = 25


async def measure(bench: Bench, databases: tuple[str, ...]) -> list[Table]:
    logs.configure("WARNING")
    columns = {
        "database": "database", "what": "what", "kept": "deliveries kept", "found": "deliveries found",
        "seconds": "seconds", "spread": "spread",
    }  # fmt: skip
    table = Table("l", "recall", "Finding who is to be called", columns)
    small = 10 if bench.quick else 1
    shapes = (
        ("a year of 160 households", 52 // small, 160, 12),
        ("one product of very many households", 1, 100_000 // small, 1),
    )
    for kind in databases:
        for shape, cycles, homes, products in shapes:
            url = await bench.database(kind, bench.place("recall"), "recall")
            database = Database(url, service="logistics", clock=SystemClock(), ids=RandomIds(), pool=2)
            await migrate(database.engine, Path(migrations.__path__[0]))
            for number in range(cycles):
                async with database.write() as writer:
                    await _fill(writer, number, homes, products)
            async with database.write() as writer:
                people = json.dumps([["Léa", "06 00 00 00 01", "lea@example.org"]])
                rows = [(f"household-{one}", 1, f"Foyer {one}", True, people) for one in range(homes)]
                await writer.insert_rows(household, tuple(household.c.keys()), rows)
            await bench.settle()
            last = FIRST + timedelta(weeks=cycles - 1)
            cases = (
                ("a lot", Wanted("producer-0", number=f"L{cycles - 1}")),
                ("a product, all its days", Wanted("producer-0", product_id="product-0")),
                ("a producer, all its days", Wanted("producer-0", first=FIRST, last=last)),
            )
            for what, wanted in cases:
                took, found = [], 0
                for _ in range(2 if bench.quick else TIMES):
                    began = time.perf_counter()
                    async with database.read() as reader:
                        found = len((await find(reader, wanted)).got)
                    took.append(time.perf_counter() - began)
                row: Row = {
                    "database": kind, "what": f"{what}: {shape}", "kept": cycles * homes * products, "found": found,
                    "seconds": median(took), "spread": spread(took),
                }  # fmt: skip
                table.rows.append(row)
                print(f"  {kind} {row['what']}: {found} in {row['seconds']:.3f} s", flush=True)
            await database.close()
            await bench.drop(url)
    return [table]


async def _fill(writer: Writer, number: int, homes: int, products: int) -> None:
    """One cycle: every household gets every product; four products of each producer, one lot of each."""
    cycle_id, on = f"cycle-{number}", FIRST + timedelta(weeks=number)
    starts = datetime(on.year, on.month, on.day, 16, tzinfo=UTC)
    pickups = tuple(
        CyclePickup(
            group_id=f"group-{one}", group_name=f"Groupe {one}", place=Place(name=f"Village {one}"),
            starts_at=starts + timedelta(minutes=one), ends_at=starts + timedelta(hours=2),
        )
        for one in range(GROUPS)
    )  # fmt: skip
    opened = CycleOpened(
        id=cycle_id, version=1, name=cycle_id, opens_at=starts - timedelta(days=5), closes_at=starts,
        delivers_on=on, pickups=pickups, offers=(),
    )  # fmt: skip
    await keep_cycle(writer, opened)
    goods, shares, lots, reached = [], [], [], []
    for product in range(products):
        product_id, producer_id, lot_id = f"product-{product}", f"producer-{product // 4}", f"lot-{number}-{product}"
        article = Article(
            product_id=product_id, producer_id=producer_id, reference=product_id, name=Bilingual(fr=product_id),
            unit=Unit.PIECE, price_cents=300, price_basis=PriceBasis.UNIT, vat_class="FOOD",
            temperature_class="AMBIENT",
        )  # fmt: skip
        whole = (cycle_id, product_id, f"list-{number}", producer_id, producer_id, on, homes * 1000)
        goods.append((*whole, article.model_dump_json(), on + timedelta(days=1826)))
        name = f"L{number}"
        said = (lot_id, f"list-{number}", 1, None, cycle_id, producer_id, product_id, on, 1, name, name.casefold())
        lots.append((*said, "none", None, "", None, homes * 1000, False))
        for one in range(homes):
            home = f"household-{one}"
            group = f"group-{one % GROUPS}"
            shares.append((cycle_id, product_id, home, f"Foyer {one}", group, f"{cycle_id}-{one}", 1000))
            reached.append((lot_id, home, cycle_id, product_id, 1000, True))
    for table, rows in ((traced_goods, goods), (traced_share, shares), (lot, lots), (lot_share, reached)):
        await writer.insert_rows(table, tuple(table.c.keys()), rows)
