"""The rule that was chosen for a product decides who gets less, who gets more, at the closing and after an answer."""

import hashlib
import re
from datetime import timedelta

import pytest

from chassis.identity import Grant
from contracts import Role, logistics
from contracts.catalog import Pool, SharingRule, SharingRules
from contracts.goods import Bilingual, Unit
from ordering import order_book
from ordering.order import Slip
from ordering.placing import place_order
from ordering.wanted import Terms, Wanted

from .conftest import CLOSES, COORDINATOR, JOSETTE, product

CASE = {"price_cents": 400, "case_thousandths": 12_000}


def rules(**chosen):
    return {"sharing": SharingRules(**{name: SharingRule(rule) for name, rule in chosen.items()})}


async def offered(hub, *goods):
    await hub.hear(*goods)
    await hub.open()


async def order(hub, household, **lines):
    wanted = [Wanted(p, w) if isinstance(w, int) else Wanted(p, w[0], terms=w[1]) for p, w in lines.items()]
    return await hub.database.run(lambda tx: place_order(tx, Slip("c48", household, wanted, JOSETTE), hub.sheets))


async def closed(hub):
    async with hub.database.write() as writer:
        await hub.app.state.closing.close(writer, "c48")
    if (await hub.cycle()).state == "deciding":
        async with hub.database.write() as writer:
            await hub.app.state.closing.settle(writer, "c48", by_default=True)


async def gets(hub, *households):
    async with hub.database.read() as reader:
        orders = [await order_book.of_household(reader, "c48", one) for one in households]
    return [{line.article.product_id: line.gets_thousandths for line in one.lines} for one in orders]


async def why(hub, household):
    async with hub.database.read() as reader:
        made = await order_book.of_household(reader, "c48", household)
    return made.lines[0].given.reason


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("\xa0", " ").replace("\u202f", " ").split())


def answer(product_id, asked, brings):
    line = logistics.AnsweredLine(product_id=product_id, asked_thousandths=asked, deliverable_thousandths=brings)
    return logistics.PickListAnswered(
        id="list-1",
        version=2,
        cycle_id="c48",
        producer_id="bousole",
        producer_name="La Ferme de Bousole",
        revision=1,
        answered_at=CLOSES,
        answered_by="Ana",
        lines=[line],
    )


async def test_nobody_chose_and_the_usual_rules_count(hub):
    await offered(hub, product("jam", **CASE))
    await order(hub, "h1", jam=4_000)
    await order(hub, "h2", jam=10_000)
    await closed(hub)
    assert await gets(hub, "h1", "h2") == [{"jam": 4_000}, {"jam": 8_000}]


async def test_lots_are_drawn_with_a_seed_that_everybody_can_read(hub, client_for):
    await offered(hub, product("jam", **CASE, **rules(shortage="lottery")))
    member = client_for(hub.app, Grant(Role.MEMBER, group_id="limoux", household_id="h1"))
    assert "on tire au sort, avec la graine « c48 »" in plain(await member.get("/ordering/shop/c48/h1"))
    await order(hub, "h1", jam=8_000)
    await order(hub, "h2", jam=8_000)
    await hub.close()
    coordinator = client_for(hub.app, COORDINATOR)
    read = plain(await coordinator.get("/ordering/cycles/c48/decisions"))
    assert "Quand il n’y en a pas assez : on tire au sort, avec la graine « c48 »" in read
    first, last = sorted(("h1", "h2"), key=lambda h: hashlib.sha256(f"c48\njam\n{h}".encode()).digest())
    async with hub.database.write() as writer:
        await hub.app.state.closing.settle(writer, "c48", by_default=True)
    assert await gets(hub, first, last) == [{"jam": 8_000}, {"jam": 4_000}]
    assert "with the seed “c48”" in (await why(hub, last)).en


