"""From an outbox to another service's tables, over a real nats-server."""

import asyncio
import json
import re
from datetime import timedelta

import nats
import pytest
from counter.app import count, counter, group
from counter.watching import heard, letters, published, settled, unpublished, until
from nats.js import api
from sqlalchemy import func, select

from chassis import jetstream
from chassis.identity import Grant
from chassis.relay import Relay
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import inbox, outbox
from contracts import Role, ordering

pytestmark = pytest.mark.nats


async def test_what_is_committed_arrives_once(hub):
    service = await hub()
    for _ in range(30):
        async with service.database.write() as writer:
            await count(writer)
    row = await until(lambda: settled(service, 30))
    assert row["heard"] == 30
    async with service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(inbox)) == 30
    assert await unpublished(service) == 0


async def test_the_same_event_delivered_again_changes_nothing(hub, sqlite_only):
    service = await hub()
    async with service.database.write() as writer:
        await count(writer)
    await until(lambda: settled(service, 1))
    async with service.database.read() as reader:
        row = await reader.first(select(outbox))
    # Another message id, so that the broker's own de-duplication cannot help; the event's id is the same.
    again = {**row["headers"], "Nats-Msg-Id": "another"}
    await service.client.jetstream().publish(row["subject"], row["body"], headers=again, stream="ORDERING", timeout=5)
    async with service.database.write() as writer:
        await count(writer)
    assert (await until(lambda: settled(service, 2)))["heard"] == 2


async def test_a_broker_killed_and_started_again_loses_and_doubles_nothing(hub, nats_server):
    service = await hub()
    for n in range(60):
        async with service.database.write() as writer:
            await count(writer)
        if n == 20:
            nats_server.kill()
        if n == 40:
            await nats_server.start()
    row = await until(lambda: settled(service, 60), seconds=30)
    assert row["heard"] == 60


async def test_a_failing_event_holds_up_no_other_and_is_buried_after_its_attempts(hub, sqlite_only):
    service = await hub()
    async with service.database.write() as writer:
        await writer.announce(group("a", 1), group("b", 1, name="poison"), group("c", 1))
    (letter,) = await until(lambda: letters(service))
    assert letter.reason == "handler_failed"
    assert "cannot be swallowed" in letter.error
    assert letter.attempts == 3
    assert await heard(service, "heard-a")
    assert await heard(service, "heard-c")
    assert not await heard(service, "heard-b")


async def test_a_dead_letter_is_taken_in_when_its_cause_is_gone(hub, sqlite_only, monkeypatch):
    service = await hub()
    async with service.database.write() as writer:
        await writer.announce(group("b", 1, name="poison"))
    (letter,) = await until(lambda: letters(service))
    assert "cannot be swallowed" in (await service.intake.retry(letter.id) or "")

    async def swallow(writer, event):
        await writer.keep_newest(counter, {"id": f"heard-{event.id}", "version": event.version, "heard": 1})

    monkeypatch.setitem(service.listening.handlers, ordering.GroupChanged, swallow)
    assert await service.intake.retry(letter.id) is None
    assert await heard(service, "heard-b")
    assert await letters(service) == []


@pytest.mark.parametrize(
    ("type_name", "body", "reason"),
    [
        ("cabas.ordering.group.exploded.v1", b"{}", "unknown_type"),
        ("cabas.ordering.group.changed.v2", b"{}", "newer_version"),
        ("cabas.ordering.group.changed.v1", b"{not json", "invalid_body"),
        ("cabas.ordering.group.changed.v1", b'{"id": "a", "version": "x"}', "invalid_body"),
    ],
)
async def test_what_cannot_be_read_is_recorded_and_holds_up_nothing(hub, sqlite_only, type_name, body, reason):
    service = await hub()
    js = service.client.jetstream()
    headers = {"ce-id": "stranger-1", "ce-type": type_name}
    await js.publish(f"{type_name}.a", body, headers=headers, stream="ORDERING", timeout=5)
    async with service.database.write() as writer:
        await count(writer)
    await until(lambda: settled(service, 1))
    (letter,) = await until(lambda: letters(service))
    assert letter.reason == reason
    assert letter.received.body == body


