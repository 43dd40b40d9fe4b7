"""A hub with a small open cycle, and Chromium to use it with.

Everything here is synchronous and lives as long as one file of tests: Playwright's synchronous interface and tests
that run an event loop of their own must not meet in one process.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

# What the tests share lies beside this file.
sys.path.insert(0, str(Path(__file__).parent))

from visitor import DESK, PHONE, Hub, Visit, Visitor, api_of

from cabas.demo.size import Size
from cabas.demo.week import Week
from chassis.clock import SystemClock
from tests.readiness import until_ready

SMALL = Size(groups=2, producers=6, products=50, orders=6, lines_each=4)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def _chromium() -> str:
    """Where the machine has no browser, these tests say that they were not run."""
    path = os.environ.get("CABAS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("NOT RUN: no Chromium on this machine (apt install chromium, or set CABAS_CHROMIUM)")
    return path


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Small, its cycle open; a file of tests may have a SIZE of its own, and `load` something else into it."""
    size, load = getattr(request.module, "SIZE", SMALL), getattr(request.module, "load", _load)
    _chromium()
    folder = tmp_path_factory.mktemp("hub")
    data = folder / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cabas", "up", "--data", str(data), "--port", str(port)], stdout=log, stderr=log
        )
    try:
        asyncio.run(until_ready(f"{url}/health/ready", [process], folder / "up.log"))
        week = Week(api_of(url, data), size, 11, SystemClock().now())
        hub = Hub(url, data, week, _first_link(folder / "up.log"))
        hub.run(load)
        yield hub
    finally:
        process.terminate()
        process.wait(30)


async def _load(week: Week) -> None:
    await week.load_price_lists()
    await week.register_households()
    await week.open_cycle()


def _first_link(log: Path) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if "/ordering/sign-in/" in line:
                return line.strip()
        time.sleep(0.1)
    raise AssertionError(f"no link for the first coordinator: {log.read_text()}")


@pytest.fixture(scope="module")
def chromium(hub: Hub) -> Iterator[Browser]:
    """Started after the hub's week is loaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, hub: Hub) -> Iterator[Visit]:
    """`visit(viewport=PHONE, script=False)`: a fresh browser profile. At the end none of them may have complained."""
    visitors: list[Visitor] = []
    with ExitStack() as stack:

        def begin(viewport: dict[str, int] = DESK, *, script: bool = True, language: str = "fr-FR") -> Visitor:
            context = chromium.new_context(
                viewport=viewport,  # type: ignore[arg-type]
                java_script_enabled=script,
                locale=language,
                has_touch=viewport is PHONE,
                is_mobile=viewport is PHONE,
            )
            stack.callback(context.close)
            context.set_default_timeout(15_000)
            visitors.append(Visitor(context.new_page(), hub))
            return visitors[-1]

        yield begin
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
