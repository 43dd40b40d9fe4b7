"""Whoever needs several cycles, or households in several, takes them in one order: on PostgreSQL nobody waits for who
waits for them. On SQLite one writes at a time."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from chassis.testing import until_it_waits
from contracts import catalog
from contracts.catalog import Minimum, MinimumKind
from contracts.goods import Unit
from ordering import claim, join, order_book
from ordering.allocation import Choice, Option
from ordering.cycle import cycle
from ordering.cycle_offer import offers_of
from ordering.household import household
from ordering.offer import Choice as Offered
from ordering.offer import Kind
from ordering.order import Slip
from ordering.placing import place_orders
from ordering.wanted import Wanted

from .conftest import CLOSES, JOSETTE, product
from .test_scarce_goods import many_households

LATER = CLOSES + timedelta(hours=12)
BESIDE_EACH_OTHER = 0.3
"""Seconds: so long whoever holds the one does not ask for the other yet."""


def farm(producer_id, name):
    """One that does not come for less than 80 €."""
    minimum = Minimum(kind=MinimumKind.MONEY, amount=8_000)
    return catalog.ProducerRegistered(id=producer_id, version=1, name=name, place={"name": "Limoux"}, minimum=minimum)


GOODS = tuple(
    product(goods, producer_id=producer_id, producer_name=name, unit=Unit.KG, price_cents=200)
    for goods, producer_id, name in (("flour", "mill", "Le Moulin"), ("honey", "hive", "La Ruche"))
)
FARMS = (farm("mill", "Le Moulin"), farm("hive", "La Ruche"))


@pytest.fixture
async def two_weeks(hub):
    """Two orders of one day, of which neither reaches the minimum of the mill or that of the hive."""
    await hub.hear(*FARMS, *GOODS)
    for cycle_id in ("c48", "c48b"):
        await hub.open(cycle_id, name=cycle_id, closes_at=LATER)
        await hub.order("h1", cycle_id=cycle_id, flour=10_000, honey=10_000)
    return hub


async def joins(hub, cycle_id, producer_id, other):
    async with hub.database.write() as writer:
        choice = Choice(Option.JOIN, cycle_id=other, cycle_name=other)
        await hub.app.state.closing.choose(writer, cycle_id, f"minimum:producer:{producer_id}", choice, "Odile")


async def extend(hub, cycle_id, producer_id):
    async with hub.database.write() as writer:
        await hub.app.state.closing.extend(writer, cycle_id, LATER, LATER, producer_id)


async def quantities(hub, household, cycle_id):
    async with hub.database.read() as reader:
        return (await order_book.of_household(reader, cycle_id, household)).quantities


def slowed(monkeypatch, name):
    """Somebody else has time to come as far as this, before and after."""
    work = getattr(join, name)

    async def slow(*arguments):
        await asyncio.sleep(BESIDE_EACH_OTHER)
        done = await work(*arguments)
        await asyncio.sleep(BESIDE_EACH_OTHER)
        return done

    monkeypatch.setattr(join, name, slow)


async def test_two_cycles_that_join_each_other_at_once_end_one_after_the_other(two_weeks, monkeypatch):
    """Each is open again for the goods that the other moves to it, and both are closed in the same moment."""
    hub = two_weeks
    await hub.close("c48")
    await joins(hub, "c48", "mill", "c48b")
    await extend(hub, "c48", "hive")
    await hub.close("c48b")
    await joins(hub, "c48b", "hive", "c48")
    await extend(hub, "c48b", "mill")
    await hub.order("h2", cycle_id="c48", honey=40_000)
    await hub.order("h2", cycle_id="c48b", flour=40_000)
    slowed(monkeypatch, "move")
    first, second = await asyncio.gather(hub.close("c48"), hub.close("c48b"))
    states = {"c48": first.state, "c48b": second.state}
    # Which of the two comes first is theirs.
    if states == {"c48": "closed", "c48b": "deciding"}:
        moved = {"c48": {}, "c48b": {"flour": 20_000}}
    else:
        moved = {"c48": {"honey": 20_000}, "c48b": {}}
        assert states == {"c48": "deciding", "c48b": "closed"}, "what was to join the first is to be decided again"
    for cycle_id in states:
        expected = {"flour": 10_000, "honey": 10_000} | moved[cycle_id]
        assert await quantities(hub, "h1", cycle_id) == expected


async def test_a_join_that_is_decided_while_its_closing_waits_is_locked_in_order_too(two_weeks):
    """Who closes "c48b" has not read yet that "c48" is to be joined, and waits for who decides it."""
    hub = two_weeks
    closing = hub.app.state.closing
    await hub.close("c48b")
    async with hub.database.write() as writer:
        choice = Choice(Option.JOIN, cycle_id="c48", cycle_name="c48")
        await closing.choose(writer, "c48b", "minimum:producer:mill", choice, "Odile")
        settling = asyncio.create_task(settle(hub, "c48b"))
        await asyncio.sleep(BESIDE_EACH_OTHER)
    assert (await settling).state == "closed"
    assert await quantities(hub, "h1", "c48") == {"flour": 20_000, "honey": 10_000}


async def settle(hub, cycle_id):
    async with hub.database.write() as writer:
        return await hub.app.state.closing.settle(writer, cycle_id, by_default=True)


async def test_households_that_move_to_two_orders_are_taken_in_one_order(two_weeks, monkeypatch):
    """What m1 asked of the mill moves before what m0 asked of the hive, and both order elsewhere meanwhile."""
    hub = two_weeks
    await many_households(hub, 2)
    await hub.open("c47", name="Deciding", closes_at=LATER)
    await hub.open("c49", name="Beside")
    await hub.order("m1", cycle_id="c47", flour=10_000)
    await hub.order("m0", cycle_id="c47", honey=10_000)
    await hub.close("c47")
    await joins(hub, "c47", "mill", "c48")
    await joins(hub, "c47", "hive", "c48b")
    slowed(monkeypatch, "_move_to")

    async def beside():
        # After the first has moved, before the second has.
        await asyncio.sleep(2 * BESIDE_EACH_OTHER)
        slips = [Slip("c49", household, [Wanted("tomme", 1_000)], JOSETTE) for household in ("m0", "m1")]
        return await hub.database.run(lambda tx: place_orders(tx, slips, hub.sheets))

    settled, placed = await asyncio.gather(settle(hub, "c47"), beside())
    assert settled.state == "closed"
    assert [order.household_id for order in placed] == ["m0", "m1"]
    assert await quantities(hub, "m1", "c48") == {"flour": 10_000}
    assert await quantities(hub, "m0", "c48b") == {"honey": 10_000}


async def test_certificates_that_expire_at_once_do_not_deadlock(two_weeks):
    """Two replicas, each with two products in one transaction: of one cycle each, and the other way round."""
    hub = two_weeks

    async def expire(*goods):
        async with hub.database.write() as writer:
            for one in goods:
                await claim.keep_product(writer, one)
                await asyncio.sleep(BESIDE_EACH_OTHER)

    def expired(goods):
        return product(goods, 2, labels=("EU_ORGANIC",))

    await hub.hear(*(product(name, unit=Unit.KG) for name in ("a", "b", "c", "d")))
    for cycle_id, names in (("only48", ("a", "d")), ("only49", ("b", "c"))):
        await hub.open(cycle_id, name=cycle_id, choice=Offered(Kind.PRODUCTS, product_ids=names))
    await asyncio.gather(expire(expired("a"), expired("b")), expire(expired("c"), expired("d")))
    async with hub.database.read() as reader:
        offers = [offer for cycle_id in ("only48", "only49") for offer in await offers_of(reader, cycle_id)]
    assert [offer.labels for offer in offers] == [("EU_ORGANIC",)] * 4


async def test_the_cycle_is_locked_before_any_household(hub):
    """Who waits for a cycle that closes holds no household: the closing may ask for it."""
    if hub.database.is_sqlite:
        pytest.skip("one writes at a time")
    await hub.open()
    free = select(household.c.id).where(household.c.id == "h1").with_for_update(nowait=True)
    async with hub.database.write() as closing:
        await closing.first(select(cycle.c.id).where(cycle.c.id == "c48").with_for_update())
        placing = asyncio.create_task(hub.order(eggs=1_000))
        await until_it_waits(hub.database, placing)
        assert await closing.scalar(free) == "h1"
    assert (await placing).quantities == {"eggs": 1_000}


async def test_slips_of_a_batch_ask_postgresql_four_times(hub):
    """Cycle and households, orders, stock; then orders with stock. Lines and outbox go by COPY."""
    if hub.database.is_sqlite:
        pytest.skip("nobody waits for a file")
    await many_households(hub, 60)
    await hub.open()
    await hub.order("h2", tomme=1_000)  # the sheet is read once
    plain, scarce = [Wanted("tomme", 1_000), Wanted("potatoes", 1_500)], [Wanted("eggs", 1_000)]
    slips = [Slip("c48", f"m{n}", plain + scarce * (n < 10), JOSETTE) for n in range(30)]
    said = []

    def heard(*given):
        said.append(given[2])

    def counted(tx):
        event.listen(tx.connection, "before_cursor_execute", heard)
        return place_orders(tx, slips, hub.sheets)

    placed = await hub.database.run(counted)
    assert [order.version for order in placed] == [1] * 30
    assert len([statement for statement in said if "household" in statement or "cycle_" in statement]) == 4
    assert len(said) == 4
