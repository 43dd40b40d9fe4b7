"""One more case, with what is left over for the hub's own shelf: on its list and its bill, like everybody's."""

import re

import pytest

from chassis.identity import Grant
from contracts import Role, ordering
from ordering import decision, household, order_book
from ordering.allocation import Choice, Option
from ordering.closing import NotAChoice
from ordering.offer import Choice as Offered

from .conftest import COORDINATOR, product
from .test_closing import gets, held, the_manifest_is_what_the_orders_say

TO_THE_SHELF = Choice(Option.SURPLUS, "", "jam", 3_000)


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("\xa0", " ").replace("\u202f", " ").split())


@pytest.fixture
async def deciding(hub):
    """A case of 12 of which 9 are asked; h3 stands for the hub, and ordered nothing."""
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    await hub.open()
    await hub.order("h1", jam=7_000)
    await hub.order("h2", jam=2_000)
    async with hub.database.write() as writer:
        await household.mark(writer, "h3", solidarity=False, takes_surplus=True)
    await hub.close()
    return hub


async def choose(hub, choice):
    async with hub.database.write() as writer:
        await hub.app.state.closing.choose(writer, "c48", "case:jam", choice, "Odile")


async def settle(hub):
    async with hub.database.write() as writer:
        return await hub.app.state.closing.settle(writer, "c48")


async def test_the_page_compares_one_case_less_with_one_more(deciding, client_for):
    coordinator = client_for(deciding.app, COORDINATOR, name="Odile")
    url = "/ordering/cycles/c48/decisions"
    read = plain(await coordinator.get(url))
    assert "Une caisse de plus ; le reste demeure à la plateforme" in read
    assert "Qui prendra le reste Jam – – 3 pièces 12,00 € 3 pièces 12,00 €" in read
    fields = {"subject": "case:jam", "do": "choose", "option": "surplus", "rest": "jam"}
    assert (await coordinator.submit(url, fields)).status_code == 303
    assert "Foyer 3 prend 3 pièces de Jam en plus Odile" in plain(await coordinator.get(url))
    assert (await coordinator.submit(url + "/settle", {})).status_code == 303
    assert await gets(deciding, "h3") == {"jam": 3_000}


async def test_what_is_left_over_is_ordered_listed_and_billed(deciding):
    await choose(deciding, TO_THE_SHELF)
    assert await held(deciding, "h3") is None, "nothing before the closing"
    await settle(deciding)
    assert [await gets(deciding, h) for h in ("h1", "h2", "h3")] == [{"jam": 7_000}, {"jam": 2_000}, {"jam": 3_000}]
    (said,) = await deciding.said(ordering.OrderAllocated)
    assert (said.household_id, said.version, said.gross_cents) == ("h3", 1, 1_200)
    assert said.lines[0].asked_thousandths == 0
    assert "demeure à la plateforme" in said.lines[0].reason.fr
    manifest = await the_manifest_is_what_the_orders_say(deciding)
    assert (manifest.orders, manifest.lines) == (3, 3)
    count = len(await deciding.said())
    async with deciding.database.write() as writer:
        await order_book.say_again(writer, "c48")
    assert len(await deciding.said()) == count + 4


async def test_a_decision_changed_after_the_closing_empties_the_shelf_and_fills_it_again(deciding):
    await choose(deciding, TO_THE_SHELF)
    await settle(deciding)
    await choose(deciding, Choice(Option.CANCEL))
    manifest = await the_manifest_is_what_the_orders_say(deciding)
    assert manifest.orders == 2, "the shelf has no order any more"
    await choose(deciding, TO_THE_SHELF)
    assert await gets(deciding, "h3") == {"jam": 3_000}
    manifest = await the_manifest_is_what_the_orders_say(deciding)
    assert manifest.orders == 3


async def test_a_shelf_that_ordered_itself_has_one_order(deciding):
    async with deciding.database.write() as writer:
        later = deciding.clock.now().replace(hour=23)
        await deciding.app.state.closing.extend(writer, "c48", later, later)
    await deciding.order("h3", jam=1_000)
    await deciding.close()
    await choose(deciding, Choice(Option.SURPLUS, "", "jam", 2_000))
    await settle(deciding)
    assert await gets(deciding, "h3") == {"jam": 3_000}
    await the_manifest_is_what_the_orders_say(deciding)


async def test_what_is_left_over_of_two_goods_is_one_order(hub):
    for goods in ("jam", "honey"):
        await hub.hear(product(goods, price_cents=400, case_thousandths=12_000))
    await hub.open()
    await hub.order("h1", jam=9_000, honey=10_000)
    async with hub.database.write() as writer:
        await household.mark(writer, "h3", solidarity=False, takes_surplus=True)
    await hub.close()
    for goods, rest in (("jam", 3_000), ("honey", 2_000)):
        async with hub.database.write() as writer:
            choice = Choice(Option.SURPLUS, "", goods, rest)
            await hub.app.state.closing.choose(writer, "c48", f"case:{goods}", choice, "Odile")
    await settle(hub)
    assert await gets(hub, "h3") == {"jam": 3_000, "honey": 2_000}
    manifest = await the_manifest_is_what_the_orders_say(hub)
    assert manifest.orders == 2


async def test_a_case_that_the_producer_has_not_is_no_decision(hub):
    """Of 15 jars 13 are asked, in cases of 12: a second case cannot be had, and the shelf is offered none of it."""
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    await hub.open(choice=Offered(available={"jam": 15_000}))
    await hub.order("h1", jam=7_000)
    await hub.order("h2", jam=6_000)
    async with hub.database.write() as writer:
        await household.mark(writer, "h3", solidarity=False, takes_surplus=True)
    assert (await hub.close()).state == "closed"
    assert sum([(await gets(hub, one))["jam"] for one in ("h1", "h2")]) == 12_000
    async with hub.database.read() as reader:
        assert await order_book.of_household(reader, "c48", "h3") is None


async def test_where_nobody_stands_for_the_hub_nothing_may_be_left_over(hub, client_for):
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    await hub.open()
    await hub.order("h1", jam=7_000)
    async with hub.database.write() as writer:
        await household.mark(writer, "h3", solidarity=False, takes_surplus=True)
        of_limoux = household.Details("limoux", "Foyer 3", active=False)
        await household.change(writer, "h3", 1, of_limoux)
    await hub.close()
    async with hub.database.read() as reader:
        (one,) = await decision.of_cycle(reader, "c48")
    assert Option.SURPLUS not in one.question.options
    with pytest.raises(NotAChoice):
        await choose(hub, Choice(Option.SURPLUS, "", "jam", 5_000))


async def test_only_coordinators_say_who_stands_for_the_hub(hub, client_for):
    coordinator = client_for(hub.app, COORDINATOR)
    assert (await coordinator.submit("/ordering/households/h3/marks", {"takes_surplus": "on"})).status_code == 303
    assert re.search(r'name="takes_surplus"[^>]* checked', (await coordinator.get("/ordering/households/h3")).text)
    referent = client_for(hub.app, Grant(Role.REFERENT, group_id="limoux"))
    assert "takes_surplus" not in (await referent.get("/ordering/households/h3")).text
