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
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from cabas.demo.api import Api
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.operator_token import token_for
from cabas.sign_in import link_for
from chassis.clock import SystemClock

SMALL = Size(groups=2, producers=6, products=50, orders=6, lines_each=4)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
T = TypeVar("T")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass
class Hub:
    """The running hub and the week loaded into it; its households have not ordered yet."""

    url: str
    data: Path
    week: Week

    def link(self, email: str) -> str:
        """A one-time link for somebody, as `cabas sign-in` makes it."""
        return self.url + aside(link_for(self.data, email, 15))

    def member(self, household: int, person: int = 0) -> str:
        email: str = self.week.homes[household].people[person]["email"]
        return email

    def run(self, work: Callable[[Week], Any]) -> Any:
        """Do something over the API."""

        async def with_api() -> Any:
            api = _api(self.url, self.data)
            self.week.api = api
            try:
                return await work(self.week)
            finally:
                await api.close()

        return aside(with_api())


def aside(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, work).result()


def _api(url: str, data: Path) -> Api:
    return Api(url, lambda: token_for(data / "keys", "browser-tests", SystemClock().now(), 60), 12)


def _chromium() -> str:
    """Where the machine has no browser, these tests say that they were not run."""
    path = os.environ.get("CABAS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("NOT RUN: no Chromium on this machine (apt install chromium, or set CABAS_CHROMIUM)")
    return path


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
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
        _until_ready(url, process, folder / "up.log")
        hub = Hub(url, data, Week(_api(url, data), SMALL, 11, SystemClock().now()))
        hub.run(_load)
        yield hub
    finally:
        process.terminate()
        process.wait(30)


async def _load(week: Week) -> None:
    await week.load_price_lists()
    await week.register_households()
    await week.open_cycle()


def _until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the hub was not ready: {log.read_text()}")


@pytest.fixture(scope="module")
def chromium(hub: Hub) -> Iterator[Browser]:
    """Started after the hub's week is loaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """One person at one device. Collects what the browser complains about; `quiet` asserts that it did not."""

    def __init__(self, page: Page, hub: Hub) -> None:
        self.page = page
        self.hub = hub
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.hub.url + path)
        return self.page

    def sign_in(self, email: str) -> Page:
        """By a one-time link, as it comes in a mail: the page behind it has one button."""
        self.page.goto(self.hub.link(email))
        self.page.locator("main form button[type=submit]").first.click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self.page


Visit = Callable[..., Visitor]


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
