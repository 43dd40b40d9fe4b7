"""`cabas demo`: its arguments, and the order of things."""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from cabas.arguments import refuse
from cabas.demo import report
from cabas.demo.api import Api, Refused
from cabas.demo.figures import Figures, read_back
from cabas.demo.hub_process import HubDied, RunningHub, running_hub
from cabas.demo.links import links_of
from cabas.demo.size import SIZES, Size
from cabas.demo.week import AT_ONCE, NotInTime, Week
from cabas.operator_token import token_for
from chassis.clock import SystemClock

TOKEN_MINUTES = 60


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("demo", help="one week of a hub in a fresh folder: load, order, close, settle")
    parser.add_argument("--size", choices=sorted(SIZES), default="guide")
    parser.add_argument("--orders", type=_count, metavar="N", help="baskets, instead of the size's own number")
    parser.add_argument("--seed", type=int, default=2026, metavar="N", help="of the baskets' content")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="an empty folder to use and keep (default: a temporary one)"
    )
    parser.add_argument("--port", type=int, default=0, help="of the demo's hub (default: any free one)")
    parser.add_argument("--keep", action="store_true", help="leave the hub up to click through, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print one JSON object with the figures, nothing else")
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def run(arguments: argparse.Namespace) -> int:
    size = SIZES[arguments.size]
    if arguments.orders:
        size = replace(size, orders=arguments.orders)
    if arguments.data and arguments.data.exists() and any(arguments.data.iterdir()):
        return refuse(f"{arguments.data} is not empty: the demo starts a hub of its own in a fresh folder")
    folder = arguments.data or Path(tempfile.mkdtemp(prefix="cabas-demo-"))
    try:
        figures = asyncio.run(_demo(folder, size, arguments))
    except (HubDied, Refused, NotInTime) as error:
        return refuse(error)
    except asyncio.CancelledError:
        return refuse("stopped before the week was over")
    finally:
        if not arguments.data:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if figures.ok else 1


async def _demo(folder: Path, size: Size, arguments: argparse.Namespace) -> Figures:
    clock = SystemClock()
    task = asyncio.current_task()
    assert task is not None
    # The hub must not outlive its demo.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def told(sentence: str) -> None:
        # Beside `--json` standard output holds one object only.
        print(sentence, file=sys.stderr if arguments.json else sys.stdout, flush=True)

    async with _timed_hub(folder, arguments.port) as (hub, start_seconds):

        def token() -> str:
            return token_for(folder / "keys", "demo", clock.now(), TOKEN_MINUTES)

        api = Api(hub.url, token, AT_ONCE)
        week = Week(api, size, arguments.seed, clock.now(), seconds={"start": start_seconds})
        told(f"the hub answers at {hub.url}: {start_seconds:.2f} s")
        try:
            await week.live(told)
            with week.step("figures"):
                figures = await read_back(week)
        finally:
            await api.close()
        week.seconds["total"] = round(sum(week.seconds.values()), 3)
        if arguments.json:
            print(json.dumps(figures.plain(week.seconds), ensure_ascii=False), flush=True)
        else:
            print("\n".join(report.lines_of(week, figures)), flush=True)
        if arguments.keep:
            for line in await links_of(folder, hub, week):
                told(line)
            with suppress(asyncio.CancelledError):
                # Ctrl-C is how this is meant to end.
                await hub.process.wait()
        return figures


@asynccontextmanager
async def _timed_hub(folder: Path, port: int) -> AsyncIterator[tuple[RunningHub, float]]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with running_hub(folder, port) as hub:
        yield hub, round(loop.time() - began, 3)
