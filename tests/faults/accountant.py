"""Who closes the accounts of producers, two at once: all that are due, or one up to a day before today; what is closed
by the other one meanwhile is closed."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.faults.coordinator import PARIS
from tests.faults.desk import Shift

PAUSE = 0.6
ALL = 0.4
"""So often all that are due are closed, else one."""
MOST_BACK = 8
URL = "/billing/papers/due"
_DUE = re.compile(r'name="producer_id" value="([^"]+)"')
_ONE = re.compile(r'<option value="([0-9a-f-]{36})"')


@dataclass(kw_only=True)
class Accountant(Shift):
    """`days`: by so many the hub's clocks have moved on."""

    days: int

    async def turn(self) -> None:
        page = await self.look(URL)
        due, known = sorted(set(_DUE.findall(page))), sorted(set(_ONE.findall(page)))
        if due and self.random.random() < ALL:
            ticked = [each for each in due if self.random.random() < 0.7] or due
            await self.say("accounts", {"producer_ids": ticked}, URL, {"producer_id": ticked})
        elif known:
            await self._one(self.random.choice(known))
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _one(self, producer_id: str) -> None:
        until = self._today() - timedelta(days=self.random.randint(1, MOST_BACK))
        said = {"producer_id": producer_id, "until": until.isoformat()}
        await self.say("account", said, f"{URL}/one", {"who": producer_id, "until": said["until"]})

    def _today(self) -> date:
        return (datetime.now(UTC) + timedelta(days=self.days)).astimezone(PARIS).date()
