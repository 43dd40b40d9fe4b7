"""One week of a hub over HTTP, in one process and in five; and what a death in the middle may not change."""

import asyncio
from datetime import timedelta

import pytest

from cabas.demo.api import Refused
from cabas.demo.figures import read_back
from cabas.demo.week import Week
from chassis.clock import SystemClock
from tests.households import Households, settled
from tests.topology import Topology

pytestmark = pytest.mark.nats


async def test_a_week_comes_to_the_same_cent_and_gram_in_every_service(week: Week) -> None:
    await week.open_cycle()
    await week.place_orders()
    await week.close()
    await week.wait_for_pick_lists()
    await week.wait_for_amounts()
    figures = await read_back(week)
    assert figures.ok, figures.faults
    assert figures.totals["ordering"]["orders"] == len(week.household_ids)


async def test_no_acknowledged_order_is_lost_or_doubled_when_the_hub_is_killed(hub: Topology, week: Week) -> None:
    await week.open_cycle()
    households = Households(week, hub.url, hub.token)
    ordering = asyncio.create_task(households.order())
    for _ in range(2):
        await asyncio.sleep(1)
        await hub.kill()
        await hub.start()
    await asyncio.sleep(0.5)
    households.enough = True
    await ordering
    assert households.failures > 0, "nobody ordered while the hub was dead: the test shows nothing"
    await settled(week, households)


async def test_orders_are_taken_while_the_broker_is_dead_and_none_is_lost(hub: Topology, week: Week) -> None:
    await week.open_cycle()
    households = Households(week, hub.url, hub.token)
    ordering = asyncio.create_task(households.order())
    for _ in range(2):
        await asyncio.sleep(0.5)
        await hub.kill_broker()
        await asyncio.sleep(1)
    households.enough = True
    await ordering
    assert households.failures == 0, "an order failed because the broker was away"
    await settled(week, households)


async def test_a_closing_that_the_hub_slept_through_happens_once_when_it_wakes(hub: Topology, week: Week) -> None:
    closes_at = SystemClock().now() + timedelta(seconds=8)
    await week.open_cycle(closes_at)
    households = Households(week, hub.url, hub.token)
    await households.order(rounds=1)
    assert SystemClock().now() < closes_at, "ordering took too long for this test"
    await hub.kill()
    await asyncio.sleep(max(0.0, (closes_at - SystemClock().now()).total_seconds()) + 1)
    await hub.start()
    await week.wait_for_pick_lists()
    await week.wait_for_amounts()
    week.acknowledged_cents = households.gross_cents
    figures = await read_back(week)
    assert figures.ok, figures.faults
    with pytest.raises(Refused) as late:
        await week.place_orders()
    assert late.value.status == 409
