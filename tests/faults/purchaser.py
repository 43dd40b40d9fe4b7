"""Who books what the hub bought and sells again: what it costs, what came of it, the bills of its supplier, their
payment. Two sit there, who set costs beside each other, book the same delivery, type in bills of one number, and say
what became of one bill at the same time."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cabas.demo.forms import fields_of
from tests.faults.coordinator import PARIS
from tests.faults.desk import Shift, money

PAUSE = 0.4
COSTED, BOOKED, BILLED = 0.25, 0.5, 0.8
"""So often costs are set, what came is booked, a bill is typed in (each with what is before it); else something becomes
of one."""
CREDIT_NOTES = 0.15
NUMBERS = 8
"""So few that two bills come with one number."""
RATES = (550, 2000)
PER = (1, 6, 12)
URL = "/billing/purchases"
_COST = re.compile(r'name="net-([0-9a-f-]{36})"')
_AWAITED = re.compile(r'name="cycle_id" value="([0-9a-f-]{36})"')


def vat_of(net_cents: int, rate_hundredths: int) -> int:
    """Half up."""
    return (net_cents * rate_hundredths + 5_000) // 10_000


@dataclass(kw_only=True)
class Purchaser(Shift):
    """`kept`: the bills that were acknowledged, which both see."""

    cycle_ids: Sequence[str]
    kept: list[str] = field(default_factory=list)

    async def turn(self) -> None:
        chance, cycle_id = self.random.random(), self.random.choice(self.cycle_ids)
        if chance < COSTED:
            await self._cost(cycle_id)
        elif chance < BOOKED:
            await self._book(cycle_id)
        elif chance < BILLED or not self.kept:
            await self._bill()
        else:
            await self._go_on(self.random.choice(self.kept))
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _cost(self, cycle_id: str) -> bool:
        path = self._path(cycle_id)
        costs: dict[str, list[int]] = {}
        form: dict[str, str] = {}
        for product_id in sorted(set(_COST.findall(await self.look(path)))):
            net, per, rate = self.random.randint(50, 30_00), self.random.choice(PER), self.random.choice(RATES)
            costs[product_id] = [net, per * 1000, rate]
            form |= {f"net-{product_id}": money(net), f"per-{product_id}": str(per), f"rate-{product_id}": str(rate)}
        return bool(costs) and await self.say("cost", {"cycle_id": cycle_id, "costs": costs}, path, form) == 303

    async def _book(self, cycle_id: str) -> None:
        """What nothing is known to cost is costed first. In some cycles nothing came of the supplier."""
        if not _COST.search(await self.look(self._path(cycle_id))):
            return
        status = await self.say("purchase", {"cycle_id": cycle_id}, self._path(cycle_id) + "/book", {})
        if status == 422 and await self._cost(cycle_id):
            await self.say("purchase", {"cycle_id": cycle_id}, self._path(cycle_id) + "/book", {})

    async def _bill(self) -> None:
        path = f"{URL}/bills/new?supplier={self.village.resold}"
        page = await self.look(path)
        fields = fields_of(page)
        if "id" not in fields:
            return
        awaited, note = sorted(set(_AWAITED.findall(page))), self.random.random() < CREDIT_NOTES
        chosen = [] if note else [each for each in awaited if self.random.random() < 0.7]
        net, rate = self.random.randint(1_00, 200_00), self.random.choice(RATES)
        vat = vat_of(net, rate)
        number, sign = f"F {self.random.randint(1, NUMBERS)}", -1 if note else 1
        said = {"id": fields["id"], "number": number, "cycle_ids": chosen, "rates": [[rate, sign * net, sign * vat]]}
        form = fields | {"number": number, f"net-{rate}": money(net), f"vat-{rate}": money(vat)}
        form |= {"reason": "le prix a monté"} | ({"credit_note": "on"} if note else {})
        if await self.say("bill", said, path, form | {"cycle_id": chosen}) == 303:
            self.kept.append(fields["id"])

    async def _go_on(self, bill_id: str) -> None:
        do = self.random.choice(("pay", "pay", "take-back"))
        today = datetime.now(UTC).astimezone(PARIS).date().isoformat()
        form = {"paid_on": today} if do == "pay" else {"back_because": "erreur de saisie"}
        said = {"id": bill_id, "do": do.replace("-", "_")}
        await self.say("bill step", said, f"{URL}/bills/{bill_id}/{do}", form)

    def _path(self, cycle_id: str) -> str:
        return f"{URL}/cycles/{cycle_id}/{self.village.resold}"
