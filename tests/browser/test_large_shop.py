"""A shop as large as the reference hub's: its 850 products are filtered without a round trip."""

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
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#field-search").focus()
    page.keyboard.type("chevre frais")
    expect(page.locator("li.offer:visible").first).to_contain_text("Chèvre frais")
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
