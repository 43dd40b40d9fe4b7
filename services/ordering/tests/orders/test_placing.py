"""Placing, changing and taking back an order, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis.schema import drift
from contracts import ordering
from ordering import order_book
from ordering.conflict import Missing
from ordering.cycle_offer import cycle_offer
from ordering.order import Changed, CycleNotOpen, EmptyBasket, NotInCycle, TooLate
from ordering.tables import metadata
from ordering.wanted import Wrong, WrongLines

from .conftest import CLOSES, product


async def reserved(hub, product_id="eggs"):
    async with hub.database.read() as reader:
        mine = cycle_offer.c.product_id == product_id
        return await reader.scalar(select(cycle_offer.c.reserved_thousandths).where(mine))


async def test_the_migrated_schema_is_the_one_the_code_describes(hub):
    assert await drift(hub.database.engine, metadata) == []


async def test_an_order_is_announced_whole(hub):
    await hub.open()
    order = await hub.order(tomme=2000, potatoes=1500, oranges=1000)
    (said,) = await hub.said(ordering.OrderPlaced)
    assert (said.id, said.version, said.gross_cents) == (order.id, 1, 700 + 368 + 2200)
    assert said.closes_at == CLOSES
    assert (said.household_name, said.group_name, said.cycle_name) == ("Foyer 1", "Limoux", "Semaine 48")
    assert [(line.article.product_id, line.gross_cents) for line in said.lines] == [
        ("oranges", 2200),
        ("potatoes", 368),
        ("tomme", 700),
    ]


async def test_saving_again_replaces_the_order_and_says_the_next_version(hub):
    await hub.open()
    await hub.order(tomme=2000, eggs=4000)
    order = await hub.order(base=1, eggs=1000, potatoes=500)
    assert (order.version, order.quantities) == (2, {"eggs": 1000, "potatoes": 500})
    async with hub.database.read() as reader:
        assert await order_book.of_household(reader, "c48", "h1") == order
    assert await reserved(hub) == 1000


async def test_an_empty_basket_withdraws_the_order_and_ordering_again_goes_on_counting(hub):
    await hub.open()
    with pytest.raises(EmptyBasket):
        await hub.order(base=0)
    await hub.order(base=0, eggs=3000)
    withdrawn = await hub.order(base=1)
    assert (withdrawn.state, withdrawn.version, withdrawn.gross_cents) == ("withdrawn", 2, 0)
    assert await reserved(hub) == 0
    again = await hub.order(base=2, tomme=1000)
    assert (again.state, again.version, again.id) == ("placed", 3, withdrawn.id)
    kinds = [type(event).__name__ for event in await hub.said(ordering.Order)]
    assert kinds == ["OrderPlaced", "OrderWithdrawn", "OrderPlaced"]


async def test_the_same_order_sent_twice_is_one_order(hub):
    await hub.open()
    first = await hub.order(base=0, tomme=2000)
    assert await hub.order(base=0, tomme=2000) == first
    assert len(await hub.said(ordering.OrderPlaced)) == 1


async def test_the_second_browser_is_told_and_changes_nothing(hub):
    await hub.open()
    await hub.order(base=0, tomme=2000)
    await hub.order(base=1, tomme=3000)
    with pytest.raises(Changed) as told:
        await hub.order(base=1, eggs=1000)
    assert told.value.version == 2
    assert await reserved(hub) == 0
    assert (await hub.order(base=2, eggs=1000)).version == 3


async def test_an_order_a_thousandth_of_a_second_after_closing_is_late_even_when_the_timer_is(hub):
    await hub.open()
    hub.clock.set(CLOSES - timedelta(milliseconds=1))
    await hub.order(tomme=1000)
    hub.clock.set(CLOSES + timedelta(milliseconds=1))
    with pytest.raises(TooLate) as told:
        await hub.order(tomme=2000)
    assert told.value.closed_at == CLOSES
    assert (await hub.cycle()).state == "open"


async def test_a_cycle_that_was_closed_early_says_when(hub):
    await hub.open()
    hub.clock.advance(60)
    closed = await hub.close()
    hub.clock.advance(60)
    with pytest.raises(TooLate) as told:
        await hub.order(tomme=1000)
    assert told.value.closed_at == closed.closed_at


async def test_a_cycle_that_is_not_open_yet_takes_no_order(hub):
    opens = hub.clock.now() + timedelta(hours=1)
    await hub.open(opens_at=opens)
    with pytest.raises(CycleNotOpen) as told:
        await hub.order(tomme=1000)
    assert told.value.opens_at == opens


async def test_a_household_of_another_group_cannot_order(hub):
    await hub.open(group_ids=("limoux",))
    with pytest.raises(NotInCycle):
        await hub.order("h4", tomme=1000)


async def test_what_is_not_there_is_missing(hub):
    await hub.open()
    for household_id, cycle_id in (("nobody", "c48"), ("h1", "nothing")):
        with pytest.raises(Missing):
            await hub.order(household_id, cycle_id=cycle_id, tomme=1000)


async def test_one_bad_line_refuses_the_whole_order_and_names_each(hub):
    await hub.open()
    with pytest.raises(WrongLines) as told:
        await hub.order(tomme=1500, potatoes=1500, cherries=1000, eggs=10**9)
    assert {p: line.wrong for p, line in told.value.lines.items()} == {
        "tomme": Wrong.WHOLE_ONLY,
        "cherries": Wrong.NOT_OFFERED,
        "eggs": Wrong.TOO_MUCH,
    }
    assert await hub.said(ordering.OrderPlaced) == []


async def test_an_offer_of_another_cycle_is_refused(hub):
    await hub.open("c48")
    await hub.hear(product("honey", price_cents=900))
    await hub.open("c49")
    await hub.order(cycle_id="c49", honey=1000)
    with pytest.raises(WrongLines) as told:
        await hub.order(cycle_id="c48", honey=1000)
    assert told.value.lines["honey"].wrong is Wrong.NOT_OFFERED


async def test_the_price_of_an_open_cycle_does_not_move_with_the_catalog(hub):
    await hub.open()
    await hub.hear(product("tomme", 2, price_cents=990))
    assert (await hub.order(tomme=1000)).gross_cents == 350


async def test_scarce_goods_count_what_the_household_holds_already(hub):
    await hub.open()
    await hub.order("h1", eggs=6000)
    with pytest.raises(WrongLines) as told:
        await hub.order("h2", eggs=5000)
    assert told.value.lines["eggs"].left == 4000
    with pytest.raises(WrongLines) as told:
        await hub.order("h1", eggs=11_000)
    assert told.value.lines["eggs"].left == 10_000
    await hub.order("h1", eggs=10_000)
    assert await reserved(hub) == 10_000
