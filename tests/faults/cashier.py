"""Who notes payments: cash, cheques and transfers, to a producer or to the hub; sent again where no answer came, and
pressed twice where one did. Cheques go on to the bank, bounce, and what was noted by mistake is taken back."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from tests.faults.coordinator import PARIS
from tests.faults.desk import Shift, money

PAUSE = 0.25
MOVING = 0.4
"""So often something becomes of a payment, instead of another being noted."""
HUB = "hub"
NEXT = {
    ("cheque", True, "received"): {"deposit": "deposited", "take_back": "taken_back"},
    ("cheque", True, "deposited"): {"bounce": "bounced", "take_back": "taken_back"},
    ("cheque", False, "received"): {"hand_over": "handed_over", "take_back": "taken_back"},
    ("cheque", False, "handed_over"): {"bounce": "bounced", "take_back": "taken_back"},
    ("cash", True, "received"): {"take_back": "taken_back"},
    ("transfer", False, "received"): {"take_back": "taken_back"},
    ("transfer", True, "received"): {"take_back": "taken_back"},
}
"""By kind, whether it is to the hub, and where it stands: what a person may say, and where it stands then."""


@dataclass
class Noted:
    """A payment that was acknowledged."""

    id: str
    kind: str
    to_hub: bool
    stage: str = "received"

    @property
    def next(self) -> dict[str, str]:
        return NEXT.get((self.kind, self.to_hub, self.stage), {})


@dataclass(kw_only=True)
class Cashier(Shift):
    _noted: list[Noted] = field(default_factory=list)

    async def turn(self) -> None:
        going_on = [one for one in self._noted if one.next]
        if going_on and self.random.random() < MOVING:
            await self._go_on(self.random.choice(going_on))
        else:
            await self._note()
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _note(self) -> None:
        to_hub = self.random.random() < 0.5
        kind = self.random.choice(("cheque", "cash", "transfer") if to_hub else ("cheque", "transfer"))
        cents = self.random.randint(1, 90_00)
        to_the_hub = {self.village.agent_of, self.village.resold}
        others = sorted({product["producer_id"] for product in self.village.products} - to_the_hub)
        form = {
            "id": str(UUID(int=self.random.getrandbits(128), version=4)),
            "kind": kind,
            "payee": HUB if to_hub else self.random.choice(others),
            "amount": money(cents),
            "day": datetime.now(UTC).astimezone(PARIS).date().isoformat(),
        }
        if to_hub:
            # What a household owes for several is shared out by who notes it.
            own = self.random.randint(0, cents)
            form |= {f"share-{HUB}": money(own), f"share-{self.village.agent_of}": money(cents - own)}
        if kind == "cheque":
            form |= {"cheque_number": str(self.random.randint(10**6, 10**7)), "bank": "La Nef"}
        household = self.random.choice(self.village.household_ids)
        said = {
            "id": form["id"],
            "household_id": household,
            "payment_kind": kind,
            "payee": form["payee"],
            "cents": cents,
        }
        if await self.say("payment", said, f"/billing/households/{household}/payments/new", form) == 303:
            self._noted.append(Noted(form["id"], kind, to_hub))

    async def _go_on(self, one: Noted) -> None:
        do = self.random.choice(sorted(one.next))
        form = {"do": do, "reason": "erreur de saisie"}
        status = await self.say("move", {"id": one.id, "do": do}, f"/billing/payments/{one.id}/move", form)
        if status == 303:
            one.stage = one.next[do]
        elif status is None:
            # Nobody knows where it stands: it is left alone.
            self._noted.remove(one)
