"""What a coordinator says of an offer, and what a member reads of it in the shop: on a phone and at a desk."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from visitor import DESK, Hub, Visit

from cabas.demo.week import Week
from chassis.clock import SystemClock

pytestmark = pytest.mark.browser

SCAN = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"
NARROW = {"width": 360, "height": 780}
LEMONS = {
    "reference": "BE-CIT-1",
    "name_fr": "Citrons au filet",
    "pack_label": "filet 1 kg",
    "content": "1",
    "case": "10",
    "price": "2,40",
    "weight_margin": "10",
    "available": "240",
}
FACTS = {
    "deposit": "0,20",
    "tier_from_1": "5",
    "tier_price_1": "2,20",
    "minimum": "€ 50,00",
    "production": "1,50",
    "packing": "0,20",
    "transport": "0,50",
    "margin": "0,20",
    "legal_name": "Citrons",
    "ingredients": "Citrons",
    "origin": "Espagne (Murcie)",
    "variety": "Fino",
}


def seen(page: Page, name: str) -> list[str]:
    """What axe finds; keeps a picture where CABAS_PICTURES names a folder."""
    folder = os.environ.get("CABAS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]
    return violations(page)


@pytest.fixture(scope="module")
def farm(hub: Hub) -> str:
    async def find(week: Week) -> str:
        found = await week.api.get("/catalog/api/producers")
        return next(str(one["id"]) for one in found if one["name"] == "BioEspuña")

    found: str = hub.run(find)
    return found


def test_a_coordinator_says_all_of_an_offer_on_pages_that_fit(hub: Hub, visit: Visit, farm: str) -> None:
    page = visit(DESK).use(hub.first_link)
    page.goto(f"{hub.url}/catalog/pools/new?producer_id={farm}")
    page.locator("[name=name_fr]").fill("Citrons")
    page.locator("[name=case]").fill("10")
    page.locator("[name=available]").fill("40")
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile("/catalog/pools/[0-9a-f-]{36}$"))
    page.goto(f"{hub.url}/catalog/products/new?producer_id={farm}")
    for summary in page.locator("details.apart > summary").all():
        summary.click()
    for name, text in {**LEMONS, **FACTS}.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=price_basis][value=content]").check()
    page.locator("[name=content_unit]").select_option("kg")
    page.locator("[name=stock_unit]").select_option("content")
    page.locator("[name=pool_id]").select_option(label="Citrons")
    page.locator("[name=intermediaries]").select_option("1")
    page.locator("[name=temperature_class]").select_option("AMBIENT")
    page.locator("[name=weighed]").check()
    page.locator("[name=allergens][value=sulphites]").check()
    page.locator("[name=labels][value=EU_ORGANIC]").check()
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile("/catalog/products/[0-9a-f-]{36}$"))
    page.goto(f"{hub.url}/catalog/certificates/new?producer_id={farm}&label=EU_ORGANIC")
    page.locator("[name=number]").fill("MU-1234")
    page.locator("[name=body]").fill("ES-ECO-024-MU")
    # It outlasts the one of the reference data: the shop shows whichever ends last.
    page.locator("[name=valid_until]").fill(str((SystemClock().now() + timedelta(days=1_000)).date()))
    page.locator("[name=file]").set_input_files([{"name": "scan.pdf", "mimeType": "application/pdf", "buffer": SCAN}])
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("MU-1234")
    file_form = page.get_by_role("link", name=re.compile("Remplacer|Le remplacer")).first.get_attribute("href") or ""
    found: list[str] = []
    for viewport in (NARROW, DESK):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for path in [*pages_of(hub, farm), file_form]:
            page.goto(hub.url + path)
            found += seen(page, re.sub("[0-9a-f-]{36}", "one", path).strip("/").replace("/", "-"))
            width: Any = page.evaluate("document.documentElement.scrollWidth")
            assert width <= viewport["width"], f"{path} is {width} px wide"
    assert found == []


def pages_of(hub: Hub, farm: str) -> list[str]:
    async def find(week: Week) -> list[str]:
        goods = await week.api.get("/catalog/api/products", producer_id=farm)
        return [str(one["id"]) for one in goods if one["reference"] == "BE-CIT-1"]

    [product] = hub.run(find)
    return [
        "/catalog/pools",
        "/catalog/pools/new",
        f"/catalog/products/{product}",
        f"/catalog/products/{product}/edit",
        "/catalog/certificates",
        "/catalog/certificates/new",
        "/catalog/seasons",
        f"/catalog/producers/{farm}/edit",
    ]


@pytest.mark.parametrize("viewport", [NARROW, DESK])
def test_a_member_reads_it_all_in_the_shop_and_leaves_out_an_allergen(
    hub: Hub, visit: Visit, farm: str, viewport: dict[str, int]
) -> None:
    async def open_cycle(week: Week) -> str:
        async def heard() -> bool:
            catalog, ordering = [await week.api.get(f"/{name}/health/ready") for name in ("catalog", "ordering")]
            return bool(catalog["outbox_oldest_seconds"] == 0 and ordering["lag"]["catalog"] == 0)

        # A cycle keeps what ordering knows of its goods when it opens.
        await week.until("all that is said of the goods", heard)
        goods = await week.api.get("/catalog/api/products", producer_id=farm)
        now = SystemClock().now()
        cycle = await week.api.post(
            "/ordering/api/cycles",
            {
                "name": f"Citrons {viewport['width']}",
                "opens_at": (now - timedelta(minutes=1)).isoformat(),
                "closes_at": (now + timedelta(days=2)).isoformat(),
                "delivers_on": str((now + timedelta(days=4)).date()),
                "group_ids": list(week.group_ids.values()),
                "offers": [{"product_id": one["id"]} for one in goods],
            },
        )
        return str(cycle["id"])

    cycle_id = hub.run(open_cycle)
    visitor = visit(viewport)
    page = visitor.sign_in(hub.member(0))
    page.goto(hub.url + "/ordering/shop")
    page.locator(f"main a[href*='/ordering/shop/{cycle_id}/']").first.click()
    offer = page.locator("li.offer", has_text="Citrons au filet")
    offer.locator("summary", has_text="Informations").click()
    expect(offer).to_contain_text("Espagne (Murcie)")
    offer.locator("input[name^='q-']").fill("5")
    expect(offer.locator(".offer-sum")).to_have_text(re.compile(r"11,00\s€"))
    expect(page.locator("#basket-deposit")).to_have_text(re.compile(r"1,00\s€"))
    expect(page.locator(".pools-left")).to_contain_text(re.compile(r"Citrons.*Reste\s40\skg", re.DOTALL))
    expect(offer.get_by_role("link", name="MU-1234")).to_have_attribute("href", re.compile("/proof$"))
    assert seen(page, "ordering-shop") == []
    width: Any = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"], f"the shop is {width} px wide"
    asked: list[str] = []
    # The sign of the hub may come late, and is asked for once.
    page.on("request", lambda request: None if "/static/" in request.url else asked.append(request.url))
    page.locator(".shop-filters summary").click()
    page.locator("[name=without][value=sulphites]").check()
    expect(offer).to_be_hidden()
    assert asked == [], "filtering needs no round trip"
