"""What there is of a pool is shared by all its sizes and all groups: never oversold, on both databases."""

import asyncio

import pytest
from sqlalchemy import Engine, event, func, select

from chassis.identity import Grant
from contracts import Role
from contracts.catalog import Pool
from contracts.goods import Bilingual, Unit
from ordering.cycle_offer import offers_of
from ordering.cycle_pool import cycle_pool
from ordering.offer import Choice
from ordering.order import Order, Slip
from ordering.order_line import order_line
from ordering.plan import Impossible, Problem
from ordering.planning import change_cycle
from ordering.wanted import Wanted, Wrong, WrongLines

from .conftest import COORDINATOR, JOSETTE, PARIS, product
from .test_scarce_goods import many_households

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
SIZES = {"lemons1": 1_000, "lemons5": 5_000, "lemons10": 10_000}


def lemons(product_id, available=40_000, version=1, **changes):
    size = SIZES[product_id]
    pool = Pool(
        pool_id="lemon-pool",
        name=Bilingual(fr="Citrons", en="Lemons"),
        unit=Unit.KG,
        size_thousandths=size,
        available_thousandths=available,
    )
    content = {"content_thousandths": size, "content_unit": Unit.KG}
    return product(product_id, version, pool=pool, **content, **changes)


@pytest.fixture
async def grove(hub):
    """40 kg of lemons in three sizes, and an open cycle."""
    await hub.hear(*(lemons(size) for size in SIZES))
    await hub.open()
    return hub


async def taken(hub, cycle_id="c48"):
    """Kilos ordered in all sizes, and kilos booked; thousandths."""
    async with hub.database.read() as reader:
        total = func.coalesce(func.sum(order_line.c.quantity_thousandths), 0)
        ordered = 0
        for name, size in SIZES.items():
            mine = (order_line.c.product_id == name) & (order_line.c.cycle_id == cycle_id)
            ordered += int(await reader.scalar(select(total).where(mine))) * size // 1000
        booked = select(cycle_pool.c.reserved_thousandths).where(cycle_pool.c.cycle_id == cycle_id)
        return ordered, await reader.scalar(booked)


async def test_all_sizes_of_all_groups_draw_on_one_quantity(grove):
    await grove.order("h1", lemons10=2_000)
    await grove.order("h4", lemons5=3_000)
    with pytest.raises(WrongLines) as refused:
        await grove.order("h2", lemons1=6_000, tomme=1_000)
    [(product_id, line)] = refused.value.lines.items()
    assert (product_id, line.wrong, line.left, line.pool.pool_id) == ("lemons1", Wrong.SHORT, 5_000, "lemon-pool")
    await grove.order("h2", lemons1=5_000)
    assert await taken(grove) == (40_000, 40_000)


async def test_a_household_may_turn_its_sizes_into_others(grove):
    await grove.order("h1", lemons10=4_000)
    await grove.order("h1", lemons5=6_000, lemons1=10_000)
    assert await taken(grove) == (40_000, 40_000)
    with pytest.raises(WrongLines) as refused:
        await grove.order("h1", lemons5=7_000, lemons1=10_000)
    [line] = refused.value.lines.values()
    assert line.left == 40_000, "what the household holds itself is left for it"
    await grove.order("h1", lemons1=1_000)
    assert await taken(grove) == (1_000, 1_000)


async def test_the_bound_of_a_size_and_that_of_its_pool_both_count(hub):
    await hub.hear(lemons("lemons1", available_thousandths=3_000), lemons("lemons5"))
    await hub.open()
    with pytest.raises(WrongLines) as refused:
        await hub.order("h1", lemons1=4_000)
    assert refused.value.lines["lemons1"].pool is None
    await hub.order("h1", lemons1=3_000, lemons5=7_000)
    with pytest.raises(WrongLines) as refused:
        await hub.order("h2", lemons5=1_000)
    assert refused.value.lines["lemons5"].left == 2_000


async def test_a_hundred_slips_at_once_take_what_there_is_and_no_gram_more(grove):
    await many_households(grove, 100)
    desk, sizes = grove.app.state.desk, list(SIZES)
    slips = [Slip("c48", f"m{n}", [Wanted(sizes[n % 3], 1_000)], JOSETTE) for n in range(100)]
    outcomes = await asyncio.gather(*(desk.place(slip) for slip in slips), return_exceptions=True)
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Order)]
    assert refused
    assert all(isinstance(outcome, WrongLines) for outcome in refused)
    ordered, booked = await taken(grove)
    # The last litre of a pool is sold as long as somebody asks for a small size.
    assert ordered == booked == 40_000


async def test_replicas_of_the_desk_do_not_oversell_it_either(grove):
    await many_households(grove, 60)
    sizes = list(SIZES)

    async def wavering(n):
        for quantity in (1_000, 3_000, 0, 2_000):
            wanted = {sizes[n % 3]: quantity} if quantity else {}
            try:
                await grove.order(f"m{n}", tomme=1_000, **wanted)
            except WrongLines:
                continue

    await asyncio.gather(*(wavering(n) for n in range(60)))
    ordered, booked = await taken(grove)
    assert ordered == booked
    assert 0 < booked <= 40_000


