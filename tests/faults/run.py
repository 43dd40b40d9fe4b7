"""One run: a hub, people, faults, the end of the faults, rest, and judgement."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, uuid5

from cabas.demo.contracts import farmer
from cabas.demo.money import SECOND
from cabas.parts import NAMES
from chassis.clock import SystemClock
from tests.faults.accountant import Accountant
from tests.faults.afflictions import Afflictions
from tests.faults.cashier import Cashier
from tests.faults.checker import Violation, judge
from tests.faults.claimant import Claimant, Made
from tests.faults.clerk import Clerk
from tests.faults.clients import Client, Running
from tests.faults.collector import Collector
from tests.faults.coordinator import PATIENCE_SECONDS, Coordinator, until_heard
from tests.faults.custodian import Custodian
from tests.faults.desk import Desk, Shift
from tests.faults.dispatcher import Dispatcher
from tests.faults.dock import Dock
from tests.faults.evidence import Evidence, gather
from tests.faults.fee_keeper import FeeKeeper
from tests.faults.history import History
from tests.faults.hub import Hub
from tests.faults.producer import Producers
from tests.faults.purchaser import Purchaser
from tests.faults.purser import Purser
from tests.faults.rest import Rest
from tests.faults.schedule import LATER_SECONDS, CyclePlan, Plan, stretched
from tests.faults.settler import Settler
from tests.faults.template import Templates, Village
from tests.faults.treasurer import Treasurer
from tests.faults.volunteer import Handed, Volunteer

D = TypeVar("D", bound=Desk)

OPENING_SECONDS = 1.5
"""Opening all cycles takes about so long."""
AT_ONCE = 2
"""So many people note payments at the same time, and so many pay out."""
START_SECONDS = 4.0
"""A hub starts within so long on a machine at rest."""
MOST_STRETCHED = 5.0
DAYS = 10
"""So many days pass before the days after: goods are handed out by then, and the bank takes debits."""
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
        self.on = (SystemClock().now() + timedelta(days=9)).date().isoformat()
        """The day on which all cycles deliver."""
        self.pace = 1.0
        self.numbers = itertools.count(1)
        """Of all that is sent."""
        self.approved = [list[str]() for _ in range(AT_ONCE)]
        """Batches of debits that wait for the bank, by who took them there."""

    async def live(self) -> Outcome:
        began = time.monotonic()
        try:
            await self.hub.start()
            self._in_slower_time(time.monotonic() - began)
            cycles = [await self._open(number, cycle) for number, cycle in enumerate(self.plan.cycles)]
            await self._under_faults(cycles)
            await self._to_rest()
            if self.plan.later:
                await self._days_later(cycles)
                await self._to_rest()
            evidence = Evidence(
                await gather({name: self.hub.database_url(name) for name in NAMES}),
                self.village.products,
                self.village.bags,
                self.village.pools,
                self.village.shelf,
                self.village.agent_of,
                self.village.fee_of,
                self.village.resold,
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
        self.pace = by
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
        groups = tuple(group for index, group in enumerate(self.village.group_ids) if index != plan.without)
        body = {
            # A coordinator's form sent twice makes one cycle.
            "id": str(uuid5(NAMESPACE_OID, f"{self.plan.seed} {number}")),
            "name": f"Semaine {number}",
            # Since the fees were set that it is charged.
            "opens_at": (now - timedelta(seconds=1)).isoformat(),
            "closes_at": closes_at.isoformat(),
            "delivers_on": self.on,
            "group_ids": groups,
            "offers": [
                {"product_id": product} | ({"available_thousandths": bound} if bound is not None else {})
                for product, bound in offered.items()
            ],
        }
        made = await until_heard(lambda: self.hub.url_of("ordering"), "/ordering/api/cycles", self.hub.headers(), body)
        return Running(number, made["id"], offered, closes_at, plan.by_hour, groups)

    async def _under_faults(self, cycles: list[Running]) -> None:
        enough, numbers = asyncio.Event(), self.numbers
        headers = self.hub.headers()
        units = {product["id"]: product["unit"] for product in self.village.products}
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
        seat, second = self._seats(enough), self.hub.headers(SECOND)
        desks: list[Shift] = [seat(Cashier, number) for number in range(AT_ONCE)]
        desks += [seat(kind, number) for kind in (Purser, Custodian) for number in range(AT_ONCE)]
        desks += [seat(Treasurer, number, second=second) for number in range(AT_ONCE)]
        handed: list[Handed] = []
        desks += [seat(Volunteer, number, second=second, handed=handed) for number in range(AT_ONCE)]
        desks += [seat(FeeKeeper, number, seed=self.plan.seed) for number in range(AT_ONCE)]
        desks += [
            seat(Collector, number, second=second, days_later=False, approved=mine)
            for number, mine in enumerate(self.approved)
        ]
        dispatcher = Dispatcher(
            random=Random(f"{self.plan.seed} dispatcher"),
            url=lambda: self.hub.url_of("logistics"),
            headers=headers,
            village=self.village,
            history=self.history,
            numbers=numbers,
            enough=enough,
            on=self.on,
        )
        afflictions = Afflictions(self.hub, self.village, [cycle.id for cycle in cycles])
        after: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.work())
            for desk in desks:
                group.create_task(desk.work())
            for cycle, plan in zip(cycles, self.plan.cycles, strict=True):
                coordinator = Coordinator(
                    plan,
                    cycle,
                    Random(f"{self.plan.seed} coordinator {cycle.number}"),
                    lambda: self.hub.url_of("ordering"),
                    headers,
                    self.history,
                    numbers,
                    self.plan.seconds + PATIENCE_SECONDS,
                )
                producers = Producers(
                    cycle,
                    plan.answers,
                    Random(f"{self.plan.seed} producers {cycle.number}"),
                    lambda: self.hub.url_of("logistics"),
                    headers,
                    units,
                    self.history,
                    numbers,
                )
                dock = seat(Dock, cycle.number, cycle=cycle)
                after.append(group.create_task(decide_and_answer(coordinator, producers, dock)))
            group.create_task(dispatcher.work(after))
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

    def _seats(self, enough: asyncio.Event) -> Callable[..., Any]:
        """Who sits at a desk of billing: of a kind, by its number, with what it needs beside."""

        def seat(kind: type[D], number: int, **more: Any) -> D:
            return kind(
                random=Random(f"{self.plan.seed} {kind.__name__} {number} {self.hub.days or ''}".rstrip()),
                url=lambda: self.hub.url_of("billing"),
                headers=self.hub.headers(),
                village=self.village,
                history=self.history,
                numbers=self.numbers,
                enough=enough,
                pace=self.pace,
                **more,
            )

        return seat

    async def _days_later(self, cycles: list[Running]) -> None:
        """The goods are handed out: what was drawn up is taken by the bank, and invoices are asked for."""
        self.hub.let_days_pass(DAYS)
        await self.hub.until_ready()
        began, enough = self.history.now, asyncio.Event()
        seat, second = self._seats(enough), self.hub.headers(SECOND)
        ids = [cycle.id for cycle in cycles]
        clerks = [seat(Clerk, number, cycle_ids=ids) for number in range(AT_ONCE)]
        desks: list[Shift] = [
            seat(Collector, number, second=second, days_later=True, approved=mine)
            for number, mine in enumerate(self.approved)
        ]
        made: list[Made] = []
        desks += [
            seat(Claimant, number, cycle_ids=ids, made=made, farmer=lambda of: self.hub.headers(farmer(of, "Ana")))
            for number in range(AT_ONCE)
        ]
        desks += [seat(Accountant, number, days=DAYS) for number in range(AT_ONCE)]
        noted: list[str] = []
        desks += [seat(Settler, number, cycle_ids=ids, noted=noted) for number in range(AT_ONCE)]
        kept: list[str] = []
        desks += [seat(Purchaser, number, cycle_ids=ids, kept=kept) for number in range(AT_ONCE)]
        afflictions = Afflictions(self.hub, self.village, ids)
        async with asyncio.TaskGroup() as group:
            for desk in (*clerks, *desks):
                group.create_task(desk.work())
            faults = [
                group.create_task(afflictions.suffer(replace(fault, at=fault.at + began))) for fault in self.plan.later
            ]
            await asyncio.gather(*faults, asyncio.sleep(LATER_SECONDS * self.pace))
            await self._mend()
            ended = self.history.now
            await self.hub.until_ready()
            self.history.note("ready", seconds=round(self.history.now - ended, 2))
            await asyncio.sleep(AFTER_SECONDS)
            enough.set()
        await seat(Clerk, AT_ONCE, cycle_ids=ids).draw_the_last()

    async def _mend(self) -> None:
        """The end of the faults. A clock that was fast is so again: what is due by it would come that much later."""
        wrong = [(entry["process"], entry["seconds"]) for entry in self.history.of("clock")]
        for process in sorted({name for name, _ in wrong}):
            self.hub.set_clock(process, max(0.0, *(seconds for name, seconds in wrong if name == process)))
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

    def _taken(self, kind: str, status: int) -> int:
        taken = {entry["n"] for entry in self.history.of("outcome") if entry["status"] == status}
        return sum(entry["n"] in taken for entry in self.history.of(kind))

    def _chosen(self, option: str) -> int:
        taken = {entry["n"] for entry in self.history.of("outcome") if entry["status"] == 200}
        return sum(entry["n"] in taken for entry in self.history.of("choice") if entry["option"] == option)

    def _counts(self) -> dict[str, int]:
        answers = self.history.of("answer")
        return {
            "acknowledged": sum(answer["status"] == 200 for answer in answers),
            "refused": sum(answer["status"] != 200 for answer in answers),
            "unknown": len(self.history.of("unknown")),
            "decided": self._taken("choice", 200),
            "joins": self._chosen("join"),
            "on the shelf": self._chosen("surplus"),
            "extended": self._taken("extension", 303),
            "payments": self._taken("payment", 303),
            "moved on": self._taken("move", 303),
            "deliveries": self._taken("delivery", 303),
            "payouts": self._taken("payout", 303),
            "fees": self._taken("fee", 303),
            "debits": self._taken("debit", 303),
            "debits moved on": self._taken("debit step", 303),
            "claims": self._taken("claim", 303),
            "claims moved on": self._taken("claim step", 303),
            "accounts closed": self._taken("account", 303) + self._taken("accounts", 303),
            "advances": self._taken("advance", 303),
            "rounds": self._taken("round", 303),
            "transfers moved on": self._taken("between", 303),
            "cautions": self._taken("caution", 303),
            "purchases": self._taken("purchase", 303),
            "bills": self._taken("bill", 303),
            "bills moved on": self._taken("bill step", 303),
            "invoicings": self._taken("invoicing", 303),
            "expenses": self._taken("expense", 303),
            "expenses moved on": self._taken("expense step", 303),
            "schedules": self._taken("publication", 303),
            "payouts moved on": self._taken("payout step", 303),
            "answered by producers": self._taken("reply", 303),
            "faults": sum(entry["skipped"] is None for entry in self.history.of("mended")),
            "crashed": sum(entry["armed"] for entry in self.history.of("ended")),
        }


async def decide_and_answer(coordinator: Coordinator, producers: Producers, dock: Dock) -> None:
    """What happens to a cycle after its closing: decisions, perhaps one more, producers who answer meanwhile, and what
    came in the end."""
    async with asyncio.TaskGroup() as group:
        deciding = group.create_task(coordinator.work())
        group.create_task(producers.work(deciding))
        group.create_task(dock.record(deciding))
