"""At the broker of a deployment each service can do its own work, and nobody else's. On a real nats-server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig

from cabas import broker_users
from cabas.broker_users import OPERATOR
from cabas.provision import make_streams
from cabas.secret_files import Secrets
from cabas.talks import Talk, talks
from chassis.jetstream import inbox_prefix, stream_config, stream_of
from chassis.nats_server import NatsServer
from chassis.settings import Settings

pytestmark = pytest.mark.nats


@dataclass
class Deployed(NatsServer):
    """A broker with the users that `cabas secrets` wrote, as deploy/nats/nats.conf includes them."""

    users_conf: str = ""

    def configuration(self) -> str:
        lines = super().configuration().splitlines()
        return "\n".join([*(line for line in lines if not line.startswith("authorization")), self.users_conf])


Connect = Callable[[str], Any]


@pytest.fixture(scope="module")
def everybody() -> tuple[Talk, ...]:
    return talks()


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Connect]:
    """`await connect("ordering")`: a connection as that user, to a broker where everything is provisioned."""
    secrets = Secrets(tmp_path / "secrets", [])
    secrets.provide()
    server = Deployed(tmp_path / "nats", users_conf=secrets.read("nats", "users.conf"))
    await server.start()
    clients: list[Client] = []

    async def connect(user: str, inbox: str = "") -> Client:
        client = await nats.connect(
            server.url,
            user=user,
            password=secrets.read(user, "cabas_nats_password"),
            inbox_prefix=inbox_prefix(inbox or user),
            error_cb=_quiet,
        )
        clients.append(client)
        return client

    try:
        settings = Settings(nats_url=server.url, stream_max_bytes=64 * 1024**2)
        await make_streams(settings, secrets.read(OPERATOR, "cabas_nats_password"))
        yield connect
    finally:
        for client in clients:
            await client.close()
        await server.stop()


async def _quiet(_error: Exception) -> None:
    """Refusals are what these tests provoke."""


async def refused(work: Any) -> bool:
    """The broker tells a user nothing of what it may not ask for: the request stays without an answer."""
    try:
        await work
    except (nats.errors.TimeoutError, TimeoutError):
        return True
    return False


async def test_each_service_publishes_its_own_subjects_and_no_other(connect, everybody):
    for talk in everybody:
        js = (await connect(talk.service)).jetstream(timeout=0.3)
        await js.publish(f"cabas.{talk.service}.thing.happened.v1.1", b"{}", timeout=5)
        other = next(t.service for t in everybody if t is not talk)
        assert await refused(js.publish(f"cabas.{other}.thing.happened.v1.1", b"{}", timeout=0.3)), other
    operator = (await connect(OPERATOR)).jetstream()
    for talk in everybody:
        assert (await operator.stream_info(stream_of(talk.service))).state.messages == 1, talk.service


async def test_each_service_takes_from_its_own_consumers_and_from_no_other(connect, everybody):
    for talk in everybody:
        for other in everybody:
            for source in other.listening.filters() if other.listening else ():
                consumer = other.listening.consumer(source)
                client = await connect(talk.service)
                js = client.jetstream(timeout=0.3 if other is not talk else 5)
                if other is talk:
                    assert (await js.consumer_info(stream_of(source), consumer)).name == consumer
                    continue
                assert await refused(js.consumer_info(stream_of(source), consumer)), f"{talk.service} asks {consumer}"
                pull = f"$JS.API.CONSUMER.MSG.NEXT.{stream_of(source)}.{consumer}"
                assert await refused(client.request(pull, b'{"batch":1,"no_wait":true}', timeout=0.3)), consumer
                await client.close()


async def test_a_consumer_gives_what_its_table_says_and_takes_the_acknowledgement(connect):
    said = (await connect("catalog")).jetstream()
    await said.publish("cabas.catalog.producer.registered.v1.1", b"{}")
    await said.publish("cabas.catalog.certificate.ends_soon.v1.1", b"{}")
    js = (await connect("billing")).jetstream()
    pulling = await js.pull_subscribe_bind("billing-from-catalog", stream="CATALOG")
    taken = await pulling.fetch(10, timeout=2)
    assert [message.subject for message in taken] == ["cabas.catalog.producer.registered.v1.1"]
    await taken[0].ack_sync()
    assert (await js.consumer_info("CATALOG", "billing-from-catalog")).num_ack_pending == 0


@pytest.mark.parametrize("user", ["ordering", OPERATOR])
async def test_nobody_deletes_or_empties_a_stream(connect, user):
    js = (await connect(user)).jetstream(timeout=0.3)
    assert await refused(js.delete_stream("ORDERING"))
    assert await refused(js.purge_stream("ORDERING"))
    assert await refused(js.delete_consumer("ORDERING", "billing-from-ordering"))


async def test_a_service_cannot_copy_anothers_events_by_a_stream_or_a_consumer_of_its_own(connect):
    js = (await connect("notify")).jetstream(timeout=0.3)
    assert await refused(js.update_stream(stream_config("notify", Settings())))
    assert await refused(js.add_consumer("BILLING", ConsumerConfig(durable_name="notify-from-billing")))
    assert await refused(js.add_consumer("NOTIFY", ConsumerConfig(durable_name="more")))


async def test_a_service_does_not_read_along(connect):
    ears = await connect("notify")
    heard: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(message.subject)

    for subject in ("cabas.>", "_INBOX.>", "_INBOX.ordering.>", "$JS.>", ">"):
        await ears.subscribe(subject, cb=hear)
    await ears.flush()
    said = (await connect("ordering")).jetstream()
    await said.publish("cabas.ordering.order.placed.v1.1", b"{}")
    await asyncio.sleep(0.3)
    assert heard == []


def test_passwords_and_subjects_are_in_the_configuration_once_for_each_user(everybody):
    users = broker_users.users(everybody)
    text = broker_users.configuration(users, {user.name: f"secret-of-{user.name}" for user in users})
    assert len(users) == len(everybody) + 1
    for user in users:
        assert text.count(f'"secret-of-{user.name}"') == 1
