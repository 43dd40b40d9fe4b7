"""One run: a hub, people, faults, the end of the faults, rest, and judgement."""

import asyncio
import itertools
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import httpx

from cabas.parts import NAMES
from chassis.clock import SystemClock
from tests.faults.afflictions import Afflictions
from tests.faults.checker import Violation, judge
from tests.faults.clients import Client, Running
from tests.faults.evidence import Evidence, gather
from tests.faults.history import History
from tests.faults.hub import Hub
from tests.faults.rest import Rest
from tests.faults.schedule import CyclePlan, Plan, stretched
from tests.faults.template import Templates, Village

OPENING_SECONDS = 1.5
"""Opening all cycles takes about so long."""
START_SECONDS = 4.0
"""A hub starts within so long on a machine at rest."""
MOST_STRETCHED = 5.0
AFTER_SECONDS = 1.0
"""People go on ordering so long after the faults ended and every service said that it is ready."""
REST_SECONDS = 120.0
"""Everything has come to rest within so long after the last fault ended, or that is a fault itself."""


@dataclass
class Outcome:
    plan: Plan
    folder: Path
    violations: list[Violation] = field(default_factory=list)
    rest_seconds: float = 0.0
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.violations


class Run:
    """`folder` is the run's own: logs, history.jsonl and evidence.json stay in it."""

    def __init__(
        self,
        plan: Plan,
        village: Village,
        folder: Path,
        templates: Templates,
        patience: float = REST_SECONDS,
    ) -> None:
        self.patience = patience
        self.plan = plan
        self.village = village
        self.folder = folder
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.history = History(folder / "history.jsonl")
        self.hub = Hub(plan, folder, templates, self.history)
        self.outcome = Outcome(plan, folder)

    async def live(self) -> Outcome:
        began = time.monotonic()
        try:
            await self.hub.start()
            self._in_slower_time(time.monotonic() - began)
            cycles = [await self._open(number, cycle) for number, cycle in enumerate(self.plan.cycles)]
            await self._under_faults(cycles)
            await self._to_rest()
            evidence = Evidence(
                await gather({name: self.hub.database_url(name) for name in NAMES}),
                self.village.products,
                self.village.bags,
            )
        finally:
            await self.hub.stop()
            self.history.close()
        evidence.write(self.folder / "evidence.json")
        self.outcome.violations = judge(self.history, evidence)
        self.outcome.seconds = round(time.monotonic() - began, 1)
        self.outcome.counts = self._counts()
        return self.outcome

    def _in_slower_time(self, start_seconds: float) -> None:
        """Seconds are seconds on a machine that is at rest: where starting takes longer, so does all the rest."""
        by = round(min(max(1.0, start_seconds / START_SECONDS), MOST_STRETCHED), 1)
        if not self.plan.long:
            self.plan = stretched(self.plan, by)
        self.history.note("stretched", by=by)

    # --- the week ---

    async def _open(self, number: int, plan: CyclePlan) -> Running:
        now = SystemClock().now()
        # By hand: the announced hour lies far behind the run.
        closes_at = now + timedelta(seconds=OPENING_SECONDS + plan.closes_at if plan.by_hour else 86_400)
        products = self.village.products
        offered = {products[index]["id"]: plan.scarce.get(index) for index in plan.products}
        body = {
            # A coordinator's form sent twice makes one cycle.
            "id": str(uuid5(NAMESPACE_OID, f"{self.plan.seed} {number}")),
            "name": f"Semaine {number}",
            "opens_at": (now - timedelta(minutes=1)).isoformat(),
            "closes_at": closes_at.isoformat(),
            "delivers_on": (now + timedelta(days=9)).date().isoformat(),
            "group_ids": self.village.group_ids,
            "offers": [
                {"product_id": product} | ({"available_thousandths": bound} if bound is not None else {})
                for product, bound in offered.items()
            ],
        }
        made = await self._coordinator("/ordering/api/cycles", body)
        return Running(number, made["id"], offered, closes_at, by_hour=plan.by_hour)

    async def _coordinator(self, path: str, body: Any = None) -> Any:
        """Say it until it is heard: a coordinator presses the button again."""
        async with httpx.AsyncClient(trust_env=False, timeout=3) as http:
            while True:
                with suppress(httpx.TransportError):
                    url = self.hub.url_of("ordering") + path
                    answer = await http.post(url, json=body, headers=self.hub.headers())
                    if answer.status_code < 500:
                        assert answer.status_code == 200, answer.text
                        return answer.json()
                await asyncio.sleep(0.3)

    async def _close(self, cycle: Running, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self.history.now))
        await self._coordinator(f"/ordering/api/cycles/{cycle.id}/close")
        self.history.note("closed", cycle_id=cycle.id)

    async def _under_faults(self, cycles: list[Running]) -> None:
        enough = asyncio.Event()
        numbers = itertools.count(1)
        headers = self.hub.headers()
        self.history.begin()
        for cycle in cycles:
            closes_at = round((cycle.closes_at - SystemClock().now()).total_seconds(), 2)
            offered, by_hour = cycle.offered, cycle.by_hour
            self.history.note(
                "cycle", number=cycle.number, id=cycle.id, offered=offered, closes_at=closes_at, by_hour=by_hour
            )
        clients = [
            Client(
                number=number,
                plan=plan,
                random=Random(f"{self.plan.seed} client {number}"),
                url=lambda: self.hub.url_of("ordering"),
                headers=headers,
                village=self.village,
                cycles=cycles,
                history=self.history,
                numbers=numbers,
                enough=enough,
            )
            for number, plan in enumerate(self.plan.clients)
        ]
        afflictions = Afflictions(self.hub, self.village, [cycle.id for cycle in cycles])
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.work())
            for cycle, plan in zip(cycles, self.plan.cycles, strict=True):
                if not plan.by_hour:
                    group.create_task(self._close(cycle, plan.closes_at))
            faults = [group.create_task(afflictions.suffer(fault)) for fault in self.plan.faults]
            await asyncio.gather(*faults)
            await asyncio.sleep(max(0.0, self.plan.seconds - self.history.now))
            await self._mend()
            ended = self.history.now
            await self.hub.until_ready()
            self.history.note("ready", seconds=round(self.history.now - ended, 2))
            # Life goes on.
            await asyncio.sleep(AFTER_SECONDS)
            enough.set()

    async def _mend(self) -> None:
        """The end of the faults. A clock that is fast stays so: what is due by it would come that much later."""
        for entry in self.history.of("clock"):
            if entry["seconds"] < 0:
                self.hub.set_clock(entry["process"], 0.0)
        await self.hub.disarm()

    async def _to_rest(self) -> None:
        latest = max((entry["closes_at"] for entry in self.history.of("cycle") if entry["by_hour"]), default=0.0)
        await asyncio.sleep(max(0.0, latest - self.history.now))
        # From the end of the faults, or from the last closing where that came later.
        ready = self.history.of("ready")[-1]
        began = max([ready["t"] - ready["seconds"], latest, *(entry["t"] for entry in self.history.of("closed"))])
        async with Rest(self.hub) as rest:
            missing = await rest.wait(self.patience)
        self.outcome.rest_seconds = round(self.history.now - began, 2)
        self.history.note("converged", seconds=self.outcome.rest_seconds, missing=missing)

    def _counts(self) -> dict[str, int]:
        answers = self.history.of("answer")
        return {
            "acknowledged": sum(answer["status"] == 200 for answer in answers),
            "refused": sum(answer["status"] != 200 for answer in answers),
            "unknown": len(self.history.of("unknown")),
            "faults": sum(entry["skipped"] is None for entry in self.history.of("mended")),
            "crashed": sum(entry["armed"] for entry in self.history.of("ended")),
        }
