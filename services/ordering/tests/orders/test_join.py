"""A group that misses a minimum joins another order of the same day: its lines move there, and nothing gets lost."""

import re
from datetime import timedelta

import pytest

from contracts import catalog, ordering
from contracts.catalog import Minimum, MinimumKind
from contracts.goods import Unit
from ordering import decision, moved_line, order_book
from ordering.allocation import Choice, Option
from ordering.closing import JoinOver, NotAChoice
from ordering.moved_line import OtherIsClosed
from ordering.offer import Choice as Offered
from ordering.offer import Kind
from ordering.rhythm_book import rhythm_turn

from .conftest import CLOSES, COORDINATOR, FRIDAY, product

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
    assert "Rejoindre une autre commande" in read
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
    assert "in the order “Quillan 48” now" in here.lines[1].given.reason.en
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
    with pytest.raises(OtherIsClosed, match="Quillan 48"):
        await choose(hub, None)
    assert (await hub.cycle()).revision == 1


async def stands(hub, cycle_id, *households):
    """What these households have in a cycle."""
    orders = {household: await order_of(hub, household, cycle_id) for household in households}
    return {h: {x.article.product_id: x.gets_thousandths for x in o.lines} for h, o in orders.items() if o}


async def test_it_comes_back_after_the_closing_and_both_cycles_end_as_they_were(limoux_is_deciding):
    hub = limoux_is_deciding
    before = await stands(hub, "c48b", "h1", "h2", "h4")
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    await choose(hub, None)
    assert await stands(hub, "c48", "h1", "h2") == {"h1": {"flour": 20_000, "tomme": 1_000}, "h2": {"flour": 10_000}}
    assert await stands(hub, "c48b", "h1", "h2", "h4") == before | {"h1": {}, "h2": {}}
    assert (await hub.cycle("c48b")).group_ids == {"quillan"}
    (revised,) = await hub.said(ordering.CycleRevised)
    assert {t.producer_id: t.quantity_thousandths for t in revised.manifest.producers} == {
        "bousole": 1_000,
        "mill": 30_000,
    }
    withdrawn = {e.household_id for e in await hub.said(ordering.OrderWithdrawn) if e.cycle_id == "c48b"}
    assert withdrawn == {"h1", "h2"}
    allocated = {e.household_id: e for e in await hub.said(ordering.OrderAllocated) if e.version == 3}
    assert allocated["h1"].gross_cents == 3_200 + 350
    closing = await hub.close("c48b")
    assert closing.state == "deciding", "10 kg are not enough for the minimum there"
    await choose(hub, Choice(Option.CANCEL))
    assert (await stands(hub, "c48", "h2"))["h2"] == {"flour": 0}, "and it is decided anew"


async def test_what_a_household_had_there_itself_stays_there(hub):
    await two_orders(hub, group_ids=("limoux", "quillan"))
    await hub.order("h1", cycle_id="c48b", flour=1_000, eggs=1_000)
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    await choose(hub, None)
    assert await stands(hub, "c48b", "h1") == {"h1": {"flour": 1_000, "eggs": 1_000}}
    assert (await hub.cycle("c48b")).group_ids == {"limoux", "quillan"}


async def test_who_orders_there_meanwhile_keeps_the_group_in(limoux_is_deciding):
    hub = limoux_is_deciding
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    await hub.order("h3", cycle_id="c48b", tomme=1_000)
    await choose(hub, None)
    assert (await hub.cycle("c48b")).group_ids == {"limoux", "quillan"}
    assert await stands(hub, "c48b", "h3") == {"h3": {"tomme": 1_000}}


async def test_it_comes_back_from_an_order_that_is_deciding_and_what_is_decided_there_follows(limoux_is_deciding):
    hub = limoux_is_deciding
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    await hub.order("h2", base=1, cycle_id="c48b", flour=11_000)
    await hub.order("h4", base=1, cycle_id="c48b", flour=5_000)
    assert (await hub.close("c48b")).state == "deciding", "36 of 40 kg"
    await choose(hub, None)
    assert await stands(hub, "c48b", "h1", "h2", "h4") == {"h1": {}, "h2": {"flour": 1_000}, "h4": {"flour": 5_000}}
    async with hub.database.read() as reader:
        (there,) = await decision.of_cycle(reader, "c48b")
    assert there.question.reached == 1_200, "6 kg are left"


