"""A hub that things are done to: its processes, its broker, its databases, and who starts again what died."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx

from cabas.demo.contracts import CREDITOR_ID, HUB_IBAN
from cabas.operator_token import token_for, token_of
from cabas.parts import NAMES
from chassis.clock import SystemClock
from chassis.identity import Person
from chassis.nats_server import NoServer
from tests.faults.history import History
from tests.faults.postgres import Postgres
from tests.faults.sabotage import CLOCK, DECIDE, SABOTAGE, ShiftedClock
from tests.faults.schedule import ONE, Plan
from tests.faults.template import Templates
from tests.faults.volunteer import RATE_MILLIS
from tests.topology import FiveProcesses, OneProcess, Topology

READY_SECONDS = 120.0
DAY = 1440
"""Minutes."""
DAY_SECONDS = 86_400.0
RESTART_SECONDS = 0.3
"""A process that ended by itself is started again after so long, as a container engine would."""
LEFT_AT_START = (1, 3)
"""How the hub, and a service, end when they cannot start."""
TMPFS = {"hub": 160, "broker": 64, "postgresql": 400}
"""Mebibytes of the small disk of whoever is to find it full; a service's own is as large as this:"""
TMPFS_SERVICE = 24


class _OneProcess(OneProcess):
    hub: "Hub"

    def environment_of(self, name: str) -> dict[str, str]:
        return super().environment_of(name) | self.hub.environment_of(name)


class _FiveProcesses(FiveProcesses):
    hub: "Hub"

    def environment_of(self, name: str) -> dict[str, str]:
        return super().environment_of(name) | self.hub.environment_of(name)


