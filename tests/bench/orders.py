"""(a) Orders a second over HTTP: ordering as it runs, beside bare programs that write the same rows."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from figures import Row, Table, median, percentile, spread
from prepared import Prepared, bodies, prepare
from processes import HERE, Bench, Running, started

from chassis.nats_server import free_port

CLIENTS = (8, 32)
TARGETS = {"cabas": "Cabas", "core": "bare, SQLAlchemy Core", "raw": "bare, raw driver, group commit"}


@dataclass
class Loaded:
    """What a load saw. Latencies in milliseconds."""

    seconds: float
    cpu: float
    records: list[list[Any]]

    @property
    def rate(self) -> float:
        return len(self.records) / self.seconds

    @property
    def latencies(self) -> list[float]:
        return [(at - due) * 1000 for due, at, _status, _body in self.records]

    def check(self) -> None:
        wrong = [record for record in self.records if record[2] != 200]
        if wrong:
            raise RuntimeError(f"{len(wrong)} of {len(self.records)} requests failed, first: {wrong[0]}")


async def load(
    url: str,
    requests: list[list[Any]],
    *,
    connections: int,
    rate: float | None = None,
    method: str = "POST",
    keep_bodies: bool = False,
) -> Loaded:
    """Run load.py in a process of its own."""
    host, _, port = url.removeprefix("http://").partition(":")
    job = {
        "host": host, "port": int(port), "connections": connections, "rate": rate, "method": method,
        "requests": requests, "keep_bodies": keep_bodies,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "load.py"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, said = await process.communicate(json.dumps(job).encode())
    if process.returncode:
        raise RuntimeError(f"the load failed: {said.decode()[-2000:]}")
    answer = json.loads(out)
    return Loaded(answer["seconds"], answer["cpu"], answer["records"])


def orders_for(bench: Bench, made: Prepared, cycle: str, number: int, seed: int) -> list[list[Any]]:
    """One first order of each of `number` households, each signed in with a token of its own."""
    path = f"/ordering/api/cycles/{cycle}/orders"
    homes = made.households[:number]
    return [[path, tokens(bench, home), body.decode()] for home, body in zip(homes, bodies(homes, seed), strict=True)]


_tokens: dict[tuple[int, str], str] = {}


def tokens(bench: Bench, home: str) -> str:
    key = (id(bench), home)
    if key not in _tokens:
        _tokens[key] = bench.token(f"person-of-{home}")
    return _tokens[key]


async def until_relayed(service: Running, seconds: float = 300) -> None:
    """Wait until the outbox is empty: what a measure left is no burden of the next."""
    async with httpx.AsyncClient(base_url=service.url, trust_env=False, timeout=60) as client:
        quiet = 0
        for _ in range(int(seconds * 10)):
            health = (await client.get(f"/{service.name}/health/ready")).json()
            # An age is told in tenths of a second: what is younger looks like nothing, once.
            quiet = quiet + 1 if health.get("outbox_oldest_seconds") == 0.0 and health.get("broker") == "ok" else 0
            if quiet == 2:
                return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"{service.name} did not publish its outbox")


async def measure(bench: Bench, databases: tuple[str, ...]) -> list[Table]:
    rounds, number = (2, 150) if bench.quick else (5, 2_000)
    columns = {
        "database": "database", "clients": "clients", "what": "program", "rate": "orders/s", "spread": "spread",
        "p50": "p50 ms", "p99": "p99 ms", "cpu": "CPU ms/order", "ratio": "Cabas is",
    }  # fmt: skip
    table = Table("a", "orders", "Orders of 15 lines placed per second over HTTP", columns)
    limit = Table(
        "a", "client", "What the load client can do by itself",
        {"clients": "clients", "what": "answered by", "rate": "requests/s", "cpu": "client CPU ms/request"},
    )  # fmt: skip
    for kind in databases:
        table.rows += await _on(bench, kind, rounds, number)
    limit.rows += await _limits(bench, number)
    return [table, limit]


async def _on(bench: Bench, kind: str, rounds: int, number: int) -> list[Row]:
    place = bench.place(f"orders-{kind}")
    first = await bench.database(kind, place, "prepared")
    made = await prepare(first, number, rounds * len(CLIENTS) + 1)
    urls = {name: await bench.database(kind, place, name, like=first) for name in TARGETS}
    found: dict[tuple[str, int], list[Row]] = {(name, clients): [] for name in TARGETS for clients in CLIENTS}
    async with bench.broker(place) as broker:
        servers = {name: bare(name, place, urls[name]) for name in ("core", "raw")}
        servers["cabas"] = bench.service("ordering", place, urls["cabas"], broker)
        try:
            for server in servers.values():
                await server.until_ready("/ordering/health/ready")
            await until_relayed(servers["cabas"])
            for server in servers.values():
                (
                    await load(
                        server.url, orders_for(bench, made, made.cycles[-1], min(number, 500), 0), connections=16
                    )
                ).check()
            await bench.analyze(*urls.values())
            for round_ in range(rounds):
                for which, clients in enumerate(CLIENTS):
                    requests = orders_for(bench, made, made.cycles[round_ * len(CLIENTS) + which], number, round_)
                    for name, server in servers.items():
                        await until_relayed(servers["cabas"])
                        await bench.settle()
                        found[name, clients].append(await _once(server, requests, clients))
                        print(f"  {kind} {clients} {name}: {found[name, clients][-1]['rate']:.0f}/s", flush=True)
        finally:
            for server in servers.values():
                await server.stop()
    await bench.drop(*urls.values(), first)
    return _rows(kind, found)


def bare(name: str, place: Path, url: str = "") -> Running:
    port = free_port()
    running = started(name, [str(HERE / "bare.py"), name, str(port), *([url] if url else [])], place, {}, port)
    running.name = "ordering"
    return running


async def _once(server: Running, requests: list[list[Any]], clients: int) -> Row:
    before = server.cpu()
    loaded = await load(server.url, requests, connections=clients)
    loaded.check()
    return {
        "rate": loaded.rate,
        "p50": percentile(loaded.latencies, 50),
        "p99": percentile(loaded.latencies, 99),
        "cpu": (server.cpu() - before) / len(requests) * 1000,
    }


def _rows(kind: str, found: dict[tuple[str, int], list[Row]]) -> list[Row]:
    rows = []
    for clients in CLIENTS:
        # Ratios within a round: what disturbed one disturbed the other.
        for name, title in TARGETS.items():
            mine, ours = found[name, clients], found["cabas", clients]
            ratio = median(our["rate"] / its["rate"] for our, its in zip(ours, mine, strict=True))
            rows.append(
                {"database": kind, "clients": clients, "what": title}
                | {key: round(median(one[key] for one in mine), 3) for key in ("rate", "p50", "p99", "cpu")}
                | {"spread": spread([one["rate"] for one in mine])}
                | {"ratio": None if name == "cabas" else f"{ratio:.2f} of it"}
            )
    return rows


async def _limits(bench: Bench, number: int) -> list[Row]:
    rows = []
    place = bench.place("limits")
    made = Prepared([f"household-{n}" for n in range(number)], ["c"], [])
    requests = orders_for(bench, made, "c", number, 1)
    for name, title in (("null", "a socket that says 200"), ("empty", "FastAPI that reads the body")):
        server = bare(name, place)
        try:
            await server.until_ready("/ordering/health/ready")
            for clients in CLIENTS:
                done = [await load(server.url, requests, connections=clients) for _ in range(3 if bench.quick else 5)]
                rate, cpu = median(one.rate for one in done), median(one.cpu / number * 1000 for one in done)
                rows.append({"clients": clients, "what": title, "rate": round(rate), "cpu": round(cpu, 3)})
        finally:
            await server.stop()
    return rows
