"""`cabas demo`: its arguments, and the order of things."""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx

from cabas.arguments import refuse
from cabas.demo import remote_hub, report
from cabas.demo.api import Api, Refused
from cabas.demo.crates import Crates
from cabas.demo.figures import Figures, read_back
from cabas.demo.hub_process import HubDied, RunningHub, running_hub
from cabas.demo.links import links_of
from cabas.demo.money import Money
from cabas.demo.network import Deliveries
from cabas.demo.remote_hub import NotUsable, RemoteHub
from cabas.demo.size import SIZES, Size
from cabas.demo.week import AT_ONCE, NotInTime, Week
from cabas.demo.year import MovedClock, Year, forget_settings, hub_here
from cabas.hub import HubFailed
from cabas.operator_token import token_for, token_of
from chassis.clock import Clock, SystemClock
from chassis.nats_server import NoServer

TOKEN_MINUTES = 60


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("demo", help="one week of a hub, its own or one that runs: load, order, close, settle")
    parser.add_argument("--size", choices=sorted(SIZES), help="default: guide; reference with --weeks")
    parser.add_argument("--orders", type=_count, metavar="N", help="baskets, instead of the size's own number")
    parser.add_argument("--seed", type=int, default=2026, metavar="N", help="of the baskets' content")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="an empty folder to use and keep (default: a temporary one)"
    )
    parser.add_argument("--port", type=int, default=0, help="of the demo's hub (default: any free one)")
    parser.add_argument(
        "--weeks",
        type=_count,
        default=0,
        metavar="N",
        help="so many weeks, one after another, with a clock that is moved",
    )
    parser.add_argument("--keep", action="store_true", help="leave the hub up to click through, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print one JSON object with the figures, nothing else")
    remote_hub.add(parser)
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def run(arguments: argparse.Namespace) -> int:
    size = SIZES[arguments.size or ("reference" if arguments.weeks else "guide")]
    if arguments.orders:
        size = replace(size, orders=arguments.orders)
    clock = SystemClock()
    try:
        if arguments.url is not None:
            ok = asyncio.run(_elsewhere(remote_hub.of(arguments, clock), size, arguments, clock))
        else:
            ok = _in_a_folder(size, arguments, clock)
    except (HubDied, HubFailed, NoServer, NotInTime, NotUsable, Refused, httpx.TransportError) as error:
        return refuse(str(error) or repr(error))
    except asyncio.CancelledError:
        return refuse("stopped before the week was over")
    return 0 if ok else 1


def _in_a_folder(size: Size, arguments: argparse.Namespace, clock: Clock) -> bool:
    given: Path | None = arguments.data
    wrong = [
        f"--{name.replace('_', '-')}" for name in ("key", "token_file", "ca", "leave_data") if getattr(arguments, name)
    ]
    if wrong:
        raise NotUsable(f"{', '.join(wrong)}: only with --url")
    if arguments.weeks and arguments.keep:
        raise NotUsable("--keep is for one week: at the end of --weeks the hub lives in another year")
    if given and given.exists() and any(given.iterdir()):
        raise NotUsable(f"{given} is not empty: the demo starts a hub of its own in a fresh folder")
    folder = given or Path(tempfile.mkdtemp(prefix="cabas-demo-"))
    try:
        return asyncio.run(
            _weeks(folder, size, arguments) if arguments.weeks else _demo(folder, size, arguments, clock)
        )
    finally:
        if not given:
            shutil.rmtree(folder, ignore_errors=True)


async def _demo(folder: Path, size: Size, arguments: argparse.Namespace, clock: Clock) -> bool:
    task = asyncio.current_task()
    assert task is not None
    # The hub must not outlive its demo.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with _timed_hub(folder, arguments.port) as (hub, start_seconds):
        api = Api(hub.url, lambda: token_for(folder / "keys", "demo", clock.now(), TOKEN_MINUTES), AT_ONCE)
        week = Week(api, size, arguments.seed, clock.now(), seconds={"start": start_seconds})
        week.token_of = lambda person: token_of(folder / "keys" / "token.pem", person, clock.now(), TOKEN_MINUTES)
        figures = await _live(week, hub.url, arguments)
        if arguments.keep:
            for line in await links_of(folder, hub, week):
                _tell(line, arguments)
            with suppress(asyncio.CancelledError):
                # Ctrl-C is how this is meant to end.
                await hub.process.wait()
        return figures.ok


