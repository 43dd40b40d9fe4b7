"""What the shop keeps in memory is never older than the cycle, and never one household's for another."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.identity import Grant
from contracts import Role
from ordering.offer import Choice, Kind
from ordering.planning import change_cycle

from .conftest import PARIS, product

Shop = Callable[..., Awaitable[str]]


@pytest.fixture
def page(hub: Any, client_for: Any) -> Shop:
    """The shop of a household: its HTML, no-break spaces made plain."""

    async def read(household_id: str = "h1", language: str = "fr", **typed: str) -> str:
        grant = Grant(Role.MEMBER, household_id=household_id, group_id="limoux")
        browser = client_for(hub.app, grant, language=language, person_id=household_id)
        url = f"/ordering/shop/c48/{household_id}"
        answer = await (browser.submit(url, {"do": "show", "version": "0", **typed}) if typed else browser.get(url))
        assert answer.status_code == 200
        return str(answer.text).replace("\u00a0", " ").replace("\u202f", " ")

    return read


def tag(page: str, product_id: str) -> str:
    """One product of the page; "" where it is not there."""
    found = [part for part in page.split('<li class="offer') if f'name="q-{product_id}"' in part]
    return found[0].split("</li>")[0] if found else ""


async def test_what_is_left_is_as_others_leave_it(hub: Any, page: Shop) -> None:
    await hub.open()
    assert "Reste 10" in tag(await page(), "eggs")
    await hub.order("h2", eggs=4000)
    assert "Reste 6" in tag(await page(), "eggs")
    assert "Reste 10" in tag(await page("h2"), "eggs"), "what a household has itself is left for it"
    assert "Reste 6" in tag(await page(), "eggs")


async def test_a_change_of_an_open_cycle_is_seen_at_once(hub: Any, page: Shop) -> None:
    await hub.open()
    assert tag(await page(), "tomme")
    await hub.hear(product("honey", price_cents=900))
    choice = Choice(Kind.PRODUCTS, product_ids=("eggs", "honey"), available={"eggs": 3000})
    async with hub.database.write() as writer:
        await change_cycle(writer, "c48", hub.plan(choice=choice), PARIS)
    now = await page()
    assert (bool(tag(now, "tomme")), bool(tag(now, "honey"))) == (False, True)
    assert "Reste 3" in tag(now, "eggs")


async def test_nobody_sees_what_another_household_typed(hub: Any, page: Shop) -> None:
    await hub.open()
    await hub.order("h2", tomme=2000)
    assert 'value="2"' in tag(await page("h2"), "tomme")
    assert "falsch" in tag(await page("h2", **{"q-tomme": "falsch"}), "tomme")
    assert " hidden" in (await page("h2", search="oranges")).split('name="q-tomme"')[0].rsplit("<li ", 1)[1]
    for _ in range(2):
        mine = tag(await page("h1"), "tomme")
        assert 'value=""' in mine
        assert not re.search(r" chosen| wrong| hidden", mine.split(">")[0])


async def test_each_reader_reads_their_own_language(hub: Any, page: Shop) -> None:
    await hub.open()
    for _ in range(2):
        assert "pièce" in tag(await page(), "tomme")
        assert "piece" in tag(await page(language="en"), "tomme")


async def test_two_cycles_have_tags_of_their_own(hub: Any, page: Shop, client_for: Any) -> None:
    await hub.open()
    await page()
    await hub.hear(product("tomme", version=2, price_cents=400))
    await hub.open("c49")
    browser = client_for(hub.app, Grant(Role.MEMBER, household_id="h1", group_id="limoux"))
    assert 'data-cents="400"' in tag((await browser.get("/ordering/shop/c49/h1")).text, "tomme")
    assert 'data-cents="350"' in tag(await page(), "tomme")