async def test_who_has_less_of_it_there_by_now_is_asked_first(limoux_is_deciding, client_for):
    hub = limoux_is_deciding
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    await hub.order("h1", base=1, cycle_id="c48b", flour=15_000)
    coordinator = client_for(hub.app, COORDINATOR, name="Odile")
    page = await coordinator.get("/ordering/cycles/c48/decisions")
    assert "jusqu’à la clôture de la commande « Quillan 48 »" in plain(page)
    answer = await coordinator.submit("/ordering/cycles/c48/decisions", {"subject": SUBJECT, "do": "undo"})
    assert answer.status_code == 409
    assert "Foyer 1 en a maintenant moins" in plain(answer)
    assert await stands(hub, "c48", "h1", "h2") == {"h1": {"flour": 0, "tomme": 1_000}, "h2": {"flour": 0}}
    await hub.order("h1", base=2, cycle_id="c48b", flour=20_000)
    answer = await coordinator.submit("/ordering/cycles/c48/decisions", {"subject": SUBJECT, "do": "undo"})
    assert answer.status_code == 303
    assert (await stands(hub, "c48", "h1"))["h1"] == {"flour": 20_000, "tomme": 1_000}


async def test_who_was_refused_there_has_what_was_asked_when_it_comes_back(hub):
    await two_orders(hub, choice=Offered(available={"flour": 35_000}))
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    await choose(hub, None)
    assert await stands(hub, "c48", "h1", "h2") == {"h1": {"flour": 20_000, "tomme": 1_000}, "h2": {"flour": 10_000}}
    await hub.order("h4", base=1, cycle_id="c48b", flour=35_000)


async def test_what_moved_before_it_was_noted_stays_where_it_is(limoux_is_deciding):
    hub = limoux_is_deciding
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    async with hub.database.write() as writer:
        await writer.execute(moved_line.moved_line.delete())
    with pytest.raises(NotAChoice):
        await choose(hub, None)


async def test_the_next_order_of_the_same_rhythm_is_joined_where_it_is_open(hub):
    await hub.hear(MILL, FLOUR)
    week = timedelta(days=7)
    for number, cycle_id in enumerate(("c48", "c49")):
        name, later = f"Semaine {48 + number}", number * week
        await hub.open(cycle_id, name=name, closes_at=CLOSES + later, delivers_on=FRIDAY + later)
    await hub.order("h1", flour=20_000)
    await hub.close()
    assert (await question(hub)).joins == (), "of no rhythm, they have nothing to do with each other"
    async with hub.database.write() as writer:
        for day, cycle_id in ((FRIDAY, "c48"), (FRIDAY + week, "c49")):
            turn = {"rhythm_id": "r1", "on_day": day, "cycle_id": cycle_id, "rhythm_version": 1}
            await writer.execute(rhythm_turn.insert().values(turn))
    assert [(one.cycle_id, one.delivers_on) for one in (await question(hub)).joins] == [("c49", FRIDAY + week)]
    await choose(hub, Choice(Option.JOIN, cycle_id="c49"))
    await settle(hub)
    reason = (await order_of(hub, "h1", "c48")).lines[0].given.reason
    assert "in the order “Semaine 49” now, which is delivered on Friday 4 December 2026" in reason.en
    assert "livrée le vendredi 4 décembre 2026" in reason.fr
    assert await stands(hub, "c49", "h1") == {"h1": {"flour": 20_000}}
    await choose(hub, None)
    assert await stands(hub, "c48", "h1") == {"h1": {"flour": 20_000}}
    assert await stands(hub, "c49", "h1") == {"h1": {}}


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
