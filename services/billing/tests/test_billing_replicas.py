"""Two processes of billing share a database and the deliveries of a consumer: together they are as right as one."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from billing_week import CHEESE, OLIVES, SOAP, WINE, Week, allocated, given, line, placed, revised
from sqlalchemy import func, select

from billing.amount_due import HOLDS, amount_due
from billing.app import BillingSettings, create_app
from billing.household_balance import household_balance, standings
from billing.producer_sums import producer_due
from billing.settlement import MOMENT
from chassis import dead_letter
from chassis.envelope import Received, headers_of
from chassis.listening import Delivery
from chassis.tables import outbox
from chassis.testing import START, call_due, deliver
from chassis.trace import Trace
from contracts import Event

CYCLES = ("one", "two", "three")
OF_AMOUNTS = outbox.c.subject.startswith("cabas.billing.amount_due.")


async def assert_told_as_it_stands(reader):
    """What was told last of each household is how it stands, whoever told it."""
    told = {row["household_id"]: row["said"] for row in await reader.all(select(household_balance))}
    assert told
    assert told == {each: one.written for each, one in (await standings(reader, told)).items()}


def delivered(events: Sequence[Event]) -> list[tuple[str, Delivery]]:
    """(consumer, delivery) of each."""
    return [
        (
            f"billing-from-{event.service}",
            Delivery(
                Received(
                    event.subject,
                    headers_of(event, f"{event.type_name()}-{event.id}-{event.version}", START, Trace()),
                    event.model_dump_json().encode(),
                )
            ),
        )
        for event in events
    ]


async def take(app, waiting: list[tuple[str, Delivery]]) -> None:
    """As JetStream hands them out: some at a time from what both share; what fails comes again."""
    while waiting:
        consumer = waiting[-1][0]
        batch = [waiting.pop() for _ in range(4) if waiting and waiting[-1][0] == consumer]
        verdicts = await app.state.service.intake.take(consumer, [delivery for _, delivery in batch])
        waiting[:0] = [each for each, verdict in zip(batch, verdicts, strict=True) if verdict.retry_after is not None]
        await asyncio.sleep(0)


async def a_moment_later(clock, app):
    """A producer's news and the closing it was missing in may have been taken in at once, neither seeing the other."""
    clock.advance(MOMENT)
    await call_due(app)


@pytest.mark.parametrize("seed", range(4))
async def test_amounts_are_computed_once_and_right_whoever_gets_which_event(started, database_url, clock, seed):
    if database_url.startswith("sqlite"):
        pytest.skip("an SQLite file has one process")
    replicas = [await started(create_app, BillingSettings) for _ in range(2)]
    random = Random(seed)
    weeks = [Week(name) for name in CYCLES]
    said = delivered([event for week in weeks for event in week.events])
    # Some are delivered twice, to whomever: the first was slow to acknowledge.
    said += random.sample(said, len(said) // 3)
    random.shuffle(said)
    await asyncio.gather(*(take(replica, said) for replica in replicas))
    await a_moment_later(clock, replicas[0])
    async with replicas[0].state.service.database.read() as reader:
        rows = await reader.all(
            select(amount_due.c.cycle_id, func.count().label("n"), func.sum(amount_due.c.gross_cents).label("gross"))
            .group_by(amount_due.c.cycle_id)
            .order_by(amount_due.c.cycle_id)
        )
        announced = await reader.scalar(select(func.count()).select_from(outbox).where(OF_AMOUNTS))
        await assert_told_as_it_stands(reader)
        assert await dead_letter.count_unresolved(reader) == 0
    wanted = {week.cycle: (2, week.events[-1].manifest.gross_cents) for week in weeks}
    assert {row["cycle_id"]: (row["n"], int(row["gross"])) for row in rows} == wanted
    assert announced == 2 * len(CYCLES), "an amount was announced twice, or not"


async def test_a_producer_told_while_the_cycle_closes_is_not_missed_for_long(started, database_url, clock):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    one, other = [await started(create_app, BillingSettings) for _ in range(2)]
    week = Week("one")
    producers = [event for event in week.events if event.service == "catalog"]
    rest = [event for event in week.events if event.service != "catalog"]
    await deliver(one, *rest[:-1])
    async with one.state.service.database.write() as writer:
        await one.state.service.listening.handlers[type(rest[-1])](writer, rest[-1])
        # Seen by neither: the closing is not committed, and was looked at before the producers came.
        await deliver(other, *producers)
    async with one.state.service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(amount_due)) == 0
    await a_moment_later(clock, other)
    async with one.state.service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(amount_due)) == 2


@pytest.mark.parametrize("seed", range(4))
async def test_revised_closings_end_with_the_newest_amounts_whoever_gets_what(started, database_url, clock, seed):
    if database_url.startswith("sqlite"):
        pytest.skip("an SQLite file has one process")
    replicas = [await started(create_app, BillingSettings) for _ in range(2)]
    random = Random(seed)
    events, wanted = [], {}
    for cycle in CYCLES:
        josette = placed("Josette", [line(WINE, 3)], group="Quillan", cycle=cycle)
        less = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 1, 2), given(SOAP, 1)], cycle=cycle)
        more = allocated("Marie", [given(OLIVES, 1), given(CHEESE, 0, 2), given(SOAP, 1)], version=4, cycle=cycle)
        events += Week(cycle).events
        events += [less, revised([less, josette], 2, cycle), more, revised([more, josette], 3, cycle)]
        wanted[cycle] = 2200 + 600 + 2100
    said = delivered(events)
    said += random.sample(said, len(said) // 3)
    random.shuffle(said)
    await asyncio.gather(*(take(replica, said) for replica in replicas))
    await a_moment_later(clock, replicas[0])
    async with replicas[0].state.service.database.read() as reader:
        holding = (
            select(amount_due.c.cycle_id, func.sum(amount_due.c.gross_cents).label("gross"))
            .where(HOLDS)
            .group_by(amount_due.c.cycle_id)
        )
        found = {row["cycle_id"]: int(row["gross"]) for row in await reader.all(holding)}
        due = select(producer_due.c.cycle_id, func.sum(producer_due.c.gross_cents).label("gross"))
        dues = {row["cycle_id"]: int(row["gross"]) for row in await reader.all(due.group_by(producer_due.c.cycle_id))}
        made = await reader.scalar(select(func.count()).select_from(amount_due))
        announced = await reader.scalar(select(func.count()).select_from(outbox).where(OF_AMOUNTS))
        await assert_told_as_it_stands(reader)
        assert await dead_letter.count_unresolved(reader) == 0
    assert found == dues == wanted
    assert announced == made, "an amount was announced twice, or not"
