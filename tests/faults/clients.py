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
TOLERANT = 0.4
"""So many accept more of what comes in cases."""
CHOOSY = 0.1
"""So many want nothing rather than much less."""
AGREED = 0.25
"""So many take something else instead."""
TRIES = 6


Terms = tuple[int, int, bool]
"""What goes with a quantity: so much more is accepted, less than so much is not wanted, something else is."""
PLAIN: Terms = (0, 0, False)
NAMES_OF_TERMS = ("tolerance_thousandths", "least_thousandths", "substitute")


@dataclass(frozen=True)
class Running:
    """A cycle of the run. `offered`: product id -> thousandths there are, None for no bound. `group_ids`: whose
    households order in it."""

    number: int
    id: str
    offered: dict[str, int | None]
    closes_at: datetime
    by_hour: bool
    group_ids: tuple[str, ...]


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
    _in_cases: set[str] = field(default_factory=set)

    async def work(self) -> None:
        self._units = {product["id"]: product["unit"] for product in self.village.products}
        self._in_cases = {product["id"] for product in self.village.products if product["case_thousandths"]}
        self._in_cases |= {product for pool in self.village.pools for product in pool["sizes"]}
        async with httpx.AsyncClient(timeout=self.plan.patience, trust_env=False) as http:
            while not self.enough.is_set() and self.history.now < self.plan.until:
                household = self.village.household_ids[self.random.choice(self.plan.households)]
                cycle = self.random.choice(self.cycles)
                if self.village.group_of[household] in cycle.group_ids:
                    await self._order(http, cycle, household)
                await asyncio.sleep(self.plan.pause * self.random.uniform(0.2, 2))

    async def _order(self, http: httpx.AsyncClient, cycle: Running, household: str) -> None:
        """One wish, sent until its outcome is known or the person gives up."""
        wanted = {} if self.random.random() < EMPTY else self._basket(cycle)
        terms = {product: terms for product, quantity in wanted.items() if any(terms := self._terms(product, quantity))}
        paper = self.random.random() < PAPER
        tries = self.random.randint(1, TRIES)
        for _ in range(tries):
            base = None if paper else self._versions.get((cycle.id, household), 0)
            known = await self._send(http, cycle, household, wanted, terms, base)
            if known or self.enough.is_set():
                return
            await asyncio.sleep(self.random.uniform(0.05, 0.5))

    def _basket(self, cycle: Running) -> dict[str, int]:
        """Mostly a few things, scarce ones more often than by chance."""
        chosen = set(self.random.sample(sorted(cycle.offered), self.random.randint(1, 6)))
        bounded = {product for pool in self.village.pools if pool["available"] for product in pool["sizes"]}
        scarce = sorted(p for p, bound in cycle.offered.items() if bound is not None or p in bounded)
        if scarce and self.random.random() < 0.5:
            chosen.add(self.random.choice(scarce))
        return {product: self._quantity(product) for product in sorted(chosen)}

    def _quantity(self, product: str) -> int:
        return 1000 * self.random.randint(1, 4) if self._units[product] == "piece" else 100 * self.random.randint(1, 20)

    def _terms(self, product: str, quantity: int) -> Terms:
        tolerant = product in self._in_cases and self.random.random() < TOLERANT
        tolerance = self._quantity(product) if tolerant else 0
        least = quantity if self.random.random() < CHOOSY else 0
        return tolerance, least, self.random.random() < AGREED

    async def _send(
        self,
        http: httpx.AsyncClient,
        cycle: Running,
        household: str,
        wanted: dict[str, int],
        terms: dict[str, Terms],
        base: int | None,
    ) -> bool:
        """True when the outcome is known."""
        lines = [
            # Said of every line: what goes with a quantity stays as it was where nothing is said.
            {"product_id": product, "quantity_thousandths": quantity}
            | dict(zip(NAMES_OF_TERMS, terms.get(product, PLAIN), strict=True))
            for product, quantity in wanted.items()
        ]
        body: dict[str, Any] = {"household_id": household, "lines": lines}
        if base is not None:
            body["expected_version"] = base
        n = next(self.numbers)
        sent = {"cycle_id": cycle.id, "household_id": household, "wanted": wanted, "terms": terms, "base": base}
        self.history.note("request", n=n, client=self.number, **sent)
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
            id=said.get("id"),
            version=said.get("version"),
            state=said.get("state"),
            gross_cents=said.get("gross_cents"),
            detail=str(said.get("detail", ""))[:200],
        )
        if said.get("version") is not None:
            self._versions[cycle.id, household] = said["version"]
        return True