async def test_first_come_counts_from_the_hour_at_which_so_much_was_asked(hub):
    await offered(hub, product("jam", **CASE, **rules(shortage="first_come")))
    for household, quantity in (("h1", 5_000), ("h2", 7_000), ("h3", 4_000)):
        await order(hub, household, jam=quantity)
        hub.clock.advance(timedelta(minutes=1))
    await order(hub, "h3", jam=3_000, tomme=1_000)
    await order(hub, "h1", jam=6_000)
    await closed(hub)
    assert await gets(hub, "h2", "h3", "h1") == [{"jam": 7_000}, {"jam": 3_000, "tomme": 1_000}, {"jam": 2_000}]
    assert "premiers" in (await why(hub, "h1")).fr


async def test_a_solidarity_basket_is_served_first_and_nobody_is_told_whose_it_is(hub, client_for):
    await offered(hub, product("jam", **CASE, **rules(shortage="solidarity_first")))
    count = len(await hub.said())
    coordinator = client_for(hub.app, COORDINATOR)
    page = "/ordering/households/h2"
    assert (await coordinator.submit(page + "/marks", {"solidarity": "on"})).status_code == 303
    assert re.search(r'name="solidarity"[^>]* checked', (await coordinator.get(page)).text)
    assert (await coordinator.submit("/ordering/households/h99/marks", {})).status_code == 404
    assert len(await hub.said()) == count
    referent = client_for(hub.app, Grant(Role.REFERENT, group_id="limoux"))
    assert "solidaire" not in (await referent.get(page)).text
    assert (await referent.submit(page + "/marks", {})).status_code == 403
    for household in ("h1", "h2", "h3"):
        await order(hub, household, jam=8_000)
    await closed(hub)
    assert await gets(hub, "h1", "h2", "h3") == [{"jam": 8_000}] * 3, "24 are two cases"
    await hub.hear(answer("jam", 24_000, 12_000))
    assert await gets(hub, "h1", "h2", "h3") == [{"jam": 2_000}, {"jam": 8_000}, {"jam": 2_000}]


async def test_the_more_that_fills_a_case_follows_its_own_rule(hub):
    await offered(hub, product("jam", **CASE, **rules(extra="first_come")))
    await order(hub, "h1", jam=(5_000, Terms(tolerance=2_000)))
    hub.clock.advance(timedelta(minutes=1))
    await order(hub, "h2", jam=(5_000, Terms(tolerance=2_000)))
    await closed(hub)
    assert await gets(hub, "h1", "h2") == [{"jam": 7_000}, {"jam": 5_000}]


@pytest.mark.parametrize(("rule", "given"), [("max_min", [2_000, 4_000]), ("pro_rata", [1_000, 5_000])])
async def test_what_a_producer_does_not_bring_is_shared_by_the_rule(hub, rule, given):
    await offered(hub, product("honey", **rules(shortage=rule)))
    await order(hub, "h1", honey=2_000)
    await order(hub, "h2", honey=10_000)
    await closed(hub)
    await hub.hear(answer("honey", 12_000, 6_000))
    assert [one["honey"] for one in await gets(hub, "h1", "h2")] == given


async def test_a_mixed_crate_follows_what_all_its_pools_have_chosen(hub):
    def citrus(product_id, rule, other):
        pool = Pool(
            pool_id=product_id,
            name=Bilingual(fr=product_id),
            unit=Unit.KG,
            size_thousandths=1_000,
            case_thousandths=10_000,
            completes_with=(other,),
        )
        return product(product_id, unit=Unit.KG, pool=pool, **rules(shortage=rule))

    await offered(hub, citrus("lemons", "first_come", "limes"), citrus("limes", "first_come", "lemons"))
    await order(hub, "h1", lemons=8_000)
    hub.clock.advance(timedelta(minutes=1))
    await order(hub, "h2", limes=6_000)
    await closed(hub)
    assert await gets(hub, "h1", "h2") == [{"lemons": 8_000}, {"limes": 2_000}]
