"""Two processes of logistics share a database and the deliveries of a consumer: together they are as right as one."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from fastapi import FastAPI
from logistics_week import Week, usual_week
from sqlalchemy import func, select

from chassis import dead_letter
from chassis.envelope import Received, headers_of
from chassis.listening import Delivery
from chassis.tables import outbox
from chassis.trace import Trace
from contracts import Event
from logistics.app import create_app
from logistics.pick_list import lists_of_cycles, pick_list
from logistics.settings import LogisticsSettings

CYCLES = ("one", "two", "three")


def delivered(events: Sequence[Event]) -> list[Delivery]:
    return [
        Delivery(
            Received(
                event.subject,
                headers_of(event, f"{event.id}-{event.version}", event_time(event), Trace()),
                event.model_dump_json().encode(),
            )
        )
        for event in events
    ]


def event_time(event: Event):
    return next(at for name in ("closes_at", "allocated_at", "withdrawn_at") if (at := getattr(event, name, None)))


async def take(app: FastAPI, batches: list[list[Delivery]]) -> None:
    """As JetStream hands them out: batch by batch from what both share; what fails comes again."""
    service = app.state.service
    while batches:
        batch = batches.pop()
        verdicts = await service.intake.take("logistics-from-ordering", batch)
        again = [delivery for delivery, verdict in zip(batch, verdicts, strict=True) if verdict.retry_after is not None]
        if again:
            batches.insert(0, again)
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(4))
async def test_lists_are_made_once_and_right_whoever_gets_which_event(started, database_url: str, seed: int) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("an SQLite file has one process")
    replicas = [await started(create_app, LogisticsSettings) for _ in range(2)]
    random = Random(seed)
    weeks: list[Week] = [usual_week(name) for name in CYCLES]
    said = delivered([event for week in weeks for event in week.events()])
    # Some are delivered twice, to whomever: the first was slow to acknowledge.
    said += random.sample(said, len(said) // 3)
    random.shuffle(said)
    batches = [said[at : at + 4] for at in range(0, len(said), 4)]
    await asyncio.gather(*(take(replica, batches) for replica in replicas))
    async with replicas[0].state.service.database.read() as reader:
        lists = await lists_of_cycles(reader, list(CYCLES))
        announced = await reader.scalar(select(func.count()).select_from(outbox))
        assert await dead_letter.count_unresolved(reader) == 0
    for week in weeks:
        manifest = week.manifest()
        assert sum(one.gross_cents for one in lists[week.id]) == manifest.gross_cents
        assert len(lists[week.id]) == len(manifest.producers)
    assert announced == sum(len(week.manifest().producers) for week in weeks), "a list was issued twice, or not"


@pytest.mark.parametrize("seed", range(4))
async def test_revised_closings_end_with_the_newest_lists_whoever_gets_which_event(
    started, database_url: str, seed: int
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("an SQLite file has one process")
    replicas = [await started(create_app, LogisticsSettings) for _ in range(2)]
    random = Random(seed)
    weeks: list[Week] = [usual_week(name) for name in CYCLES]
    events: list[Event] = []
    for week in weeks:
        events += week.events()
        events += [week.allocate("vidal", pel=1000), week.allocate("zaragoza", ora=0), week.revising()]
        events += [week.allocate("abadie", fai=0), week.revising()]
    said = delivered(events)
    said += random.sample(said, len(said) // 3)
    random.shuffle(said)
    batches = [said[at : at + 4] for at in range(0, len(said), 4)]
    await asyncio.gather(*(take(replica, batches) for replica in replicas))
    async with replicas[0].state.service.database.read() as reader:
        lists = await lists_of_cycles(reader, list(CYCLES))
        issued = await reader.scalar(select(func.count()).select_from(pick_list))
        announced = await reader.scalar(select(func.count()).select_from(outbox))
        assert await dead_letter.count_unresolved(reader) == 0
    for week in weeks:
        wanted = {one.producer_id: one.gross_cents for one in week.manifest().producers}
        assert {one.producer_id: one.gross_cents for one in lists[week.id]} == wanted
    assert announced == issued, "a list was announced twice, or not"
