"""(f) The hub in one process, with the reference week in its folder: how soon it answers, what memory it takes."""

import asyncio
import signal
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from figures import Table, median, spread
from processes import Bench, Running, memory_mib, started

from cabas.demo.api import Api
from cabas.demo.size import SIZES, Size
from cabas.demo.week import Week
from cabas.operator_token import token_for
from chassis.clock import SystemClock
from chassis.nats_server import free_port

MEMORY = "memory of all processes, PSS (shared pages once)"
IDLE = "CPU of all processes while nobody asks anything"
QUICK = Size(groups=2, producers=6, products=50, orders=6, lines_each=4)


def embedded(folder: Path, program: list[str] | None = None) -> Running:
    """`cabas up` on the folder, on a port of its own."""
    port = free_port()
    arguments = program or ["-m", "cabas", "up"]
    return started("hub", [*arguments, "--data", str(folder / "data"), "--port", str(port)], folder, {}, port)


async def filled(hub: Running, data: Path, size: Size, *, close: bool = True) -> Week:
    """A demo week in a running hub; closed, with its pick lists and amounts due, unless `close` is False."""
    api = Api(hub.url, lambda: token_for(data / "keys", "bench", SystemClock().now(), 60), connections=12)
    week = Week(api, size, seed=7, now=datetime.now(ZoneInfo("UTC")))
    await week.load_price_lists()
    await week.register_households()
    await week.open_cycle()
    await week.place_orders()
    if close:
        await week.close()
        await week.wait_for_pick_lists()
        await week.wait_for_amounts()
    return week


async def measure(bench: Bench, _databases: tuple[str, ...]) -> list[Table]:
    rounds = 2 if bench.quick else 7
    size = QUICK if bench.quick else SIZES["reference"]
    folder = bench.place("start")
    hub = embedded(folder)
    await hub.until_ready("/health/ready")
    week = await filled(hub, folder / "data", size)
    await week.api.close()
    await hub.stop()
    answers, readies, rss, pss, idle, stops = [], [], [], [], [], []
    for _ in range(rounds):
        began = time.perf_counter()
        hub = embedded(folder)
        answers.append(await _first_answer(hub) - began)
        await hub.until_ready("/health/ready")
        readies.append(time.perf_counter() - began)
        await asyncio.sleep(1 if bench.quick else 5)
        memory = memory_mib(hub.pid)
        rss.append(memory["rss"])
        pss.append(memory["pss"])
        used, seconds = hub.cpu(), 2 if bench.quick else 20
        await asyncio.sleep(seconds)
        idle.append((hub.cpu() - used) / seconds * 1000)
        began = time.perf_counter()
        await hub.stop(signal.SIGTERM)
        stops.append(time.perf_counter() - began)
    table = Table(
        "f", "start", "The hub in one process, with the reference week in its folder",
        {"what": "what", "value": "median", "unit": "unit", "spread": "spread"},
    )  # fmt: skip
    for what, values, unit in (
        ("from `cabas up` to the first answer", answers, "s"),
        ("from `cabas up` until all five services and the broker are ready", readies, "s"),
        (MEMORY, pss, "MiB"),
        ("memory of all processes, RSS", rss, "MiB"),
        (IDLE, idle, "ms of CPU a second"),
        ("from SIGTERM to the end", stops, "s"),
    ):
        table.rows.append({"what": what, "value": median(values), "unit": unit, "spread": spread(values)})
    return [table]


async def _first_answer(hub: Running) -> float:
    """When the home page was there."""
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while hub.process.poll() is None:
            try:
                if (await client.get(hub.url + "/", follow_redirects=True)).status_code == 200:
                    return time.perf_counter()
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.005)
    raise RuntimeError(hub.tail())
