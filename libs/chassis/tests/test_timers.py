import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from counter.app import count, counter, create_app
from sqlalchemy import select

from chassis.listening import Together
from chassis.schema import migrate
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import timer
from chassis.testing import until_it_waits


@pytest.fixture
async def service(settings_for, clock, ids) -> AsyncIterator[Service]:
    """Migrated and not started: the tests call the timers."""
    service: Service = create_app(settings_for(Settings), clock=clock, ids=ids).state.service
    await migrate(service.database.engine, service.migrations)
    yield service
    await service.stop()


async def rung(service: Service, key: str = "a") -> int:
    async with service.database.read() as reader:
        return await reader.scalar(select(counter.c.version).where(counter.c.id == f"rung-{key}")) or 0


async def call_all(service: Service) -> None:
    while await service.timers.call_one():
        pass


async def test_a_scheduler_that_slept_three_hours_calls_once_when_it_wakes(service, clock):
    async with service.database.write() as writer:
        await writer.call_at("ring", "a", clock.now() + timedelta(hours=1))
    await call_all(service)
    assert await rung(service) == 0
    clock.advance(timedelta(hours=4))
    await call_all(service)
    await call_all(service)
    assert await rung(service) == 1


async def test_several_schedulers_at_once_call_once(service, clock):
    async with service.database.write() as writer:
        for n in range(5):
            await writer.call_at("ring", f"t{n}", clock.now())
    await asyncio.gather(*(call_all(service) for _ in range(6)))
    assert [await rung(service, f"t{n}") for n in range(5)] == [1] * 5


async def test_setting_a_timer_again_moves_it(service, clock):
    async with service.database.write() as writer:
        await writer.call_at("ring", "a", clock.now() + timedelta(hours=1))
        await writer.call_at("ring", "a", clock.now() + timedelta(hours=3))
    clock.advance(timedelta(hours=2))
    await call_all(service)
    assert await rung(service) == 0


async def test_a_cancelled_timer_is_not_called(service, clock):
    async with service.database.write() as writer:
        await writer.call_at("ring", "a", clock.now())
        await writer.cancel_call("ring", "a")
    await call_all(service)
    assert await rung(service) == 0


async def test_a_call_that_fails_is_made_again_later_and_holds_up_no_other(service, clock):
    async with service.database.write() as writer:
        await writer.call_at("ring", "bad", clock.now() - timedelta(seconds=1), {"fails": True})
        await writer.call_at("ring", "good", clock.now())
    await call_all(service)
    assert await rung(service, "good") == 1
    async with service.database.read() as reader:
        row = await reader.first(select(timer))
    assert row["attempts"] == 1
    assert "Refusal" in row["error"]
    async with service.database.write() as writer:
        await writer.execute(timer.update().values(payload={}))
    clock.advance(2)
    await call_all(service)
    assert await rung(service, "bad") == 1


async def test_a_timer_set_by_a_transaction_that_failed_is_not_there(service, clock):
    async def fails() -> None:
        async with service.database.write() as writer:
            await writer.call_at("ring", "a", clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    await call_all(service)
    assert await rung(service) == 0


async def test_the_running_scheduler_is_woken_by_a_new_timer(started, clock):
    service = (await started(create_app, Settings, timer_poll=3600)).state.service
    async with service.database.write() as writer:
        await count(writer)
        await writer.call_at("ring", "now", clock.now())
    async with asyncio.timeout(10):
        while not await rung(service, "now"):
            await asyncio.sleep(0.02)


@pytest.fixture
def together(service):
    """What a handler that takes many was given, key by key; it fails for the key "bad"."""
    taken = []

    async def ring_all(writer, timers):
        taken.append([each.key for each in timers])
        for each in timers:
            await count(writer, f"rung-{each.key}")
        if any(each.key == "bad" for each in timers):
            raise RuntimeError("one of them cannot be made")

    service.timers.handlers = service.timers.handlers | {"all": Together(ring_all)}
    return taken


async def test_calls_that_are_due_are_made_together(service, clock, together):
    async with service.database.write() as writer:
        await writer.call_all_at("all", ["a", "b", "b"], clock.now())
        await writer.call_at("all", "later", clock.now() + timedelta(hours=1))
        await writer.call_at("ring", "c", clock.now())
    await call_all(service)
    assert [sorted(keys) for keys in together] == [["a", "b"]]
    assert [await rung(service, key) for key in ("a", "b", "c", "later")] == [1, 1, 1, 0]


async def test_of_calls_made_together_one_that_fails_undoes_none_of_the_others(service, clock, together):
    async with service.database.write() as writer:
        await writer.call_all_at("all", ["a", "bad", "b"], clock.now())
    await call_all(service)
    assert await rung(service, "a") == 0
    clock.advance(timedelta(seconds=2))
    await call_all(service)
    assert sorted(map(sorted, together)) == [["a"], ["a", "b", "bad"], ["b"], ["bad"]]
    assert [await rung(service, key) for key in ("a", "b", "bad")] == [1, 1, 0]


@pytest.mark.parametrize("change", ["moved", "cancelled"])
async def test_who_changes_a_call_while_it_is_made_does_not_wait_for_it_in_a_circle(
    service, clock, database_url, change
):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    async with service.database.write() as writer:
        await count(writer, "rung-a")
        await writer.call_at("ring", "a", clock.now())
    async with service.database.write() as writer:
        # What the call is about is held here; whoever makes the call waits for it.
        await count(writer, "rung-a")
        making = asyncio.create_task(service.timers.call_one())
        await until_it_waits(service.database, making)
        if change == "moved":
            await writer.call_at("ring", "a", clock.now() + timedelta(hours=1))
        else:
            await writer.cancel_call("ring", "a")
    assert await making
    failed = service.metrics.timers_failed.labels("ring")._value.get()
    assert failed == 0, "PostgreSQL had to end one of two that waited for each other"
    await call_all(service)
    assert await rung(service) == 2, "the call was made although it was changed before"
    clock.advance(timedelta(hours=2))
    await call_all(service)
    assert await rung(service) == (3 if change == "moved" else 2)


async def test_a_handler_may_set_its_own_call_again(service, clock):
    async def again(writer, due):
        await count(writer, f"rung-{due.key}")
        if not due.payload:
            await writer.call_at("again", due.key, clock.now(), {"last": True})

    service.timers.handlers = service.timers.handlers | {"again": again}
    async with service.database.write() as writer:
        await writer.call_at("again", "a", clock.now())
    await call_all(service)
    assert await rung(service) == 2
