"""`cabas demo --weeks N`: so many weeks of a hub, one after another, as its rhythm opens them.

The hub runs in this process and with a clock that is moved: to the hour at which a cycle opens, to that at which it
closes, to that at which what was not decided goes by its default. All that is due then happens by the services' own
timers. What is in season on the day of delivery is offered, and holidays move deliveries. After each week the sums of
all services must agree.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cabas.demo.crates import Crates, farms
from cabas.demo.figures import Figures, read_back
from cabas.demo.hub_process import KEPT
from cabas.demo.week import following_friday, in_season
from cabas.hub import Hub, HubFailed, Running
from cabas.parts import Part, five_services
from chassis.clock import Clock, SystemClock

RHYTHM = str(uuid5(NAMESPACE_URL, "cabas demo"))
OPTIONS = ("top_up", "next_cycle", "cancel", "as_it_is")
LEFT_TO_ITSELF = 4
"""Every so many weeks nobody decides, and the defaults count at their hour."""


class MovedClock:
    """The machine's clock, put forward by hand; between two moves it goes on as usual."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def move_to(self, at: datetime) -> None:
        """It is `at` now, or later where that is past."""
        self._ahead += max(timedelta(), at - self.now())


@dataclass(frozen=True)
class Lived:
    """A week that is over: when it delivered, and what each service says of it."""

    delivers_on: str
    figures: Figures

    def plain(self) -> dict[str, Any]:
        return {"delivers_on": self.delivers_on, **self.figures.plain({})}


