"""A group that misses a minimum joins another order of the same day: its lines move there, and nothing gets lost."""

import re
from datetime import timedelta

import pytest

from contracts import catalog, ordering
from contracts.catalog import Minimum, MinimumKind
from contracts.goods import Unit
from ordering import decision, order_book
from ordering.allocation import Choice, Option
from ordering.closing import JoinOver, NotAChoice
from ordering.offer import Choice as Offered
from ordering.offer import Kind

from .conftest import CLOSES, COORDINATOR, product

MILL = catalog.ProducerRegistered(
    id="mill",
    version=1,
    name="Le Moulin",
    place={"name": "Limoux"},
    minimum=Minimum(kind=MinimumKind.MONEY, amount=8_000),
)
FLOUR = product("flour", producer_id="mill", producer_name="Le Moulin", unit=Unit.KG, price_cents=160)
DEARER = product("flour", 2, producer_id="mill", producer_name="Le Moulin", unit=Unit.KG, price_cents=200)
LATER = CLOSES + timedelta(hours=12)
SUBJECT = "minimum:producer:mill"
TO_QUILLAN = Choice(Option.JOIN, cycle_id="c48b", cycle_name="Quillan 48")


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("\xa0", " ").replace("\u202f", " ").split())


async def two_orders(hub, **more):
    """Limoux missed the minimum of the mill: 48 € of 80 €. Quillan can still order, at another price."""
    await hub.hear(MILL, FLOUR)
    await hub.open("c48", group_ids=("limoux",))
    await hub.hear(DEARER)
    await hub.open("c48b", **{"name": "Quillan 48", "closes_at": LATER, "group_ids": ("quillan",), **more})
    await hub.order("h1", flour=20_000, tomme=1_000)
    await hub.order("h2", flour=10_000)
    await hub.order("h4", cycle_id="c48b", flour=10_000)
    await hub.close()


@pytest.fixture
async def limoux_is_deciding(hub):
    await two_orders(hub)
    return hub


async def choose(hub, choice, subject=SUBJECT):
    async with hub.database.write() as writer:
        await hub.app.state.closing.choose(writer, "c48", subject, choice, "Odile")


async def settle(hub, **how):
    async with hub.database.write() as writer:
        return await hub.app.state.closing.settle(writer, "c48", **how)


async def order_of(hub, household, cycle_id):
    async with hub.database.read() as reader:
        return await order_book.of_household(reader, cycle_id, household)


async def question(hub):
    async with hub.database.read() as reader:
        (one,) = await decision.with_joins(reader, await hub.cycle(), await decision.of_cycle(reader, "c48"))
    return one.question


async def test_the_page_shows_what_it_would_come_to_there(limoux_is_deciding, client_for):
    coordinator = client_for(limoux_is_deciding.app, COORDINATOR, name="Odile")
    read = plain(await coordinator.get("/ordering/cycles/c48/decisions"))
    assert "Rejoindre une autre commande du même jour" in read
    assert "Quillan 48 (ouverte jusqu’au" in read
    assert "80,00 € d’au moins 80,00 € y sont réunis" in read, "40 kg at 2 € the kilo"
    assert "Foyer 1 Flour 20 kg 20 kg 32,00 €" in read
    assert "20 kg 40,00 €" in read, "at the price there"
    fields = {"subject": SUBJECT, "do": "choose", "option": "join", "join": "c48b"}
    assert (await coordinator.submit("/ordering/cycles/c48/decisions", fields | {"join": "c99"})).status_code == 409
    assert (await coordinator.submit("/ordering/cycles/c48/decisions", fields)).status_code == 303
    assert "Passé dans la commande « Quillan 48 » Odile" in plain(
        await coordinator.get("/ordering/cycles/c48/decisions")
    )
    assert (await coordinator.submit("/ordering/cycles/c48/decisions/settle", {})).status_code == 303
    assert (await limoux_is_deciding.cycle()).state == "closed"


