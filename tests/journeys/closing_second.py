"""Three hundred households who change their baskets while a cycle closes, and what must be true of it afterwards.

Each household is one browser with its own session, which knows the version that its page was made from. The hub's
clock is set to the last second when all have ordered once, so that nobody has to wait for the hour, or to be fast.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

import httpx

TAKEN, SHORT, LATE = "taken", "short", "late"
SENTENCES = {"Trop tard": LATE, "Il ne vous en reste que": SHORT, "Épuisé entre-temps": SHORT}
"""What the sentences begin with that are told to those whose basket was not taken."""
_AT_ONCE = 60
"""Browsers that talk at the same time."""

Basket = dict[str, int]
"""Product -> whole pieces; what is not wanted is not in it."""


@dataclass(frozen=True)
class Sent:
    """A basket that was sent. `at`: seconds after the announced hour; `told`: one of the words above; "" for none."""

    household_id: str
    wanted: Basket
    at: float
    status: int
    told: str


@dataclass
class Hour:
    """When orders end, by the machine's clock. None while it is far away."""

    comes_at: float | None = None

    @property
    def passed(self) -> float:
        return time.time() - self.comes_at if self.comes_at is not None else -3600.0


@dataclass
class Browser:
    """A household at its page, which was opened before it ordered anything. `url`: the next server that is asked;
    `path`: its basket in the shop; `csrf`: what its forms carry."""

    household_id: str
    path: str
    csrf: str
    headers: dict[str, str]
    url: Callable[[], str]
    http: httpx.AsyncClient
    hour: Hour
    sent: list[Sent] = field(default_factory=list)
    _version: int = 0
    _held: Basket = field(default_factory=dict)

    async def send(self, wanted: Basket) -> None:
        at = self.hour.passed
        form = {"version": str(self._version), "csrf_token": self.csrf}
        form |= {f"q-{product}": str(pieces) for product, pieces in wanted.items()}
        answer = await self.http.post(self.url() + self.path, data=form, headers=self.headers)
        told = next((word for sentence, word in SENTENCES.items() if sentence in answer.text), "")
        if answer.status_code == 303:
            told = TAKEN
            if wanted != self._held:
                # The page that follows is made from the next version.
                self._version += 1
            self._held = wanted
        self.sent.append(Sent(self.household_id, wanted, at, answer.status_code, told))


async def order_once(browsers: Iterable[Browser], products: list[str], scarce: str, random: Random) -> None:
    """Everybody orders; more is wanted of what is scarce than there is."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def order(browser: Browser, wanted: Basket) -> None:
        async with turns:
            await browser.send(wanted)

    await asyncio.gather(*(order(browser, _basket(products, scarce, random)) for browser in browsers))


async def change_in_the_closing_second(
    browsers: list[Browser], products: list[str], scarce: str, random: Random
) -> None:
    """In the last second before the hour everybody changes the basket, every third twice; every fourth comes late."""

    async def change(browser: Browser, baskets: list[tuple[float, Basket]]) -> None:
        for at, wanted in baskets:
            await asyncio.sleep(max(0.0, at - browser.hour.passed))
            await browser.send(wanted)

    plans = []
    for number, browser in enumerate(browsers):
        moments = sorted(random.uniform(-1, 0) for _ in range(1 + (number % 3 == 0)))
        moments += [random.uniform(0.01, 0.5)] * (number % 4 == 0)
        plans.append((browser, [(at, _basket(products, scarce, random)) for at in moments]))
    await asyncio.gather(*(change(browser, baskets) for browser, baskets in plans))


def _basket(products: list[str], scarce: str, random: Random) -> Basket:
    """One to three of the scarce goods, or none of it by now; and of one other thing a number that tells it apart."""
    wanted = {scarce: random.choice((0, 1, 2, 2, 3)), random.choice(products): random.randint(1, 40)}
    return {product: pieces for product, pieces in wanted.items() if pieces}


def judge(sent: Iterable[Sent], held: Mapping[str, Basket], available: Mapping[str, int]) -> list[str]:
    """What is not as promised, each a sentence; nothing where all is well. `held`: household -> what it has ordered in
    the end; `available`: scarce product -> pieces there are."""
    found = []
    by_household: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_household[one.household_id].append(one)
    for product, there in available.items():
        sold = sum(basket.get(product, 0) for basket in held.values())
        if sold > there:
            found.append(f"oversold: {sold} of {there} {product}")
    for household, its in by_household.items():
        last = next((one.wanted for one in reversed(its) if one.told == TAKEN), {})
        if held.get(household, {}) != last:
            found.append(f"lost: {household} was last told that {last} is ordered, it is {held.get(household)}")
        for one in its:
            if one.told == TAKEN and one.at > 0:
                found.append(f"let in late: {one}")
            if one.status != (303 if one.told == TAKEN else 409) or not one.told:
                found.append(f"not told: {one}")
    found += [f"from nowhere: {household}" for household in held.keys() - by_household.keys()]
    return found
