"""Every screen of crates, decisions, answers, rhythms and offers: on a narrow phone and at a desk, in both languages.

One hub has a cycle in each state: settled with a producer's answer, filling its cases, waiting for decisions, and open
with what was put off. Each screen is read by axe, fits its width, and can be used with the keyboard alone.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page
from visitor import DESK, Hub, Visit, Visitor

from cabas.demo.crates import COMPLETION_HOURS, PASTA, Crates, farms
from cabas.demo.size import Size
from cabas.demo.week import Week
from ui.i18n import COOKIE as LANGUAGE

pytestmark = pytest.mark.browser

SIZE = Size(groups=2, producers=19, products=136, orders=6, lines_each=2)
"""The mill sells three sizes of flour then, and the pasta maker what it is short of."""
NARROW = {"width": 360, "height": 780}
EYES = [("fr", NARROW), ("en", DESK)]
"""Set CABAS_ALL_EYES for each language at each width."""
if os.environ.get("CABAS_ALL_EYES"):
    EYES = [(language, width) for language in ("fr", "en") for width in (NARROW, DESK)]
COORDINATOR = "coordination@example.org"
PUT_OFF = 3
"""The household whose rice was put off; it has not ordered since."""


@dataclass
class Stages:
    """Ids of the cycles, of an order in each, and what the settled one left."""

    cycles: dict[str, str] = field(default_factory=dict)
    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    list_id: str = ""
    other_list_id: str = ""
    link: str = ""
    pool_id: str = ""
    product_id: str = ""
    producer_id: str = ""


STAGES = Stages()


async def load(week: Week) -> None:
    """A cycle in each state. What is put off goes to the one that opens last."""
    crates = Crates(week)
    week.farms = farms(week)
    await week.load_price_lists()
    await crates.pack()
    await week.register_households()
    for stage, hours in (("completing", COMPLETION_HOURS), ("deciding", 0), ("settled", COMPLETION_HOURS)):
        crates.script()
        await week.open_cycle(completion_hours=hours)
        await week.place_orders()
        await week.close()
        keep(week, stage)
    crates.completing = True
    await crates.complete()
    await crates.decide()
    await week.wait_for_pick_lists()
    await week.wait_for_amounts()
    await crates.answer()
    lists = (await week.totals("logistics"))["pick_lists"]
    STAGES.list_id = next(one["id"] for one in lists if one["producer_name"] == PASTA)
    STAGES.other_list_id = next(one["id"] for one in lists if one["producer_name"] != PASTA and one["lines"] > 2)
    page = await week.api.page(f"/logistics/pick-lists/{STAGES.other_list_id}")
    link = re.search(r'class="share-link" href="[^"]*?(/logistics/[^"]+)"', page)
    assert link, "no link to pass on"
    STAGES.link = link[1]
    lemons = week.product("BE-CIT-1")
    STAGES.pool_id, STAGES.product_id, STAGES.producer_id = lemons["pool_id"], lemons["id"], lemons["producer_id"]
    await week.open_cycle(completion_hours=COMPLETION_HOURS)
    for number in range(PUT_OFF):
        household = week.household(number)
        await week.order(household, week.more_lines[household])
    keep(week, "open")


def keep(week: Week, stage: str) -> None:
    STAGES.cycles[stage] = week.cycle_id
    STAGES.orders[stage] = {household: order["id"] for household, order in week.orders.items()}


def order_of(hub: Hub, stage: str, number: int) -> str:
    return STAGES.orders[stage][hub.week.household(number)]


Where = Callable[[Hub], str]


def cycle(stage: str, rest: str = "") -> Where:
    return lambda hub: f"/ordering/cycles/{STAGES.cycles[stage]}{rest}"


def member_shop(stage: str, number: int) -> Where:
    return lambda hub: f"/ordering/shop/{STAGES.cycles[stage]}/{hub.week.household(number)}"


COORDINATORS: dict[str, Where] = {
    "home": lambda hub: "/",
    "cycles": lambda hub: "/ordering/cycles",
    "cycle-new": lambda hub: "/ordering/cycles/new",
    "cycle-open": cycle("open"),
    "cycle-completing": cycle("completing"),
    "cycle-deciding": cycle("deciding"),
    "cycle-settled": cycle("settled"),
    "cycle-close": cycle("open", "/close"),
    "decisions": cycle("deciding", "/decisions"),
    "decided": cycle("settled", "/decisions"),
    "order-form": lambda hub: (
        f"/ordering/cycles/{STAGES.cycles['open']}/order-form/{next(iter(hub.week.group_ids.values()))}"
    ),
    "entry": cycle("open", "/entry"),
    "entry-one": lambda hub: f"/ordering/cycles/{STAGES.cycles['open']}/entry/{hub.week.household(0)}",
    "rhythms": lambda hub: "/ordering/rhythms",
    "rhythm-new": lambda hub: "/ordering/rhythms/new",
    "rhythm-week": lambda hub: "/ordering/rhythms/week",
    "calendars": lambda hub: "/ordering/calendars",
    "pick-lists": lambda hub: "/logistics/pick-lists",
    "answer-by-phone": lambda hub: f"/logistics/pick-lists/{STAGES.other_list_id}",
    "list-revised": lambda hub: f"/logistics/pick-lists/{STAGES.list_id}",
    "logistics-cycle": lambda hub: f"/logistics/cycles/{STAGES.cycles['settled']}",
    "amounts": lambda hub: f"/billing/cycles/{STAGES.cycles['settled']}",
    "household-amount": lambda hub: f"/billing/households/{hub.week.household(2)}",
    "products": lambda hub: "/catalog/products",
    "product": lambda hub: f"/catalog/products/{STAGES.product_id}",
    "product-edit": lambda hub: f"/catalog/products/{STAGES.product_id}/edit",
    "pools": lambda hub: "/catalog/pools",
    "pool": lambda hub: f"/catalog/pools/{STAGES.pool_id}",
    "pool-edit": lambda hub: f"/catalog/pools/{STAGES.pool_id}/edit",
    "certificates": lambda hub: "/catalog/certificates",
    "certificate-new": lambda hub: "/catalog/certificates/new",
    "seasons": lambda hub: "/catalog/seasons",
    "food-facts": lambda hub: "/catalog/food-facts",
    "lock-prices": lambda hub: f"/catalog/producers/{STAGES.producer_id}/lock-prices",
    "producer-edit": lambda hub: f"/catalog/producers/{STAGES.producer_id}/edit",
    "mailbox": lambda hub: "/notify/mailbox",
}
MEMBERS: dict[str, tuple[int, Where]] = {
    "shop": (0, member_shop("open", 0)),
    "shop-put-off": (PUT_OFF, member_shop("open", PUT_OFF)),
    "shop-completing": (1, member_shop("completing", 1)),
    "order-given-more": (2, lambda hub: f"/ordering/orders/{order_of(hub, 'settled', 2)}"),
    "order-put-off": (PUT_OFF, lambda hub: f"/ordering/orders/{order_of(hub, 'settled', PUT_OFF)}"),
    "order-deciding": (0, lambda hub: f"/ordering/orders/{order_of(hub, 'deciding', 0)}"),
    "orders": (0, lambda hub: "/ordering/orders"),
    "due": (2, lambda hub: "/billing/due"),
    "seasons": (0, lambda hub: "/catalog/seasons"),
}


def with_eyes(visit: Visit, hub: Hub, language: str, viewport: dict[str, int]) -> Visitor:
    visitor = visit(viewport)
    visitor.page.context.add_cookies([{"name": LANGUAGE, "value": language, "url": hub.url}])
    return visitor


def wrong_with(page: Page, name: str, language: str) -> list[str]:
    """What axe finds, whether it is too wide, what the keyboard does not reach. Keeps a picture where CABAS_PICTURES
    names a folder."""
    page.wait_for_load_state("load")
    viewport = page.viewport_size
    assert viewport is not None
    folder = os.environ.get("CABAS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}-{language}-{viewport['width']}.png", full_page=True)
    found = violations(page)
    width: Any = page.evaluate("document.documentElement.scrollWidth")
    if width > viewport["width"]:
        found.append(f"{name} is {width} px wide")
    spoken: Any = page.evaluate("document.documentElement.lang")
    if spoken != language:
        found.append(f"{name} speaks {spoken}")
    return found


@pytest.fixture(scope="module")
def coordinator(hub: Hub, chromium: Any) -> str:
    """The address of the coordinator, who has told it by the first link."""
    page = chromium.new_page()
    first = Visitor(page, hub)
    first.use(hub.first_link)
    page.goto(hub.url + "/ordering/me")
    page.locator("#field-name").fill("Marie")
    page.locator("#field-email").fill(COORDINATOR)
    page.locator("main form button[type=submit]").first.click()
    page.close()
    return COORDINATOR


@pytest.mark.parametrize(("language", "viewport"), EYES)
def test_the_screens_of_a_coordinator(
    hub: Hub, visit: Visit, coordinator: str, language: str, viewport: dict[str, int]
) -> None:
    visitor = with_eyes(visit, hub, language, viewport)
    visitor.sign_in(coordinator)
    found: list[str] = []
    for name, where in COORDINATORS.items():
        found += wrong_with(visitor.open(where(hub)), name, language)
    assert found == []


@pytest.mark.parametrize(("language", "viewport"), EYES)
def test_the_screens_of_members(hub: Hub, visit: Visit, language: str, viewport: dict[str, int]) -> None:
    found: list[str] = []
    for number in sorted({number for number, _where in MEMBERS.values()}):
        visitor = with_eyes(visit, hub, language, viewport)
        visitor.sign_in(hub.member(number))
        for name, (whose, where) in MEMBERS.items():
            if whose == number:
                found += wrong_with(visitor.open(where(hub)), f"member-{name}", language)
    assert found == []


@pytest.mark.parametrize(("language", "viewport"), EYES)
def test_the_list_that_a_producer_opens_by_its_link(
    hub: Hub, visit: Visit, language: str, viewport: dict[str, int]
) -> None:
    page = with_eyes(visit, hub, language, viewport).open(STAGES.link)
    page.locator(".answer-details > summary").click()
    assert wrong_with(page, "producer-link", language) == []
