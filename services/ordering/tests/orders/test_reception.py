"""What a group's place can never receive: it is not ordered there on any way, it says why, and what was ordered
stays."""

import asyncio
import re

import pytest
from sqlalchemy import event as sqlalchemy_event

from chassis.identity import Grant
from chassis.testing import until_it_waits
from coldchain.early import Never
from contracts import Role
from contracts.network import THE_NETWORK, NetworkBox, NetworkDescribed, NetworkHold, NetworkPickup
from contracts.network import NetworkRange as Range
from contracts.ordering import OrderPlaced
from ordering import covering
from ordering.wanted import Terms, Wanted, Wrong, WrongLines

from .conftest import CLOSES, COORDINATOR, product

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
REFERENT = Grant(Role.REFERENT, group_id="quillan")
YOGHURT = product("yoghurt", temperature_class="PERISHABLE", price_cents=200)
COLD = (Range(coldest=0, warmest=80),)
WHY = "Yoghurt ne peut pas être reçu à Foyer de Limoux : rien n’y garde 8 °C jusqu’à la fin de la distribution"


def plain(page):
    text = re.sub(r"<[^>]+>", " ", page.text).replace("\xa0", " ").replace("\u202f", " ").replace("&#39;", "’")
    return " ".join(text.split())


def network(version=1, binding=True, limoux=(), quillan=COLD, **more):
    points = [("limoux", "Foyer de Limoux", limoux), ("quillan", "Halle", quillan)]
    said = {"id": THE_NETWORK, "version": version, "described_at": CLOSES, "binding": binding, "outside": 250}
    said |= {"uncooled": 30, "eggs_metres": 80_000, "dispensation_metres": 80_000}
    said["pickups"] = tuple(
        NetworkPickup(group_id=group, name=name, rooms=rooms) for group, name, rooms in points if rooms is not None
    )
    return NetworkDescribed(**said | more)


@pytest.fixture
async def cold(hub):
    """A cycle with yoghurt, and a network in which Limoux keeps nothing cold."""
    await hub.hear(YOGHURT, network())
    await hub.open()
    return hub


async def why(hub, household="h1", **wanted):
    with pytest.raises(WrongLines) as refused:
        await hub.order(household, **wanted)
    return {product_id: line.wrong for product_id, line in refused.value.lines.items()}


async def test_a_hub_that_does_not_plan_refuses_nothing(hub):
    await hub.hear(YOGHURT)
    await hub.open()
    await hub.order("h1", yoghurt=1_000)


async def test_a_network_that_orders_are_not_held_to_refuses_nothing_and_wakes_no_cycle(hub):
    await hub.hear(YOGHURT)
    await hub.open()
    version = (await hub.cycle()).version
    await hub.hear(network(binding=False))
    assert (await hub.cycle()).version == version
    await hub.order("h1", yoghurt=1_000)


async def test_chilled_goods_are_not_ordered_to_a_place_that_keeps_nothing_cold(cold):
    assert await why(cold, yoghurt=1_000) == {"yoghurt": Wrong.NEVER_RECEIVED}
    assert await why(cold, potatoes=1_000, yoghurt=1_000) == {"yoghurt": Wrong.NEVER_RECEIVED}
    await cold.order("h1", potatoes=1_000)
    await cold.order("h4", yoghurt=1_000)
    with pytest.raises(WrongLines) as refused:
        await cold.order("h2", yoghurt=1_000)
    never = refused.value.lines["yoghurt"].never
    assert (never.never, never.site, never.limit) == (Never.NOT_KEPT, "Foyer de Limoux", 80)


async def test_a_group_whose_place_nobody_described_orders_everything(hub):
    await hub.hear(YOGHURT, network(limoux=None))
    await hub.open()
    await hub.order("h1", yoghurt=1_000)


async def test_a_box_that_holds_as_long_as_households_collect_is_enough(hub):
    """The cycle says for how long: 17:00 to 18:30."""

    def box(minutes):
        return (NetworkBox(coldest=0, warmest=40, holds=(NetworkHold(outside=250, minutes=minutes),)),)

    await hub.hear(YOGHURT, network(boxes=box(89)))
    await hub.open()
    assert await why(hub, yoghurt=1_000) == {"yoghurt": Wrong.NEVER_RECEIVED}
    await hub.hear(network(2, boxes=box(90)))
    await hub.order("h1", yoghurt=1_000)


