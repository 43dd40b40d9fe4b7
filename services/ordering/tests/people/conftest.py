"""A hub with two groups and one household, and browsers that sign in as people do."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from chassis.identity import FORM_COOKIE, Grant
from chassis.service import Service
from chassis.tables import timer
from chassis.testing import Browser, ClientFor, Started, announced
from contracts import Role
from contracts.ordering import SignInRequested
from ordering import group, household, person
from ordering import sign_in as sign_in_rules
from ordering.app import create_app
from ordering.settings import OrderingSettings

LIMOUX = "00000000-0000-7000-8000-00000000aaa1"
QUILLAN = "00000000-0000-7000-8000-00000000aaa2"
HOME = "00000000-0000-7000-8000-00000000bbb1"
JOSETTE = "00000000-0000-7000-8000-00000000ccc1"


@pytest_asyncio.fixture
async def app(started: Started) -> FastAPI:
    """Limoux with the household Martin (Josette, josette@example.org), and Quillan without any."""
    app = await started(create_app, OrderingSettings)
    async with service_of(app).database.write() as writer:
        slot: dict[str, Any] = {"weekday": 3, "pickup_from": "17:00", "pickup_until": "18:30"}
        await group.register(writer, LIMOUX, group.Details("Limoux", "Limoux", **slot))
        await group.register(writer, QUILLAN, group.Details("Quillan", "Quillan", **slot))
        josette = household.Newcomer(JOSETTE, person.Details("Josette Martin", "Josette@example.org"))
        await household.register(writer, HOME, household.Details(LIMOUX, "Martin"), [josette])
    return app


def service_of(app: FastAPI) -> Service:
    service: Service = app.state.service
    return service


@pytest.fixture
def coordinator(app: FastAPI, client_for: ClientFor) -> Browser:
    return client_for(app, Grant(Role.COORDINATOR), language="en")


@pytest.fixture
def referent(app: FastAPI, client_for: ClientFor) -> Browser:
    """Referent of Limoux."""
    return client_for(app, Grant(Role.REFERENT, group_id=LIMOUX), language="en")


@pytest.fixture
def stranger(app: FastAPI, client_for: ClientFor) -> Browser:
    return client_for(app, language="en")


AskLink = Callable[..., Awaitable[httpx.Response]]


async def ask_link(browser: Browser, email: str, **fields: str) -> httpx.Response:
    """Ask for a link as the page does."""
    await browser.get("/ordering/sign-in")
    return await browser.post(
        "/ordering/sign-in", data={"csrf_token": browser.cookies[FORM_COOKIE], "email": email, **fields}
    )


async def requests(app: FastAPI) -> list[SignInRequested]:
    """The links that were sent, once the timer has had its turn."""
    # The service's own loop may be at it: wait until nothing is left to send.
    while await _waiting(app):
        if not await service_of(app).timers.call_one():
            await asyncio.sleep(0.02)
    return [event for event in await announced(app) if isinstance(event, SignInRequested)]


async def _waiting(app: FastAPI) -> bool:
    due = (timer.c.name.in_((sign_in_rules.SEND, sign_in_rules.FORGET))) & (
        timer.c.due_at <= service_of(app).clock.now()
    )
    async with service_of(app).database.read() as reader:
        return await reader.first(select(timer.c.key).where(due)) is not None


async def use_link(browser: Browser, path: str) -> httpx.Response:
    """Open a link and press its button."""
    await browser.get(path)
    return await browser.post(path, data={"csrf_token": browser.cookies.get(FORM_COOKIE) or browser.csrf})


async def sign_in(app: FastAPI, browser: Browser, email: str) -> httpx.Response:
    await ask_link(browser, email)
    response = await use_link(browser, (await requests(app))[-1].path)
    assert response.status_code == 303
    page = (await browser.get("/ordering/me")).text
    browser.csrf = field(page, "csrf_token")
    return response


def field(page: str, name: str) -> str:
    """The value of a (hidden) field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return found[1]


@pytest.fixture
def tools() -> Any:
    """The functions above, for tests: with importlib mode a conftest cannot be imported."""

    class Tools:
        LIMOUX, QUILLAN, HOME, JOSETTE = LIMOUX, QUILLAN, HOME, JOSETTE
        service_of = staticmethod(service_of)
        ask_link = staticmethod(ask_link)
        requests = staticmethod(requests)
        use_link = staticmethod(use_link)
        sign_in = staticmethod(sign_in)
        field = staticmethod(field)

    return Tools
