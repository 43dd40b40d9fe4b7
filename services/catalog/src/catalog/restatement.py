"""What this release says otherwise of what is there already: said again once, at its first start.

An event says what held when it was made. When a release says more (where a producer is) or less (a label that nobody
proved), the others would keep the old words until somebody happens to change a product.
"""

from sqlalchemy import Column, Integer, String, Table, select

from catalog import producer, product
from catalog.schema import metadata
from chassis.database import Database

REVISION = 3
"""Counted up by a release that says something otherwise. 1: labels need their proof, intermediaries are counted.
2: how goods are sold. 3: where a producer is, for who plans rounds."""
MOST = 100_000

restated = Table(
    "restated",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("revision", Integer, nullable=False),
)
"""One row."""


async def restate(database: Database) -> None:
    """Say every producer and all it offers again, where that was not done yet. All or nothing, by one replica."""
    async with database.read() as reader:
        if await reader.scalar(select(restated.c.revision)) == REVISION:
            return
    async with database.write() as writer:
        await writer.execute(writer.insert(restated).values(id="all", revision=0).on_conflict_do_nothing())
        row = await writer.first(select(restated).with_for_update())
        if row is None or row["revision"] >= REVISION:
            return
        for one in await producer.list_of(writer, limit=MOST):
            owner = await producer.locked(writer, one.id)
            await producer.say_again(writer, owner)
            await product.say_again(writer, owner)
        await writer.execute(restated.update().values(revision=REVISION))
