"""What an operator's graph is told of orders."""

from ordering.facts import gross_of_closed


async def told(hub) -> float:
    async with hub.database.read() as reader:
        return await gross_of_closed(reader)


async def test_only_closed_cycles_count_with_what_their_orders_come_to(hub):
    await hub.open()
    first = await hub.order(tomme=2000)
    second = await hub.order("h2", oranges=3000)
    assert await told(hub) == 0
    await hub.close()
    assert await told(hub) == first.gross_cents + second.gross_cents > 0