async def test_it_is_told_at_the_product_and_what_was_typed_stays(cold, client_for):
    member = client_for(cold.app, MEMBER)
    page = await member.get("/ordering/shop/c48/h1")
    assert WHY in plain(page)
    assert 'name="q-yoghurt"' not in page.text
    assert 'name="q-potatoes"' in page.text
    sent = {"version": "0", "q-yoghurt": "3", "q-potatoes": "2", "do": "save"}
    answer = await member.submit("/ordering/shop/c48/h1", sent)
    assert answer.status_code == 409
    assert re.search(r'id="field-q-yoghurt-error">.*?ne peut pas être reçu', answer.text, re.DOTALL)
    assert 'name="q-yoghurt" value="3"' in answer.text
    assert 'name="q-potatoes" value="2"' in answer.text
    assert await cold.said(OrderPlaced) == []


async def test_the_other_group_reads_its_own_page(cold, client_for):
    """Trap: tags are printed once for all who look."""
    await client_for(cold.app, MEMBER).get("/ordering/shop/c48/h1")
    other = client_for(cold.app, Grant(Role.MEMBER, group_id="quillan", household_id="h4"))
    page = await other.get("/ordering/shop/c48/h4")
    assert 'name="q-yoghurt"' in page.text
    assert "ne peut pas être reçu" not in page.text
    page = await client_for(cold.app, MEMBER).get("/ordering/shop/c48/h1")
    assert 'name="q-yoghurt"' not in page.text


async def test_on_behalf_by_telephone_and_by_program_it_is_refused_too(cold, client_for):
    coordinator = client_for(cold.app, COORDINATOR)
    sent = {"version": "0", "q-yoghurt": "1", "do": "save", "despite": "on"}
    answer = await coordinator.submit("/ordering/cycles/c48/orders/h1", sent)
    assert (answer.status_code, WHY in plain(answer)) == (409, True)

    rows = {"version": "0", "what-1": "yoghurt", "quantity-1": "2", "what-2": "potatoes", "quantity-2": "1,5"}
    answer = await coordinator.submit("/ordering/cycles/c48/entry/h1", rows | {"do": "save"})
    assert answer.status_code == 409
    assert re.search(r'id="field-quantity-1-error">.*?ne peut pas être reçu', answer.text, re.DOTALL)
    assert 'name="quantity-2" value="1,5"' in answer.text

    coordinator.headers["x-csrf-token"] = coordinator.csrf
    body = {"household_id": "h1", "lines": [{"product_id": "yoghurt", "quantity_thousandths": 1_000}]}
    refused = await coordinator.post("/ordering/api/cycles/c48/orders", json=body)
    assert refused.status_code == 422
    assert WHY in refused.json()["errors"]["yoghurt"].replace("\xa0", " ").replace("\u202f", " ")
    body["household_id"] = "h4"
    assert (await coordinator.post("/ordering/api/cycles/c48/orders", json=body)).status_code == 200


async def test_the_order_form_on_paper_says_what_is_not_for_this_place(cold, client_for):
    coordinator = client_for(cold.app, COORDINATOR)
    limoux = plain(await coordinator.get("/ordering/cycles/c48/order-form/limoux"))
    assert WHY in limoux
    assert limoux.count("pas pour ce lieu") == 1
    quillan = plain(await coordinator.get("/ordering/cycles/c48/order-form/quillan"))
    assert "pas pour ce lieu" not in quillan


