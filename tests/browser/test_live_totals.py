"""The totals of a cycle change before the coordinator's eyes while members order."""

import os

from cabas.demo import week as demo


def order_for(hub, number):
    """A household's order, over the API."""
    household = hub.week.household_ids[number]
    lines = [{"product_id": hub.week.offered[number]["id"], "quantity_thousandths": 1000}]
    body = {"household_id": household, "lines": lines}

    async def place(week: demo.Week):
        return await week.api.post(f"/ordering/api/cycles/{week.cycle_id}/orders", body)

    return hub.run(place)


def close(hub):
    async def end(week: demo.Week):
        return await week.api.post(f"/ordering/api/cycles/{week.cycle_id}/close", {})

    return hub.run(end)


def counted(page, orders):
    page.wait_for_function(
        "n => document.querySelector('.live .stat')?.innerText.includes(String(n))", arg=orders, timeout=8_000
    )


def test_orders_are_counted_without_loading_the_page_again(hub, visit, tmp_path):
    coordinator = visit()
    coordinator.use(hub.first_link)
    page = coordinator.open(f"/ordering/cycles/{hub.week.cycle_id}")
    page.wait_for_selector(".live[data-follows=stream]")
    page.evaluate("() => { window.same = true }")
    for number in (0, 1):
        order_for(hub, number)
        counted(page, number + 1)
    assert page.evaluate("() => window.same"), "the page was not loaded again"
    badges = page.locator("#cycle-badge")
    assert (badges.count(), badges.inner_text()) == (1, "Ouvert"), "it was pushed to its place beside the name"
    page.screenshot(path=os.environ.get("CABAS_SCREENSHOT", str(tmp_path / "live.png")))

    # Nobody pushes: the browser asks.
    page.route("**/stream", lambda route: route.abort())
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector(".live[data-follows=asking]")
    order_for(hub, 2)
    page.wait_for_function("() => document.querySelector('.live .stat').innerText.includes('3')", timeout=15_000)
    assert page.evaluate("() => window.same")

    # The cycle ends: nearly all of the page is another.
    close(hub)
    page.wait_for_function("() => document.querySelector('#cycle-badge')?.innerText === 'Clos'", timeout=30_000)
    assert page.locator(".live").count() == 0
    coordinator.complaints.clear()  # that streams were cut off was to be heard
