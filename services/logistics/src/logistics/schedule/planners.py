"""Planners at work: a process for each draft that is being planned, and what is heard of it.

Whoever dies, the draft says so: a worker that was killed leaves it failed, a hub that stops leaves it broken off, and
of a hub that was killed nothing is heard any more (`draft.LEASE`).
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from chassis.database import Database
from coldchain.plan import Plan
from logistics.schedule import draft
from logistics.schedule.worker import STOP, Job, News

log = structlog.get_logger()

AT_ONCE = 2
"""Planners at work at the same time; others wait for their turn."""
BEAT = 1.0
"""Seconds between two looks at whether to stop, each of which says that the planner lives."""
GRACE = 120
"""Seconds that the last touches may take beyond the search; then the worker is ended."""
LONGEST_LINE = 64 * 1024 * 1024


class Failed(Exception):
    """The worker ended without a plan."""


class Planners:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.at_work: dict[str, Shift] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, draft_id: str) -> None:
        """Plan a draft that was just begun. A second call for the same one does nothing."""
        if draft_id not in self._tasks:
            task = self._tasks[draft_id] = asyncio.create_task(self._plan(draft_id))
            task.add_done_callback(lambda _task: self._tasks.pop(draft_id, None))

    async def close(self) -> None:
        """End all workers; their drafts say that they were broken off."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _plan(self, draft_id: str) -> None:
        shift = self.at_work[draft_id] = Shift(draft_id)
        beating = asyncio.create_task(self._beat(shift))
        try:
            async with self._turns:
                plan = await self._planned(shift)
            async with self._database.write() as writer:
                await draft.finish(writer, draft_id, plan)
        except asyncio.CancelledError:
            async with self._database.write() as writer:
                await draft.break_off(writer, draft_id)
            raise
        except Exception as error:
            log.exception("a planner failed", draft=draft_id)
            async with self._database.write() as writer:
                await draft.fail(writer, draft_id, repr(error)[:500])
        finally:
            beating.cancel()
            await shift.end()
            del self.at_work[draft_id]

    async def _planned(self, shift: "Shift") -> Plan:
        """Raises Failed, or TimeoutError."""
        async with self._database.read() as reader:
            one = await draft.find(reader, shift.draft_id)
        job = Job(day=one.day, seed=one.seed, seconds=one.seconds, previous=one.previous, locked=one.wishes.locked)
        await shift.start(job)
        async with asyncio.timeout(job.seconds + GRACE):
            while shift.news.plan is None:
                await shift.listen()
        return shift.news.plan

    async def _beat(self, shift: "Shift") -> None:
        while True:
            try:
                async with self._database.write() as writer:
                    stop = await draft.heard(writer, shift.draft_id, shift.news)
                if stop:
                    await shift.stop()
            except Exception as error:
                # A database that rests for a moment: the lease is longer than that.
                log.warning("a planner could not say that it lives", draft=shift.draft_id, error=repr(error))
            await asyncio.sleep(BEAT)


@dataclass
class Shift:
    """One worker at one draft. `news`: the last of it."""

    draft_id: str
    news: News = field(default_factory=News)
    process: Process | None = None

    async def start(self, job: Job) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "logistics.schedule.worker", stdin=PIPE, stdout=PIPE, limit=LONGEST_LINE
        )
        await self._say(job.model_dump_json())

    async def listen(self) -> None:
        """Wait for the next news. Raises Failed."""
        assert self.process is not None
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise Failed(f"the planner ended without a plan (status {await self.process.wait()})")
        self.news = News.model_validate_json(line)

    async def stop(self) -> None:
        if self.process is not None:
            await self._say(STOP)

    async def end(self) -> None:
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    async def _say(self, line: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        # Where nobody listens any more, `listen` says so.
        with suppress(ConnectionError):
            self.process.stdin.write(line.encode() + b"\n")
            await self.process.stdin.drain()
