"""Households that order while something happens to the hub, and what became of their orders."""

import asyncio
import ssl
from random import Random
from typing import Any

import httpx

from cabas.demo.api import Api, Refused
from cabas.demo.figures import read_back
from cabas.demo.week import Week, basket


class Households:
    """Households that order again and again until they are told to stop, and remember what was acknowledged."""

    def __init__(self, week: Week, url: str, token: Any, trust: ssl.SSLContext | None = None) -> None:
        self.week = week
        self.api = Api(url, token, connections=12, trust=trust)
        self.acknowledged: dict[str, dict[str, Any]] = {}
        """Household -> the answer to its last order."""
        self.failures = 0
        self.most_in_a_row = 0
        """How often an order had to be sent again at most."""
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
        in_a_row = 0
        while True:
            try:
                # An order is sent whole: sending it again after an unknown outcome changes nothing.
                answer = await self.api.post(f"/ordering/api/cycles/{self.week.cycle_id}/orders", body)
            except (httpx.TransportError, Refused) as error:
                if isinstance(error, Refused) and error.status not in (502, 503):
                    raise
                self.failures += 1
                in_a_row += 1
                self.most_in_a_row = max(self.most_in_a_row, in_a_row)
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
