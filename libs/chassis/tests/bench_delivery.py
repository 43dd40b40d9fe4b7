"""How long it takes from a commit to another service's table: one after another, and in a burst.

    make bench PYTEST_ARGS=libs/chassis/tests/bench_delivery.py

Real nats-server that syncs every message, real database, everything on this machine. Ratios between two runs mean
something; the figures alone tell as much about the machine.
"""

import asyncio
from statistics import quantiles
from time import perf_counter

import pytest
from counter.app import counter, create_app, group
from sqlalchemy import func, select

from chassis.clock import RandomIds, SystemClock
from chassis.service import Service
from chassis.settings import Settings

pytestmark = [pytest.mark.bench, pytest.mark.nats]

ONE_BY_ONE, BURST = 200, 2_000


@pytest.fixture
async def service(nats_server, settings_for):
    settings = settings_for(
        Settings, nats_url=nats_server.url, nats_user=nats_server.user, nats_password=nats_server.password
    )
    service: Service = create_app(settings, clock=SystemClock(), ids=RandomIds()).state.service
    await service.start()
    yield service
    await service.stop()


async def heard(service: Service, prefix: str) -> int:
    async with service.database.read() as reader:
        its = counter.c.id.startswith(f"heard-{prefix}")
        return await reader.scalar(select(func.count()).select_from(counter).where(its))


async def until_heard(service: Service, prefix: str, wanted: int) -> None:
    while await heard(service, prefix) < wanted:
        await asyncio.sleep(0.002)


async def test_from_commit_to_projection(service, database_url):
    await announce(service, ["warm-up"])
    await until_heard(service, "warm-up", 1)
    seconds = []
    for n in range(ONE_BY_ONE):
        before = perf_counter()
        await announce(service, [f"one-{n:04d}"])
        await until_heard(service, f"one-{n:04d}", 1)
        seconds.append(perf_counter() - before)
    percent = quantiles(seconds, n=100)
    before = perf_counter()
    await announce(service, [f"burst-{n}" for n in range(BURST)])
    await until_heard(service, "burst", BURST)
    rate = BURST / (perf_counter() - before)
    print(
        f"\n{database_url.split('+')[0]}: one by one p50 {percent[49] * 1000:.1f} ms, p99 {percent[98] * 1000:.1f} ms; "
        f"burst of {BURST}: {rate:,.0f} events/s"
    )


async def announce(service: Service, names: list[str]) -> None:
    async with service.database.write() as writer:
        await writer.announce(*(group(name, 1) for name in names))
