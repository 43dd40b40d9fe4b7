"""(g) Browsers that look at a cycle's totals: what each costs, how soon changes reach them, how a stop goes."""

import asyncio
import time

import httpx
from figures import Row, Table, median, percentile
from orders import load, orders_for, until_relayed
from prepared import prepare
from processes import Bench, Running, memory_mib

MOST_EACH = 8
"""Streams a person may hold (ui.live)."""


class Browser(asyncio.Protocol):
    """One connection that holds a stream. `pieces`: when each piece began to arrive."""

    def __init__(self, request: bytes) -> None:
        self.pieces: list[float] = []
        self.refused = b""
        self.closed = asyncio.get_running_loop().create_future()
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 200"):
            self.refused = data[:60]
        if b"id: " in data:
            self.pieces.append(time.time())

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(time.time())


async def measure(bench: Bench, databases: tuple[str, ...]) -> list[Table]:
    columns = {
        "database": "database", "connections": "connections", "households": "households shown",
        "memory": "KiB each (PSS)", "cpu": "CPU of one core, idle", "p50": "order to browser: p50 ms", "p99": "p99 ms",
        "last": "last ms",
        "piece": "CPU ms per change", "stop": "stop with all connected, s",
    }  # fmt: skip
    table = Table("g", "streams", "Idle live pages", columns)
    for kind in databases:
        table.rows.append(await _on(bench, kind))
    return [table]


async def _on(bench: Bench, kind: str) -> Row:
    browsers, idle_seconds, changes = (50, 3, 2) if bench.quick else (2_000, 30, 10)
    place = bench.place(f"streams-{kind}")
    url = await bench.database(kind, place, "ordering")
    made = await prepare(url, 150, 1)
    async with bench.broker(place) as broker:
        service = bench.service("ordering", place, url, broker)
        try:
            await service.until_ready("/ordering/health/ready")
            await until_relayed(service)
            orders = orders_for(bench, made, made.cycles[0], 150, 1)
            (await load(service.url, orders[:100], connections=4)).check()
            await until_relayed(service)
            row = await _look(bench, service, browsers, idle_seconds, orders[100 : 100 + changes])
        finally:
            await service.stop()
    await bench.drop(url)
    return {"database": kind, "connections": browsers, "households": 150} | row


async def _look(bench: Bench, service: Running, number: int, idle_seconds: float, orders: list[list[str]]) -> Row:
    host, _, port = service.url.removeprefix("http://").partition(":")
    loop = asyncio.get_running_loop()
    path = orders[0][0].replace("/api/", "/").removesuffix("/orders") + "/stream"
    before = memory_mib(service.pid)["pss"]
    browsers: list[Browser] = []
    for n in range(number):
        token = bench.token(f"looker-{n // MOST_EACH}")
        request = f"GET {path} HTTP/1.1\r\nhost: {host}\r\naccept-language: fr\r\nauthorization: Bearer {token}\r\n\r\n"
        _transport, browser = await loop.create_connection(lambda: Browser(request.encode()), host, int(port))  # noqa: B023
        browsers.append(browser)
    await _until(lambda: all(browser.pieces for browser in browsers), browsers)
    await asyncio.sleep(3)
    memory = (memory_mib(service.pid)["pss"] - before) * 1024 / number
    cpu = service.cpu()
    await asyncio.sleep(idle_seconds)
    idle = (service.cpu() - cpu) / idle_seconds
    delays: list[list[float]] = []
    cpu = service.cpu()
    async with httpx.AsyncClient(base_url=service.url, trust_env=False, timeout=30) as client:
        for path_, token, body in orders:
            for browser in browsers:
                browser.pieces.clear()
            answer = await client.post(path_, headers={"authorization": f"Bearer {token}"}, content=body)
            answer.raise_for_status()
            at = time.time()
            await _until(lambda: all(browser.pieces for browser in browsers), browsers)
            delays.append([(browser.pieces[0] - at) * 1000 for browser in browsers])
            await asyncio.sleep(1.7)  # past the second look, and not in step with the looks
    changed = (service.cpu() - cpu) / len(orders) * 1000
    began = time.time()
    stopping = asyncio.create_task(service.stop())
    await stopping
    return {
        "memory": memory,
        "cpu": f"{idle * 100:.1f} %",
        "p50": median(percentile(each, 50) for each in delays),
        "p99": median(percentile(each, 99) for each in delays),
        "last": max(max(each) for each in delays),
        "piece": changed,
        "stop": time.time() - began,
    }


async def _until(true: object, browsers: list[Browser], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        refused = [browser.refused for browser in browsers if browser.refused]
        if refused or time.monotonic() > deadline:
            missing = sum(not browser.pieces for browser in browsers)
            raise RuntimeError(f"{missing} of {len(browsers)} pieces did not come; refused: {refused[:1]}")
        await asyncio.sleep(0.005)
