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
from playwright.sync_api import Page, expect
from visitor import DESK, Hub, Visit, Visitor

from cabas.demo.crates import COMPLETION_HOURS, PASTA, Crates, farms
from cabas.demo.size import Size
from cabas.demo.week import Week
from ui.i18n import COOKIE as LANGUAGE

pytestmark = pytest.mark.browser

SIZE = Size(groups=2, producers=19, products=136, orders=6, lines_each=2)
"""The mill sells three sizes of flour then, and the pasta maker what it is short of."""
NARROW = {"width": 360, "height": 780}
ALL_EYES = bool(os.environ.get("CABAS_ALL_EYES"))
"""Whether each screen is looked at in each language at each width; else each in one of two ways, in turn."""
EYES = [("fr", NARROW), ("en", DESK)]
if ALL_EYES:
    EYES = [(language, width) for language in ("fr", "en") for width in (NARROW, DESK)]
COORDINATOR = "coordination@example.org"
STATES = {"open", "completing", "deciding", "closed", "planned", "draft", "issued", "computed"}
"""Words of the program for what a badge says."""
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
    "ledger": lambda hub: "/billing/ledger",
    "journal": lambda hub: f"/billing/ledger/journal?household={hub.week.household(2)}",
    "entry-booked": lambda hub: f"/billing/ledger/entries/{STAGES.producer_id}/1",
    "closings": lambda hub: f"/billing/ledger/closings?book={STAGES.producer_id}",
    "entries-file": lambda hub: "/billing/ledger/fec",
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


def in_turn(screens: dict[str, Any], language: str) -> list[tuple[str, Any]]:
    found = list(screens.items())
    return found if ALL_EYES else found[0 if language == "fr" else 1 :: 2]


def with_eyes(visit: Visit, hub: Hub, language: str, viewport: dict[str, int]) -> Visitor:
    visitor = visit(viewport)
    visitor.page.context.add_cookies([{"name": LANGUAGE, "value": language, "url": hub.url}])
    return visitor


def wrong_with(page: Page, name: str, language: str) -> list[str]:
    """What axe finds, whether it is too wide, or says a word of the program. Keeps a picture where CABAS_PICTURES names
    a folder."""
    page.wait_for_load_state("load")
    if page.locator(".lazy").count():
        page.wait_for_load_state("networkidle")
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
    found += [f"{name} says “{said}”" for said in page.locator(".badge").all_inner_texts() if said in STATES]
    return found


_WATCH = """() => {
  window.reached = new Set(); window.unseen = [];
  document.addEventListener("focusin", ({target}) => {
    window.reached.add(target);
    const looks = getComputedStyle(target);
    if (looks.outlineStyle === "none" && looks.boxShadow === "none") window.unseen.push(target.outerHTML.slice(0, 120));
  });
}"""
_LEFT = """() => {
  const all = [...document.querySelectorAll("main :is(a[href], button, input, select, textarea, summary)")];
  const seen = all.filter(one => one.checkVisibility({visibilityProperty: true}));
  const meant = seen.filter(one => !one.disabled && one.tabIndex >= 0 &&
    one.type !== "hidden" && !(one.type === "radio" && !one.checked));
  return meant.filter(one => !window.reached.has(one)).map(one => one.outerHTML.slice(0, 120));
}"""
MOST_TABS = 600


def beyond_the_keyboard(page: Page, name: str) -> list[str]:
    """What Tab does not reach, and what does not show that it has the focus."""
    page.evaluate(_WATCH)
    left: list[str] = page.evaluate(_LEFT)
    pressed = 0
    while left and pressed < MOST_TABS:
        for _ in range(len(left) + 5):
            page.keyboard.press("Tab")
        pressed += len(left) + 5
        left = page.evaluate(_LEFT)
    unseen: list[str] = page.evaluate("window.unseen")
    return [f"{name}: Tab does not reach {one}" for one in left] + [
        f"{name}: no focus to see on {one}" for one in unseen
    ]


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
    for name, where in in_turn(COORDINATORS, language):
        page = visitor.open(where(hub))
        found += wrong_with(page, name, language)
        if viewport is DESK:
            found += beyond_the_keyboard(page, name)
    assert found == []


