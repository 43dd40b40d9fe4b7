"""A producer answers its pick list: on a phone, by the link of the mail, by keyboard alone, and without JavaScript."""

import re
from typing import Any

import httpx
import pytest
from axe import violations
from playwright.sync_api import Page, expect
from visitor import DESK, PHONE, Hub, Visit

from cabas.demo.week import Week
from cabas.operator_token import token_for
from chassis.clock import SystemClock

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 780}


@pytest.fixture(scope="module")
def links(hub: Hub) -> list[str]:
    """Of every producer of a closed week the path that opens its list without an account."""

    async def close(week: Week) -> list[str]:
        await week.place_orders()
        await week.close()
        await week.wait_for_pick_lists()
        return [str(one["id"]) for one in (await week.totals("logistics"))["pick_lists"]]

    found = []
    token = token_for(hub.data / "keys", "browser-tests", SystemClock().now(), 60)
    with httpx.Client(base_url=hub.url, headers={"authorization": f"Bearer {token}"}, trust_env=False) as client:
        for list_id in hub.run(close):
            page = client.get(f"/logistics/pick-lists/{list_id}").text
            link = re.search(r'class="share-link" href="([^"]+)"', page)
            assert link, "no link to pass on"
            found.append("/" + link[1].split("/", 3)[3])
    return found


def fits(page: Page, viewport: dict[str, int]) -> bool:
    width: Any = page.evaluate("document.documentElement.scrollWidth")
    return bool(width <= viewport["width"])


@pytest.mark.parametrize(("viewport", "which"), [(NARROW, 0), (DESK, 1)])
def test_what_is_missing_is_told_by_keyboard_alone(
    visit: Visit, links: list[str], viewport: dict[str, int], which: int
) -> None:
    page = visit(viewport).open(links[which])
    assert violations(page) == []
    page.locator(".answer-details > summary").focus()
    page.keyboard.press("Enter")
    first = page.locator(".answer-line").first
    expect(first.locator(".answer-less")).to_be_hidden()
    first.locator("[value=all]").focus()
    page.keyboard.press("ArrowRight")
    expect(first.locator(".answer-less")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("99999")
    page.keyboard.press("Enter")
    wrong = page.locator(".answer-line [aria-invalid=true]")
    expect(wrong).to_have_value("99999")
    assert violations(page) == []
    assert fits(page, viewport)
    page.locator(".answer-line").first.locator("[value=less]").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".answer-form button[type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("Il manque sur 1 article")
    assert violations(page) == []
    assert fits(page, viewport)


def test_everything_is_there_takes_one_press_without_script(visit: Visit, links: list[str]) -> None:
    page = visit(PHONE, script=False).open(links[2])
    page.locator(".answer-whole button").click()
    expect(page.locator(".answer .notice")).to_contain_text("Tout est là")
    expect(page.locator(".answer-whole button")).to_be_hidden()
