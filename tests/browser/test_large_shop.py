"""A shop as large as the reference hub's: 850 products, filtered without a round trip, ordered without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect
from visitor import DESK, Hub, Visit

from cabas.demo.size import Size

pytestmark = pytest.mark.browser

SIZE = Size(groups=1, producers=70, products=850, orders=2, lines_each=1)
NARROW = {"width": 360, "height": 780}
SAVE = "button[name=do][value=save]"


def shop_of(hub: Hub, page: Page, number: int) -> None:
    page.goto(f"{hub.url}/ordering/shop/{hub.week.cycle_id}/{hub.week.household(number)}")


@pytest.mark.parametrize("viewport", [NARROW, DESK])
def test_the_search_narrows_850_products_without_asking_the_hub(
    hub: Hub, visit: Visit, viewport: dict[str, int]
) -> None:
    page = visit(viewport).sign_in(hub.member(0))
    shop_of(hub, page, 0)
    offers = page.locator("li.offer")
    expect(offers).to_have_count(len(hub.week.offered))
    assert len(hub.week.offered) > 700
    asked: list[str] = []
    # The sign of the hub may come late, and is asked for once.
    page.on("request", lambda request: None if "/static/" in request.url else asked.append(request.url))
    page.locator("#field-search").focus()
    page.keyboard.type("chevre aux herbes")
    expect(page.locator("li.offer:visible").first).to_contain_text("Chèvre aux herbes")
    few = page.locator("li.offer:visible").count()
    assert 0 < few < 30
    page.locator(".shop-filters summary").click()
    page.locator("#field-producer").select_option(label="Les Chèvres de Bugarach")
    expect(page.locator("section.stall:visible")).to_have_count(1)
    assert page.locator("li.offer:visible").count() < few
    assert asked == [], "filtering needs no round trip"
    page.locator("li.offer:visible input[name^='q-']").first.fill("2")
    page.locator(SAVE).click()
    expect(page).to_have_url(re.compile("/ordering/orders/"))


def test_without_javascript_it_is_filtered_mended_and_saved(hub: Hub, visit: Visit) -> None:
    """The hub filters then. What was typed stays, also where it is filtered away, and what is wrong stays in sight."""
    page = visit(NARROW, script=False).sign_in(hub.member(1))
    shop_of(hub, page, 1)
    offers, shown = page.locator("li.offer"), page.locator("li.offer:visible")
    expect(offers).to_have_count(len(hub.week.offered))
    first = page.locator("input[name^='q-']").first
    name = first.get_attribute("name")
    first.fill("1")
    page.locator("#field-search").fill("miel de romarin")
    page.locator("#field-search").press("Enter")
    expect(shown.first).to_contain_text("Miel de romarin")
    assert shown.count() < 30
    honey = shown.first.locator("input[name^='q-']")
    honey.fill("beaucoup")
    expect(page.locator("#field-search")).to_have_value("miel de romarin")
    page.locator("#field-search").fill("chevre aux herbes")
    page.locator(".shop-filters summary").click()
    page.locator("#field-producer").select_option(label="Les Chèvres de Bugarach")
    page.locator("button[name=do][value=show]").first.click()
    wrong = page.locator("li.offer.wrong")
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text("Miel de romarin")
    expect(wrong.locator("input[name^='q-']")).to_have_value("beaucoup")
    expect(wrong.locator(".error")).to_be_visible()
    expect(page.locator("section.stall:visible")).to_have_count(2)
    page.locator(SAVE).click()
    expect(wrong.locator("input[aria-invalid=true]")).to_have_value("beaucoup")
    expect(page.locator("#field-search")).to_have_value("chevre aux herbes")
    wrong.locator("input[name^='q-']").fill("2")
    page.locator(SAVE).click()
    expect(page).to_have_url(re.compile("/ordering/orders/"))
    expect(page.locator(".bill li")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("Miel de romarin")
    shop_of(hub, page, 1)
    expect(page.locator(f"input[name='{name}']")).to_have_value("1")
