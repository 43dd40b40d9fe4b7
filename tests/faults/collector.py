"""Who takes by direct debit what households owe that agreed to it: one draws up, another approves and the households
are told; days later the bank has taken it, gives some back, or it was noted by mistake."""

import asyncio
import re
from dataclasses import dataclass, field

from cabas.demo.forms import fields_of
from tests.faults.desk import Shift

LOOK_SECONDS = 0.5
LEFT_OUT = 0.3
"""So many that could be debited are not ticked."""
CALLED_OFF = 0.2
CAME_BACK = 0.3
UNDONE = 0.15
"""So many are noted as taken by mistake."""
CODES = ("AM04", "AC04", "MD06")
"""No money there: the mandate stays. The account is closed, or the household wants it back: it is suspended."""
_PLANNED = re.compile(r'name="debit" value="(\d+):([^"]+)"')
_DEBIT = re.compile(r'<option value="([0-9a-f-]{36})"')


@dataclass(kw_only=True)
class Collector(Shift):
    """`second`: who approves. `days_later`: whether the days have come on which the bank takes what was drawn up.
    `approved`: batches that wait for it, of this collector alone."""

    second: dict[str, str]
    days_later: bool
    approved: list[str] = field(default_factory=list)

    async def turn(self) -> None:
        if self.days_later and self.approved:
            await self._taken(self.approved.pop())
        elif batch_id := await self._draw_up():
            await self._let_go(batch_id)
        await asyncio.sleep(LOOK_SECONDS * self.random.uniform(0.5, 1.5))

    async def _draw_up(self) -> str:
        """Its id, once it is known to be there."""
        page = await self.page("/billing/debits/new")
        fields = fields_of(page)
        offered = {household_id: cents for cents, household_id in _PLANNED.findall(page)}
        sums = {each: int(cents) for each, cents in sorted(offered.items()) if self.random.random() > LEFT_OUT}
        if "id" not in fields or not sums:
            return ""
        form = {"id": fields["id"], "day": fields["day"], "debit": [f"{sums[each]}:{each}" for each in sums]}
        known = await self.say("debit", {"id": fields["id"], "sums": sums}, "/billing/debits/new", form)
        return fields["id"] if known == 303 else ""

    async def _let_go(self, batch_id: str) -> None:
        if self.random.random() < CALLED_OFF:
            await self._call_off(batch_id)
        elif await self._step(batch_id, "approve", {}) == 303:
            if self.random.random() < CALLED_OFF:
                await self._call_off(batch_id)
            elif not self.days_later:
                self.approved.append(batch_id)

    async def _taken(self, batch_id: str) -> None:
        """The bank did. What it is then is said of one debit, or of all."""
        back, undone = self.random.random() < CAME_BACK, self.random.random() < UNDONE
        fields = fields_of(await self.page(f"/billing/debits/{batch_id}"))
        if "day" not in fields or await self._step(batch_id, "execute", {"day": fields["day"]}) != 303:
            return
        page = await self.page(f"/billing/debits/{batch_id}")
        fields = fields_of(page)
        if back and "returned_on" in fields and (found := _DEBIT.search(page)):
            form = {"debit": found[1], "why": self.random.choice(CODES), "returned_on": fields["returned_on"]}
            await self._step(batch_id, "return", form, found[1])
        elif undone:
            await self._step(batch_id, "undo", {"undo_reason": "mauvais fichier"})

    async def _call_off(self, batch_id: str) -> None:
        await self._step(batch_id, "call_off", {"reason": "erreur de saisie", "not_taken": "on"})

    async def _step(self, batch_id: str, do: str, form: dict[str, str], debit_id: str = "") -> int | None:
        path = f"/billing/debits/{batch_id}/{do.replace('_', '-')}"
        by = self.second if do == "approve" else None
        return await self.say("debit step", {"id": batch_id, "do": do, "debit": debit_id}, path, form, by)
