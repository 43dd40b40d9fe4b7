"""A service that is asked to stop stops, whatever its work is at."""

import asyncio

from counter.app import create_app

from chassis.service import Service
from chassis.settings import Settings


async def test_work_that_misses_its_first_cancellation_is_told_again(started):
    service: Service = (await started(create_app, Settings)).state.service
    told = 0

    async def deaf_at_first() -> None:
        nonlocal told
        while told < 2:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                told += 1
        raise asyncio.CancelledError

    service.background("deaf", deaf_at_first)
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await service.stop()
    assert told == 2
