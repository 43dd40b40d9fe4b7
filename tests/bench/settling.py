"""Settlement of a cycle in billing: what everybody owes at the closing, and again on what came of it.

Of what came, a coordinator says that one product came to nobody, and logistics says of a thousand households that
one line of each came to less. Each is measured until the last amount is made, booked and announced.
"""

import asyncio
import time
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from closing import _documents, _hear, _heard, _started, pause
from fastapi import FastAPI
from figures import Row, Table, median, spread
from large_cycle import CLOSES, LargeCycle
from processes import Bench
from sqlalchemy import select

from billing.delivery import Of, Record
from billing.final_amount import DELIVERED
from billing.ledger.sales import Because
from billing.price import Came
from chassis.envelope import Received
from chassis.service import Service
from chassis.tables import timer
from contracts.logistics import DeliveredLine, DeliveryRecorded

ORDERS = 10_000
TOLD = 1_000
"""Of so many households an event says what came."""
TIMES = 5
PORTION = 500
"""Events taken in together."""
DELIVERED_AT = CLOSES + timedelta(days=5)

CLOSED, NOTHING, LESS = (
    "amounts due at the closing",
    "a product that came to nobody",
    "a line of each that came to less",
)


async def measure(bench: Bench, databases: tuple[str, ...]) -> Table:
    columns = {
        "database": "database", "what": "what", "households": "households", "seconds": "seconds", "spread": "spread",
        "each": "µs per household",
    }  # fmt: skip
    table = Table("i", "settlement", "Settlement in billing, 15 lines per order", columns)
    week = LargeCycle(200 if bench.quick else ORDERS, id="cycle-0")
    missing, messages = nothing_came(week), less_came(week)
    counts = {CLOSED: week.orders, NOTHING: len(missing), LESS: len(messages)}
    for kind in databases:
        before = await _heard(bench, kind, "billing", week)
        took: dict[str, list[float]] = {what: [] for what in counts}
        for _ in range(2 if bench.quick else TIMES):
            copy = await bench.database(kind, bench.place("settle"), "settle", like=before)
            await bench.settle()
            took[CLOSED].append(await _documents(bench, "billing", copy, week))
            app, service = await _started(bench, "billing", copy)
            await bench.settle()
            took[NOTHING].append(await _timed(service, _record(app, missing)))
            await bench.settle()
            took[LESS].append(await _timed(service, _hear_all(app, messages)))
            await service.stop()
            await bench.drop(copy)
        await bench.drop(before)
        for what, seconds in took.items():
            row: Row = {
                "database": kind, "what": what, "households": counts[what], "seconds": median(seconds),
                "spread": spread(seconds), "each": median(seconds) / counts[what] * 1e6,
            }  # fmt: skip
            table.rows.append(row)
            print(f"  {kind} {what}: {row['seconds']:.2f} s for {counts[what]:,}", flush=True)
    return table


def nothing_came(week: LargeCycle) -> list[Record]:
    """Of the first product of the first order, for all who ordered it."""
    number, *_ = week.basket(0)[0]
    producer_id, lines = f"producer-{number % week.producers}", {f"product-{number}": Came(0)}
    return [
        Record(Of(week.id, f"household-{n}", producer_id), lines, DELIVERED_AT, "Anne", "person", "typed-in")
        for n in range(week.orders)
        if any(one == number for one, *_ in week.basket(n))
    ]


def less_came(week: LargeCycle) -> list[Received]:
    """As logistics says it, an event for each household: of each of their orders the last line."""
    messages = []
    for n in range(min(week.orders, TOLD)):
        number, quantity, _ = week.basket(n)[-1]
        event = DeliveryRecorded(
            id=f"delivery-{n}",
            version=1,
            cycle_id=week.id,
            household_id=f"household-{n}",
            producer_id=f"producer-{number % week.producers}",
            recorded_at=DELIVERED_AT,
            recorded_by="Anne",
            lines=(DeliveredLine(product_id=f"product-{number}", quantity_thousandths=quantity - 1000),),
        )
        messages.append(week.message(event))
    return messages


async def _record(app: FastAPI, records: list[Record]) -> None:
    """As the page does: in one transaction; what is beyond its portion follows."""
    async with app.state.service.database.write() as writer:
        because = Because("typed-in", writer.now, "person")
        await app.state.deliveries.record(writer, records[0].of.cycle_id, records, because)


async def _hear_all(app: FastAPI, messages: list[Received]) -> None:
    for first in range(0, len(messages), PORTION):
        await _hear(app, "logistics", messages[first : first + PORTION])


async def _timed(service: Service, work: Coroutine[Any, Any, None]) -> float:
    """Seconds until nothing is left to make."""
    began = time.perf_counter()
    await work
    left = select(timer).where(timer.c.name == DELIVERED)
    async with asyncio.timeout(600):
        while True:
            async with service.database.read() as reader:
                if await reader.first(left) is None:
                    return time.perf_counter() - began
            await asyncio.sleep(pause(time.perf_counter() - began))
