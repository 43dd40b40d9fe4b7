"""`make bench`: measure, print the tables, keep them in bench-results.json. `--only a,b`, `--quick`, `--databases`."""

import argparse
import asyncio
import sys
import time
from importlib import import_module
from pathlib import Path

from figures import Results, machine
from processes import DATABASES, bench

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench-results.json"
PARTS = {
    "a": "orders",
    "b": "lag",
    "c": "relaying",
    "d": "closing",
    "e": "pages",
    "f": "start",
    "g": "streams",
    "h": "allocating",
    "i": "posting",
    "j": "planning",
    "l": "recalling",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, by letter: a,b,c")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, measures nothing")
    parser.add_argument("--databases", default=",".join(DATABASES))
    parser.add_argument("--most-orders", type=int, default=100_000, help="largest cycle that is closed in (d)")
    parser.add_argument("--results", type=Path, default=None, help="where to keep the figures")
    arguments = parser.parse_args()
    databases = tuple(arguments.databases.split(","))
    results = Results.read(arguments.results or (ROOT / "bench-quick.json" if arguments.quick else RESULTS))
    failed = []
    for part in arguments.only.split(","):
        print(f"({part}) {PARTS[part]}", flush=True)
        began = time.monotonic()
        with bench(arguments.quick, databases, arguments.most_orders) as place:
            facts = machine(asyncio.run(place.postgres.settings()) if place.postgres else None)
            try:
                tables = asyncio.run(import_module(PARTS[part]).measure(place, databases))
            except Exception as error:
                # The other parts are worth having.
                failed.append(part)
                print(f"({part}) failed: {error!r}", file=sys.stderr, flush=True)
                continue
        results.keep(part, tables, facts, quick=arguments.quick)
        for table in tables:
            print(f"\n{table.title}\n\n{table.markdown()}\n", flush=True)
        print(f"({part}) took {time.monotonic() - began:.0f} s\n", flush=True)
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
