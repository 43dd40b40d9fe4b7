"""The ledger lost, the streams kept: a new billing hears everything again from a real broker."""

import asyncio

import nats
import pytest
from billing_week import CHEESE, OLIVES, SOAP, WINE, Week, allocated, given, line, placed, revised
from sqlalchemy import select

from billing.app import BillingSettings, create_app
from billing.ledger.book import balance, entry
from billing.ledger.proof import proofs
from chassis.envelope import headers_of
from chassis.jetstream import provision_stream, stream_config, stream_of
from chassis.testing import START
from chassis.trace import Trace

pytestmark = pytest.mark.nats


def weeks():
    for cycle in ("one", "two", "three"):
        josette = placed("Josette", [line(WINE, 3)], group="Quillan", cycle=cycle)
        less = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 1, 2), given(SOAP, 1)], cycle=cycle)
        more = allocated("Marie", [given(OLIVES, 1), given(CHEESE, 0, 2), given(SOAP, 1)], version=4, cycle=cycle)
        yield from Week(cycle).events
        yield from (less, revised([less, josette], 2, cycle), more, revised([more, josette], 3, cycle))


async def balances(service):
    async with service.database.read() as reader:
        rows = await reader.all(select(balance))
    found = {(row["book"], row["account"], row["party"]): row["debit_cents"] - row["credit_cents"] for row in rows}
    return {key: cents for key, cents in found.items() if cents}


WANTED = {
    "p-BioEspuña": 3 * 2800,
    "p-Domaine": 3 * 2100,
}
"""What households owe in the end: Marie's olives and soap, Josette's wine."""


async def until_all_is_heard(service):
    async with asyncio.timeout(60):
        while True:
            found = await balances(service)
            owed = {book: cents for (book, account, _), cents in found.items() if account == "household"}
            if owed == WANTED:
                return found
            await asyncio.sleep(0.1)


async def test_a_lost_ledger_is_rebuilt_from_the_streams_to_the_cent(nats_server, settings_for, clock, ids):
    broker = {"nats_url": nats_server.url, "nats_user": nats_server.user, "nats_password": nats_server.password}
    settings = settings_for(BillingSettings, **broker)
    client = await nats.connect(nats_server.url, user=nats_server.user, password=nats_server.password)
    js = client.jetstream()
    for source in ("catalog", "ordering"):
        await provision_stream(js, stream_config(source, settings), apply=True)
    first = create_app(settings, clock=clock, ids=ids).state.service
    rebuilt = create_app(settings_for(BillingSettings, **broker, database_url=None), clock=clock, ids=ids).state.service
    try:
        await first.start()
        for n, event in enumerate(weeks()):
            headers = headers_of(event, f"00000000-0000-7000-9000-{n:012d}", START, Trace())
            await js.publish(
                event.subject, event.model_dump_json().encode(), headers=headers, stream=stream_of(event.service)
            )
        before = await until_all_is_heard(first)
        await first.stop()
        for source in ("catalog", "ordering"):
            await js.delete_consumer(stream_of(source), f"billing-from-{source}")
        await rebuilt.start()
        assert await until_all_is_heard(rebuilt) == before
        async with rebuilt.database.read() as reader:
            assert [fault for proof in await proofs(reader) for fault in proof.faults] == []
            causes = {row["cause"] for row in await reader.all(select(entry.c.cause))}
        assert all(cause.startswith("00000000-0000-7000-9000-") for cause in causes), "the events' own ids"
    finally:
        await first.stop()
        await rebuilt.stop()
        await client.close()
