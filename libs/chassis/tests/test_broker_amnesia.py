"""A broker that forgets: its store wiped, its tail lost, an older copy put back. The outboxes repair it."""

import shutil
from datetime import timedelta
from pathlib import Path

import nats
import pytest
from counter.app import count, counter
from counter.watching import heard, settled, unpublished, until
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from chassis.jetstream import Stored
from chassis.relay import LOOK_BACK, Relay, kept_up_to, missing_for_ever, together
from chassis.tables import inbox, outbox

pytestmark = pytest.mark.nats


async def count_to(service, version: int) -> None:
    """Each in a transaction of its own, until it is published, taken in and marked."""
    async with service.database.read() as reader:
        held = await reader.scalar(select(counter.c.version).where(counter.c.id == "a")) or 0
    for _ in range(version - held):
        async with service.database.write() as writer:
            await count(writer)
    await until(lambda: at_rest(service, version))


async def at_rest(service, version: int) -> bool:
    return bool(await settled(service, version)) and await unpublished(service) == 0


async def stored(service) -> int:
    return (await service.client.jetstream().stream_info("ORDERING")).state.messages


async def forget_everything(nats_server) -> None:
    nats_server.kill()
    shutil.rmtree(nats_server.folder / "jetstream")
    await nats_server.start()


def copy_of_store(nats_server, name: str) -> Path:
    nats_server.kill()
    return Path(shutil.copytree(nats_server.folder / "jetstream", nats_server.folder / name))


async def put_back(nats_server, copy: Path) -> None:
    if nats_server.running:
        nats_server.kill()
    shutil.rmtree(nats_server.folder / "jetstream")
    shutil.copytree(copy, nats_server.folder / "jetstream")
    await nats_server.start()


async def took_effect(service, version: int) -> None:
    """Every event is in the stream, and took effect here exactly once."""
    row = await heard(service)
    assert (row["version"], row["heard"]) == (version, version)
    async with service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(inbox)) == version
        assert await reader.scalar(select(func.count(outbox.c.event_id))) == version
    js = service.client.jetstream()
    state = (await js.stream_info("ORDERING")).state
    ids = {(await js.get_msg("ORDERING", seq)).headers["ce-id"] for seq in range(state.first_seq, state.last_seq + 1)}
    async with service.database.read() as reader:
        assert {row["event_id"] for row in await reader.all(select(outbox.c.event_id))} == ids


async def test_a_store_wiped_while_the_service_runs_is_filled_again(hub, nats_server):
    service = await hub()
    await count_to(service, 7)
    await forget_everything(nats_server)
    await until(lambda: filled(service, 7))
    await count_to(service, 9)
    await took_effect(service, 9)
    assert service.metrics.republished._value.get() == 7


async def filled(service, messages: int) -> bool:
    try:
        return await stored(service) >= messages
    except nats.errors.Error:
        return False


async def test_a_store_wiped_while_the_service_is_down_is_filled_again(hub, nats_server, sqlite_only):
    first = await hub()
    await count_to(first, 5)
    await first.stop()
    await forget_everything(nats_server)
    second = await hub()
    await until(lambda: filled(second, 5))
    await count_to(second, 6)
    await took_effect(second, 6)


async def test_an_older_copy_of_the_store_gets_its_tail_back(hub, nats_server):
    service = await hub()
    await count_to(service, 4)
    copy = copy_of_store(nats_server, "older")
    await nats_server.start()
    await count_to(service, 10)
    await put_back(nats_server, copy)
    await until(lambda: filled(service, 10))
    await count_to(service, 11)
    await took_effect(service, 11)


async def test_what_was_published_before_anybody_looked_does_not_hide_what_was_lost(
    hub,
    nats_server,
    sqlite_only,
    monkeypatch,
):
    service = await hub()
    await count_to(service, 4)
    copy = copy_of_store(nats_server, "older")
    await nats_server.start()
    await count_to(service, 10)
    monkeypatch.setattr(Relay, "doubt", lambda self: None)  # as when nobody is told that the broker was away
    await put_back(nats_server, copy)
    await count_to(service, 12)
    await until(lambda: filled(service, 12))
    await took_effect(service, 12)


async def trusting(tail, recorded_at) -> int:
    return 10**9


async def test_without_the_sequences_the_loss_stays(hub, nats_server, sqlite_only, monkeypatch):
    """The negative control."""
    service = await hub()
    await count_to(service, 4)
    monkeypatch.setattr("chassis.relay.kept_up_to", trusting)
    await forget_everything(nats_server)
    async with service.database.write() as writer:
        await writer.execute(update(outbox).values(sequence=0))
        await count(writer)
    await until(lambda: at_rest(service, 5))
    assert await stored(service) < 5


async def test_a_consumer_deleted_under_a_running_service_is_made_again(hub, nats_server, sqlite_only):
    service = await hub()
    await count_to(service, 3)
    await service.client.jetstream().delete_consumer("ORDERING", "ordering-from-ordering")
    await count_to(service, 5)
    await took_effect(service, 5)


async def test_a_stream_deleted_under_a_running_service_is_made_again(hub, nats_server, sqlite_only):
    service = await hub()
    await count_to(service, 3)
    await service.client.jetstream().delete_stream("ORDERING")
    await count_to(service, 5)
    await until(lambda: filled(service, 5))
    await took_effect(service, 5)


async def test_what_the_outbox_has_forgotten_is_said_to_be_lost(hub, nats_server, clock, sqlite_only):
    service = await hub()
    await count_to(service, 3)
    clock.advance(timedelta(days=20))
    await count_to(service, 5)
    await service.relay.forget_old()
    await forget_everything(nats_server)
    await until(lambda: filled(service, 2))
    await until(lambda: at_rest(service, 5))
    assert service.metrics.beyond_repair._value.get() == 3
    assert await stored(service) == 2


# --- the decisions ---


@pytest.mark.parametrize(
    ("tail", "recorded", "kept"),
    [
        (900, {900: 900}, 900),
        (900, {898: 898}, 898),  # two were not marked any more
        (900, {900: 1200, 899: 899}, 899),
        (900, {}, 0),
        (900, {900 - LOOK_BACK: 900 - LOOK_BACK}, 0),
        (0, {}, 0),
    ],
)
async def test_the_stream_is_trusted_up_to_where_the_outbox_says_the_same(tail, recorded, kept):
    async def recorded_at(place: int) -> int | None:
        return recorded.get(place)

    assert await kept_up_to(tail, recorded_at) == kept


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 60))
def test_what_is_lost_for_ever_lies_between_the_tail_and_the_first_row_held(forgotten, first_batch, tail):
    missing = missing_for_ever(tail, forgotten + first_batch, first_batch)
    assert missing == len([place for place in range(1, forgotten + 1) if place > tail])


def test_several_publications_are_told_as_one():
    assert together([Stored(4, None), Stored(9, 9), Stored(10, 10)]) == Stored(10, 9)
    assert together([Stored(4, None)]) == Stored(4, None)
