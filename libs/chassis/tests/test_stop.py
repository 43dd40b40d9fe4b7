"""A service that is asked to stop ends, whatever its background work makes of it."""

import asyncio

from counter.app import create_app

from chassis.service import Service
from chassis.settings import Settings


async def test_work_that_swallows_a_cancellation_is_told_again(started, settings_for):
    """As nats-py does when one meets its flush: under load a service once waited for a task that had not heard."""
    app = await started(create_app, Settings)
    service: Service = app.state.service
    swallowed = 0

    async def hard_of_hearing() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed += 1

    service.background("hard of hearing", hard_of_hearing)
    await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        await service.stop()
    assert swallowed == 1