async def test_orders_without_pooled_goods_ask_the_database_nothing_more(hub):
    """The hot path: the statements of an order of plain goods are the same with and without scarce pools beside it."""

    async def statements(cycle_id):
        await hub.open(cycle_id)
        await hub.order("h2", cycle_id=cycle_id, tomme=1_000)  # the sheet is read once
        said = []

        def heard(*given):
            said.append(given[2])

        event.listen(Engine, "before_cursor_execute", heard)
        try:
            await hub.order("h1", cycle_id=cycle_id, tomme=2_000, eggs=1_000)
        finally:
            event.remove(Engine, "before_cursor_execute", heard)
        return [statement for statement in said if "order" in statement or "cycle_" in statement]

    plain = await statements("plain")
    await hub.hear(*(lemons(size) for size in SIZES))
    with_pools = await statements("pools")
    assert plain
    assert with_pools == plain
    assert not [statement for statement in with_pools if "cycle_pool" in statement]


async def test_the_quantity_is_frozen_when_the_cycle_opens_and_set_by_the_coordinator(grove):
    await grove.hear(*(lemons(size, 15_000, version=2) for size in SIZES))
    await grove.order("h1", lemons10=2_000)

    async def bound(available):
        choice = Choice(available={"lemon-pool": available})
        async with grove.database.write() as writer:
            await change_cycle(writer, "c48", grove.plan(choice=choice), PARIS)

    with pytest.raises(Impossible) as impossible:
        await bound(19_000)
    assert impossible.value.problems == {"available-lemon-pool": Problem.BELOW_WHAT_IS_ORDERED}
    await bound(25_000)
    with pytest.raises(WrongLines):
        await grove.order("h2", lemons1=6_000)
    await bound(None)
    await grove.order("h2", lemons1=60_000)
    await bound(80_000)
    assert await taken(grove) == (80_000, 80_000)
    async with grove.database.read() as reader:
        offers = await offers_of(reader, "c48")
    said = {offer.details.pool.available_thousandths for offer in offers if offer.details.pool}
    assert said == {80_000}, "the closing shares out by the same bound"


async def test_a_size_that_comes_later_shares_what_is_there(hub):
    await hub.hear(lemons("lemons1"))
    await hub.open()
    await hub.order("h1", lemons1=30_000)
    await hub.hear(lemons("lemons5", 500_000))
    async with hub.database.write() as writer:
        await change_cycle(writer, "c48", hub.plan(), PARIS)
    with pytest.raises(WrongLines):
        await hub.order("h2", lemons5=3_000)
    await hub.order("h2", lemons5=2_000)
    assert await taken(hub) == (40_000, 40_000)


# What people see


def plain(text):
    return text.replace("\xa0", " ").replace("\u202f", " ").replace("&#39;", "'")


async def test_the_line_says_how_much_is_left_of_all_sizes(grove, client_for):
    member = client_for(grove.app, MEMBER, person_id="person-1")
    await grove.order("h4", lemons10=3_000)
    page = plain((await member.get("/ordering/shop/c48/h1")).text)
    assert "Reste 10 kg de « Citrons », toutes tailles confondues" in page
    form = {"do": "save", "version": "0", "q-lemons5": "3"}
    answer = await member.submit("/ordering/shop/c48/h1", form)
    assert answer.status_code == 409
    page = plain(answer.text)
    assert "Il ne vous reste que 10 kg de « Citrons », toutes tailles confondues." in page
    assert 'name="q-lemons5" value="3"' in page
    assert (await member.submit("/ordering/shop/c48/h1", form | {"q-lemons5": "2"})).status_code == 303
    page = plain((await member.get("/ordering/shop/c48/h1")).text)
    assert page.count("Reste 10 kg de « Citrons »") == 3, "its own are left for it, in every size"


async def test_what_is_left_is_shown_live_above_the_shop(grove, client_for):
    member = client_for(grove.app, MEMBER, person_id="person-1")
    assert "/ordering/cycles/c48/crates/stream" in (await member.get("/ordering/shop/c48/h1")).text
    await grove.order("h4", lemons10=3_000)
    assert "Reste 10 kg" in plain((await member.get("/ordering/cycles/c48/crates")).text)
    await grove.order("h3", lemons10=1_000)
    assert "Épuisé" in plain((await member.get("/ordering/cycles/c48/crates")).text)


async def test_the_coordinator_bounds_a_pool_on_the_page_of_the_cycle(grove, client_for):
    await grove.order("h1", lemons10=2_000)
    coordinator = client_for(grove.app, COORDINATOR)
    url = "/ordering/cycles/c48/edit"
    page = plain((await coordinator.get(url)).text)
    assert "« Citrons », toutes tailles confondues" in page
    assert 'name="available-lemon-pool" id="field-available-lemon-pool" value="40"' in page
    held = await grove.cycle()
    form = {
        "name": held.name,
        "closes_at": "2026-11-22T20:00",
        "delivers_on": held.delivers_on.isoformat(),
        "groups": ["limoux", "quillan"],
        "offers": "season",
        "version": str(held.version),
        "do": "plan",
    }
    answer = await coordinator.submit(url, form | {"available-lemon-pool": "12"})
    assert answer.status_code == 422
    assert 'value="12"' in answer.text
    assert (await coordinator.submit(url, form | {"available-lemon-pool": "25,5"})).status_code == 303
    with pytest.raises(WrongLines) as refused:
        await grove.order("h2", lemons1=6_000)
    assert refused.value.lines["lemons1"].left == 5_500
