"""(c) How fast events leave an outbox, and how fast they become rows: our services beside nats-py alone.

The real services are started on work that is waiting, and watched from outside by what the broker says of its streams
and consumers; the first and the last tenth, in which a program starts and ends, are left out.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import nats
from bare_stream import publish_batches
from figures import Row, Table, median, spread
from large_cycle import LargeCycle
from processes import HERE, Bench, Running

from chassis.clock import RandomIds, SystemClock
from chassis.database import Database
from chassis.jetstream import stream_config, stream_of
from chassis.nats_server import NatsServer
from chassis.schema import migrate
from chassis.settings import Settings


async def measure(bench: Bench, databases: tuple[str, ...]) -> list[Table]:
    rounds, number = (2, 1_000) if bench.quick else (5, 20_000)
    columns = {
        "what": "what", "database": "database", "rate": "events/s", "spread": "spread", "cpu": "CPU ms/event",
        "ratio": "Cabas is",
    }  # fmt: skip
    leaving = Table("c", "relay", "From the outbox to JetStream (events of 15 lines)", columns)
    arriving = Table("c", "consumer", "From JetStream to rows of logistics (events of 15 lines)", columns)
    week = LargeCycle(number)
    waiting = {kind: await _outbox(bench, kind, week) for kind in databases}
    empty = {kind: await _migrated(bench, kind, "logistics") for kind in databases}
    seen: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for round_ in range(rounds):
        for what in ("batches", "singles"):
            seen.setdefault((what, ""), []).append(await _bare(bench, what, number))
        for kind in databases:
            seen.setdefault(("relay", kind), []).append(await _relay(bench, kind, waiting[kind], number))
        seen.setdefault(("take", ""), []).append(await _bare(bench, "take", number, week=week))
        for kind in databases:
            seen.setdefault(("rows", kind), []).append(await _bare(bench, "rows", number, kind, empty[kind], week))
            seen.setdefault(("consumer", kind), []).append(await _consumer(bench, kind, empty[kind], week))
        print(
            f"  round {round_ + 1}: " + ", ".join(f"{w} {k} {v[-1][0]:,.0f}" for (w, k), v in seen.items()), flush=True
        )
    names = {
        "batches": "nats-py, atomic batches of 500", "singles": "nats-py, one by one, 100 under way",
        "take": "nats-py, pull and acknowledge", "rows": "nats-py, raw driver, one transaction for 500",
        "relay": "Cabas (ordering's relay)", "consumer": "Cabas (logistics)",
    }  # fmt: skip

    def rows(ours: str, others: list[str]) -> list[Row]:
        made = []
        for kind in databases:
            mine = median(rate for rate, _ in seen[ours, kind])
            for what in (ours, *others):
                measured = seen.get((what, kind)) or seen[what, ""]
                rate = median(each for each, _ in measured)
                made.append(
                    {
                        "what": names[what], "database": kind if (what, kind) in seen else "none",
                        "rate": rate, "spread": spread([each for each, _ in measured]),
                        "cpu": median(cpu for _, cpu in measured) or None,
                        "ratio": None if what == ours else f"{mine / rate:.2f} of it",
                    }
                )  # fmt: skip
        return made

    leaving.rows += rows("relay", ["batches", "singles"])
    arriving.rows += rows("consumer", ["rows", "take"])
    await bench.drop(*waiting.values(), *empty.values())
    return [leaving, arriving]


# --- what waits ---


async def _migrated(bench: Bench, kind: str, service: str) -> str:
    url = await bench.database(kind, bench.place(f"empty-{service}-{kind}"), f"empty_{service}")
    database = Database(url, service=service, clock=SystemClock(), ids=RandomIds(), pool=4)
    await migrate(database.engine, Path(import_module(f"{service}.migrations").__path__[0]))
    await database.close()
    return url


async def _outbox(bench: Bench, kind: str, week: LargeCycle) -> str:
    """A database of ordering whose outbox holds the orders of the week."""
    url = await _migrated(bench, kind, "ordering")
    database = Database(url, service="ordering", clock=SystemClock(), ids=RandomIds(), pool=4)
    for start in range(0, week.orders, 500):
        async with database.write() as writer:
            await writer.announce(*(week.placed(n) for n in range(start, min(start + 500, week.orders))))
    await database.close()
    return url


# --- ours ---


async def _relay(bench: Bench, kind: str, template: str, number: int) -> tuple[float, float]:
    place = bench.place(f"relay-{kind}")
    url = await bench.database(kind, place, "ordering", like=template)
    await bench.settle()
    async with bench.broker(place) as broker:
        service = bench.service("ordering", place, url, broker)
        client = await nats.connect(broker.url, user=broker.user, password=broker.password)
        js = client.jetstream()

        async def stored() -> int:
            try:
                return (await js.stream_info(stream_of("ordering"))).state.messages
            except nats.js.errors.NotFoundError:
                return 0

        try:
            measured = await _pace(service, stored, number)
        finally:
            await client.close()
            await service.stop()
    await bench.drop(url)
    return measured


async def _consumer(bench: Bench, kind: str, template: str, week: LargeCycle) -> tuple[float, float]:
    place = bench.place(f"consumer-{kind}")
    url = await bench.database(kind, place, "logistics", like=template)
    async with bench.broker(place) as broker:
        client = await _filled(broker, week)
        await bench.settle()
        service = bench.service("logistics", place, url, broker)
        js = client.jetstream()

        async def taken() -> int:
            try:
                info = await js.consumer_info(stream_of("ordering"), "logistics-from-ordering")
            except nats.js.errors.NotFoundError:
                return 0
            return week.orders - (info.num_pending or 0) - (info.num_ack_pending or 0)

        try:
            measured = await _pace(service, taken, week.orders)
        finally:
            await client.close()
            await service.stop()
    await bench.drop(url)
    return measured


async def _filled(broker: NatsServer, week: LargeCycle) -> Any:
    """A client of a broker whose stream of ordering holds the week."""
    client = await nats.connect(broker.url, user=broker.user, password=broker.password)
    for source in ("catalog", "ordering"):
        await client.jetstream().add_stream(stream_config(source, Settings()))
    await publish_batches(client, list(week.all_received()))
    return client


async def _pace(service: Running, done: Callable[[], Awaitable[int]], number: int) -> tuple[float, float]:
    """Events a second and CPU milliseconds each, between the first and the last tenth."""
    points: list[tuple[float, int, float]] = []
    deadline = time.monotonic() + 300
    while not points or points[-1][1] < number:
        if service.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{service.name}: {points[-1:]} {service.tail()}")
        points.append((time.perf_counter(), await done(), service.cpu()))
        await asyncio.sleep(0.02)
    first = next(point for point in points if point[1] >= number * 0.1)
    last = next(point for point in points if point[1] >= number * 0.9)
    if last == first:
        first = next(point for point in reversed(points) if point[1] < number * 0.1)
    events = last[1] - first[1]
    return events / (last[0] - first[0]), (last[2] - first[2]) / events * 1000


# --- nats-py alone ---


async def _bare(
    bench: Bench, what: str, number: int, kind: str = "", template: str = "", week: LargeCycle | None = None
) -> tuple[float, float]:
    if what == "singles":
        number = min(number, 5_000)
    place = bench.place(f"bare-{what}")
    url = await bench.database(kind, place, "raw", like=template) if template else ""
    async with bench.broker(place) as broker:
        if week:
            client = await _filled(broker, week)
            await client.close()
        await bench.settle()
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(HERE / "bare_stream.py"), what, str(number), broker.url, *([url] if url else []),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, said = await process.communicate()
        if process.returncode:
            raise RuntimeError(said.decode()[-2000:])
    if url:
        await bench.drop(url)
    return float(out), 0.0
