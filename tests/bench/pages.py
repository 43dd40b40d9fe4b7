"""(e) The main pages through HTTP, with the reference week and a large one, beside an empty page of the same frame."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from figures import Table, percentile
from hub_with_empty_page import EMPTY
from orders import load
from processes import HERE, Bench, Running
from start import QUICK, embedded, filled

from cabas.demo.size import SIZES
from cabas.demo.week import Week
from chassis.clock import SystemClock
from chassis.identity import Grant, Person, TokenIssuer
from contracts import Role

Asked = list[tuple[str, str, str]]
"""Name of the page, its address, the token of who asks."""


async def measure(bench: Bench, _databases: tuple[str, ...]) -> list[Table]:
    table = Table(
        "e", "pages", "Main pages of the hub in one process, one reader at a time",
        {
            "size": "week", "page": "page", "kib": "KiB", "p50": "p50 ms", "p95": "p95 ms",
            "more": "p50 beyond the empty page, ms",
        },
    )  # fmt: skip
    sizes = {"quick": QUICK} if bench.quick else {"reference": SIZES["reference"], "large": SIZES["large"]}
    for name, size in sizes.items():
        folder = bench.place(f"pages-{name}")
        hub = embedded(folder, [str(HERE / "hub_with_empty_page.py")])
        try:
            await hub.until_ready("/health/ready")
            week = await filled(hub, folder / "data", size)
            closed = week.cycle_id
            # A second week, open, as far as it comes before Sunday's evening: all have ordered.
            await week.open_cycle()
            await week.place_orders()
            asked = await _pages(week, folder / "data", closed)
            if not bench.quick:
                await _until_mails_left(folder / "data")
            await hub.until_idle()
            await _read(bench, hub, asked, name, table)
            await week.api.close()
        finally:
            await hub.stop()
    return [table]


async def _until_mails_left(data: Path) -> None:
    """A minute after its order each household is written to: else the large week measures the postman, who takes the
    event loop for 10 ms a mail while the last pages are read."""
    waiting = """SELECT (SELECT count(*) FROM message WHERE state = 'waiting')
        + (SELECT count(*) FROM timer WHERE due_at < datetime('now', '10 minutes'))"""
    for _ in range(1_200):
        with closing(sqlite3.connect(f"file:{data / 'notify.db'}?mode=ro", uri=True)) as notify:
            [left] = notify.execute(waiting).fetchone()
        if not left:
            return
        await asyncio.sleep(1)
    raise RuntimeError(f"{left} mails wait still")


async def _pages(week: Week, data: Path, closed: str) -> Asked:
    issuer = TokenIssuer((data / "keys" / "token.pem").read_bytes())
    homes = await week.api.get("/ordering/api/households")
    home = homes[len(homes) // 2]
    lists = (await week.api.get(f"/logistics/api/cycles/{closed}/totals"))["pick_lists"]
    longest = max(lists, key=lambda one: one["lines"])

    def token(*grants: Grant) -> str:
        return issuer.issue(Person("reader", "Josette", "fr", grants, csrf="csrf"), SystemClock().now(), 600)

    coordinator = token(Grant(Role.COORDINATOR))
    member = token(Grant(Role.MEMBER, group_id=home["group_id"], household_id=home["id"]))
    producer = token(Grant(Role.PRODUCER, producer_id=longest["producer_id"]))
    bookkeeper = token(Grant(Role.BOOKKEEPER))
    shop = f"/ordering/shop/{week.cycle_id}/{home['id']}"
    return [
        ("an empty page of the same frame", EMPTY, coordinator),
        (f"shop, {len(week.offered)} products", shop, member),
        ("basket (the order as saved)", await _order_page(week, home["id"]), member),
        ("cycles", "/ordering/cycles", coordinator),
        ("cycle with its totals", f"/ordering/cycles/{week.cycle_id}", coordinator),
        ("its totals alone (what is pushed)", f"/ordering/cycles/{week.cycle_id}/live", coordinator),
        ("order book of a household", "/ordering/orders", member),
        (f"pick list of {longest['lines']} products", f"/logistics/pick-lists/{longest['id']}", coordinator),
        ("amounts due of a cycle", f"/billing/cycles/{closed}", bookkeeper),
        ("home of a coordinator", "/ordering/home", coordinator),
        ("home of a member", "/ordering/home", member),
        ("home of a producer", "/ordering/home", producer),
        ("home, logistics' part, coordinator", "/logistics/fragments/home", coordinator),
        ("home, billing's part, coordinator", "/billing/fragments/home", coordinator),
    ]


async def _order_page(week: Week, household_id: str) -> str:
    """Where the household's order can be read. Saving the same again changes nothing and names it."""
    random = Random(week.seed + 1)
    from cabas.demo.week import basket

    for home in week.household_ids:
        lines = basket(week.offered, week.size.lines_each, random)
        if home == household_id:
            body = {"household_id": home, "lines": lines}
            placed = await week.api.post(f"/ordering/api/cycles/{week.cycle_id}/orders", body)
            return f"/ordering/orders/{placed['id']}"
    raise RuntimeError("no such household")


async def _read(bench: Bench, hub: Running, pages: Asked, size: str, table: Table) -> None:
    times = 10 if bench.quick else 200
    empty = 0.0
    for name, path, token in pages:
        warm = await load(hub.url, [[path, token, None]] * 5, connections=1, method="GET", keep_bodies=True)
        warm.check()
        read = await load(hub.url, [[path, token, None]] * times, connections=1, method="GET")
        read.check()
        p50 = percentile(read.latencies, 50)
        empty = empty or p50
        table.rows.append(
            {
                "size": size, "page": name, "kib": len(warm.records[-1][3].encode()) / 1024, "p50": p50,
                "p95": percentile(read.latencies, 95), "more": p50 - empty,
            }
        )  # fmt: skip
        print(f"  {size} {name}: p50 {p50:.1f} ms", flush=True)
