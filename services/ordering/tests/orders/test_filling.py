"""Cases being filled, as everybody who orders sees them while others order."""

import pytest

from chassis.identity import Grant
from contracts import Role
from contracts.catalog import Pool
from contracts.goods import Bilingual, Unit
from ordering.cycle import offers_for
from ordering.filling import begun_cases
from ordering.order import Slip
from ordering.placing import place_order
from ordering.wanted import Terms, Wanted

from .conftest import COORDINATOR, JOSETTE, product

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
CRATES = "/ordering/cycles/c48/crates"


def citrus(product_id, size, name="Citrons", pool_id="lemon-pool", completes_with=()):
    pool = Pool(
        pool_id=pool_id,
        name=Bilingual(fr=name),
        unit=Unit.KG,
        size_thousandths=size,
        case_thousandths=10_000,
        completes_with=completes_with,
    )
    return product(product_id, pool=pool, content_thousandths=size, content_unit=Unit.KG)


@pytest.fixture
async def shop(hub):
    await hub.hear(
        product("jam", price_cents=400, case_thousandths=12_000),
        citrus("lemons1", 1_000),
        citrus("lemons5", 5_000),
    )
    await hub.open()
    return hub


async def crates(hub):
    async with hub.database.read() as reader:
        offers = await offers_for(reader, await hub.cycle())
        found = await begun_cases(reader, "c48", offers)
    return [(one.names[0].fr, one.begun, one.case, one.missing, one.cases, one.percent) for one in found]


async def test_sizes_and_groups_fill_one_case(shop):
    assert await crates(shop) == []
    await shop.order("h1", lemons1=3_000)
    await shop.order("h4", lemons5=2_000)
    assert await crates(shop) == [("Citrons", 3_000, 10_000, 7_000, 1, 30)]
    await shop.order("h2", lemons5=1_000, lemons1=2_000)
    assert await crates(shop) == []


async def test_what_others_accept_counts_for_what_is_missing(shop):
    wanted = [Wanted("jam", 7_000, terms=Terms(tolerance=3_000))]
    await shop.database.run(lambda tx: place_order(tx, Slip("c48", "h1", wanted, JOSETTE), shop.sheets))
    assert await crates(shop) == [("Jam", 7_000, 12_000, 2_000, 0, 58)]


async def test_a_mixed_crate_is_one(hub):
    await hub.hear(
        citrus("lemons1", 1_000, completes_with=("clementine-pool",)),
        citrus("clementines1", 1_000, "Clémentines", "clementine-pool"),
    )
    await hub.open()
    await hub.order("h1", lemons1=6_000)
    await hub.order("h2", clementines1=3_000)
    assert [one[1:4] for one in await crates(hub)] == [(9_000, 10_000, 1_000)]


async def test_the_shop_shows_them_live(shop, client_for):
    member = client_for(shop.app, MEMBER)
    assert "/ordering/cycles/c48/crates/stream" in (await member.get("/ordering/shop/c48/h1")).text
    assert "Jam" not in (await member.get(CRATES)).text
    await shop.order("h2", jam=6_000)
    for page in ("/ordering/shop/c48/h1", CRATES):
        text = (await member.get(page)).text.replace("\xa0", " ").replace("\u202f", " ")
        assert "Pleine à 50 %" in text, page
        assert "il manque 6 pièces" in text, page


async def test_they_are_for_those_who_order(shop, client_for):
    stranger = client_for(shop.app, Grant(Role.MEMBER, group_id="elsewhere", household_id="h9"), person_id="p9")
    assert (await stranger.get(CRATES)).status_code == 404
    assert (await stranger.get(CRATES + "/stream")).status_code == 404
    assert (await client_for(shop.app, COORDINATOR).get(CRATES)).status_code == 200
    await shop.close()
    assert (await client_for(shop.app, COORDINATOR).get(CRATES)).status_code == 404


async def test_a_cycle_without_cases_has_none(hub, client_for):
    await hub.open()
    assert "crates/stream" not in (await client_for(hub.app, MEMBER).get("/ordering/shop/c48/h1")).text
