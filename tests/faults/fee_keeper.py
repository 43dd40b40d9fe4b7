"""Who sets what is charged on goods: two at one fee, each by the version it looked at. It is for deliveries to come: no
cycle of a run is charged it."""

import asyncio
from dataclasses import dataclass
from uuid import NAMESPACE_OID, UUID, uuid5

from cabas.demo.forms import fields_of
from tests.faults.desk import Shift

PAUSE = 0.6
FIRST_DAY = "2099-01-02"
"""Later than every run."""
NEW = "new"


@dataclass(kw_only=True)
class FeeKeeper(Shift):
    seed: int

    async def turn(self) -> None:
        fee_id = str(uuid5(NAMESPACE_OID, f"fee {self.seed}"))
        there = fields_of(await self.look(f"/billing/fees/{fee_id}"))
        cents = self.random.randint(1, 900)
        name = f"Port {UUID(int=self.random.getrandbits(128), version=4)}"
        said = {"id": fee_id, "name": name, "cents": cents, "seen": int(there.get("seen", "0"))}
        form = {"id": fee_id, "seen": str(said["seen"]), "name": name, "earner": "hub", "first_day": FIRST_DAY}
        form |= {"kind": "per_order", "amount": f"{cents // 100}.{cents % 100:02d}", "share_by": "value"}
        await self.say("fee", said, f"/billing/fees/{fee_id if there.get('seen') else NEW}", form)
        await asyncio.sleep(PAUSE * self.random.uniform(0.3, 2))
