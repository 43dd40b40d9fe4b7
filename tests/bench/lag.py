"""(b) From an order to logistics: five processes and the broker, requests on a fixed schedule.

An order is visible when its row is committed in logistics' database: PostgreSQL keeps the time of every commit; an
SQLite file is asked for new rows each 2 ms (by a connection that only reads). Counted from the instant the request was
due, and from the answer.
"""

import asyncio
import json
import sqlite3
import threading
import time
from typing import Any

import nats
from figures import Results, Row, Table, median, percentile
from orders import load, orders_for, until_relayed
from prepared import prepare
from processes import Bench, connected
from sqlalchemy import make_url

from chassis.nats_server import NatsServer

REST, STEADY, WINDOWS = 10, 500, 5
"""Requests a second; windows of one run, whose medians are shown."""
SECONDS = 25
KEPT_UP = "half of what all keep up with"


class FileWatch:
    """When rows of `member_order` can be seen in an SQLite file; a thread of this process, which does nothing else."""

    def __init__(self, url: str) -> None:
        self.seen: dict[str, float] = {}
        self._file = str(make_url(url).database)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        connection = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, isolation_level=None)
        last = connection.execute("SELECT coalesce(max(rowid), 0) FROM member_order").fetchone()[0]
        version = -1
        while not self._over.wait(0.002):
            now = connection.execute("PRAGMA data_version").fetchone()[0]
            if now == version:
                continue
            version = now
            rows = connection.execute("SELECT rowid, id FROM member_order WHERE rowid > ?", (last,)).fetchall()
            at = time.time()
            for row, order_id in rows:
                self.seen[order_id], last = at, row

    async def found(self) -> dict[str, float]:
        self._over.set()
        await asyncio.to_thread(self._thread.join)
        return self.seen


class CommitTimes:
    """The same from PostgreSQL, afterwards."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def found(self) -> dict[str, float]:
        connection = await connected(self._url)
        rows = await connection.fetch(
            "SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at FROM member_order"
        )
        await connection.close()
        return {row["id"]: row["at"] for row in rows}


async def measure(bench: Bench, databases: tuple[str, ...]) -> list[Table]:
    columns = {
        "database": "database", "load": "load", "rate": "orders/s", "kept_up": "seen/s",
        "due_p50": "request to visible: p50 ms", "due_p99": "p99 ms",
        "said_p50": "answer to visible: p50 ms", "said_p99": "p99 ms", "answer_p99": "answer p99 ms",
        "cpu": "CPU ms/order: ordering", "cpu_others": "logistics + billing + notify", "cpu_broker": "broker",
        "cpu_database": "PostgreSQL",
    }  # fmt: skip
    table = Table("b", "lag", "From an order to logistics", columns)
    disk = Table(
        "b", "disk", "What an order of 15 lines leaves on disk, KiB",
        {name: name for name in ("database", "ordering", "logistics", "billing", "notify", "broker", "all")},
    )  # fmt: skip
    for kind in databases:
        table.rows += await _on(bench, kind, disk)
    return [table, disk]


def _half_of_most(bench: Bench, kind: str) -> float:
    """Half the rate that part (a) measured with 32 clients on this database; 500 where it did not run."""
    from run import RESULTS

    row = Results.read(RESULTS).row("orders", database=kind, clients=32, what="Cabas")
    return row["rate"] / 2 if row and not bench.quick else 2.0 * STEADY / 2


async def _on(bench: Bench, kind: str, disk: Table) -> list[Row]:
    # What is kept up with is not known yet: half of what is asked is more than half of what is done.
    loads = {"at rest": float(REST), f"{STEADY}/s": float(STEADY), KEPT_UP: STEADY / 2}
    loads["half the most"] = _half_of_most(bench, kind)
    if bench.quick:
        loads = {"at rest": 5.0, "quick": 20.0}
    seconds = 4 if bench.quick else SECONDS
    most = int(max(loads.values()) * seconds) + 1
    place = bench.place(f"lag-{kind}")
    url = await bench.database(kind, place, "ordering")
    # Each load has a cycle of its own; what exceeds the households is a cycle more.
    households = min(most, 200 if bench.quick else 5_000)
    cycles = sum(-(-int(rate * seconds) // households) for rate in loads.values()) + 1
    made = await prepare(url, households, cycles)
    rows: list[Row] = []
    urls = [url]
    async with bench.broker(place) as broker, bench.hub(kind, place, broker, url) as services:
        urls += [service.database for name, service in services.items() if name != "ordering"]  # type: ignore[attr-defined]
        await until_relayed(services["ordering"])
        spare = iter(made.cycles)
        warm = orders_for(bench, made, next(spare), min(households, 200), 1)
        (await load(services["ordering"].url, warm, connections=8)).check()
        sizes = await _sizes(kind, services, broker)
        for name in loads:
            if name == KEPT_UP:
                # The last of the 500/s was seen that late: so many a second is what all five services keep up with.
                loads[name] = rows[-1]["kept_up"] / 2
            rate = loads[name]
            requests: list[list[Any]] = []
            while len(requests) < int(rate * seconds):
                rest = int(rate * seconds) - len(requests)
                requests += orders_for(bench, made, next(spare), min(households, rest), len(requests))
            await _until_quiet(services)
            await bench.settle()
            rows.append(await _run(bench, kind, name, rate, requests, services, broker))
            print(f"  {kind} {name}: p99 {rows[-1]['due_p99']:.0f} ms", flush=True)
        placed = sum(int(rate * seconds) for rate in loads.values())
        left = {
            name: (size - sizes[name]) / placed / 1024
            for name, size in (await _sizes(kind, services, broker)).items()
            if name in disk.columns
        }
        disk.rows.append({"database": kind, **left, "all": sum(left.values())})
    await bench.drop(*urls)
    return rows


async def _sizes(kind: str, services: dict[str, Any], broker: NatsServer) -> dict[str, int]:
    """Bytes of every database and of the broker's streams."""
    found = {}
    for name, service in services.items():
        if kind == "sqlite":
            connection = sqlite3.connect(str(make_url(service.database).database))
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            found[name] = pages * connection.execute("PRAGMA page_size").fetchone()[0]
            connection.close()
        else:
            other = await connected(service.database)
            found[name] = await other.fetchval("SELECT pg_database_size(current_database())")
            await other.close()
    client = await nats.connect(broker.url, user=broker.user, password=broker.password)
    found["broker"] = sum(stream.state.bytes for stream in await client.jetstream().streams_info())
    await client.close()
    return found


