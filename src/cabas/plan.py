"""`cabas plan --check FILE PLAN`: which rules a plan of a day breaks, and what would mend it. It touches no hub.

Both files are JSON, as docs/plan.md describes them.
"""

import argparse
import json
import sys
from pathlib import Path

from cabas.arguments import refuse
from cabas.plan_answer import answer, report
from coldchain import Weight, Wrong, check, read_day, read_plan
from ui.i18n import DEFAULT, LANGUAGES, translator
from ui.words import Words

MOST = 20
"""Faults told at once."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("plan", help="check a plan of a day of deliveries against the cold chain")
    parser.add_argument("file", metavar="FILE", help="the day as JSON (docs/plan.md)")
    parser.add_argument("plan", metavar="PLAN", help="the plan as JSON")
    parser.add_argument("--check", action="store_true", required=True, help="tell which rules PLAN breaks")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default=DEFAULT, help="of the sentences (default: fr)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The exit status is 0 where no hard rule is broken."""
    name = arguments.file
    try:
        day = read_day(Path(name).read_bytes())
        name = arguments.plan
        violations = check(day, read_plan(Path(name).read_bytes()))
    except OSError as error:
        return refuse(f"{name} cannot be read: {error.strerror}")
    except Wrong as error:
        return _refused(name, [str(fault) for fault in error.faults])
    say, figures = translator("coldchain", arguments.language), Words(arguments.language)
    if arguments.json:
        print(json.dumps(answer(violations, say, figures), ensure_ascii=False, indent=2))
    else:
        print(report(violations, say, figures), end="")
    return int(any(one.weight is Weight.HARD for one in violations))


def _refused(name: str, faults: list[str]) -> int:
    status = refuse(f"{name} cannot be used:")
    for fault in faults[:MOST]:
        print(f"  {fault}", file=sys.stderr)
    if len(faults) > MOST:
        print(f"  and {len(faults) - MOST} more", file=sys.stderr)
    return status
