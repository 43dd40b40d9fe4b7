"""`cabas allocate FILE`: share out what a file asks, for what-ifs and for support. It touches no hub.

The file is JSON, as docs/allocation.md describes it; "-" reads standard input.
"""

import argparse
import json
import sys
from pathlib import Path

from allocation import WrongProblem, allocate
from allocation.report import Report
from cabas.allocation_answer import answer
from cabas.allocation_file import NotAProblem, read, told
from cabas.arguments import refuse
from ui.i18n import DEFAULT, LANGUAGES, translator
from ui.words import Words

MOST = 20
"""Faults told at once."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("allocate", help="share out what a file asks: cases, quantities, reasons")
    parser.add_argument("file", metavar="FILE", help='the problem as JSON (docs/allocation.md); "-": standard input')
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--language", choices=sorted(LANGUAGES), default=DEFAULT, help="of tables and explanations (default: fr)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    name = "standard input" if arguments.file == "-" else arguments.file
    try:
        text = sys.stdin.buffer.read() if arguments.file == "-" else Path(arguments.file).read_bytes()
        problem = read(text)
        result = allocate(problem)
    except OSError as error:
        return refuse(f"{name} cannot be read: {error.strerror}")
    except NotAProblem as error:
        return _refused(name, error.faults)
    except WrongProblem as error:
        return _refused(name, list(told(error.faults)))
    say, figures = translator("allocation", arguments.language), Words(arguments.language)
    if arguments.json:
        print(json.dumps(answer(problem, result, say, figures), ensure_ascii=False, indent=2))
    else:
        print(Report(problem, result, say, figures).text(), end="")
    return 0


def _refused(name: str, faults: list[str]) -> int:
    status = refuse(f"{name} cannot be shared out:")
    for fault in faults[:MOST]:
        print(f"  {fault}", file=sys.stderr)
    if len(faults) > MOST:
        print(f"  and {len(faults) - MOST} more", file=sys.stderr)
    return status
