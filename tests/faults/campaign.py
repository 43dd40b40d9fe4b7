"""Runs by their seeds, and what is told of each: used by the command and by the tests."""

import asyncio
import shutil
import time
import traceback
from pathlib import Path

from tests.faults.nursery import Nursery
from tests.faults.run import Outcome, Run
from tests.faults.schedule import plan_of, shape_of
from tests.faults.template import Templates

MOST_TOLD = 12


async def run_seed(seed: int, templates: Templates) -> Outcome:
    """One run in a folder of its own beside the templates, which are made where they are missing."""
    village = await templates.village(shape_of(seed)[1])
    plan = plan_of(
        seed,
        products=len(village.products),
        households=len(village.household_ids),
        groups=len(village.group_ids),
        sizes=village.sizes,
    )
    return await Run(plan, village, templates.folder / f"run-{seed}", templates).live()


def told(outcome: Outcome) -> str:
    """The paragraph of a run that was judged."""
    head = f"{outcome.plan.seed} {outcome.seconds:.0f} s, at rest after {outcome.rest_seconds:.1f} s"
    counts = ", ".join(f"{count} {name}" for name, count in outcome.counts.items())
    if outcome.ok:
        return f"ok   {head}, {counts}; {outcome.plan}"
    lines = [f"  {violation}"[:600] for violation in outcome.violations[:MOST_TOLD]]
    if len(outcome.violations) > MOST_TOLD:
        lines.append(f"  and {len(outcome.violations) - MOST_TOLD} more")
    return "\n".join([f"FAIL {head}, {counts}; {outcome.plan}", *lines, again(outcome.plan.seed, outcome.folder)])


def again(seed: int, folder: Path) -> str:
    return f"  kept in {folder}; once more: make faults SEED={seed} RUNS=1"


_nursery: list[Nursery] = []
"""Of this worker, until it ends."""


def work(seed: int, folder: Path) -> tuple[bool, str]:
    """In a worker: whether the run was good, and its paragraph."""
    if not _nursery:
        _nursery.append(Nursery().__enter__())
    began = time.monotonic()
    try:
        outcome = asyncio.run(run_seed(seed, Templates(folder, _nursery[0])))
    except Exception as error:
        seconds = time.monotonic() - began
        trace = traceback.format_exc(limit=-4)
        return (
            False,
            f"FAIL {seed} {seconds:.0f} s, not judged: {error!r}\n{trace}{again(seed, folder / f'run-{seed}')}",
        )
    if outcome.ok:
        shutil.rmtree(outcome.folder, ignore_errors=True)
    return outcome.ok, told(outcome)
