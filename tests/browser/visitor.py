"""The hub as a browser meets it, and the people who visit it."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import ConsoleMessage, Page

from cabas.demo.api import Api
from cabas.demo.week import Week
from cabas.operator_token import token_for
from cabas.sign_in import link_for
from chassis.clock import SystemClock

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
T = TypeVar("T")


@dataclass
class Hub:
    """The running hub and the week loaded into it; its households have not ordered yet."""

    url: str
    data: Path
    week: Week
    first_link: str
    """For the first coordinator, as `cabas up` prints it."""

    def link(self, email: str) -> str:
        """A one-time link for somebody, as `cabas sign-in` makes it."""
        return self.url + aside(link_for(self.data, email, 15))

    def member(self, household: int, person: int = 0) -> str:
        email: str = self.week.homes[household].people[person]["email"]
        return email

    def run(self, work: Callable[[Week], Any]) -> Any:
        """Do something over the API."""

        async def with_api() -> Any:
            api = api_of(self.url, self.data)
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


def api_of(url: str, data: Path) -> Api:
    return Api(url, lambda: token_for(data / "keys", "browser-tests", SystemClock().now(), 60), 12)


class Visitor:
    """One person at one device. `complaints`: what the browser had to say against our pages."""

    def __init__(self, page: Page, hub: Hub) -> None:
        self.page = page
        self.hub = hub
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url:
            # The page itself answered 404 or 422: what a test may well want.
            return
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.hub.url + path)
        return self.page

    def sign_in(self, email: str) -> Page:
        """By a one-time link, as it comes in a mail: the page behind it has one button."""
        return self.use(self.hub.link(email))

    def use(self, link: str) -> Page:
        self.page.goto(link)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self.page


Visit = Callable[..., Visitor]
