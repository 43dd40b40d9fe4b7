"""Two households that pay otherwise: one out of its wallet, which it filled before, one by direct debit.

The wallet is used within the week. The bank takes a debit only after the days of notice, so of that the week shows the
mandate, the batch that another person approves, and that the sum is still owed.
"""

import re
from dataclasses import dataclass
from typing import Any

from cabas.demo.api import Api
from cabas.demo.forms import fields_of
from chassis.clock import RandomIds

MORE_CENTS = 20_00
"""What stays in the wallet."""
IBAN = "FR76 3000 4000 0312 3456 7890 143"
_PLANNED = re.compile(r'name="debit" value="([^"]+)"')


@dataclass(frozen=True)
class Purse:
    """A household and what it owes to producers for whom the hub collects, in cents by producer."""

    api: Api
    household_id: str
    shares: dict[str, int]

    @property
    def cents(self) -> int:
        return sum(self.shares.values())

    async def fill_and_use(self, day: str, typed: Any) -> int:
        """What is left in the wallet. `typed`: a sum as somebody types it. Raises Refused."""
        url = f"/billing/households/{self.household_id}/wallet"
        paid_in = {"id": RandomIds().new(), "kind": "transfer", "amount": typed(self.cents + MORE_CENTS), "day": day}
        used = {"id": RandomIds().new(), "amount": typed(self.cents)}
        # Each is sent twice: the hub takes it once.
        for _time in range(2):
            await self.api.submit(f"{url}/new", paid_in)
        for _time in range(2):
            await self.api.submit(f"{url}/use", used)
        return MORE_CENTS

    async def agree_to_debits(self, name: str, day: str) -> None:
        """The mandate, signed on paper. Raises Refused."""
        url = f"/billing/households/{self.household_id}/debit"
        mandate_id = fields_of(await self.api.page(url))["id"]
        await self.api.submit(url, {"id": mandate_id, "holder": name, "iban": IBAN})
        await self.api.submit(f"{url}/{mandate_id}/paper", {"signed_by": name, "signed_on": day})

    async def be_debited(self, second: str | None) -> tuple[str, str]:
        """Draw up a batch of what is planned and have it approved; its address, and its file. Raises Refused."""
        page = await self.api.page("/billing/debits/new")
        fields: dict[str, Any] = fields_of(page)
        fields["debit"] = _PLANNED.findall(page)
        where = await self.api.submit("/billing/debits/new", fields)
        await self.api.submit(f"{where}/approve", {}, token=second)
        return where, await self.api.send(f"{where}/file")
