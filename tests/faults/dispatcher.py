"""Who plans the day of deliveries once no cycle of it is decided any more, publishes the plan, and another after it."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from cabas.demo import members
from cabas.demo.api import Api, Refused
from cabas.demo.network import Deliveries
from cabas.demo.week import Week
from chassis.clock import SystemClock
from tests.faults.desk import Desk
from tests.faults.template import SIZE

VERSIONS = 2
PATIENCE_SECONDS = 60.0
"""For a version; a day that is not whole by then is left."""
LOOK_SECONDS = 0.5
TAKEN = 303
_AFTER = re.compile(r'name="after" value="(\d+)"')


@dataclass(kw_only=True)
class Dispatcher(Desk):
    """`on`: the day, as in its address."""

    on: str

    async def work(self, deciding: Sequence["asyncio.Task[Any]"]) -> None:
        await asyncio.gather(*deciding)
        await self._furnish()
        async with self.at_desk():
            for _ in range(VERSIONS):
                await self._version()

    async def _furnish(self) -> None:
        """Places, vans and drivers; said until it was heard."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            api = Api(self.url(), lambda: self.headers["authorization"].removeprefix("Bearer "), connections=2)
            week = Week(api, SIZE, seed=1, now=SystemClock().now(), products=self.village.products)
            names = [sheet["name"] for sheet in members.groups(SIZE.groups)]
            week.group_ids = dict(zip(names, self.village.group_ids, strict=True))
            try:
                await Deliveries(week, hours="").furnish()
                return
            except (Refused, httpx.TransportError):
                if time.monotonic() > until:
                    raise
            finally:
                await api.close()
            await asyncio.sleep(LOOK_SECONDS)

    async def _version(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            draft = str(UUID(int=self.random.getrandbits(128), version=4))
            asked = {"id": draft, "outside": "12", "seconds": "1", "seed": str(self.random.randrange(100)), "after": ""}
            # What is missing of the day may still be on its way.
            if await self.say("draft", {"draft_id": draft}, f"/logistics/days/{self.on}/drafts", asked) == TAKEN:
                after = _AFTER.search(await self._planned(draft, until))
                said = {"draft_id": draft, "on": self.on}
                address = f"/logistics/drafts/{draft}/publish"
                if after and await self.say("publication", said, address, {"after": after[1]}) == TAKEN:
                    return
            await asyncio.sleep(LOOK_SECONDS)

    async def _planned(self, draft: str, until: float) -> str:
        """Its page, once it is not being planned any more; empty where that does not end."""
        while time.monotonic() < until:
            page = await self.look(f"/logistics/drafts/{draft}")
            if page and "http-equiv" not in page:
                return page
            await asyncio.sleep(LOOK_SECONDS)
        return ""
