"""Who pays out to the producer under mandate what the hub has collected: one draws up, another approves, the bank sends
it, or gives it back."""

import asyncio
import re
from dataclasses import dataclass

from cabas.demo.forms import fields_of
from tests.faults.desk import Shift

LOOK_SECONDS = 0.4
LESS = 0.5
"""So often less is sent than could be."""
LEFT = 0.1
"""So often it is left as it stands."""
CALLED_OFF = 0.15
CAME_BACK = 0.25
"""So many transfers the bank gives back."""
_TRANSFER = re.compile(r'<option value="([0-9a-f-]{36})"')


@dataclass(kw_only=True)
class Treasurer(Shift):
    """Who sits there draws up, and says what the bank did. `second`: who approves."""

    second: dict[str, str]

    async def turn(self) -> None:
        payout_id = await self._draw_up()
        if payout_id:
            await self._go_on(payout_id)
        await asyncio.sleep(LOOK_SECONDS * self.random.uniform(0.5, 1.5))

    async def _draw_up(self) -> str:
        """Its id, once it is known to be there."""
        fields = fields_of(await self.page("/billing/payouts/new"))
        mine = f"pay-{self.village.agent_of}"
        if mine not in fields:
            return ""
        cents = int("".join(filter(str.isdigit, fields[mine])))
        if self.random.random() < LESS:
            cents = self.random.randint(1, cents)
        said = {"id": fields["id"], "producer_id": self.village.agent_of, "cents": cents}
        form = fields | {mine: f"{cents // 100}.{cents % 100:02d}"}
        known = await self.say("payout", said, "/billing/payouts/new", form)
        return fields["id"] if known == 303 else ""

    async def _go_on(self, payout_id: str) -> None:
        if self.random.random() < CALLED_OFF:
            await self._step(payout_id, "call_off", {"reason": "erreur de saisie"})
            return
        # Each is decided on beforehand: what is left undone is left for good.
        back = self.random.random() < CAME_BACK
        for do in ("approve", "execute", *(("refuse",) if back else ())):
            if self.random.random() < LEFT:
                return
            page = await self.page(f"/billing/payouts/{payout_id}") if do != "approve" else ""
            form = fields_of(page) | {"refused_because": "compte clos"}
            if found := _TRANSFER.search(page):
                form["transfer"] = found[1]
            if await self._step(payout_id, do, form) != 303:
                return

    async def _step(self, payout_id: str, do: str, form: dict[str, str]) -> int | None:
        path = f"/billing/payouts/{payout_id}/{do.replace('_', '-')}"
        by = self.second if do == "approve" else None
        return await self.say("payout step", {"id": payout_id, "do": do}, path, form, by)
