"""One week in a browser, as people live it: on a phone without JavaScript, with the keyboard alone, at a desk.

The tests of this file run in order, on one hub: what the first ones order is closed, listed and owed in the last.
"""

import re

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from visitor import PHONE, Hub, Visit

from cabas.demo.goods import BIOESPUNA
from chassis.identity import TOKEN_COOKIE
from ordering.pages.session import SESSION_COOKIE

pytestmark = pytest.mark.browser

SAVE = "button[name=do][value=save]"
MOST_TABS = 400


def euros(cents: int) -> re.Pattern[str]:
    """A sum as a French page writes it, whatever kind of space it uses: 1 234,50 €."""
    whole = f"{cents // 100:,}".replace(",", r"\s")
    return re.compile(rf"{whole},{cents % 100:02d}\s€")


def quantities(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator("input[name^='q-']").all()]


def saved_sum(page: Page) -> int:
    """Cents to pay, from the page of a saved order."""
    text = page.locator(".to-pay").inner_text()
    return int("".join(c for c in text if c.isdigit()))


def test_on_a_phone_without_javascript_a_member_orders_and_changes_the_order(hub: Hub, visit: Visit) -> None:
    member = visit(PHONE, script=False)
    page = member.sign_in(hub.member(0))
    page.locator("main a[href*='/ordering/shop/']").first.click()
    fields = page.locator("input[name^='q-']")
    fields.nth(0).fill("2")
    fields.nth(3).fill("1")
    page.locator(SAVE).click()
    expect(page).to_have_url(re.compile("/ordering/orders/"))
    first = saved_sum(page)
    assert first > 0
    page.locator("main a[href*='/ordering/shop/']").first.click()
    assert quantities(page)[0] == "2", "the basket shows what was ordered"
    page.locator("input[name^='q-']").nth(0).fill("1")
    page.locator(SAVE).click()
    assert 0 < saved_sum(page) < first


def test_a_quantity_that_cannot_be_is_explained_and_nothing_typed_is_lost(hub: Hub, visit: Visit) -> None:
    page = visit(PHONE, script=False).sign_in(hub.member(1))
    page.locator("main a[href*='/ordering/shop/']").first.click()
    page.locator("input[name^='q-'][inputmode=numeric]").first.fill("1,5")
    page.locator("input[name^='q-'][inputmode=decimal]").first.fill("1,5")
    page.locator(SAVE).click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    assert {"1,5"} <= set(quantities(page))
    page.locator("[aria-invalid=true]").fill("1")
    page.locator(SAVE).click()
    assert saved_sum(page) > 0


def test_a_basket_typed_before_the_session_ended_is_there_after_signing_in(hub: Hub, visit: Visit) -> None:
    member = visit(PHONE, script=False)
    page = member.sign_in(hub.member(1))
    page.locator("main a[href*='/ordering/shop/']").first.click()
    shop, typed = page.url, page.locator("input[name^='q-'][inputmode=numeric]").nth(2)
    typed.fill("7")
    before = quantities(page)
    for name in (TOKEN_COOKIE, SESSION_COOKIE):
        page.context.clear_cookies(name=name)
    page.locator(SAVE).click()
    expect(page).to_have_url(re.compile("/ordering/sign-in"))
    member.sign_in(hub.member(1))
    page.goto(shop)
    assert quantities(page) == before
    expect(page.locator(".notice.warning")).to_contain_text("Pas encore enregistré")


def test_a_link_signs_in_once(hub: Hub, visit: Visit) -> None:
    link = hub.link(hub.member(2))
    visit().use(link)
    other = visit()
    answer = other.page.goto(link)
    assert answer is not None
    assert answer.status == 410


