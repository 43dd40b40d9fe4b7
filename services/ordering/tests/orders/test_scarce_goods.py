"""A hundred clients for the last ten, on both databases, through requests that run at the same time."""

import asyncio

from sqlalchemy import func, select

from ordering.cycle_offer import cycle_offer
from ordering.household import household
from ordering.order_line import order_line
from ordering.wanted import Wrong, WrongLines

from .conftest import product


async def many_households(hub, count):
    rows = [
        {
            "id": f"m{n}",
            "version": 1,
            "group_id": "limoux",
            "name": f"Foyer m{n}",
            "name_key": f"foyer m{n}",
            "active": True,
            "changed_at": hub.clock.now(),
        }
        for n in range(count)
    ]
    async with hub.database.write() as writer:
        await writer.execute(household.insert(), rows)


async def sold_and_reserved(hub, product_id):
    async with hub.database.read() as reader:
        lines = select(func.coalesce(func.sum(order_line.c.quantity_thousandths), 0))
        booked = select(cycle_offer.c.reserved_thousandths).where(cycle_offer.c.product_id == product_id)
        return (
            int(await reader.scalar(lines.where(order_line.c.product_id == product_id))),
            await reader.scalar(booked),
        )


async def test_a_hundred_clients_for_the_last_ten_buy_exactly_ten(hub):
    await many_households(hub, 100)
    await hub.open()
    results = await asyncio.gather(*(hub.order(f"m{n}", eggs=1000) for n in range(100)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Exception)]
    assert len(refused) == 90, [repr(result) for result in refused if not isinstance(result, WrongLines)]
    assert all(isinstance(r, WrongLines) and r.lines["eggs"].wrong is Wrong.SHORT for r in refused)
    assert await sold_and_reserved(hub, "eggs") == (10_000, 10_000)


async def test_the_naive_way_oversells_which_shows_that_the_race_is_real(hub):
    """Negative control: look whether there is enough, then write the sum back, as if nobody else did."""
    await many_households(hub, 100)
    await hub.open()
    both_looked = asyncio.Barrier(2)
    mine = cycle_offer.c.product_id == "eggs"

    async def naive(quantity):
        async with hub.database.read() as reader:
            row = await reader.first(select(cycle_offer).where(mine))
        await both_looked.wait()
        if row["reserved_thousandths"] + quantity > row["available_thousandths"]:
            return 0
        async with hub.database.write() as writer:
            total = row["reserved_thousandths"] + quantity
            await writer.execute(cycle_offer.update().where(mine).values(reserved_thousandths=total))
        return quantity

    sold = sum(await asyncio.gather(naive(6000), naive(6000)))
    assert sold > 10_000, "the naive variant did not oversell: this test cannot tell good from bad"


async def test_baskets_with_the_same_scarce_goods_in_any_order_do_not_deadlock(hub):
    await many_households(hub, 40)
    await hub.hear(*(product(f"rare{n}", available_thousandths=15_000) for n in range(5)))
    await hub.open()

    async def order(n):
        names = [f"rare{i}" for i in range(5)]
        return await hub.order(f"m{n}", **dict.fromkeys(names if n % 2 else reversed(names), 1000))

    results = await asyncio.gather(*(order(n) for n in range(40)), return_exceptions=True)
    assert {type(result) for result in results if isinstance(result, Exception)} == {WrongLines}
    for n in range(5):
        assert await sold_and_reserved(hub, f"rare{n}") == (15_000, 15_000)


async def test_changing_and_taking_back_at_once_leaves_exactly_what_is_ordered(hub):
    await many_households(hub, 20)
    await hub.open()
    quantities = (1000, 3000, 0, 2000, 0, 1000)

    async def wavering(n):
        for quantity in quantities:
            try:
                await hub.order(f"m{n}", tomme=1000, **({"eggs": quantity} if quantity else {}))
            except WrongLines:
                continue

    await asyncio.gather(*(wavering(n) for n in range(20)))
    sold, booked = await sold_and_reserved(hub, "eggs")
    assert sold == booked <= 10_000


async def test_two_first_orders_of_one_household_at_once_are_one_order(hub):
    await hub.open()
    same = await asyncio.gather(*(hub.order("h1", base=0, tomme=1000) for _ in range(8)))
    assert {(order.id, order.version) for order in same} == {(same[0].id, 1)}


async def test_of_two_different_first_orders_at_once_one_is_told(hub):
    await hub.open()
    results = await asyncio.gather(
        hub.order("h1", base=0, tomme=1000), hub.order("h1", base=0, eggs=1000), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Changed", "Order"]
