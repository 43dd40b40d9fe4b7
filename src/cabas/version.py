"""`cabas version`: what is installed, for a report of a fault."""

import argparse
import platform
import sqlite3
import subprocess
from importlib.metadata import version

from chassis.nats_server import NoServer, find_binary


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("version", help="print the version of Cabas and of what it stands on")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    print(f"cabas {version('cabas')}")
    print(f"python {platform.python_version()}, sqlite {sqlite3.sqlite_version}")
    print(broker_version())
    return 0


def broker_version() -> str:
    try:
        told = subprocess.run([str(find_binary()), "--version"], capture_output=True, text=True, check=True, timeout=10)
    except (NoServer, subprocess.SubprocessError, OSError) as error:
        return f"nats-server: {error}"
    return told.stdout.strip()
