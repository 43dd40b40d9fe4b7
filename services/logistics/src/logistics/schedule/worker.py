"""`python -m logistics.schedule.worker`: plans one day in a process of its own, for `planners.py`.

PyVRP burns CPU for seconds, and all services of an embedded hub share one event loop. The first line of its input is
the job; "stop" ends the search with the best plan so far; the end of the input is the end of the hub, and its own. Each
line of its output is a piece of news, the last one holds the plan.
"""

import os
import signal
import sys
import threading
import time
from typing import TextIO

from coldchain.day import Day
from coldchain.part import Id, Part
from coldchain.plan import Plan
from logistics.schedule.locking import plan_around
from logistics.solver.budget import Budget, Progress
from logistics.solver.planner import plan

STOP = "stop"
PAUSE = 0.5
"""Seconds between two pieces of news."""
NICE = 10
"""Pages go before it where both want the processor."""


class Job(Part):
    """`previous`: the plan to change as little as one can. `locked`: carriers whose rounds in it stay as they are."""

    day: Day
    seed: int
    seconds: int
    previous: Plan | None = None
    locked: tuple[Id, ...] = ()


class News(Part):
    """`left`, `cents`: of the best plan so far, None: there is none yet. `plan`: the last word."""

    left: int | None = None
    cents: int | None = None
    plan: Plan | None = None


def main() -> None:
    os.nice(NICE)
    # Ctrl-C is for the hub, which tells its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = Job.model_validate_json(sys.stdin.readline())
    asked = threading.Event()
    threading.Thread(target=_listen, args=(sys.stdin, asked), daemon=True).start()
    _tell(News(plan=planned(job, asked)))
    # Not by the interpreter's own end: the thread that reads may hold what it wants to close.
    os._exit(0)


def planned(job: Job, asked: threading.Event) -> Plan:
    import pyvrp  # noqa: F401 - read before the clock starts: reading it takes longer than some searches

    end = time.monotonic() + job.seconds
    budget = Budget(iterations=10**9, over=lambda: asked.is_set() or time.monotonic() >= end)
    told = _Teller()
    if job.previous is None:
        return plan(job.day, seed=job.seed, budget=budget, progress=told)
    return plan_around(
        job.day, job.previous, job.locked, lambda day, before: plan(day, seed=job.seed, budget=budget, previous=before)
    )


class _Teller:
    def __init__(self) -> None:
        self.next = 0.0

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + PAUSE
            _tell(News(left=progress.left, cents=progress.cents))


def _tell(news: News) -> None:
    sys.stdout.write(news.model_dump_json() + "\n")
    sys.stdout.flush()


def _listen(said: TextIO, asked: threading.Event) -> None:
    for line in said:
        if line.strip() == STOP:
            asked.set()
    # Nobody is there any more to take the plan.
    os._exit(0)


if __name__ == "__main__":
    main()
