"""Every kind of fault, done to a hub: each function does it, lasts as long as it does, and mends it."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from chassis.nats_server import free_port
from tests.faults.history import Entry
from tests.faults.hub import Hub
from tests.faults.meddling import AWAY, Meddler, meddling
from tests.faults.schedule import Fault
from tests.faults.template import Village
from tests.topology import ended

REFUSED_SECONDS = 20.0
AWAITED_SECONDS = 120.0
"""Something is acknowledged within so long, whatever else the machine does."""


class Skipped(Exception):
    """The fault cannot be done here. The message says why."""


class Afflictions:
    def __init__(self, hub: Hub, village: Village, cycle_ids: list[str]) -> None:
        self.hub = hub
        self.village = village
        self.cycle_ids = cycle_ids
        self._kinds: dict[str, Callable[[Fault], Awaitable[None]]] = {
            "kill": self.kill,
            "kill upon": self.kill_upon,
            "crash": self.crash,
            "crash leaving": self.crash_leaving,
            "restart": self.restart,
            "kill hub": self.kill_hub,
            "broker down": self.broker_down,
            "stop": self.stop,
            "stop broker": self.stop_broker,
            "broker hangs": self.broker_hangs,
            "wipe broker": self.wipe_broker,
            "duplicates": self.meddle,
            "old versions": self.meddle,
            "ask twice": self.meddle,
            "poison": self.meddle,
            "unknown type": self.meddle,
            "newer version": self.meddle,
            "replay": self.replay,
            "clock": self.clock,
            "postgresql restart": self.postgresql_restart,
            "postgresql connections": self.postgresql_connections,
            "second hub": self.second_hub,
            "disk full": self.disk_full,
        }

    async def suffer(self, fault: Fault) -> None:
        """Wait for its time, do it, and write down when it was over."""
        history = self.hub.history
        await asyncio.sleep(max(0.0, fault.at - history.now))
        history.note("fault", what=str(fault), sort=fault.kind)
        try:
            await self._kinds[fault.kind](fault)
        except Skipped as skipped:
            history.note("mended", what=str(fault), sort=fault.kind, skipped=str(skipped))
        else:
            history.note("mended", what=str(fault), sort=fault.kind, skipped=None)

    # --- processes ---

    async def kill(self, fault: Fault) -> None:
        names = list(self.hub.names)
        first = names.index(fault.target)
        chosen = (names[first:] + names[:first])[: fault.number]
        await self.hub.kill(*chosen, seconds=fault.seconds)

    async def kill_upon(self, fault: Fault) -> None:
        """In the moment in which somebody hears that what they sent is done. `target`: process/what was sent."""
        process, what = fault.target.split("/")
        since = len(self.hub.history.entries)
        async with asyncio.timeout(AWAITED_SECONDS):
            while not self._acknowledged(what, since):
                await asyncio.sleep(0.002)
        await self.hub.kill(process, seconds=fault.seconds)

    def _acknowledged(self, what: str, since: int) -> bool:
        entries = self.hub.history.entries
        done = {entry["n"] for entry in entries[since:] if entry["kind"] == "outcome" and entry["status"] == 303}
        return any(entry.get("n") in done and what in _named(entry) for entry in reversed(entries))

    async def crash(self, fault: Fault) -> None:
        service, point = fault.target.split("/")
        await self.hub.kill(self.hub.process_of(service), arm=(service, point))

    async def crash_leaving(self, fault: Fault) -> None:
        """It is told to end, and dies half-way: its background work is over, all else is open."""
        name = self.hub.process_of(fault.target)
        await self.hub.kill(name, arm=(fault.target, "during_shutdown:1"))
        await asyncio.sleep(fault.seconds)
        await self.hub.kill(name, number=signal.SIGTERM)

    async def restart(self, fault: Fault) -> None:
        await self.hub.kill(fault.target, number=signal.SIGTERM)

    async def kill_hub(self, fault: Fault) -> None:
        """Everything at once, as when the power is cut."""
        async with self.hub.broker_lock:
            killed = asyncio.create_task(self.hub.kill(*self.hub.names, seconds=fault.seconds))
            self.hub.kill_broker()
            await asyncio.sleep(fault.seconds)
            await self.hub.start_broker()
            await killed

    async def stop(self, fault: Fault) -> None:
        await self.hub.freeze(fault.target, fault.seconds)

    # --- the broker ---

    async def broker_down(self, fault: Fault) -> None:
        async with self.hub.broker_lock:
            await self.hub.broker_down(fault.seconds)

    async def stop_broker(self, fault: Fault) -> None:
        async with self.hub.broker_lock:
            pid = self.hub.broker_pid()
            if pid is None:
                raise Skipped("the broker is away")
            try:
                os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(fault.seconds)
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError as gone:
                raise Skipped("the broker ended with its hub") from gone

    async def broker_hangs(self, fault: Fault) -> None:
        """Frozen, and then killed: what was sent to it meanwhile is lost, and nobody was told."""
        async with self.hub.broker_lock:
            pid = self.hub.broker_pid()
            if pid is None:
                raise Skipped("the broker is away")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            await self.hub.broker_down(0.2)

    async def wipe_broker(self, fault: Fault) -> None:
        async with self.hub.broker_lock:
            await self.hub.wipe_broker(fault.seconds)

    async def meddle(self, fault: Fault) -> None:
        random = Random(f"{self.hub.plan.seed} {fault}")

        async def work(meddler: Meddler) -> None:
            match fault.kind:
                case "duplicates":
                    await meddler.duplicates(fault.number)
                case "old versions":
                    await meddler.old_versions(fault.number)
                case "ask twice":
                    await meddler.ask_twice(random.choice(self.cycle_ids))
                case "poison":
                    await meddler.poison(fault.number)
                case "unknown type":
                    await meddler.unknown_type(fault.number)
                case "newer version":
                    await meddler.newer_version(fault.number)

        await self._with_broker(random, work)

    async def replay(self, fault: Fault) -> None:
        async def forget(meddler: Meddler) -> None:
            await meddler.forget_consumers(fault.target)

        name = self.hub.process_of(fault.target)
        killed = None
        if not self.hub.one:
            killed = asyncio.create_task(self.hub.kill(name, seconds=fault.seconds + 0.5))
            await asyncio.sleep(0.1)
        await self._with_broker(Random(0), forget)
        # The broker ends with the one process, so there it is told before.
        await (killed or self.hub.kill(name, seconds=fault.seconds))

    async def _with_broker(self, random: Random, work: Callable[[Meddler], Awaitable[None]]) -> None:
        try:
            async with meddling(self.hub.topology.broker_url, random, self.hub.history) as meddler:
                await work(meddler)
        except AWAY as error:
            raise Skipped(f"the broker is away: {error!r}") from error

    # --- what they stand on ---

    async def clock(self, fault: Fault) -> None:
        names = list(self.hub.names)
        first = names.index(fault.target)
        for name in (names[first:] + names[:first])[: fault.number]:
            self.hub.set_clock(name, fault.seconds)

    async def postgresql_restart(self, fault: Fault) -> None:
        postgres = self.hub.postgres
        assert postgres is not None
        async with self.hub.postgres_lock:
            self.hub.outage_at = self.hub.history.now + fault.seconds
            await postgres.stop(signal.SIGINT if fault.target == "in order" else signal.SIGQUIT)
            await asyncio.sleep(fault.seconds)
            await postgres.start()

    async def postgresql_connections(self, _fault: Fault) -> None:
        postgres = self.hub.postgres
        assert postgres is not None
        async with self.hub.postgres_lock:
            await postgres.terminate_backends()

    async def disk_full(self, fault: Fault) -> None:
        place = self.hub.small.get(fault.target)
        if place is None:
            raise Skipped("no right to mount a small disk")
        # Whoever starts PostgreSQL meanwhile would wait for a start that cannot be.
        async with self.hub.postgres_lock:
            ballast = place / f"ballast-{fault.at}"
            await asyncio.to_thread(_fill, ballast)
            self.hub.outage_at = self.hub.history.now + fault.seconds
            await asyncio.sleep(fault.seconds)
            ballast.unlink()
            if self.hub.postgres is not None:
                await self.hub.postgres.help()
        async with self.hub.broker_lock:
            await self.hub.help_broker()

    async def second_hub(self, _fault: Fault) -> None:
        """It must be refused, and the first must not notice."""
        topology = self.hub.topology
        if not topology.runs("hub"):
            raise Skipped("the first hub is away: its folder is free")
        first = topology.processes["hub"]
        arguments = ["up", "--data", str(self.hub.data), "--port", str(free_port())]
        log = self.hub.folder / "second.log"
        second = topology.starter("cabas", arguments, topology.environment, log)
        deadline = self.hub.history.now + REFUSED_SECONDS
        while second.poll() is None and first.poll() is None and self.hub.history.now < deadline:
            await asyncio.sleep(0.05)
        status = second.poll()
        if status is None:
            # The first has died of something else, perhaps: then the folder was free, and is the first's again.
            await ended(second, signal.SIGKILL)
            self.hub.outage_at = self.hub.history.now + 1
        if topology.processes["hub"] is first and first.poll() is None:
            self.hub.history.note("second hub", status=status, said=log.read_text(errors="replace")[-400:])


def _fill(ballast: Path) -> None:
    """Leave no byte on the disk."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(b"\0" * size):
                    pass


def _named(sent: Entry) -> set[str | None]:
    """By what a fault may call what somebody sent."""
    return {sent["kind"], sent.get("do"), sent.get("payment_kind")}
