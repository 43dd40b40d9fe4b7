"""The week itself, step by step, each over the API of the service that owns it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from cabas.demo import goods, members
from cabas.demo.api import Api, Refused, together
from cabas.demo.contracts import TokenOf
from cabas.demo.size import Size
from catalog.nomenclature import needs_proof
from chassis.clock import RandomIds

AT_ONCE = 12
"""Requests under way together: as many as a village that orders in the last minutes."""
WAIT_SECONDS = 300.0
ZONE = ZoneInfo("Europe/Paris")
"""The hub's."""
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
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Household -> what was said when its order was saved."""
    acknowledged_cents: int = 0
    more_lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Household -> lines it orders beside its own choice."""
    apart: frozenset[str] = frozenset()
    """Products that nobody chooses by chance."""
    token_of: TokenOf | None = None
    """Tokens of other people, where the demo has the hub's key: then producers can sign contracts."""

    @property
    def today(self) -> date:
        """The hub's day, which begins before that of UTC. On it contracts begin; nothing is paid under them before."""
        return self.now.astimezone(ZONE).date()

    def product(self, wanted: str, farm: str = "") -> dict[str, Any]:
        """A product by its reference, or by name and pack; of a farm where several have the same."""
        return next(
            one
            for one in self.products
            if wanted in (one["reference"], f"{one['name']['fr']}, {one['pack_label']}")
            and farm in ("", one["producer_name"])
        )

    def household(self, number: int) -> str:
        """The id of a household by its number, counted round."""
        return self.household_ids[number % len(self.household_ids)]

    def home(self, household_id: str) -> members.Home:
        return self.homes[self.household_ids.index(household_id)]

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
        self.farms = self.farms or goods.farms(self.size.producers, self.size.products, self.seed)

        async def load(farm: goods.Farm) -> list[dict[str, Any]]:
            producer = await self.api.post("/catalog/api/producers", farm.sheet)
            for label in farm.sheet["labels"]:
                if needs_proof(label):
                    await self.api.post("/catalog/api/certificates", self._proof(producer["id"], label))
            found = await self.api.send_csv("/catalog/api/price-lists", farm.price_list, producer_id=producer["id"])
            if found["wrong"]:
                raise NotInTime(f"lines of the price list of {farm.name} were refused: {found['wrong']}")
            products: list[dict[str, Any]] = await self.api.get("/catalog/api/products", producer_id=producer["id"])
            return products

        for products in await together(load, self.farms, AT_ONCE):
            self.products += products

    def _proof(self, producer_id: str, label: str) -> dict[str, Any]:
        """A certificate that holds for two years, with an id of ours, so that sending twice files it once."""
        number = uuid5(NAMESPACE_URL, f"{producer_id}/{label}")
        return {
            "id": str(number),
            "producer_id": producer_id,
            "label": label,
            "number": f"FR-{number.int % 100_000:05d}",
            "valid_until": (self.now + timedelta(days=730)).date().isoformat(),
        }

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

    async def open_cycle(self, closes_at: datetime | None = None, completion_hours: int = 0) -> None:
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
            "completion_hours": completion_hours,
            # Ours, so that asking twice opens one cycle.
            "id": RandomIds().new(),
        }
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self.begin((await self.api.post("/ordering/api/cycles", body))["id"])
                return
            except Refused as refused:
                if refused.status != 422 or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.2)

    def begin(self, cycle_id: str) -> None:
        """This cycle is open now; nobody has ordered in it yet."""
        self.cycle_id, self.orders, self.acknowledged_cents = cycle_id, {}, 0

    async def place_orders(self) -> None:
        random = Random(self.seed + 1)  # noqa: S311
        choice = [product for product in self.offered if product["id"] not in self.apart]
        baskets = [
            (household_id, basket(choice, self.size.lines_each, random) + self.more_lines.get(household_id, []))
            for household_id in self.household_ids
        ]
        await together(lambda one: self.order(*one), baskets, AT_ONCE)

    async def order(self, household_id: str, lines: list[dict[str, Any]]) -> None:
        """Save these lines as the household's order, whatever was there before."""
        body = {"household_id": household_id, "lines": lines}
        placed = await self.api.post(f"/ordering/api/cycles/{self.cycle_id}/orders", body)
        before = self.orders.get(household_id, {"gross_cents": 0})
        self.acknowledged_cents += placed["gross_cents"] - before["gross_cents"]
        self.orders[household_id] = placed | {"lines": lines}

    async def close(self) -> str:
        """The state it is in now: closed, or what comes before where cases are not full or minima not reached."""
        return str((await self.api.post(f"/ordering/api/cycles/{self.cycle_id}/close"))["state"])

    async def wait_for_pick_lists(self) -> None:
        await self.until("the pick lists", lambda: self._is("logistics", "issued"))

    async def wait_for_amounts(self) -> None:
        await self.until("the amounts due", lambda: self._is("billing", "computed"))

    async def wait_for_revision(self, list_ids: Collection[str]) -> None:
        """Until these lists are corrected ones, and lists and amounts come to what the order book says."""

        async def agreed() -> bool:
            ordering, logistics, billing = [await self.totals(name) for name in ("ordering", "logistics", "billing")]
            revised = {one["id"] for one in logistics["pick_lists"] if one["revision"] > 1}
            states = (logistics["state"], billing["state"]) == ("issued", "computed")
            sums = {each["gross_cents"] for each in (ordering, logistics, billing)}
            return states and len(sums) == 1 and set(list_ids) <= revised

        await self.until("the corrected lists and amounts", agreed)

    async def totals(self, service: str) -> dict[str, Any]:
        """What the service itself says the cycle comes to."""
        found: dict[str, Any] = await self.api.get(f"/{service}/api/cycles/{self.cycle_id}/totals")
        return found

    async def differences(self) -> list[dict[str, Any]]:
        """The lines that get something else than was asked, with the reason households read."""
        found: list[dict[str, Any]] = await self.api.get(f"/ordering/api/cycles/{self.cycle_id}/differences")
        return found

    async def _is(self, service: str, state: str) -> bool:
        return bool((await self.totals(service))["state"] == state)

    async def until(self, what: str, there: Callable[[], Awaitable[bool]]) -> None:
        """Wait for something that follows by itself. Raises NotInTime."""
        deadline, pause = time.monotonic() + WAIT_SECONDS, 0.05
        while True:
            try:
                if await there():
                    return
            except Refused as refused:
                # It has not heard of the cycle yet.
                if refused.status != 404:
                    raise
            if time.monotonic() > deadline:
                raise NotInTime(f"{what} did not come within {WAIT_SECONDS:.0f} s")
            await asyncio.sleep(pause)
            # Who asks all the time keeps the hub from its work.
            pause = min(pause * 1.4, 0.5)


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
