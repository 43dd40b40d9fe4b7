"""What others learn from the outbox."""

from counter.app import count, create_app

from chassis.outbox import last_news
from chassis.settings import Settings
from chassis.tables import outbox


async def test_there_is_news_when_something_was_announced_and_when_it_was_published(started, clock):
    database = (await started(create_app, Settings)).state.service.database

    async def seen():
        async with database.read() as reader:
            return await last_news(reader)

    before_any = await seen()
    assert await seen() == before_any
    async with database.write() as writer:
        await count(writer)
    announced = await seen()
    assert announced != before_any
    async with database.write() as writer:
        await writer.execute(outbox.update().values(published_at=clock.now()))
    assert await seen() not in (before_any, announced)
