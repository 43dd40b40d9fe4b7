"""`cabas plan FILE`: a plan of a day. `cabas plan --check FILE PLAN`: which rules it breaks, and what would mend them.
It touches no hub. The files are JSON, as docs/plan.md describes them.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from cabas.arguments import refuse
from cabas.plan_answer import answer, report
from coldchain import Violation, Weight, Wrong, check, read_day, read_plan
from coldchain.day import Day
from coldchain.plan import Plan
from ui.i18n import DEFAULT, LANGUAGES, translator
from ui.words import Words

MOST = 20
"""Faults told at once."""


SECONDS = 5.0
BREAKS = 3
"""Exit status where the plan breaks a hard rule. 1: what was given cannot be used; 2: argparse's, of the options."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "plan",
        help="plan a day of deliveries, or check a plan of it against the cold chain",
        epilog=f"Exit status: 0 no hard rule is broken; {BREAKS} the plan breaks a hard rule; 1 a file cannot be used; "
        "2 the options are wrong.",
    )
    parser.add_argument("file", metavar="FILE", help="the day as JSON (docs/plan.md)")
    parser.add_argument("plan", metavar="PLAN", nargs="?", help="with --check: the plan as JSON")
    parser.add_argument("--check", action="store_true", help="tell which rules PLAN breaks")
    parser.add_argument(
        "--previous", metavar="PLAN", help="a plan before somebody fell out: change as little as possible"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the search (default: 0)")
    parser.add_argument("--seconds", type=seconds, default=SECONDS, help=f"how long to search (default: {SECONDS:g})")
    parser.add_argument(
        "--iterations", type=steps, help="search that many steps instead: the same plan on every machine"
    )
    parser.add_argument("--out", metavar="PLAN", help="write the plan there and tell what it breaks; else print it")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default=DEFAULT, help="of the sentences (default: fr)")
    parser.set_defaults(run=run)


def seconds(text: str) -> float:
    if not 0 < (found := float(text)) <= 3600:
        raise argparse.ArgumentTypeError("from 0 to 3600 seconds")
    return found


def steps(text: str) -> int:
    if not 0 < (found := int(text)) <= 10**7:
        raise argparse.ArgumentTypeError("from 1 to 10000000 steps")
    return found


def run(arguments: argparse.Namespace) -> int:
    """The exit status is 0 where no hard rule is broken, BREAKS where one is, 1 where what was given cannot be used."""
    if arguments.check is not (arguments.plan is not None):
        return refuse("--check needs FILE and PLAN; without it there is only FILE")
    name = arguments.file
    try:
        day = read_day(Path(name).read_bytes())
        name = arguments.plan or arguments.previous or name
        plan = None if name == arguments.file else read_plan(Path(name).read_bytes())
        if plan is None or not arguments.check:
            plan = planned(arguments, day, plan)
            name = arguments.out or name
            written(plan, arguments.out)
        violations = check(day, plan)
    except OSError as error:
        return refuse(f"{name} cannot be read or written: {error.strerror}")
    except Wrong as error:
        return _refused(name, [str(fault) for fault in error.faults])
    if arguments.check or arguments.out is not None:
        told(arguments, violations)
    return BREAKS if any(one.weight is Weight.HARD for one in violations) else 0


def written(plan: Plan, path: str | None) -> None:
    text = plan.model_dump_json(indent=2)
    if path is None:
        print(text)
    else:
        Path(path).write_text(text + "\n", encoding="utf-8")


def planned(arguments: argparse.Namespace, day: Day, previous: Plan | None) -> Plan:
    # Late: the solver is heavy, and nobody else here needs it.
    from logistics.solver import Budget, for_seconds, plan

    budget = for_seconds(arguments.seconds, time.monotonic)
    if arguments.iterations is not None:
        budget = Budget(iterations=arguments.iterations)
    return plan(day, seed=arguments.seed, budget=budget, previous=previous)


def told(arguments: argparse.Namespace, violations: tuple[Violation, ...]) -> None:
    say, figures = translator("coldchain", arguments.language), Words(arguments.language)
    if arguments.json:
        print(json.dumps(answer(violations, say, figures), ensure_ascii=False, indent=2))
    else:
        print(report(violations, say, figures), end="")


def _refused(name: str, faults: list[str]) -> int:
    status = refuse(f"{name} cannot be used:")
    for fault in faults[:MOST]:
        print(f"  {fault}", file=sys.stderr)
    if len(faults) > MOST:
        print(f"  and {len(faults) - MOST} more", file=sys.stderr)
    return status
