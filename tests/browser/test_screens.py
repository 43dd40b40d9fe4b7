"""Every screen of the hub: on a narrow phone and at a desk, in both languages.

Each is read by axe, fits its width, and can be used with the keyboard alone.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Locator, Page, expect
from screens import ANYBODY, COORDINATORS, MEMBERS, NO_SCREENS, OPERATORS, PRODUCERS, cycle, member_shop
from stages import OPERATOR, PRODUCER, SIZE, load
from starlette.routing import Match
from visitor import DESK, Hub, Visit, Visitor

from cabas.demo.week import Week
from cabas.parts import five_services
from ui.i18n import COOKIE as LANGUAGE

__all__ = ["SIZE", "load"]
"""What the fixture of the hub asks a file of tests for."""

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 780}
ALL_EYES = bool(os.environ.get("CABAS_ALL_EYES"))
"""Whether each screen is looked at in each language at each width; else each in one of two ways, in turn."""
EYES = [("fr", NARROW), ("en", DESK)]
if ALL_EYES:
    EYES = [(language, width) for language in ("fr", "en") for width in (NARROW, DESK)]
COORDINATOR = "coordination@example.org"
STATES = {"open", "completing", "deciding", "closed", "planned", "draft", "issued", "computed"}
"""Words of the program for what a badge says."""


def in_turn(ways: dict[str, Any], language: str) -> dict[str, Any]:
    return ways if ALL_EYES else dict(list(ways.items())[0 if language == "fr" else 1 :: 2])


def with_eyes(visit: Visit, hub: Hub, language: str, viewport: dict[str, int]) -> Visitor:
    visitor = visit(viewport)
    visitor.page.context.add_cookies([{"name": LANGUAGE, "value": language, "url": hub.url}])
    return visitor


_OPEN = (
    """() => document.querySelectorAll("main details:not(.offer:nth-child(n+3) *)").forEach(one => one.open = true)"""
)
"""What is folded away is looked at too; of the many offers of a shop, of the first ones."""


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
    page.evaluate(_OPEN)
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
MOST_TABS = 2000
"""A shop of 139 offers alone takes some 600."""


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


def walked(visitor: Visitor, hub: Hub, language: str, whose: str, ways: dict[str, Any]) -> list[str]:
    """What is wrong with the screens of somebody who is signed in."""
    wrong: list[str] = []
    for name, where in ways.items():
        page = visitor.open(where(hub))
        wrong += wrong_with(page, f"{whose}-{name}", language)
        if page.viewport_size == DESK:
            wrong += beyond_the_keyboard(page, f"{whose}-{name}")
    return wrong


@pytest.mark.parametrize(("language", "viewport"), EYES)
def test_the_screens_of_a_coordinator(
    hub: Hub, visit: Visit, coordinator: str, language: str, viewport: dict[str, int]
) -> None:
    visitor = with_eyes(visit, hub, language, viewport)
    visitor.sign_in(coordinator)
    assert walked(visitor, hub, language, "coordinator", in_turn(COORDINATORS, language)) == []


@pytest.mark.parametrize(("language", "viewport"), EYES)
def test_the_screens_of_members(hub: Hub, visit: Visit, language: str, viewport: dict[str, int]) -> None:
    wrong: list[str] = []
    shown = in_turn(MEMBERS, language)
    for number in sorted({number for number, _where in shown.values()}):
        visitor = with_eyes(visit, hub, language, viewport)
        visitor.sign_in(hub.member(number))
        ways = {name: where for name, (whose, where) in shown.items() if whose == number}
        wrong += walked(visitor, hub, language, "member", ways)
    assert wrong == []


@pytest.mark.parametrize(("language", "viewport"), EYES)
@pytest.mark.parametrize(
    ("whose", "email", "ways"),
    [("producer", PRODUCER, PRODUCERS), ("operator", OPERATOR, OPERATORS), ("anybody", "", ANYBODY)],
)
def test_the_screens_of_others(
    hub: Hub, visit: Visit, whose: str, email: str, ways: dict[str, Any], language: str, viewport: dict[str, int]
) -> None:
    visitor = with_eyes(visit, hub, language, viewport)
    if email:
        visitor.sign_in(email)
    assert walked(visitor, hub, language, whose, in_turn(ways, language)) == []


def test_every_page_is_one_of_the_screens(hub: Hub) -> None:
    """A page that nobody walks is not seen to be right: a new one joins the tables of `screens`."""
    left, come_by = set(), set()
    members = [where for _whose, where in MEMBERS.values()]
    ways = [*members, *COORDINATORS.values(), *PRODUCERS.values(), *OPERATORS.values(), *ANYBODY.values()]
    asked = {where(hub).partition("?")[0].replace("//", "/") for where in ways}
    paths = {"/ordering/home" if path == "/" else path for path in asked}
    for part in five_services():
        routes = [one for one in part.app({"data_dir": hub.data}).routes if "GET" in getattr(one, "methods", ())]
        left |= {one.path for one in routes}  # type: ignore[attr-defined]
        for path in paths:
            scope = {"type": "http", "method": "GET", "path": path}
            taken = [one.path for one in routes if one.matches(scope)[0] is Match.FULL]  # type: ignore[attr-defined]
            come_by |= set(taken[:1])
    left = {path for path in left - come_by if not any(re.search(pattern, path) for pattern in NO_SCREENS)}
    assert left == set()


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


def tab_to(page: Page, target: Locator, most: int = 12) -> None:
    """Tab until it has the focus, as somebody without a mouse gets there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{most} times Tab do not lead to {target}")


def test_a_tolerance_is_given_and_mended_with_the_keyboard_alone(hub: Hub, visit: Visit) -> None:
    page = visit(NARROW).sign_in(hub.member(4))
    page.goto(hub.url + member_shop("open", 4)(hub))
    lemons = page.locator("li.offer", has_text="filet 1 kg").filter(has_text="Citrons")
    more, least = lemons.locator("input[name^='t-']"), lemons.locator("input[name^='m-']")
    save = page.locator("button[name=do][value=save]")
    lemons.locator("input[name^='q-']").focus()
    page.keyboard.type("2")
    # The first summary of an offer is what there is to know of it; the terms come after it, and are closed.
    tab_to(page, lemons.locator("summary", has_text="Si la quantité ne tombe pas juste"))
    expect(more).to_be_hidden()
    page.keyboard.press("Enter")
    tab_to(page, more, 1)
    page.keyboard.type("3")
    tab_to(page, least, 1)
    page.keyboard.type("9")
    save.focus()
    page.keyboard.press("Enter")
    expect(least).to_have_attribute("aria-invalid", "true")
    expect(least).to_have_value("9")
    expect(more).to_have_value("3")
    assert violations(page) == []
    page.locator("a", has_text="Citrons").and_(page.locator(f"a[href='#{least.get_attribute('id')}']")).focus()
    page.keyboard.press("Enter")
    expect(least).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    save.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/ordering/orders/"))
    page.goto(hub.url + member_shop("open", 4)(hub))
    expect(more).to_have_value("3")
    expect(least).to_have_value("2")


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
