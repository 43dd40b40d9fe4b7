"""Who holds the cautions of a few households, two at once: notes what came, brings cheques to the bank, gives back or
keeps some of it, and takes back what was noted by mistake; never more goes out than is held."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from tests.faults.coordinator import PARIS
from tests.faults.desk import Shift, money

PAUSE = 0.3
HOUSEHOLDS = slice(2, 4)
"""So few that two sit at one caution."""
NOTED, GIVEN_OUT = 0.35, 0.75
"""So often something comes, or goes out; else something becomes of what came or went."""
GOES_ON = 0.5
"""So often something goes out right after it came."""
GIVEN_MOST_CENTS = 50_00
ASKED_MOST_CENTS = (30_00, 200_00)
"""What goes out is at most one of these: about what is held, or far more. A hub that does not look gives both."""
CAUTIONS = "cautions"
HOWS = ("transfer", "cash", "kept")


@dataclass(kw_only=True)
class Custodian(Shift):
    _came: list[tuple[str, str]] = field(default_factory=list)
    """Ids and kinds of payments that were acknowledged."""
    _went: list[str] = field(default_factory=list)

    async def turn(self) -> None:
        chance = self.random.random()
        if chance < NOTED:
            await self._note()
        elif chance < GIVEN_OUT:
            await self._give_out()
        elif self._went and self.random.random() < 0.5:
            await self._undo(self._went.pop(self.random.randrange(len(self._went))))
        elif self._came:
            await self._move(self.random.randrange(len(self._came)))
        await asyncio.sleep(PAUSE * self.random.uniform(0.2, 2))

    async def _note(self) -> None:
        household, form, cents = self._form(GIVEN_MOST_CENTS)
        kind = self.random.choice(("cheque", "cash", "transfer"))
        form |= {"kind": kind}
        if kind == "cheque":
            form |= {"cheque_number": str(self.random.randint(10**6, 10**7)), "bank": "La Nef"}
        said = {"id": form["id"], "household_id": household, "payment_kind": kind, "payee": CAUTIONS, "cents": cents}
        if await self.say("payment", said, f"/billing/households/{household}/caution/new", form) == 303:
            self._came.append((form["id"], kind))
            if kind != "cheque" and self.random.random() < GOES_ON:
                await self._give_out()

    async def _give_out(self) -> None:
        household, form, cents = self._form(self.random.choice(ASKED_MOST_CENTS))
        how = self.random.choice(HOWS)
        said = {"id": form["id"], "household_id": household, "how": how, "cents": cents}
        form |= {"how": how, "reason": "caisse perdue"}
        if await self.say("caution", said, f"/billing/households/{household}/caution/out", form) == 303:
            self._went.append(form["id"])

    async def _undo(self, out_id: str) -> None:
        await self.say("caution undone", {"id": out_id}, f"/billing/cautions/{out_id}", {"reason": "erreur de saisie"})

    async def _move(self, place: int) -> None:
        payment_id, kind = self._came[place]
        do = "deposit" if kind == "cheque" else "take_back"
        form = {"do": do, "reason": "erreur de saisie"}
        status = await self.say("move", {"id": payment_id, "do": do}, f"/billing/payments/{payment_id}/move", form)
        # What is at the bank may be taken back; of what nobody knows the page would tell.
        self._came.pop(place)
        if status == 303 and do == "deposit":
            self._came.append((payment_id, "at the bank"))

    def _form(self, most_cents: int) -> tuple[str, dict[str, str], int]:
        """Of which household, and what the forms share."""
        cents = self.random.randint(1, most_cents)
        today = datetime.now(UTC).astimezone(PARIS).date().isoformat()
        form = {"id": str(UUID(int=self.random.getrandbits(128), version=4)), "amount": money(cents), "day": today}
        return self.random.choice(self.village.household_ids[HOUSEHOLDS]), form, cents