@pytest.mark.parametrize(("language", "viewport"), EYES)
def test_the_screens_of_members(hub: Hub, visit: Visit, language: str, viewport: dict[str, int]) -> None:
    found: list[str] = []
    screens = in_turn(MEMBERS, language)
    for number in sorted({number for _name, (number, _where) in screens}):
        visitor = with_eyes(visit, hub, language, viewport)
        visitor.sign_in(hub.member(number))
        for name, (whose, where) in screens:
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


def test_a_crate_fills_before_the_eyes_of_a_member(hub: Hub, visit: Visit) -> None:
    page = visit(NARROW).sign_in(hub.member(0))
    page.goto(hub.url + member_shop("open", 0)(hub))
    crate = page.locator(".crates li", has_text="Pomelos")
    expect(crate).to_contain_text(re.compile(r"Pleine à 70\s%"))
    page.evaluate("() => { window.same = true }")

    async def order(week: Week) -> None:
        line = {"product_id": week.product("BE-POM-1")["id"], "quantity_thousandths": 1000}
        await week.order(week.household(5), [line])

    hub.run(order)
    expect(crate).to_contain_text(re.compile(r"Pleine à 80\s%"))
    expect(crate).to_contain_text(re.compile(r"il manque 2\skg"))
    assert page.evaluate("() => window.same"), "the page was not loaded again"


def test_a_filled_spreadsheet_is_shown_before_it_is_saved(hub: Hub, visit: Visit, coordinator: str) -> None:
    visitor = with_eyes(visit, hub, "fr", NARROW)
    page = visitor.sign_in(coordinator)
    page.goto(hub.url + COORDINATORS["entry-one"](hub))
    numbered = b"Num\xc3\xa9ro;Quantit\xc3\xa9\n11;2\n12;1,5\n999999;1\n"
    page.locator("#field-file").set_input_files({"name": "commande.csv", "mimeType": "text/csv", "buffer": numbered})
    page.locator("form[action$='/file'] button").click()
    expect(page.locator("main")).to_contain_text("Aperçu")
    assert wrong_with(page, "spreadsheet", "fr") == []


def test_what_is_told_by_mail_of_an_allocation_is_plain(hub: Hub, visit: Visit, coordinator: str) -> None:
    visitor = with_eyes(visit, hub, "fr", NARROW)
    page = visitor.sign_in(coordinator)
    page.goto(hub.url + "/notify/mailbox")
    page.locator("main a", has_text="Ce que vous recevez").first.click()
    assert wrong_with(page, "mail", "fr") == []


def test_a_rhythm_is_written_and_a_week_opened_with_the_keyboard_alone(
    hub: Hub, visit: Visit, coordinator: str
) -> None:
    page = visit(DESK).sign_in(coordinator)
    page.goto(hub.url + "/ordering/rhythms/new")
    page.locator("#field-name").focus()
    page.keyboard.type("Chaque vendredi")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/ordering/rhythms$"))
    page.locator("main a", has_text="Ouvrir une semaine").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/ordering/rhythms/week"))
    while not page.locator("[name=at_once]").count():
        before = page.url
        page.locator("main a", has_text="La semaine d’après").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, before=before: url != before)
    assert violations(page) == []
    page.locator("[name=at_once]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("1 cycle est prêt ou ouvert")
    assert violations(page) == []


def test_all_is_decided_and_the_cycle_closed_with_the_keyboard_alone(hub: Hub, visit: Visit, coordinator: str) -> None:
    """The last test of this file: nothing waits for a decision afterwards."""
    page = visit(DESK).sign_in(coordinator)
    page.goto(hub.url + COORDINATORS["decisions"](hub))
    for left in (2, 1, 0):
        page.locator("input[name=option]:checked").first.focus()
        page.keyboard.press("ArrowUp")
        expect(page.locator("input[name=option][value=cancel]:checked")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator("button[value=undo]")).to_have_count(3 - left)
        assert violations(page) == []
    page.locator("form[action$='/settle'] button").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/ordering/cycles/[^/]+$"))
    page.goto(hub.url + cycle("deciding", "/decisions")(hub))
    expect(page.locator("main")).to_contain_text("Annuler et prévenir tout le monde")