async def _until_quiet(services: dict[str, Any]) -> None:
    import httpx

    for name, service in services.items():
        await until_relayed(service)
        async with httpx.AsyncClient(base_url=service.url, trust_env=False, timeout=60) as client:
            while any((await client.get(f"/{name}/health/ready")).json()["lag"].values()):
                await asyncio.sleep(0.2)


async def _run(
    bench: Bench, kind: str, name: str, rate: float, requests: list[list[Any]], services: dict[str, Any], broker: Any
) -> Row:
    url = services["logistics"].database
    watch = FileWatch(url) if kind == "sqlite" else CommitTimes(url)
    before = _cpu(bench, services, broker)
    loaded = await load(services["ordering"].url, requests, connections=64, rate=rate, keep_bodies=True)
    await _until_quiet(services)
    after = _cpu(bench, services, broker)
    seen = await watch.found()
    loaded.check()
    orders = [(due, at, seen.get(json.loads(body)["id"])) for due, at, _status, body in loaded.records]
    missing = sum(visible is None for _, _, visible in orders)
    if missing:
        raise RuntimeError(f"{missing} of {len(orders)} orders never became visible")
    windows = [orders[len(orders) * n // WINDOWS : len(orders) * (n + 1) // WINDOWS] for n in range(WINDOWS)]

    def over(which: int, percent: float) -> float:
        return median(
            percentile([((visible or 0) - order[which]) * 1000 for *order, visible in window], percent)
            for window in windows
        )

    cost = {key: (after[key] - before[key]) / len(orders) * 1000 for key in after}
    return {
        "database": kind, "load": name, "rate": round(rate), "kept_up": round(_kept_up(orders)),
        "due_p50": over(0, 50), "due_p99": over(0, 99), "said_p50": over(1, 50), "said_p99": over(1, 99),
        "answer_p99": median(percentile([(at - due) * 1000 for due, at, _ in window], 99) for window in windows),
        "cpu": cost["ordering"], "cpu_others": cost["logistics"] + cost["billing"] + cost["notify"],
        "cpu_broker": cost["broker"], "cpu_database": cost["database"] if kind == "postgresql" else None,
    }  # fmt: skip


def _kept_up(orders: list[tuple[float, float, float | None]]) -> float:
    """Orders that became visible for each second since the first was due."""
    last = max(visible or 0 for _, _, visible in orders)
    return len(orders) / (last - min(due for due, _, _ in orders))


def _cpu(bench: Bench, services: dict[str, Any], broker: Any) -> dict[str, float]:
    from processes import cpu_seconds

    found = {name: service.cpu() for name, service in services.items()}
    found["broker"] = cpu_seconds(broker.process.pid)
    found["database"] = cpu_seconds(bench.postgres.pid) if bench.postgres else 0.0
    return found
