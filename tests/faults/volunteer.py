"""Who hands in what it laid out for the hub, and who decides and pays what another one handed in: both of the two who
sit there, each about the other's, so that they are at one claim at the same time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from tests.faults.coordinator import PARIS
from tests.faults.desk import Shift

PAUSE = 0.3
HANDED_IN = 0.35
"""So often another claim is handed in, instead of something becoming of one."""
RATE_MILLIS = 529
"""For a kilometre, as the hub of a run is set."""
MEANS = ("transfer", "cash")
NEXT = {"": ("accept", "accept", "refuse", "withdraw"), "accept": ("pay", "pay", "take-back"), "pay": ("take-back",)}
"""After what was done last: what a person may do."""


@dataclass
class Handed:
    """A claim that was acknowledged. `own`: whether the first of the two handed it in."""

    id: str
    own: bool
    last: str = ""


@dataclass(kw_only=True)
class Volunteer(Shift):
    """`second`: who the other one is. `handed`: the claims, which all at this table see."""

    second: dict[str, str]
    handed: list[Handed] = field(default_factory=list)

    async def turn(self) -> None:
        going_on = [one for one in self.handed if one.last in NEXT]
        if going_on and self.random.random() > HANDED_IN:
            await self._go_on(self.random.choice(going_on))
        else:
            await self._hand_in()
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _hand_in(self) -> None:
        own, kind = self.random.random() < 0.5, self.random.choice(("drive", "travel", "other"))
        form = {"id": str(UUID(int=self.random.getrandbits(128), version=4)), "kind": kind, "why": "tournée de Quillan"}
        form["day"] = datetime.now(UTC).astimezone(PARIS).date().isoformat()
        km, cents = (self.random.randint(1, 200), 0) if kind == "drive" else (0, self.random.randint(1, 80_00))
        form |= {"km": str(km)} if km else {"amount": f"{cents // 100}.{cents % 100:02d}"}
        said = {"id": form["id"], "what": kind, "km": km, "cents": cents}
        if await self.say("expense", said, "/billing/expenses/new", form, self._by(own)) == 303:
            self.handed.append(Handed(form["id"], own))

    async def _go_on(self, one: Handed) -> None:
        do, means = self.random.choice(NEXT[one.last]), self.random.choice(MEANS)
        form = {"means": means} if do == "pay" else {"reason": "pas de ticket", "back_because": "erreur de saisie"}
        said = {"id": one.id, "do": do.replace("-", "_"), "means": means if do == "pay" else ""}
        by = self._by(one.own if do == "withdraw" else not one.own)
        status = await self.say("expense step", said, f"/billing/expenses/{one.id}/{do}", form, by)
        # Of what nobody knows, or what another did first, the page would tell: it is left alone.
        one.last = do if status == 303 else "unknown"

    def _by(self, first: bool) -> dict[str, str]:
        return self.headers if first else self.second
