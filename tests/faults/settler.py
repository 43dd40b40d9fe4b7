"""Who keeps the money of a group without an account, two at once: notes which household paid a producer for several,
takes it back, has the transfers between them drawn up, says what became of each, and calls a round off."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cabas.demo.forms import fields_of, form_at
from tests.faults.coordinator import PARIS
from tests.faults.desk import Shift, money

PAUSE = 0.3
ADVANCED, DRAWN, MOVED = 0.4, 0.55, 0.85
"""So often somebody paid for several, transfers are drawn up, or one of them moves; else something is undone."""
CALLED_OFF = 0.4
GOES_ON = 0.6
"""So often who did one does what comes next at once."""
URL = "/billing/between"
MOVES = ("say_paid", "confirm", "confirm", "not_here", "take_back")
_PRODUCER = re.compile(r'advances/new\?producer_id=([0-9a-f-]{36})"')
_COVERS = re.compile(r'name="covers" value="([^"]+)" checked')
_TRANSFER = re.compile(r'action="/billing/between/transfers/([0-9a-f-]{36})/move"')
_ROUND = re.compile(r'action="/billing/between/rounds/([0-9a-f-]{36})/call-off"')


@dataclass(kw_only=True)
class Settler(Shift):
    """`noted`: the advances that were acknowledged, which both see."""

    cycle_ids: Sequence[str]
    noted: list[str] = field(default_factory=list)

    async def turn(self) -> None:
        chance = self.random.random()
        if chance < ADVANCED:
            await self._advance(self.random.choice(self.cycle_ids))
        elif chance < DRAWN:
            await self._draw()
        elif chance < MOVED:
            await self._move()
        elif self.random.random() < CALLED_OFF:
            await self._call_off()
        elif self.noted:
            await self._undo(self.noted.pop(self.random.randrange(len(self.noted))))
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _advance(self, cycle_id: str) -> None:
        place = f"{self._group}/cycles/{cycle_id}"
        producers = sorted(set(_PRODUCER.findall(await self.look(place))))
        if not producers:
            return
        producer_id, path = self.random.choice(producers), f"{place}/advances/new"
        page = await self.look(f"{path}?producer_id={producer_id}")
        fields, among = fields_of(page), sorted(set(_COVERS.findall(page)))
        if "id" not in fields or not among or "amount" not in fields:
            return
        covers = [each for each in among if self.random.random() < 0.8] or among
        cents = int("".join(filter(str.isdigit, fields["amount"])))
        if self.random.random() < 0.5 or covers != among:
            cents = self.random.randint(1, cents)
        mine = [each for each in self.village.household_ids if self.village.group_of[each] == self.village.between]
        said: dict[str, Any] = {"id": fields["id"], "cycle_id": cycle_id, "household_id": self.random.choice(mine)}
        said |= {"producer_id": producer_id, "cents": cents, "covers": covers}
        form = {name: fields[name] for name in ("id", "producer_id")} | {"household_id": said["household_id"]}
        form |= {"amount": money(cents), "kind": self.random.choice(("cheque", "transfer"))}
        form |= {"day": datetime.now(UTC).astimezone(PARIS).date().isoformat()}
        if await self.say("advance", said, path, form | {"covers": covers}) == 303:
            self.noted.append(fields["id"])
            if self.random.random() < GOES_ON:
                await self._draw()

    async def _draw(self) -> None:
        page, action = await self.look(self._group), f"{self._group}/rounds"
        if f'action="{action}"' not in page:
            return
        form = form_at(page, action)
        chosen = [each for each in form.get("cycle_id", []) if self.random.random() < 0.7]
        if not chosen:
            return
        said = {"id": form["id"][0], "cycle_ids": sorted(chosen)}
        known = await self.say("round", said, action, {"id": form["id"][0], "cycle_id": chosen})
        if known == 303 and self.random.random() < GOES_ON:
            await self._move()

    async def _move(self) -> None:
        found = sorted(set(_TRANSFER.findall(await self.look(self._group))))
        if found:
            transfer_id, do = self.random.choice(found), self.random.choice(MOVES)
            await self.say("between", {"id": transfer_id, "do": do}, f"{URL}/transfers/{transfer_id}/move", {"do": do})

    async def _call_off(self) -> None:
        found = sorted(set(_ROUND.findall(await self.look(self._group))))
        if found:
            round_id = self.random.choice(found)
            await self.say("round called off", {"id": round_id}, f"{URL}/rounds/{round_id}/call-off", {})

    async def _undo(self, advance_id: str) -> None:
        path = f"{URL}/advances/{advance_id}/undo"
        await self.say("advance undone", {"id": advance_id}, path, {"reason": "erreur de saisie"})

    @property
    def _group(self) -> str:
        return f"{URL}/groups/{self.village.between}"
