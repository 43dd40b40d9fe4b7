"""What a coordinator decides after a closing, with every option, and the hours of producers: on pages that fit."""

import asyncio
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from visitor import DESK, Hub, Visit

from cabas.demo.api import Refused
from cabas.demo.week import Week
from chassis.clock import SystemClock

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 780}


def seen(page: Page, name: str) -> list[str]:
    """What axe finds; keeps a picture where CABAS_PICTURES names a folder."""
    folder = os.environ.get("CABAS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]
    return violations(page)


def save(page: Page) -> None:
    page.locator("main form button[type=submit]").last.click()


def offered(hub: Hub, page: Page, farm: str) -> str:
    """A jar that comes in cases of twelve, drawn by lot, of a producer that delivers from 500 € on."""
    page.goto(f"{hub.url}/catalog/producers/{farm}/edit")
    page.locator("[name=minimum]").fill("500 €")
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(f"/catalog/producers/{farm}$"))
    page.goto(f"{hub.url}/catalog/products/new?producer_id={farm}")
    for summary in page.locator("details.apart > summary").all():
        summary.click()
    for name, text in {"reference": "CONF-1", "name_fr": "Confiture", "price": "4,00", "case": "12"}.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=temperature_class]").select_option("AMBIENT")
    page.locator("[name=shortage_rule]").select_option("lottery")
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile("/catalog/products/[0-9a-f-]{36}$"))
    expect(page.locator("main")).to_contain_text("tirer au sort")
    return page.url.rsplit("/", 1)[1]


async def opened(week: Week, body: dict[str, Any]) -> str:
    """What catalog said a moment ago may still be on its way to ordering."""
    for _ in range(100):
        try:
            return str((await week.api.post("/ordering/api/cycles", body))["id"])
        except Refused as refused:
            if refused.status != 422:
                raise
            await asyncio.sleep(0.2)
    raise AssertionError("ordering never heard of the product")


def two_cycles(hub: Hub, product: str) -> tuple[str, str, str]:
    """One of the first group that is being decided, one of the other group that takes orders; the first household."""

    async def make(week: Week) -> tuple[str, str, str]:
        now = SystemClock().now()
        ids = []
        for name, group_id in week.group_ids.items():
            body = {
                "name": f"Citrons {name}",
                "opens_at": (now - timedelta(minutes=1)).isoformat(),
                "closes_at": (now + timedelta(days=2)).isoformat(),
                "delivers_on": str((now + timedelta(days=4)).date()),
                "group_ids": [group_id],
                "offers": [{"product_id": product}],
            }
            ids.append(await opened(week, body))
        first = next(iter(week.group_ids))
        households = [
            household_id
            for home, household_id in zip(week.homes, week.household_ids, strict=True)
            if home.group == first
        ]
        for household_id in households:
            lines = [{"product_id": product, "quantity_thousandths": 5_000}]
            await week.api.post(f"/ordering/api/cycles/{ids[0]}/orders", {"household_id": household_id, "lines": lines})
        return ids[0], ids[1], households[0]

    found: tuple[str, str, str] = hub.run(make)
    return found


def plan_with_holidays(hub: Hub, page: Page) -> list[str]:
    """Write a rhythm that opens and closes a day earlier; what axe finds on the plan of the year."""
    page.goto(f"{hub.url}/ordering/rhythms/new")
    page.locator("[name=name]").fill("Chaque vendredi")
    # On Mondays: Easter Monday and Whit Monday are in every year.
    page.locator("[name=closes_days]").fill("4")
    page.locator("[name=hours_on_holiday]").press("ArrowDown")
    expect(page.locator("[name=hours_on_holiday]")).to_have_value("earlier")
    page.locator("[name=do][value=save]").press("Enter")
    expect(page).to_have_url(re.compile("/ordering/rhythms$"))
    expect(page.locator("main")).to_contain_text("est férié")
    found: list[str] = []
    for viewport in (NARROW, DESK):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.goto(f"{hub.url}/ordering/rhythms")
        found += seen(page, "plan")
        width: Any = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"the plan is {width} px wide"
    return found


def test_every_option_is_shown_on_pages_that_fit(hub: Hub, visit: Visit) -> None:
    async def find(week: Week) -> str:
        producers = await week.api.get("/catalog/api/producers")
        return next(str(one["id"]) for one in producers if one["name"] == "BioEspuña")

    page = visit(DESK).use(hub.first_link)
    deciding, other, household = two_cycles(hub, offered(hub, page, hub.run(find)))
    page.goto(f"{hub.url}/ordering/households/{household}")
    page.locator("[name=takes_surplus]").check()
    page.locator(f"form[action$='{household}/marks'] button[type=submit]").click()

    async def close(week: Week) -> str:
        return str((await week.api.post(f"/ordering/api/cycles/{deciding}/close", {}))["state"])

    assert hub.run(close) == "deciding"
    found: list[str] = []
    for viewport in (NARROW, DESK):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for name, path in {
            "decisions": f"/ordering/cycles/{deciding}/decisions",
            "deciding": f"/ordering/cycles/{deciding}",
            "hours": f"/ordering/cycles/{other}/hours",
            "household": f"/ordering/households/{household}",
            "rhythm": "/ordering/rhythms/new",
            "person": "/ordering/people/new",
        }.items():
            page.goto(hub.url + path)
            page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
            found += seen(page, name)
            width: Any = page.evaluate("document.documentElement.scrollWidth")
            assert width <= viewport["width"], f"{path} is {width} px wide"
    assert found == []
    page.goto(f"{hub.url}/ordering/cycles/{deciding}/decisions")
    form = page.locator("form", has=page.locator("[name=subject][value^='minimum:']"))
    form.locator("[name=option][value=join]").check()
    form.locator("button[value=choose]").click()
    expect(page.locator("main")).to_contain_text("Passé dans la commande")

    async def settle(week: Week) -> str:
        return str((await week.api.post(f"/ordering/api/cycles/{deciding}/decisions/settle", {}))["state"])

    assert hub.run(settle) == "closed"
    for viewport in (NARROW, DESK):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.goto(f"{hub.url}/ordering/cycles/{deciding}/decisions")
        found += seen(page, "joined")
    expect(page.locator("main")).to_contain_text("jusqu’à la clôture de la commande")
    form.locator("button[value=undo]").press("Enter")
    expect(page.locator("body")).to_contain_text("La décision est reprise.")
    expect(form.locator("[name=option]").first).to_be_checked()
    found += plan_with_holidays(hub, page)
    assert found == []
