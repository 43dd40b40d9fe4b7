"""Who has the invoices of closed cycles drawn up once their goods are handed out: now one cycle, now another, and again
where something was changed since."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.desk import Shift

PAUSE = 0.8


@dataclass(kw_only=True)
class Clerk(Shift):
    cycle_ids: Sequence[str]

    async def turn(self) -> None:
        await self._draw(self.random.choice(self.cycle_ids))
        await asyncio.sleep(PAUSE * self.random.uniform(0.3, 2))

    async def draw_the_last(self) -> None:
        """Once nothing changes any more: what is missing of each."""
        async with self.at_desk():
            for cycle_id in self.cycle_ids:
                await self._draw(cycle_id, last=True)

    async def _draw(self, cycle_id: str, *, last: bool = False) -> None:
        said = {"cycle_id": cycle_id, "last": last}
        await self.say("invoicing", said, f"/billing/cycles/{cycle_id}/invoices", {})
