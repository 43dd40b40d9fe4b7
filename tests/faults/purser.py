"""Who fills the wallets of a few households and has them pay out of them, two at once: never more than is in one. What
was paid in or used by mistake is taken back, unless it was used."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from tests.faults.coordinator import PARIS
from tests.faults.desk import Shift

PAUSE = 0.3
HOUSEHOLDS = 2
"""So few that two sit at one wallet."""
FILLED, TAKEN_BACK = 0.35, 0.15
"""So often a wallet is filled, or something taken back, instead of used."""
WALLETS, HUB = "wallets", "hub"


@dataclass(kw_only=True)
class Purser(Shift):
    _noted: list[str] = field(default_factory=list)

    async def turn(self) -> None:
        chance = self.random.random()
        if self._noted and chance < TAKEN_BACK:
            await self._take_back(self._noted.pop(self.random.randrange(len(self._noted))))
        elif chance < TAKEN_BACK + FILLED:
            await self._pay("new", "transfer", WALLETS, self.random.randint(1, 30_00))
        else:
            await self._pay("use", "wallet", HUB, self.random.randint(1, 20_00))
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _pay(self, do: str, kind: str, payee: str, cents: int) -> None:
        household = self.random.choice(self.village.household_ids[:HOUSEHOLDS])
        form = {
            "id": str(UUID(int=self.random.getrandbits(128), version=4)),
            "amount": f"{cents // 100}.{cents % 100:02d}",
        }
        if do == "new":
            form |= {"kind": kind, "day": datetime.now(UTC).astimezone(PARIS).date().isoformat()}
        said = {"id": form["id"], "household_id": household, "payment_kind": kind, "payee": payee, "cents": cents}
        if await self.say("payment", said, f"/billing/households/{household}/wallet/{do}", form) == 303:
            self._noted.append(form["id"])

    async def _take_back(self, payment_id: str) -> None:
        form = {"do": "take_back", "reason": "erreur de saisie"}
        said = {"id": payment_id, "do": "take_back"}
        await self.say("move", said, f"/billing/payments/{payment_id}/move", form)
