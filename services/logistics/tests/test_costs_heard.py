"""Logistics hears its own records of deliveries from a real broker, with no other service there."""

import asyncio

import pytest
from sqlalchemy import select
from test_costs import came

from logistics.app import create_app
from logistics.cost.portion import delivered
from logistics.settings import LogisticsSettings

pytestmark = pytest.mark.nats


async def test_what_logistics_announces_of_a_delivery_it_hears_itself(nats_server, settings_for, clock, ids):
    broker = {"nats_url": nats_server.url, "nats_user": nats_server.user, "nats_password": nats_server.password}
    service = create_app(settings_for(LogisticsSettings, **broker), clock=clock, ids=ids).state.service
    try:
        await service.start()
        async with service.database.write() as writer:
            await writer.announce(came("vidal", "pic", pel=1000))
        async with asyncio.timeout(60):
            while True:
                async with service.database.read() as reader:
                    rows = await reader.all(select(delivered))
                if rows:
                    break
                await asyncio.sleep(0.05)
        assert [(row["household_id"], row["lines"]) for row in rows] == [("vidal", '{"pel": 1000}')]
    finally:
        await service.stop()