async def test_lines_move_with_their_households_and_nothing_gets_lost(limoux_is_deciding):
    hub = limoux_is_deciding
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    here = await order_of(hub, "h1", "c48")
    assert {line.article.product_id: line.gets_thousandths for line in here.lines} == {"flour": 0, "tomme": 1_000}
    assert "dans la commande « Quillan 48 »" in here.lines[1].given.reason.fr
    there = await order_of(hub, "h1", "c48b")
    assert (there.quantities, there.gross_cents, there.entered_by.name) == ({"flour": 20_000}, 4_000, "Odile")
    (closed,) = await hub.said(ordering.CycleClosed)
    assert [total.producer_id for total in closed.manifest.producers] == ["bousole"]
    target = await hub.cycle("c48b")
    assert target.group_ids == {"limoux", "quillan"}
    assert target.pickup_of("limoux") == (await hub.cycle()).pickup_of("limoux")
    await hub.order("h1", base=1, cycle_id="c48b", flour=21_000)
    closing = await hub.close("c48b")
    assert closing.state == "closed", "together they reach the minimum"
    assert [(t.producer_id, t.quantity_thousandths) for t in closing.manifest.producers] == [("mill", 41_000)]
    with pytest.raises(NotAChoice):
        await choose(hub, None)


async def test_it_can_be_taken_back_until_the_closing(limoux_is_deciding):
    await choose(limoux_is_deciding, TO_QUILLAN)
    await choose(limoux_is_deciding, None)
    assert await order_of(limoux_is_deciding, "h1", "c48b") is None
    await settle(limoux_is_deciding, by_default=True)
    here = await order_of(limoux_is_deciding, "h1", "c48")
    assert all(line.given is None for line in here.lines)


async def test_an_order_that_is_closed_meanwhile_is_not_joined(limoux_is_deciding):
    hub = limoux_is_deciding
    await choose(hub, TO_QUILLAN)
    await hub.close("c48b")
    with pytest.raises(JoinOver, match="Quillan 48"):
        await settle(hub)
    assert (await question(hub)).joins == ()
    await settle(hub, by_default=True)
    here = await order_of(hub, "h1", "c48")
    assert all(line.given is None for line in here.lines), "then it goes as it would by itself"


async def test_who_cannot_be_served_there_is_told_so_and_the_others_move(hub):
    await two_orders(hub, choice=Offered(available={"flour": 35_000}))
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    moved = {h: await order_of(hub, h, "c48b") for h in ("h1", "h2")}
    assert [household for household, made in moved.items() if made] == ["h1"], "10 + 20 of 35 kg; 10 more are not there"
    reason = (await order_of(hub, "h2", "c48")).lines[0].given.reason
    assert "n’a pas pu être pris" in reason.fr


@pytest.mark.parametrize(
    "more",
    [
        {"delivers_on": CLOSES.date() + timedelta(days=6)},
        {"choice": Offered(Kind.PRODUCERS, producer_ids=("bousole",))},
        {"opens_at": CLOSES},
    ],
    ids=["another day", "not offered", "not open"],
)
async def test_what_does_not_fit_is_not_proposed(hub, more):
    await hub.hear(MILL, FLOUR)
    await hub.open("c48", group_ids=("limoux",))
    await hub.open("c48b", **{"name": "Quillan 48", "closes_at": LATER, "group_ids": ("quillan",), **more})
    await hub.order("h1", flour=20_000)
    await hub.close()
    assert (await question(hub)).joins == ()
    with pytest.raises(NotAChoice):
        await choose(hub, TO_QUILLAN)


async def test_a_household_that_orders_there_already_has_both_together(hub):
    await two_orders(hub, group_ids=("limoux", "quillan"))
    await hub.order("h1", cycle_id="c48b", flour=1_000, eggs=1_000)
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    assert (await order_of(hub, "h1", "c48b")).quantities == {"flour": 21_000, "eggs": 1_000}