def test_with_the_keyboard_alone_a_member_signs_in_orders_and_signs_out(hub: Hub, visit: Visit) -> None:
    member = visit()
    page = member.page
    page.goto(hub.link(hub.member(3)))
    tab_to(page, "main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    tab_to(page, "main a[href*='/ordering/shop/']")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/ordering/shop/"))
    tab_to(page, "input[name^='q-']")
    page.keyboard.type("2")
    tab_to(page, SAVE)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/ordering/orders/"))
    assert saved_sum(page) > 0
    tab_to(page, "form[action='/ordering/sign-out'] button")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/ordering/orders/" not in url)
    expect(page.locator("form[action='/ordering/sign-out']")).to_have_count(0)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on the element. Fails when it cannot be reached, or cannot be seen to have focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            style = "e => { const s = getComputedStyle(e); return [s.outlineStyle, s.boxShadow] }"
            outline, shadow = page.locator(":focus").first.evaluate(style)
            assert outline != "none" or shadow != "none", f"nobody sees that {selector} has the focus"
            return
    raise AssertionError(f"{selector} cannot be reached with the keyboard on {page.url}")


def test_the_pages_of_a_member_are_accessible(hub: Hub, visit: Visit) -> None:
    member = visit(PHONE)
    found = violations(member.open("/ordering/sign-in"))
    member.sign_in(hub.member(3))
    for path in ("/", "/ordering/shop", "/ordering/orders", "/billing/due", "/ordering/me"):
        found += violations(settled(member.open(path)))
    assert found == []


def test_the_first_coordinator_closes_the_cycle(hub: Hub, visit: Visit) -> None:
    coordinator = visit()
    coordinator.use(hub.first_link)
    page = coordinator.open(f"/ordering/cycles/{hub.week.cycle_id}")
    page.locator("main a[href$='/close']").click()
    page.locator("main form[action$='/close'] button[type=submit]").click()
    page.wait_for_url(lambda url: not url.endswith("/close"))
    hub.run(lambda week: week.wait_for_pick_lists())
    hub.run(lambda week: week.wait_for_amounts())
    totals = hub.run(lambda week: week.totals("ordering"))
    assert (totals["state"], totals["orders"]) == ("closed", 3)
    page = coordinator.open(f"/logistics/cycles/{hub.week.cycle_id}")
    expect(page.locator("main")).to_contain_text(euros(totals["gross_cents"]))
    found = []
    for path in (
        "/",
        "/ordering/cycles",
        f"/ordering/cycles/{hub.week.cycle_id}",
        "/ordering/cycles/new",
        "/ordering/groups",
        "/ordering/households",
        "/ordering/people",
        "/catalog/producers",
        "/catalog/products",
        "/catalog/import",
        "/billing/cycles",
        "/notify/mailbox",
        "/catalog/operations",
    ):
        found += violations(settled(coordinator.open(path)))
    assert found == []


def test_a_producer_sees_the_own_pick_list_and_no_other(hub: Hub, visit: Visit) -> None:
    lists = hub.run(lambda week: week.totals("logistics"))["pick_lists"]
    # The growers of BioEspuña read English.
    mine = next(row for row in lists if row["producer_name"] != BIOESPUNA)
    email = next(farm.sheet["email"] for farm in hub.week.farms if farm.name == mine["producer_name"])
    producer = visit(PHONE)
    producer.sign_in(email)
    page = settled(producer.open("/logistics/pick-lists"))
    assert violations(page) == []
    links = {link.get_attribute("href") for link in page.locator("main a[href^='/logistics/pick-lists/']").all()}
    assert {link for link in links if link and "." not in link} == {f"/logistics/pick-lists/{mine['id']}"}
    page = producer.open(f"/logistics/pick-lists/{mine['id']}")
    expect(page.locator("main")).to_contain_text(euros(mine["gross_cents"]))
    assert violations(page) == []
    for other in [row for row in lists if row is not mine][:1]:
        answer = producer.page.goto(f"{hub.url}/logistics/pick-lists/{other['id']}")
        assert answer is not None
        assert answer.status == 404


def test_a_household_sees_what_it_owes_to_each_producer(hub: Hub, visit: Visit) -> None:
    amounts = hub.run(lambda week: week.totals("billing"))["amounts"]
    mine = next(row for row in amounts if row["household_id"] == hub.week.household_ids[0])
    member = visit(PHONE, script=False)
    member.sign_in(hub.member(0))
    page = member.open("/billing/due")
    expect(page.locator("main")).to_contain_text(euros(mine["gross_cents"]))


def settled(page: Page) -> Page:
    """The page once its lazily loaded pieces are there."""
    page.wait_for_load_state("networkidle")
    return page
