"""People at their browsers: they order, change, withdraw, come too late, race for what is scarce, and try again."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

import httpx

from tests.faults.history import History
from tests.faults.schedule import ClientPlan
from tests.faults.template import Village

PAPER = 0.12
"""So many of the orders are entered from paper: they replace whatever is there, without having looked."""
EMPTY = 0.12
"""So many take the order back."""
TRIES = 6


@dataclass(frozen=True)
class Running:
    """A cycle of the run. `offered`: product id -> thousandths there are, None for no bound."""

    number: int
    id: str
    offered: dict[str, int | None]
    closes_at: datetime
    by_hour: bool


@dataclass
class Client:
    """One browser. It knows the versions that it was last told, and works until `enough` is set."""

    number: int
    plan: ClientPlan
    random: Random
    url: Callable[[], str]
    headers: dict[str, str]
    village: Village
    cycles: list[Running]
    history: History
    numbers: "itertools.count[int]"
    enough: asyncio.Event
    _versions: dict[tuple[str, str], int] = field(default_factory=dict)
    _units: dict[str, str] = field(default_factory=dict)

    async def work(self) -> None:
        self._units = {product["id"]: product["unit"] for product in self.village.products}
        async with httpx.AsyncClient(timeout=self.plan.patience, trust_env=False) as http:
            while not self.enough.is_set() and self.history.now < self.plan.until:
                household = self.village.household_ids[self.random.choice(self.plan.households)]
                cycle = self.random.choice(self.cycles)
                await self._order(http, cycle, household)
                await asyncio.sleep(self.plan.pause * self.random.uniform(0.2, 2))

    async def _order(self, http: httpx.AsyncClient, cycle: Running, household: str) -> None:
        """One wish, sent until its outcome is known or the person gives up."""
        wanted = {} if self.random.random() < EMPTY else self._basket(cycle)
        paper = self.random.random() < PAPER
        tries = self.random.randint(1, TRIES)
        for _ in range(tries):
            base = None if paper else self._versions.get((cycle.id, household), 0)
            known = await self._send(http, cycle, household, wanted, base)
            if known or self.enough.is_set():
                return
            await asyncio.sleep(self.random.uniform(0.05, 0.5))

    def _basket(self, cycle: Running) -> dict[str, int]:
        """Mostly a few things, scarce ones more often than by chance."""
        chosen = set(self.random.sample(sorted(cycle.offered), self.random.randint(1, 6)))
        scarce = sorted(product for product, bound in cycle.offered.items() if bound is not None)
        if scarce and self.random.random() < 0.5:
            chosen.add(self.random.choice(scarce))
        return {product: self._quantity(product) for product in sorted(chosen)}

    def _quantity(self, product: str) -> int:
        return 1000 * self.random.randint(1, 4) if self._units[product] == "piece" else 50 * self.random.randint(1, 40)

    async def _send(
        self, http: httpx.AsyncClient, cycle: Running, household: str, wanted: dict[str, int], base: int | None
    ) -> bool:
        """True when the outcome is known."""
        lines = [{"product_id": product, "quantity_thousandths": quantity} for product, quantity in wanted.items()]
        body: dict[str, Any] = {"household_id": household, "lines": lines}
        if base is not None:
            body["expected_version"] = base
        n = next(self.numbers)
        self.history.note(
            "request", n=n, client=self.number, cycle_id=cycle.id, household_id=household, wanted=wanted, base=base
        )
        try:
            url = f"{self.url()}/ordering/api/cycles/{cycle.id}/orders"
            answer = await http.post(url, json=body, headers=self.headers)
        except httpx.TransportError as error:
            self.history.note("unknown", n=n, error=repr(error)[:200])
            return False
        if answer.status_code >= 500:
            self.history.note("unknown", n=n, error=f"{answer.status_code} {answer.text[:200]}")
            return False
        said = answer.json()
        self.history.note(
            "answer",
            n=n,
            status=answer.status_code,
            version=said.get("version"),
            state=said.get("state"),
            gross_cents=said.get("gross_cents"),
            detail=str(said.get("detail", ""))[:200],
        )
        if said.get("version") is not None:
            self._versions[cycle.id, household] = said["version"]
        return True
