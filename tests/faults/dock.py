"""Who types in what came of a closed cycle: of some households less or nothing, of some goods nothing for anybody. Each
form is sent until it was taken, and some are changed by another one."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from cabas.demo.forms import fields_of
from tests.faults.clients import Running
from tests.faults.desk import Desk
from tests.faults.producer import typed

FORMS = 3
"""So many are sent for a cycle at most."""
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 20.0
MISSING = 0.25
"""So often nothing came of some goods."""
CHANGED = 0.3
"""So many fields are filled in."""
_FIELD = re.compile(r'name="(came-([0-9a-f-]{36})-([0-9a-f-]{36}))"')


@dataclass(kw_only=True)
class Dock(Desk):
    cycle: Running

    async def record(self, deciding: "asyncio.Task[None]") -> None:
        """Once nobody decides any more."""
        await deciding
        producers = sorted({one["producer_id"] for one in self.village.products if one["id"] in self.cycle.offered})
        async with self.at_desk():
            if not await self._amounts_come():
                return
            for _ in range(self.random.randint(0, FORMS)):
                await self._form(self.random.choice(producers), self.random.choice(self.cycle.group_ids))

    async def _form(self, producer_id: str, group_id: str) -> None:
        path = f"/billing/cycles/{self.cycle.id}/delivery?producer={producer_id}&group={group_id}"
        page = await self.look(path)
        lines = {name: (household, product) for name, household, product in _FIELD.findall(page)}
        # What is billed by its weight is typed in another unit than it was ordered in.
        among = [name for name, (_, product) in lines.items() if self._plain(product)]
        if not among:
            return
        form = fields_of(page)
        came = {name: _thousandths(form[name]) if name in form else None for name in lines}
        for name in among:
            if self.random.random() < CHANGED:
                came[name] = self._some(lines[name][1])
                form[name] = typed(came[name] or 0)
        missing = [lines[self.random.choice(among)][1]] if self.random.random() < MISSING else []
        form |= {f"missing-{product}": "on" for product in missing}
        said: dict[str, Any] = {"cycle_id": self.cycle.id, "producer_id": producer_id, "missing": missing}
        told = [[*of, 0 if of[1] in missing else came[name]] for name, of in lines.items()]
        await self.say("delivery", said | {"came": told}, path, form)

    async def _amounts_come(self) -> bool:
        for _ in range(int(PATIENCE_SECONDS * self.pace / LOOK_SECONDS)):
            if await self.look(f"/billing/cycles/{self.cycle.id}/delivery"):
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    def _plain(self, product_id: str) -> bool:
        product = next(one for one in self.village.products if one["id"] == product_id)
        return not (product.get("weighed") and product["price_basis"] == "content")

    def _some(self, product_id: str) -> int:
        unit = next(one["unit"] for one in self.village.products if one["id"] == product_id)
        return self.random.choice((0, 1, 2, 3)) * 1000 if unit == "piece" else self.random.randrange(0, 3000, 100)


def _thousandths(typed_in: str) -> int:
    whole, _, rest = typed_in.partition(",")
    return int(whole) * 1000 + int(rest.ljust(3, "0") or 0)
