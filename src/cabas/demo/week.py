"""The week itself, step by step, each over the API of the service that owns it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from cabas.demo import goods, members
from cabas.demo.api import Api, Refused, together
from cabas.demo.size import Size
from chassis.clock import RandomIds

AT_ONCE = 12
"""Requests under way together: as many as a village that orders in the last minutes."""
WAIT_SECONDS = 300.0
MOST_AT_ONCE_HOUSEHOLDS = 100


class NotInTime(Exception):
    """Something that follows by itself did not come; the message says what."""


@dataclass
class Week:
    """One week in `hub`. What every step learns is kept here for the next and for the report."""

    api: Api
    size: Size
    seed: int
    now: datetime
    seconds: dict[str, float] = field(default_factory=dict)
    farms: list[goods.Farm] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=list)
    offered: list[dict[str, Any]] = field(default_factory=list)
    group_ids: dict[str, str] = field(default_factory=dict)
    household_ids: list[str] = field(default_factory=list)
    homes: list[members.Home] = field(default_factory=list)
    cycle_id: str = ""
    acknowledged_cents: int = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 3)

    async def live(self, told: Callable[[str], None]) -> None:
        """From an empty hub to settled orders."""
        for name, sentence, work in (
            ("price_lists", "producers send their price lists", self.load_price_lists),
            ("households", "groups and households are registered", self.register_households),
            ("cycle", "the cycle opens", self.open_cycle),
            ("orders", "households order", self.place_orders),
            ("closing", "the cycle closes", self.close),
            ("pick_lists", "pick lists are issued", self.wait_for_pick_lists),
            ("amounts_due", "amounts due are computed", self.wait_for_amounts),
        ):
            with self.step(name):
                await work()
            told(f"{sentence}: {self.seconds[name]:.2f} s")

    async def load_price_lists(self) -> None:
        self.farms = goods.farms(self.size.producers, self.size.products, self.seed)

        async def load(farm: goods.Farm) -> list[dict[str, Any]]:
            producer = await self.api.post("/catalog/api/producers", farm.sheet)
            found = await self.api.send_csv("/catalog/api/price-lists", farm.price_list, producer_id=producer["id"])
            if found["wrong"]:
                raise NotInTime(f"lines of the price list of {farm.name} were refused: {found['wrong']}")
            products: list[dict[str, Any]] = await self.api.get("/catalog/api/products", producer_id=producer["id"])
            return products

        for products in await together(load, self.farms, AT_ONCE):
            self.products += products

    async def register_households(self) -> None:
        sheets = members.groups(self.size.groups)
        for sheet in sheets:
            self.group_ids[sheet["name"]] = (await self.api.post("/ordering/api/groups", sheet))["id"]
        self.homes = members.households(self.size.orders, list(self.group_ids), Random(self.seed))  # noqa: S311
        bodies = [
            {"group_id": self.group_ids[home.group], "name": home.name, "people": home.people} for home in self.homes
        ]
        for start in range(0, len(bodies), MOST_AT_ONCE_HOUSEHOLDS):
            answer = await self.api.post("/ordering/api/households", bodies[start : start + MOST_AT_ONCE_HOUSEHOLDS])
            self.household_ids += [household["id"] for household in answer]

    async def open_cycle(self, closes_at: datetime | None = None) -> None:
        """Offer everything that is in season. What catalog said a moment ago may still be on its way to ordering."""
        closes = closes_at or self.now + timedelta(days=3)
        delivers_on = following_friday(closes.date())
        self.offered = [product for product in self.products if in_season(product, delivers_on)]
        body = {
            "name": f"Semaine {self.now.isocalendar().week}",
            "opens_at": (self.now - timedelta(minutes=1)).isoformat(),
            "closes_at": closes.isoformat(),
            "delivers_on": delivers_on.isoformat(),
            "group_ids": list(self.group_ids.values()),
            "offers": [{"product_id": product["id"]} for product in self.offered],
            # Ours, so that asking twice opens one cycle.
            "id": RandomIds().new(),
        }
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self.cycle_id = (await self.api.post("/ordering/api/cycles", body))["id"]
                return
            except Refused as refused:
                if refused.status != 422 or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.2)

    async def place_orders(self) -> None:
        random = Random(self.seed + 1)  # noqa: S311
        baskets = [
            {"household_id": household_id, "lines": basket(self.offered, self.size.lines_each, random)}
            for household_id in self.household_ids
        ]

        async def order(body: dict[str, Any]) -> int:
            placed = await self.api.post(f"/ordering/api/cycles/{self.cycle_id}/orders", body)
            return int(placed["gross_cents"])

        self.acknowledged_cents = sum(await together(order, baskets, AT_ONCE))

    async def close(self) -> None:
        await self.api.post(f"/ordering/api/cycles/{self.cycle_id}/close")

    async def wait_for_pick_lists(self) -> None:
        await self._wait_for("logistics", "issued", "the pick lists")

    async def wait_for_amounts(self) -> None:
        await self._wait_for("billing", "computed", "the amounts due")

    async def totals(self, service: str) -> dict[str, Any]:
        """What the service itself says the cycle comes to."""
        found: dict[str, Any] = await self.api.get(f"/{service}/api/cycles/{self.cycle_id}/totals")
        return found

    async def _wait_for(self, service: str, state: str, what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                found = await self.totals(service)
                if found["state"] == state:
                    return
            except Refused as refused:
                # It has not heard of the cycle yet.
                if refused.status != 404:
                    raise
                found = {"state": "unknown"}
            if time.monotonic() > deadline:
                raise NotInTime(f"{service} did not make {what} within {WAIT_SECONDS:.0f} s: {found}")
            await asyncio.sleep(0.05)


def in_season(product: dict[str, Any], day: date) -> bool:
    """Whether its months of sale, which may wrap over New Year, hold the day's."""
    season = product["season"]
    if season is None:
        return True
    return bool((day.month - season["from_month"]) % 12 <= (season["to_month"] - season["from_month"]) % 12)


def following_friday(day: date) -> date:
    return day + timedelta(days=(members.FRIDAY - day.weekday()) % 7 or 7)


def basket(products: list[dict[str, Any]], lines: int, random: Random) -> list[dict[str, Any]]:
    """A household's choice: mostly one of a thing, or some hundred grams to a kilo and a half."""
    chosen = random.sample(products, min(lines, len(products)))
    return [{"product_id": product["id"], "quantity_thousandths": quantity(product, random)} for product in chosen]


def quantity(product: dict[str, Any], random: Random) -> int:
    if product["unit"] == "piece":
        return 1000 * random.choices((1, 2, 3, 4), (75, 17, 5, 3))[0]
    return 100 * random.randint(2, 15)
