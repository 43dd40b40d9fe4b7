"""`make faults SEED=1 RUNS=20 JOBS=2`: runs with the seeds 1 to 20, two at a time.

Every paragraph of the results is one run; a run that failed keeps its folder and says how it is run again. Exit
status 1 when one failed.
"""

import argparse
import asyncio
import multiprocessing
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.faults.campaign import work
from tests.faults.nursery import Nursery, die_with_parent
from tests.faults.schedule import shape_of
from tests.faults.template import Templates, new_folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--results", type=Path, help="a file that every paragraph is appended to")
    arguments = parser.parse_args()
    folder = new_folder()
    seeds = range(arguments.seed, arguments.seed + arguments.runs)
    began = time.monotonic()

    def tell(paragraph: str) -> None:
        print(paragraph, flush=True)
        if arguments.results:
            with arguments.results.open("a", encoding="utf-8") as results:
                results.write(paragraph + "\n")

    with Nursery() as nursery:
        for database in sorted({shape_of(seed)[1] for seed in seeds}):
            asyncio.run(Templates(folder, nursery).village(database))
    bad = 0
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(arguments.jobs, len(seeds)), spawned, die_with_parent) as workers:
        for done in as_completed([workers.submit(work, seed, folder) for seed in seeds]):
            ok, paragraph = done.result()
            bad += not ok
            tell(paragraph)
    tell(f"{len(seeds)} runs, {bad} failed, {time.monotonic() - began:.0f} s, seeds {seeds[0]} to {seeds[-1]}")
    if bad:
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