async def test_a_known_event_that_has_no_place_here_is_ignored(hub, sqlite_only):
    service = await hub()
    registered = ordering.GroupRegistered(**group("z", 1).model_dump())
    async with service.database.write() as writer:
        await writer.announce(registered)
        await count(writer)
    await until(lambda: settled(service, 1))
    assert await letters(service) == []


class Bare:
    """A subscription that gives one message and then fails as nats-py 2.16 does when its deadline is nearly over."""

    given = False

    async def fetch(self, batch, timeout):
        if self.given:
            raise TimeoutError
        self.given = True
        return ["message"]


async def fine() -> None: ...


async def collect(subscription) -> list:
    """What FastStream 0.7.8 does with a subscription: collect until nats' own time-out, then handle."""
    messages = []
    while True:
        try:
            messages += await subscription.fetch(batch=10, timeout=1)
        except nats.errors.TimeoutError:
            return messages


async def test_a_fetch_that_times_out_loses_nothing_already_fetched():
    assert await collect(jetstream.Pulling(Bare(), provide=fine)) == ["message"]
    with pytest.raises(asyncio.TimeoutError):  # the negative control: without our wrapper the message is gone
        await collect(Bare())


class Giving:
    """A subscription that gives these batches, one for each fetch."""

    def __init__(self, *batches):
        self.batches = list(batches)

    async def fetch(self, batch, timeout):
        return self.batches.pop(0)


@pytest.mark.parametrize(
    ("came", "least", "most"), [(["one"], 0, jetstream.MOST_REST), (["one", "two"], 0.25, 0.25), (["full"] * 10, 0, 0)]
)
async def test_who_gathers_waits_for_more_after_events_that_came_together(monkeypatch, came, least, most):
    """Not after a lone event, which nothing may follow; and not when more are there than it could take."""
    rests = []

    async def rest(seconds):
        rests.append(seconds)

    pulling = jetstream.Pulling(Giving(came, ["more"]), fine, gathers=0.25)
    assert await collect(pulling) == came
    monkeypatch.setattr(jetstream.asyncio, "sleep", rest)
    assert await collect(pulling) == ["more"]
    assert least <= sum(rests) <= most


async def test_a_lone_event_does_not_wait_for_company(hub, sqlite_only):
    service = await hub(batch_wait=20.0)
    async with service.database.write() as writer:
        await count(writer)
    await until(lambda: settled(service, 1), seconds=10)


# --- the relay ---


async def test_a_batch_that_was_stored_before_it_could_be_marked_is_not_stored_twice(hub, sqlite_only):
    service = await hub()
    async with service.database.write() as writer:
        for _ in range(5):
            await count(writer)
    await until(lambda: settled(service, 5))
    async with service.database.write() as writer:
        # As if the process had died between the broker's acknowledgement and the mark, with one more row behind.
        await writer.execute(outbox.update().values(published_at=None))
        await count(writer)
    await until(lambda: settled(service, 6))
    info = await service.client.jetstream().stream_info("ORDERING")
    assert info.state.messages == 6


async def test_a_batch_goes_out_whole_in_one_go(nats_server):
    client = await nats.connect(nats_server.url, user=nats_server.user, password=nats_server.password)
    js = client.jetstream()
    await js.add_stream(jetstream.stream_config("ordering", Settings()))
    messages = [(f"cabas.ordering.group.changed.v1.{n}", {"Nats-Msg-Id": str(n)}, b"{}") for n in range(1000)]
    await jetstream.publish(client, "ORDERING", messages, batch_id="b1", timeout=10)
    assert (await js.stream_info("ORDERING")).state.messages == 1000
    with pytest.raises(jetstream.PublishRefused) as refused:
        await jetstream.publish(client, "ORDERING", messages[:3], batch_id="b2", timeout=10)
    assert refused.value.code == jetstream.DUPLICATE_IN_BATCH
    with pytest.raises(ValueError, match="at most 1000"):
        await jetstream.publish(client, "ORDERING", [*messages, messages[0]], batch_id="b3", timeout=10)
    await client.close()


async def test_rows_published_long_ago_are_forgotten_and_younger_ones_kept(hub, clock, sqlite_only):
    service = await hub()
    for version in (1, 2):
        async with service.database.write() as writer:
            await count(writer)
        await until(lambda: settled(service, version))  # noqa: B023 awaited at once
    await until(lambda: published(service))
    clock.advance(timedelta(days=13))
    relay: Relay = service.relay
    await relay.forget_old()
    async with service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(outbox)) == 2
    clock.advance(timedelta(days=2))
    await relay.forget_old()
    async with service.database.read() as reader:
        # The newest stays: it tells how far the stream had come.
        assert [row["sequence"] for row in await reader.all(select(outbox))] == [2]