async def test_what_was_ordered_stays_and_the_coordinator_is_told(hub, client_for):
    await hub.hear(YOGHURT)
    await hub.open()
    await hub.order("h1", yoghurt=3_000, potatoes=1_000)
    await hub.order("h2", yoghurt=1_000)
    version = (await hub.cycle()).version
    await hub.hear(network())
    assert (await hub.cycle()).version == version + 1

    assert await why(hub, yoghurt=4_000, potatoes=1_000) == {"yoghurt": Wrong.NEVER_RECEIVED}
    with pytest.raises(WrongLines):
        await hub.place("h1", "c48", [Wanted("yoghurt", 3_000, terms=Terms(tolerance=1_000))], None)
    await hub.order("h1", yoghurt=3_000, potatoes=2_000)
    await hub.order("h1", yoghurt=2_000, potatoes=2_000)

    page = plain(await client_for(hub.app, COORDINATOR).get("/ordering/cycles/c48"))
    assert "Ne peut jamais y être reçu" in page
    assert f"Limoux {WHY}" in page
    assert "2 foyers l’ont déjà commandé" in page
    assert "Ne peut jamais" not in plain(await client_for(hub.app, REFERENT).get("/ordering/cycles/c48"))

    hub.clock.set(CLOSES)
    await hub.tick()
    (total,) = (await hub.cycle()).manifest.producers
    assert total.gross_cents == 2 * 245 + 3 * 200


async def test_a_fridge_that_comes_opens_the_order_again(cold):
    await cold.hear(network(2, limoux=COLD))
    await cold.order("h1", yoghurt=1_000)
    await cold.hear(network(3, binding=False))
    await cold.order("h2", yoghurt=1_000)


async def test_what_was_heard_late_or_twice_changes_nothing(cold):
    await cold.hear(network(5, limoux=COLD))
    version = (await cold.cycle()).version
    await cold.hear(network(4), network(5, limoux=COLD), network(2))
    assert (await cold.cycle()).version == version
    await cold.order("h1", yoghurt=1_000)
    await cold.hear(network(6, limoux=COLD))
    assert (await cold.cycle()).version == version, "the same network is no other offer"


async def test_an_order_that_was_put_off_or_is_repeated_leaves_it_out(hub, client_for):
    await hub.hear(YOGHURT)
    await hub.open("c47")
    await hub.order("h1", cycle_id="c47", yoghurt=2_000, potatoes=1_000)
    await hub.close("c47")
    await hub.hear(network())
    await hub.open("c48")
    member = client_for(hub.app, MEMBER)
    page = await member.submit("/ordering/shop/c48/h1", {"version": "0", "do": "again"})
    assert page.status_code == 200
    assert 'name="q-potatoes" value="1"' in page.text
    assert 'name="q-yoghurt"' not in page.text


@pytest.mark.postgres
@pytest.mark.parametrize("renewed", [True, False])
async def test_an_order_that_comes_while_the_network_changes_waits_and_is_refused(hub, monkeypatch, renewed):
    """Negative control: where open cycles get no other version, the sheet in memory lets it through."""
    if hub.database.is_sqlite:
        pytest.skip("one writer at a time")
    await hub.hear(YOGHURT)
    await hub.open()
    await hub.order("h2", potatoes=1_000)
    if not renewed:

        async def nothing(_writer, _which):
            pass

        monkeypatch.setattr(covering, "_renew", nothing)
    async with hub.database.write() as writer:
        await covering.hear_network(writer, network())
        order = asyncio.create_task(hub.order("h1", yoghurt=1_000))
        await until_it_waits(hub.database, order)
    if renewed:
        with pytest.raises(WrongLines):
            await order
    else:
        await order


async def test_an_order_costs_no_statement_more(hub):
    """What is offered is read once for each version of a cycle; orders behind it cost what they cost before."""
    await hub.hear(YOGHURT)
    await hub.open()
    await hub.order("h1", potatoes=1_000)
    before = await _statements(hub, hub.order("h2", potatoes=1_000))
    await hub.hear(network())
    first = await _statements(hub, hub.order("h3", potatoes=1_000))
    await hub.order("h1", potatoes=2_000)
    assert sum("FROM network" in each for each in first) == 1
    await hub.order("h2")
    after = await _statements(hub, hub.order("h2", potatoes=1_000))
    assert (len(after), sum("FROM network" in each for each in after)) == (len(before), 0)


async def _statements(hub, work):
    """What is run against the database meanwhile."""
    found = []
    engines = [hub.database.engine.sync_engine]
    if hub.database.is_sqlite:
        engines.append(hub.database._plainly._engine)

    def seen(_connection, _cursor, statement, *_rest):
        found.append(statement)

    for engine in engines:
        sqlalchemy_event.listen(engine, "before_cursor_execute", seen)
    await work
    for engine in engines:
        sqlalchemy_event.remove(engine, "before_cursor_execute", seen)
    return found
