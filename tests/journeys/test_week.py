"""One week of a hub over HTTP, in one process and in five; and what a death in the middle may not change."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest

from cabas.demo.api import Api, Refused
from cabas.demo.figures import read_back
from cabas.demo.week import Week, basket
from chassis.clock import SystemClock
from tests.topology import Topology

pytestmark = pytest.mark.nats


class Households:
    """Households that order again and again until they are told to stop, and remember what was acknowledged."""

    def __init__(self, week: Week, url: str, token: Any) -> None:
        self.week = week
        self.api = Api(url, token, connections=12)
        self.acknowledged: dict[str, dict[str, Any]] = {}
        """Household -> the answer to its last order."""
        self.failures = 0
        self.enough = False

    async def order(self, rounds: int = 1_000) -> None:
        await asyncio.gather(*(self._one(number, rounds) for number in range(len(self.week.household_ids))))
        await self.api.close()

    async def _one(self, number: int, rounds: int) -> None:
        household, random = self.week.household_ids[number], Random(number)
        for _ in range(rounds):
            lines = basket(self.week.offered, self.week.size.lines_each, random)
            await self._until_acknowledged(household, lines)
            if self.enough:
                return

    async def _until_acknowledged(self, household: str, lines: list[dict[str, Any]]) -> None:
        body = {"household_id": household, "lines": lines}
        while True:
            try:
                # An order is sent whole: sending it again after an unknown outcome changes nothing.
                answer = await self.api.post(f"/ordering/api/cycles/{self.week.cycle_id}/orders", body)
            except (httpx.TransportError, Refused) as error:
                if isinstance(error, Refused) and error.status not in (502, 503):
                    raise
                self.failures += 1
                await asyncio.sleep(0.2)
            else:
                before = self.acknowledged.get(household)
                assert before is None or answer["version"] > before["version"], "an acknowledged order was lost"
                self.acknowledged[household] = answer
                return

    @property
    def gross_cents(self) -> int:
        return sum(int(answer["gross_cents"]) for answer in self.acknowledged.values())


async def settled(week: Week, households: Households) -> None:
    """Close, wait for all that follows, and compare with what was acknowledged."""
    await week.close()
    await week.wait_for_pick_lists()
    await week.wait_for_amounts()
    week.acknowledged_cents = households.gross_cents
    figures = await read_back(week)
    assert figures.ok, figures.faults


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
