"""What nats-py does alone: `python bare_stream.py batches|singles|take|rows NUMBER NATS_URL [DATABASE URL]`.

batches  publish in atomic batches of 500, each acknowledged when it is on disk
singles  publish one by one, 100 under way together
take     pull 500 at a time and acknowledge, nothing else
rows     the same, and write each batch's inbox rows and orders with the raw driver in one transaction before

Prints messages a second. The broker syncs every message (or batch) to disk, as it does for us.
"""

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import nats
from bare import PRAGMAS
from large_cycle import LargeCycle
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, StorageType, StreamConfig
from processes import connected
from sqlalchemy import make_url

STREAM, CONSUMER, SUBJECT = "ORDERING", "raw", "cabas.ordering.>"
BATCH = 500

Store = Callable[[list[Msg]], Awaitable[None]]


async def publish_batches(client: Any, messages: list[Any]) -> None:
    for start in range(0, len(messages), BATCH):
        part = messages[start : start + BATCH]
        for number, message in enumerate(part, start=1):
            headers = message.headers | {"Nats-Batch-Id": f"batch-{start}", "Nats-Batch-Sequence": str(number)}
            if number < len(part):
                await client.publish(message.subject, message.body, headers=headers)
            else:
                headers["Nats-Batch-Commit"] = "1"
                answer = await client.request(message.subject, message.body, headers=headers, timeout=10)
                assert b'"error"' not in answer.data, answer.data


async def publish_singles(client: Any, messages: list[Any]) -> None:
    js = client.jetstream()
    waiting = iter(messages)

    async def some() -> None:
        for message in waiting:
            await js.publish(message.subject, message.body, headers=message.headers, stream=STREAM, timeout=10)

    await asyncio.gather(*(some() for _ in range(100)))


async def take(client: Any, number: int, store: Store) -> float:
    """Pull until `number` messages were taken; messages a second."""
    js = client.jetstream()
    wanted = ConsumerConfig(durable_name=CONSUMER, ack_policy=AckPolicy.EXPLICIT, max_ack_pending=2_000)
    await js.add_consumer(STREAM, wanted)
    subscription = await js.pull_subscribe_bind(CONSUMER, STREAM)
    taken, began = 0, time.perf_counter()
    while taken < number:
        batch = await subscription.fetch(BATCH, timeout=5)
        await store(batch)
        for message in batch:
            await message.ack()
        taken += len(batch)
    await client.flush()
    return taken / (time.perf_counter() - began)


async def nowhere(_batch: list[Msg]) -> None:
    pass


def rows_of(batch: list[Msg], *, text: bool) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of the inbox and of the orders, as logistics writes them."""
    now = datetime.now(UTC)
    inbox, orders = [], []
    for message in batch:
        said = json.loads(message.data)
        placed = datetime.fromisoformat(said["placed_at"])
        stored = [placed, now]
        if text:
            stored = [each.strftime("%Y-%m-%d %H:%M:%S.%f") for each in stored]  # type: ignore[misc]
        lines = [
            (line["article"]["product_id"], line["quantity_thousandths"], line["gross_cents"]) for line in said["lines"]
        ]
        inbox.append(("logistics-from-ordering", (message.headers or {})["ce-id"], stored[1]))
        orders.append(
            (
                said["id"], said["version"], said["cycle_id"], said["household_id"], said["household_name"],
                said["group_id"], said["group_name"], "placed", stored[0], json.dumps(lines, separators=(",", ":")),
            )
        )  # fmt: skip
    return inbox, orders


ORDER = "id, version, cycle_id, household_id, household_name, group_id, group_name, state, said_at, lines"
NEWER = (
    " ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state, lines = excluded.lines"
    " WHERE member_order.version < excluded.version"
)


def sqlite_store(url: str) -> Store:
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(pragma)

    def write(batch: list[Msg]) -> None:
        inbox, orders = rows_of(batch, text=True)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO inbox (consumer, event_id, handled_at) VALUES (?, ?, ?)", inbox)
        connection.executemany(f"INSERT INTO member_order ({ORDER}) VALUES (?,?,?,?,?,?,?,?,?,?){NEWER}", orders)
        connection.execute("COMMIT")

    async def store(batch: list[Msg]) -> None:
        await asyncio.to_thread(write, batch)

    return store


async def postgres_store(url: str) -> Store:
    connection = await connected(url)
    columns = "$1::text[], $2::text[], $3::timestamptz[]"
    inbox_in = f"INSERT INTO inbox (consumer, event_id, handled_at) SELECT * FROM unnest({columns})"
    kinds = ["text", "int", *["text"] * 6, "timestamptz", "text"]
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(kinds, start=1))
    orders_in = f"INSERT INTO member_order ({ORDER}) SELECT * FROM unnest({arrays}){NEWER}"

    async def store(batch: list[Msg]) -> None:
        inbox, orders = rows_of(batch, text=False)
        async with connection.transaction():
            await connection.execute(inbox_in, *(list(column) for column in zip(*inbox, strict=True)))
            await connection.execute(orders_in, *(list(column) for column in zip(*orders, strict=True)))

    return store


async def main(what: str, number: int, url: str, database: str = "") -> None:
    client = await nats.connect(url, user="cabas", password="cabas")
    if what in ("batches", "singles"):
        wanted = StreamConfig(name=STREAM, subjects=[SUBJECT], storage=StorageType.FILE, allow_atomic=True)
        await client.jetstream().add_stream(wanted)
        messages = list(LargeCycle(number).all_received())
        began = time.perf_counter()
        await (publish_batches if what == "batches" else publish_singles)(client, messages)
        rate = number / (time.perf_counter() - began)
    else:
        store: Store = nowhere
        if what == "rows":
            store = sqlite_store(database) if database.startswith("sqlite") else await postgres_store(database)
        rate = await take(client, number, store)
    print(rate)
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], *sys.argv[4:]))
