"""What a service tells of itself: numbers that are true, cost little, and come when its database does not answer."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from counter.app import count, create_app
from counter.app import counter as counters
from counter.watching import connected, until
from sqlalchemy import select

from chassis import health
from chassis.database import Reader
from chassis.health import Fact
from chassis.metrics import Metrics
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import timer


def numbers(text: str) -> dict[str, float]:
    """Sample -> value, of an answer in Prometheus' text format."""
    return {name: float(value) for name, value in re.findall(r"^(cabas_\S+) (\S+)$", text, re.MULTILINE)}


@pytest.fixture
async def counting(started, client_for):
    """The counting service, and `scraped()`: its numbers, taken anew."""
    app = await started(create_app, Settings)
    service: Service = app.state.service
    client = client_for(app)

    async def scraped() -> dict[str, float]:
        service._health._measured = service._health._facts_read = float("-inf")
        answer = await client.get("/ordering/metrics")
        assert answer.status_code == 200
        return numbers(answer.text)

    return service, scraped


async def test_numbers_of_outbox_timers_disk_and_database_are_told(counting, clock):
    service, scraped = counting
    found = await scraped()
    assert (found["cabas_database_up"], found["cabas_broker_up"]) == (1, 0)
    assert (found["cabas_outbox_oldest_seconds"], found["cabas_timer_late_seconds"]) == (0, 0)
    assert 0 < found["cabas_disk_free_bytes"] < found["cabas_disk_size_bytes"]
    assert found["cabas_database_bytes"] > 10_000
    async with service.database.write() as writer:
        await count(writer)
        await writer.call_at("nobody's", "a", clock.now() + timedelta(seconds=5))
        await writer.execute(timer.update().values(attempts=1))
    clock.advance(60)
    found = await scraped()
    assert found["cabas_outbox_oldest_seconds"] == 60
    assert found["cabas_timer_late_seconds"] == 55
    assert found["cabas_timers_failing"] == 1


@pytest.mark.parametrize("fault", ["refuses", "hangs"])
async def test_a_database_that_does_not_answer_is_a_number_and_no_error(counting, monkeypatch, fault):
    service, scraped = counting

    @asynccontextmanager
    async def read():
        await asyncio.sleep(60 if fault == "hangs" else 0)
        raise OSError("connection refused")
        yield

    assert (await scraped())["cabas_database_up"] == 1
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    monkeypatch.setattr(service.database, "read", read)
    assert (await scraped())["cabas_database_up"] == 0


async def test_however_often_it_is_scraped_the_database_is_asked_rarely(started, client_for):
    asked = 0

    async def value(reader: Reader) -> float:
        nonlocal asked
        asked += 1
        return float(len(await reader.all(select(counters))))

    app = await started(create_app, Settings)
    service: Service = app.state.service
    service._health.facts = [(Fact("counters", "counters there are", value), service.metrics.gauge("counters", "…"))]
    client = client_for(app)
    answers = await asyncio.gather(*(client.get("/ordering/metrics") for _ in range(20)))
    assert {numbers(answer.text)["cabas_counters"] for answer in answers} == {0}
    assert asked == 1
    async with service.database.write() as writer:
        await count(writer)
    service._health._measured = float("-inf")
    assert numbers((await client.get("/ordering/metrics")).text)["cabas_counters"] == 0, "read again within the minute"
    service._health._measured = service._health._facts_read = float("-inf")
    assert numbers((await client.get("/ordering/metrics")).text)["cabas_counters"] == 1


def test_labels_do_not_grow_with_what_strangers_send():
    metrics = Metrics()
    for number in range(50):
        metrics.observe_request(f"PROPFIND{number}", "none", 405, 0.1)
    methods = {s.labels["method"] for m in metrics.requests.collect() for s in m.samples}
    assert methods == {"other"}


def test_published_events_are_counted_by_their_type():
    metrics = Metrics()
    metrics.count_published(["a.v1", "b.v1", "a.v1"])
    counted = {s.labels["type"]: s.value for m in metrics.published.collect() for s in m.samples if "total" in s.name}
    assert counted == {"a.v1": 2, "b.v1": 1}


@pytest.mark.nats
async def test_size_and_copies_of_the_own_stream_are_told(started, settings_for, nats_server, client_for, clock, ids):
    names = {"nats_url": nats_server.url, "nats_user": nats_server.user, "nats_password": nats_server.password}
    app = create_app(settings_for(Settings, stream_max_bytes=1_000_000, **names), clock=clock, ids=ids)
    service: Service = app.state.service
    await service.start()
    try:
        await until(lambda: connected(service))
        found = numbers((await client_for(app).get("/ordering/metrics")).text)
    finally:
        await service.stop()
    assert found["cabas_broker_up"] == 1
    assert found["cabas_stream_limit_bytes"] == 1_000_000
    assert (found["cabas_stream_replicas"], found["cabas_stream_replicas_current"]) == (1, 1)
