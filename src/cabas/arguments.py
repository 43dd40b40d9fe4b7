"""What several commands take, and how they all complain."""

import argparse
import os
import sys
from pathlib import Path

Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def takes_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("CABAS_DATA_DIR", "data")),
        metavar="DIR",
        help="folder of the hub (default: CABAS_DATA_DIR, else ./data)",
    )


def refuse(reason: object) -> int:
    """Say why on standard error; the exit status for it."""
    print(f"cabas: {reason}", file=sys.stderr)
    return 1
