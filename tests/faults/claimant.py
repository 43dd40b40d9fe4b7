"""Who claims what was spoiled of the goods a household was handed, and the producers who answer: accepted, refused,
replaced, or withdrawn before. Two sit there, and may be at one line and one claim at the same time."""

import asyncio
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cabas.demo.forms import fields_of
from tests.faults.desk import Shift
from tests.faults.producer import typed

PAUSE = 0.4
CLAIMED = 0.5
"""So often another claim is made, instead of something becoming of one."""
ANSWERS = ("accept", "accept", "accept", "refuse", "replace", "withdraw")
_GOODS = re.compile(r'<option value="([0-9a-f-]{36})"')


@dataclass
class Made:
    """A claim that was acknowledged and waits for its answer."""

    id: str
    producer_id: str


@dataclass(kw_only=True)
class Claimant(Shift):
    """`farmer`: the headers of somebody of a producer; `made`: the claims that wait, which all who sit there see."""

    cycle_ids: Sequence[str]
    farmer: Callable[[str], dict[str, str]]
    made: list[Made] = field(default_factory=list)

    async def turn(self) -> None:
        if self.made and self.random.random() > CLAIMED:
            await self._answer(self.random.choice(self.made))
        else:
            await self._claim()
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _claim(self) -> None:
        household, cycle = self.random.choice(self.village.household_ids), self.random.choice(self.cycle_ids)
        path = f"/billing/households/{household}/claims/new?cycle={cycle}"
        page = await self.page(path)
        # What is billed by its weight is claimed in another unit than it was ordered in.
        goods = {one["id"]: one for one in self.village.products if not one.get("weighed")}
        # Of what the hub sells itself no producer answers.
        goods = {product: one for product, one in goods.items() if one["producer_id"] != self.village.resold}
        among = sorted({html.unescape(each) for each in _GOODS.findall(page)} & goods.keys())
        fields = fields_of(page)
        if not among or "id" not in fields:
            return
        product = goods[self.random.choice(among)]
        spoiled = 1000 if product["unit"] == "piece" else self.random.choice((100, 200, 300, 500))
        said = {"id": fields["id"], "cycle_id": cycle, "household_id": household, "product_id": product["id"]}
        form = {"id": fields["id"], "product": product["id"], "spoiled": typed(spoiled), "reason": "moisi au fond"}
        if await self.say("claim", said | {"spoiled": spoiled}, path, form) == 303:
            self.made.append(Made(fields["id"], product["producer_id"]))

    async def _answer(self, one: Made) -> None:
        do = self.random.choice(ANSWERS)
        said, path = {"id": one.id, "do": do}, f"/billing/claims/{one.id}"
        if do == "withdraw":
            status = await self.say("claim step", said, f"{path}/withdraw", {})
        else:
            form = {"answer": do, "reason": "vu à la livraison"}
            status = await self.say("claim step", said, f"{path}/answer", form, self.farmer(one.producer_id))
        if status == 303 and one in self.made:
            self.made.remove(one)