async def test_two_replicas_publish_each_row_once_and_in_order(hub, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("an SQLite file has one process")
    one, two = await hub(), await hub()
    for n in range(40):
        async with (one, two)[n % 2].database.write() as writer:
            await count(writer)
    await until(lambda: settled(one, 40))
    js = one.client.jetstream()
    info = await js.stream_info("ORDERING")
    assert info.state.messages == 40
    versions = [json.loads((await js.get_msg("ORDERING", seq)).data)["version"] for seq in range(1, 41)]
    assert versions == list(range(1, 41))


# --- provisioning ---


async def test_a_stream_of_another_shape_is_refused_and_changed_only_on_request(hub, nats_server, sqlite_only):
    client = await nats.connect(nats_server.url, user=nats_server.user, password=nats_server.password)
    js = client.jetstream()
    await js.add_stream(api.StreamConfig(name="ORDERING", subjects=["cabas.ordering.>"], max_bytes=1024**2))
    with pytest.raises(jetstream.Drift, match="max_bytes"):
        await jetstream.provision_stream(js, jetstream.stream_config("ordering", Settings()), apply=False)
    wanted = jetstream.stream_config("ordering", Settings())
    wanted.deny_delete = wanted.deny_purge = None
    await jetstream.provision_stream(js, wanted, apply=True)
    assert (await js.stream_info("ORDERING")).config.max_bytes == wanted.max_bytes
    await client.close()


async def test_a_durable_with_another_filter_is_refused(nats_server):
    client = await nats.connect(nats_server.url, user=nats_server.user, password=nats_server.password)
    js = client.jetstream()
    await js.add_stream(jetstream.stream_config("ordering", Settings()))
    first = jetstream.consumer_config("billing-from-ordering", ["cabas.ordering.order.>"])
    await jetstream.provision_consumer(js, "ORDERING", first, apply=False)
    await jetstream.provision_consumer(js, "ORDERING", first, apply=False)
    other = jetstream.consumer_config("billing-from-ordering", ["cabas.ordering.order.>", "cabas.ordering.cycle.>"])
    with pytest.raises(jetstream.Drift, match="filter_subjects"):
        await jetstream.provision_consumer(js, "ORDERING", other, apply=False)
    await jetstream.provision_consumer(js, "ORDERING", other, apply=True)
    found = await js.consumer_info("ORDERING", "billing-from-ordering")
    assert sorted(found.config.filter_subjects) == sorted(other.filter_subjects)
    await client.close()


# --- health and traces ---


async def test_ready_tells_of_broker_lag_and_outbox(hub, nats_server, client_for, clock, sqlite_only):
    service = await hub()
    client = client_for(service.app)
    await until(lambda: settled_lag(service))
    assert (await client.get("/ordering/health/ready")).status_code == 200
    assert "cabas_outbox_oldest_seconds" in (await client.get("/ordering/metrics")).text
    nats_server.kill()
    async with service.database.write() as writer:
        await count(writer)
    clock.advance(61)

    async def unready():
        return (await client.get("/ordering/health/ready")).status_code == 503

    await until(unready)
    answer = (await client.get("/ordering/health/ready")).json()
    assert answer["broker"] == "not connected"
    assert answer["outbox_oldest_seconds"] == 61
    assert (await client.get("/ordering/health/live")).status_code == 200


async def settled_lag(service: Service):
    return (await service.health())["lag"] == {"ordering": 0}


async def test_a_request_can_be_followed_to_the_last_consumer(hub, client_for, sqlite_only):
    service = await hub()
    client = client_for(service.app, Grant(Role.MEMBER, household_id="h"))
    await client.submit("/ordering/count", headers={"x-request-id": "from-the-browser"})
    await until(lambda: settled(service, 1))
    async with service.database.read() as reader:
        row = await reader.first(select(outbox.c.headers))
    assert row["headers"]["cabas-correlation"] == "from-the-browser"
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", row["headers"]["traceparent"])