class Hub:
    """One hub in `folder`, as `plan` wants it. `names`: its processes; in one process that is "hub" alone."""

    def __init__(self, plan: Plan, folder: Path, templates: Templates, history: History) -> None:
        self.plan = plan
        self.folder = folder
        self.history = history
        self.data = folder / "data"
        self.one = plan.shape == ONE
        self.names = ("hub",) if self.one else NAMES
        self.topology: Topology = (_OneProcess if self.one else _FiveProcesses)(self.data, templates.starter)
        self.topology.hub = self
        self.postgres: Postgres | None = None
        self.broker_lock = asyncio.Lock()
        self.postgres_lock = asyncio.Lock()
        self.small: dict[str, Path] = {}
        """Who has a small disk of its own, and where."""
        self._templates = templates
        self._clocks: dict[str, ShiftedClock] = {}
        self._wrong: defaultdict[str, float] = defaultdict(float)
        self.days = 0
        """So many have passed since the run began, by all clocks of the hub."""
        self._away: Counter[str] = Counter()
        self._arming = dict(plan.armed)
        self._armed: set[str] = set()
        self._started_at: dict[str, float] = {}
        self.outage_at = -1e9
        """When a database, or the folder of the hub, was last made to be away."""
        self._watch: asyncio.Task[None] | None = None

    # --- life ---

    async def start(self) -> None:
        self._mount()
        self._templates.copy_data(self.plan.database, self.data, five=not self.one)
        if self.plan.database == "postgresql":
            self.postgres = Postgres.copied(
                self._templates.folder / "postgresql" / "postgres", self.folder / "postgres"
            )
            await self.postgres.start()
        for name in self.names:
            self._clocks[name] = ShiftedClock(self.folder / f"{name}.clock")
        if isinstance(self.topology, FiveProcesses):
            await self.topology.start_front()
            await self.topology.broker.start()
        for name in self.names:
            self.start_process(name)
        self._watch = asyncio.create_task(self._restart_what_ends())
        await self.until_ready()

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        for name in self.names:
            self._signal(name, signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            await self.topology.end(signal.SIGKILL, *self.names)
            await self.topology.stop()
        if self.one:
            with suppress(OSError, ValueError):
                os.kill(self.topology.broker_pid(), signal.SIGKILL)  # type: ignore[attr-defined]
        if self.postgres is not None:
            await self.postgres.stop(signal.SIGQUIT)
            self.postgres.remove()
        for place in self.small.values():
            for log in place.rglob("*.log"):
                # They are gone with the disk.
                shutil.copy(log, self.folder / f"{place.name}-{log.name}")
            await (await asyncio.create_subprocess_exec("umount", "-l", place)).wait()

    def _mount(self) -> None:
        """A small disk for whoever is to find it full; without the right to mount, none, and the fault is left out."""
        for fault in self.plan.faults:
            if fault.kind != "disk full" or fault.target in self.small:
                continue
            places = {"hub": self.data, "broker": self.data / "nats", "postgresql": self.folder / "postgres"}
            place = places.get(fault.target, self.data / fault.target)
            place.mkdir(parents=True, exist_ok=True)
            size = TMPFS.get(fault.target, TMPFS_SERVICE)
            command = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(place)]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                self.small[fault.target] = place

    def environment_of(self, name: str) -> dict[str, str]:
        """What this run wants of the process, beside what its shape does."""
        settings = {
            # Long enough to be seen, short enough to wait for.
            "CABAS_CONFIRMATION_DELAY": "0.5",
            "CABAS_REPUBLICATION_AFTER": "3",
            "CABAS_TIMER_POLL": "0.3",
            CLOCK: str(self.folder / f"{name}.clock"),
            DECIDE: "6",
            SABOTAGE: self.plan.sabotage,
            "CABAS_CRASH_AT": self._arm(name),
            "CABAS_HUB_IBAN": HUB_IBAN,
            # Without them it invoices neither its commissions nor what it sells.
            "CABAS_HUB_LEGAL_FORM": "SCIC SA",
            "CABAS_HUB_ADDRESS": "1 rue du Marché, 11300 Limoux",
            "CABAS_HUB_SIREN": "552100554",
            "CABAS_HUB_VAT_NUMBER": "FR57552100554",
            "CABAS_KM_RATE_MILLIS": str(RATE_MILLIS),
            "CABAS_CREDITOR_ID": CREDITOR_ID,
            # What is drawn up in a run is taken in its days after.
            "CABAS_DEBIT_NOTICE_DAYS": "1",
        }
        if self.postgres is not None:
            settings |= {"CABAS_DATABASE_URL": self.postgres.url_of(name), "CABAS_DATABASE_POOL": "8"}
        return settings

    def _arm(self, name: str) -> str:
        mine = [service for service in self._arming if self.process_of(service) == name]
        points = [f"{service}/{self._arming.pop(service)}" for service in mine]
        self._armed.discard(name)
        if points:
            self._armed.add(name)
        return ",".join(points)

    # --- processes ---

    def process_of(self, service: str) -> str:
        return "hub" if self.one else service

    def start_process(self, name: str) -> None:
        self.topology.start_process(name)
        self._started_at[name] = self.history.now

    async def kill(
        self, *names: str, seconds: float = 0.0, arm: tuple[str, str] | None = None, number: int = signal.SIGKILL
    ) -> None:
        """End processes, and start them again after so many seconds, `arm`: service and its crash point to start with.

        As a power cut ends them, unless `number` is another signal.
        """
        for name in names:
            self._away[name] += 1
            # A stopped process hears nothing but SIGKILL.
            self._signal(name, signal.SIGCONT)
        await self.topology.end(number, *names)
        await asyncio.sleep(seconds)
        if arm:
            self._arming[arm[0]] = arm[1]
        for name in names:
            self._away[name] -= 1
            if not self._away[name] and not self.topology.runs(name):
                self.start_process(name)

    async def freeze(self, name: str, seconds: float) -> None:
        self._signal(name, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: int) -> None:
        if name in self.topology.processes:
            with suppress(ProcessLookupError):
                self.topology.processes[name].send_signal(number)

    async def _restart_what_ends(self) -> None:
        """Be the supervisor: note who ended without being told to, and start it again."""
        while True:
            await asyncio.sleep(0.05)
            for name in self.names:
                if self._away[name] or self.topology.runs(name):
                    continue
                status = self.topology.processes[name].poll()
                armed = name in self._armed and status == -signal.SIGKILL
                # Who finds no database while it starts may leave: that is what supervisors are for.
                excused = status in LEFT_AT_START and self.outage_at > self._started_at[name] - 5
                self.history.note("ended", process=name, status=status, armed=armed, excused=excused)
                await asyncio.sleep(RESTART_SECONDS)
                if not self._away[name] and not self.topology.runs(name):
                    self.start_process(name)

    async def until_ready(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_SECONDS
        said = ""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            while loop.time() < deadline:
                try:
                    answers = [await http.get(f"{self.url_of(name)}/{name}/health/ready") for name in NAMES]
                    if all(answer.status_code == 200 for answer in answers):
                        return
                    said = "; ".join(answer.text for answer in answers if answer.status_code != 200)
                except httpx.TransportError as error:
                    said = repr(error)
                await asyncio.sleep(0.1)
        raise RuntimeError(f"the hub was not ready within {READY_SECONDS:.0f} s: {said}")

    async def disarm(self) -> None:
        """Whoever still has a crash point ahead is started anew without it: the faults are over."""
        self._arming.clear()
        await self.kill(*self._armed)
        self._armed.clear()

    def database_url(self, service: str) -> str:
        if self.postgres is not None:
            return self.postgres.url_of(service)
        folder = self.data if self.one else self.data / service
        return f"sqlite+aiosqlite:///{folder / (service + '.db')}"

    def url_of(self, service: str) -> str:
        """Where the service itself answers."""
        if isinstance(self.topology, FiveProcesses):
            return f"http://127.0.0.1:{self.topology.ports[service]}"
        return self.topology.url

    def headers(self, person: Person | None = None) -> dict[str, str]:
        """A coordinator's, or those of somebody else, for a day."""
        keys, now = self.topology.folder.keys, SystemClock().now() + timedelta(days=self.days)
        token = token_of(keys / "token.pem", person, now, DAY) if person else token_for(keys, "faults", now, DAY)
        return {"authorization": f"Bearer {token}"}

    def set_clock(self, name: str, seconds: float) -> None:
        self._wrong[name] = seconds
        self._clocks[name].set(self.days * DAY_SECONDS + seconds)
        self.history.note("clock", process=name, seconds=seconds)

    def let_days_pass(self, days: int) -> None:
        self.days += days
        for name, clock in self._clocks.items():
            clock.set(self.days * DAY_SECONDS + self._wrong[name])
        self.history.note("days", passed=days)

    # --- the broker ---

    def broker_pid(self) -> int | None:
        if isinstance(self.topology, FiveProcesses):
            process = self.topology.broker.process
            return process.pid if process is not None and process.poll() is None else None
        with suppress(OSError, ValueError):
            pid = self.topology.broker_pid()  # type: ignore[attr-defined]
            # The file outlives the process.
            if "nats" in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"):
                return int(pid)
        return None

    async def help_broker(self) -> None:
        """Somebody has to start a broker again that met a full disk. The hub in one process does it by itself."""
        if isinstance(self.topology, FiveProcesses) and self.topology.broker.running:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                if await self.topology.broker.beyond_help(http):
                    await self.topology.broker.stop()
                    await self.topology.broker.start()

    def kill_broker(self) -> None:
        if isinstance(self.topology, FiveProcesses):
            self.topology.broker.kill()
        elif (pid := self.broker_pid()) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def start_broker(self) -> None:
        """In one process the hub does it."""
        if isinstance(self.topology, FiveProcesses) and not self.topology.broker.running:
            await self.topology.broker.start()

    async def broker_down(self, seconds: float) -> None:
        end = self.history.now + seconds
        self.kill_broker()
        while self.history.now < end:
            await asyncio.sleep(0.1)
            if self.one:
                self.kill_broker()
        await self.start_broker()

    async def wipe_broker(self, seconds: float) -> None:
        """Its disk is lost: it comes back with nothing."""
        if self.one:
            self._away["hub"] += 1
            await self.topology.end(signal.SIGKILL, "hub")
        self.kill_broker()
        await asyncio.sleep(0.2)
        shutil.rmtree(self.data / "nats" / "jetstream", ignore_errors=True)
        await asyncio.sleep(seconds)
        if self.one:
            self._away["hub"] -= 1
            if not self._away["hub"]:
                self.start_process("hub")
        with suppress(NoServer):
            await self.start_broker()