async def _weeks(folder: Path, size: Size, arguments: argparse.Namespace) -> bool:
    began, clock = time.perf_counter(), MovedClock()
    forget_settings()
    async with hub_here(folder, clock, port=arguments.port) as hub:
        api = Api(hub.url, lambda: token_for(folder / "keys", "demo", clock.now(), TOKEN_MINUTES), AT_ONCE)
        week = Week(api, size, arguments.seed, clock.now(), {"start": round(time.perf_counter() - began, 3)})

        def wake() -> None:
            for service in hub.services.values():
                service.timers.wake()

        year = Year(Crates(week), clock, wake)
        try:
            await year.live(arguments.weeks, lambda sentence: _tell(sentence, arguments))
        finally:
            await api.close()
    week.seconds["total"] = round(time.perf_counter() - began, 3)
    ok = all(lived.figures.ok for lived in year.lived)
    if arguments.json:
        weeks = [lived.plain() for lived in year.lived]
        print(json.dumps({"ok": ok, "weeks": weeks, "seconds": week.seconds}, ensure_ascii=False), flush=True)
    else:
        print("\n".join(report.year_of(year, folder)), flush=True)
    return ok


async def _elsewhere(hub: RemoteHub, size: Size, arguments: argparse.Namespace, clock: Clock) -> bool:
    began = time.perf_counter()
    await hub.answer()
    api = Api(hub.url, hub.token, AT_ONCE, patience=remote_hub.PATIENCE_SECONDS, trust=hub.trust)
    week = Week(api, size, arguments.seed, clock.now(), seconds={"start": round(time.perf_counter() - began, 3)})
    if key := arguments.key:
        week.token_of = lambda person: token_of(key, person, clock.now(), TOKEN_MINUTES)
    figures = await _live(week, hub.url, arguments)
    _tell(
        f"It all stays in the hub at {hub.url}: {len(week.farms)} producers, {len(week.group_ids)} groups, "
        f"{len(week.household_ids)} households and the closed cycle {week.cycle_id}.",
        arguments,
    )
    return figures.ok


async def _live(week: Week, url: str, arguments: argparse.Namespace) -> Figures:
    """The week, and what it came to, told."""
    _tell(f"the hub answers at {url}: {week.seconds['start']:.2f} s", arguments)
    crates, money, deliveries = Crates(week), Money(week), Deliveries(week)
    try:
        await money.begin()
        await crates.live(lambda sentence: _tell(sentence, arguments))
        with week.step("figures"):
            figures = await read_back(week)
        for name, work in (
            ("schedule", deliveries.plan_and_publish),
            ("delivery", money.deliver),
            ("fee and fund", money.belong),
            ("wallet and debit", money.pay_otherwise),
            ("payments", money.collect),
            ("payout", money.pay_out),
            ("books", money.prove),
        ):
            with week.step(name):
                await work()
        figures.faults.extend([*deliveries.faults, *money.faults])
    finally:
        await week.api.close()
    week.seconds["total"] = round(sum(week.seconds.values()), 3)
    if arguments.json:
        more = {"owed_gross_cents": money.owed_gross_cents, "told": [*crates.told, *deliveries.told, *money.told]}
        print(json.dumps(figures.plain(week.seconds) | more, ensure_ascii=False), flush=True)
    else:
        print("\n".join(report.lines_of(week, figures, [*crates.told, *deliveries.told], money.told)), flush=True)
    return figures


def _tell(sentence: str, arguments: argparse.Namespace) -> None:
    # Beside `--json` standard output holds one object only.
    print(sentence, file=sys.stderr if arguments.json else sys.stdout, flush=True)


@asynccontextmanager
async def _timed_hub(folder: Path, port: int) -> AsyncIterator[tuple[RunningHub, float]]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with running_hub(folder, port) as hub:
        yield hub, round(loop.time() - began, 3)
