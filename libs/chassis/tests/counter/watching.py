"""Looking at a counting service from outside: has it heard, has it published, is it connected?"""

import asyncio

from sqlalchemy import func, select

from chassis import dead_letter
from chassis.service import Service
from chassis.tables import outbox
from counter.app import counter


async def until(condition, seconds: float = 15.0):
    async with asyncio.timeout(seconds):
        while not (value := await condition()):
            await asyncio.sleep(0.02)
        return value


async def connected(service: Service) -> bool:
    return service.broker is not None and not service.relay.in_doubt


async def heard(service: Service, counter_id: str = "heard-a"):
    async with service.database.read() as reader:
        return await reader.first(select(counter).where(counter.c.id == counter_id))


async def settled(service: Service, version: int):
    row = await heard(service)
    return row is not None and row["version"] == version and row


async def letters(service: Service):
    async with service.database.read() as reader:
        return await dead_letter.unresolved(reader)


async def unpublished(service: Service) -> int:
    async with service.database.read() as reader:
        return await reader.scalar(select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None)))


async def published(service: Service) -> bool:
    return await unpublished(service) == 0
