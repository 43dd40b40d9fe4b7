"""A group that asks to be paid first, from the closing to the next order, in one process and in five."""

import re
from html import unescape

import pytest

from cabas.demo.api import Refused
from cabas.demo.week import Week
from ui import decimals

pytestmark = pytest.mark.nats


async def test_a_household_orders_again_when_it_has_paid(week: Week) -> None:
    await week.open_cycle()
    await week.place_orders()
    await week.close()
    await week.wait_for_amounts()
    home = week.household(0)
    order = week.orders[home]
    limit = decimals.typed_money(order["gross_cents"], "en")
    for group_id in week.group_ids.values():
        asked = {"days": "", "limit": limit, "caution": "", "seen": ",,"}
        await week.api.submit(f"/ordering/groups/{group_id}/payment", asked)

    async def owes() -> bool:
        return await left(week, home) != "€0.00"

    await week.until("what is left to pay", owes)
    await week.open_cycle()
    with pytest.raises(Refused, match=r"is left to pay") as refusal:
        await week.order(home, order["lines"])
    assert refusal.value.status == 409
    await pay(week, home)

    async def paid() -> bool:
        return not await owes()

    await week.until("that all is paid", paid)
    await week.order(home, order["lines"])


async def left(week: Week, home: str) -> str:
    """What ordering believes is left to pay."""
    page = await week.api.page(f"/ordering/households/{home}/payment")
    found = re.search(r'Left to pay</a></dt><dd class="stat-value">([^<]*)<', page)
    assert found is not None
    return found[1]


async def pay(week: Week, home: str) -> None:
    """By a transfer to each producer."""
    page = await week.api.page(f"/billing/households/{home}")
    producers = set(re.findall(r'payments/new\?producer_id=([^"&]+)"', page))
    assert producers
    for producer_id in producers:
        url = f"/billing/households/{home}/payments/new"
        form = unescape(await week.api.page(f"{url}?producer_id={producer_id}"))
        typed = {name: value_of(form, name) for name in ("id", "amount", "day")}
        await week.api.submit(url, typed | {"kind": "transfer", "payee": producer_id, "reference": ""})


def value_of(form: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', form)
    assert found is not None, name
    return found[1]
