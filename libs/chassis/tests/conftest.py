import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

# The tests' own little service has migrations, which are found by the name of their package.
sys.path.insert(0, str(Path(__file__).parent))

from counter.app import create_app
from counter.watching import connected, until

from chassis.service import Service
from chassis.settings import Settings


@pytest.fixture
async def hub(nats_server, settings_for, clock, ids):
    """`service = await hub(**settings)`: the counting service, which listens to itself through the broker."""
    async with AsyncExitStack() as stack:

        async def start(**overrides) -> Service:
            values = {
                "nats_url": nats_server.url,
                "nats_user": nats_server.user,
                "nats_password": nats_server.password,
                "retry_delays": (0.05,),
                "max_deliveries": 3,
            }
            settings = settings_for(Settings, **(values | overrides))
            service: Service = create_app(settings, clock=clock, ids=ids).state.service
            await service.start()
            stack.push_async_callback(service.stop)
            await until(lambda: connected(service))
            return service

        yield start


@pytest.fixture
async def sqlite_only(database_url):
    if not database_url.startswith("sqlite"):
        pytest.skip("about the broker alone; once is enough")