@dataclass
class Year:
    """`wake` has every service look at once what is due."""

    crates: Crates
    clock: MovedClock
    wake: Callable[[], None]
    lived: list[Lived] = field(default_factory=list)

    async def live(self, weeks: int, told: Callable[[str], None]) -> None:
        """Until so many cycles are settled, or one does not agree."""
        week = self.crates.week
        week.farms = farms(week)
        for name, sentence, work in (
            ("price_lists", "producers send their price lists", week.load_price_lists),
            ("crates", "BioEspuña says which sizes fill the same crates", self.crates.pack),
            ("households", "groups and households are registered", week.register_households),
            ("hearing", "all goods have reached the order book", self.wait_for_goods),
            ("rhythm", "the coordinator writes the rhythm of the weeks", self.write_rhythm),
        ):
            with week.step(name):
                await work()
            told(f"{sentence}: {week.seconds[name]:.2f} s")
        seed = week.seed
        with week.step("weeks"):
            for number in range(weeks):
                week.seed, self.crates.turn = seed + number, number
                with week.step("week"):
                    lived = await self.live_one(number)
                self.lived.append(lived)
                told(self._line(number + 1, lived))
                if not lived.figures.ok:
                    return
        del week.seconds["week"]

    def _line(self, number: int, lived: Lived) -> str:
        placed, week = lived.figures.totals["ordering"], self.crates.week
        sums = f"{placed['orders']} orders, {placed['lines']} lines, {placed['gross_cents'] / 100:.2f} €"
        agree = "all agree" if lived.figures.ok else "; ".join(lived.figures.faults)
        when = f"week {number}, delivered on {lived.delivers_on}, {len(week.offered)} on offer"
        return f"{when}: {sums}; {agree} ({week.seconds['week']:.1f} s)"

    async def wait_for_goods(self) -> None:
        """A cycle offers what is known when it opens, and the clock is about to jump there."""
        api = self.crates.week.api

        async def heard() -> bool:
            catalog = await api.get("/catalog/health/ready")
            return bool(catalog["outbox_oldest_seconds"] == 0) and not await self._lag()

        await self.crates.week.until("the goods in the order book", heard)

    async def _lag(self) -> int:
        """Events of catalog that ordering has not taken in."""
        lag = (await self.crates.week.api.get("/ordering/health/ready"))["lag"]["catalog"]
        return 1 if lag is None else int(lag)

    async def write_rhythm(self) -> None:
        """Every Friday, on the day before where that is a holiday; orders from Sunday to Tuesday evening."""
        week = self.crates.week
        fields = {
            "id": RHYTHM,
            "version": "0",
            "do": "save",
            "name": "Semaine",
            "groups": list(week.group_ids.values()),
            "every": "weeks",
            "weeks": "1",
            "first": following_friday(self.clock.now().date() + timedelta(days=7)).isoformat(),
            "opens_days": "5",
            "opens_at": "08:00",
            "closes_days": "3",
            "closes_at": "20:00",
            "on_holiday": "before",
            "hours_on_holiday": "keep",
            "offers": "season",
            "ahead_weeks": "3",
            "active": "on",
        }
        await week.api.submit("/ordering/rhythms/new", fields)

    async def live_one(self, number: int) -> Lived:
        """The next cycle of the rhythm, from its opening to the last corrected list."""
        week, crates = self.crates.week, self.crates
        coming = await self._next()
        self._move_to(coming["opens_at"])
        await self._reaches(coming["id"], {"open"})
        week.begin(coming["id"])
        day = datetime.fromisoformat(coming["delivers_on"]).date()
        week.offered = [product for product in week.products if in_season(product, day)]
        crates.script()
        await week.place_orders()
        self._move_to(coming["closes_at"])
        state = await self._reaches(week.cycle_id, {"deciding", "closed"})
        if state == "deciding":
            await self._decide(number)
        await week.wait_for_pick_lists()
        await week.wait_for_amounts()
        await crates.answer()
        figures = await read_back(week)
        return Lived(coming["delivers_on"], figures)

    async def _decide(self, number: int) -> None:
        """Now one way, now another; sometimes nobody does, until the hour of the defaults."""
        week = self.crates.week
        url = f"/ordering/api/cycles/{week.cycle_id}/decisions"
        asked = await week.api.get(url)
        if number % LEFT_TO_ITSELF == LEFT_TO_ITSELF - 1:
            self._move_to(asked["decide_by"])
            await self._reaches(week.cycle_id, {"closed"})
            return
        random = Random(week.seed)  # noqa: S311
        for decision in asked["decisions"]:
            await self.crates.choose(decision, random.choice(OPTIONS))
        await week.api.post(f"{url}/settle")

    async def _next(self) -> dict[str, Any]:
        """The cycle of the rhythm that opens next; the rhythm makes it when its time has come."""
        found: list[dict[str, Any]] = []

        async def planned() -> bool:
            cycles = await self.crates.week.api.get("/ordering/api/cycles")
            found[:] = sorted((one for one in cycles if one["state"] == "planned"), key=lambda one: one["opens_at"])
            return bool(found)

        await self.crates.week.until("the next cycle", planned)
        return found[0]

    async def _reaches(self, cycle_id: str, states: Collection[str]) -> str:
        """The state of the cycle, once it is one of these."""
        state = ""

        async def reached() -> bool:
            nonlocal state
            state = (await self.crates.week.api.get(f"/ordering/api/cycles/{cycle_id}/totals"))["state"]
            return state in states

        await self.crates.week.until(f"{' or '.join(sorted(states))} cycle", reached)
        return state

    def _move_to(self, at: str) -> None:
        self.clock.move_to(datetime.fromisoformat(at) + timedelta(seconds=1))
        self.wake()


def forget_settings() -> None:
    """A demo sends no mail and shows itself to nobody else, whatever the machine's hub is told."""
    for name in [name for name in os.environ if name.startswith("CABAS_") and name not in KEPT]:
        del os.environ[name]


@asynccontextmanager
async def hub_here(folder: Path, clock: Clock, parts: Collection[Part] = (), port: int = 0) -> AsyncIterator[Running]:
    """A hub in this process, all of whose services have `clock`. Where it ends by itself, so does who uses it. Raises
    HubFailed, NoServer."""
    loop, user = asyncio.get_running_loop(), asyncio.current_task()
    assert user is not None
    ready: asyncio.Future[Running] = loop.create_future()

    async def greet(running: Running) -> None:
        ready.set_result(running)

    # The journal has each of our requests already, from the hub's side.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    parts = [replace(part, clock=clock) for part in parts or five_services()]
    hub = Hub(folder, port=port, parts=parts, on_ready=greet)
    life = asyncio.create_task(hub.run())
    either: set[asyncio.Future[Any]] = {life, ready}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        await life
        raise HubFailed("the hub ended before it was ready")

    def leave(_life: asyncio.Task[None]) -> None:
        user.cancel()

    life.add_done_callback(leave)
    try:
        yield ready.result()
    finally:
        life.remove_done_callback(leave)
        hub.ask_to_stop()
        await life
