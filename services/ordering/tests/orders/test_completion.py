"""The completion phase: for some hours after the closing, what completes a begun case and nothing else."""

import asyncio
import re
from datetime import timedelta

import pytest

from chassis.identity import Grant
from contracts import Role, ordering
from ordering.cycle import AlreadyClosed
from ordering.order import TooLate
from ordering.planning import change_cycle
from ordering.wanted import Terms, Wanted, Wrong, WrongLines

from .conftest import CLOSES, COORDINATOR, PARIS, product

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")


@pytest.fixture
async def completing(hub):
    """A case of 12 of which 9 are asked; three hours to fill it."""
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    await hub.open(completion_hours=3)
    await hub.order("h1", jam=7_000, tomme=1_000)
    await hub.order("h2", jam=2_000)
    hub.clock.set(CLOSES)
    await hub.tick()
    return await hub.cycle()


async def refused(hub, household_id, **quantities):
    with pytest.raises(WrongLines) as wrong:
        await hub.order(household_id, **quantities)
    return {product_id: line.wrong for product_id, line in wrong.value.lines.items()}


async def test_who_completes_the_case_is_let_in_and_nobody_else(hub, completing):
    assert (completing.state, completing.complete_until) == ("completing", CLOSES + timedelta(hours=3))
    nothing_else = Wrong.NOT_COMPLETING
    assert await refused(hub, "h1", jam=7_000, tomme=2_000) == {"tomme": nothing_else}
    assert await refused(hub, "h1", jam=6_000, tomme=1_000) == {"jam": nothing_else}
    assert await refused(hub, "h1", jam=7_000) == {"tomme": nothing_else}
    assert await refused(hub, "h1") == {"jam": nothing_else, "tomme": nothing_else}
    assert await refused(hub, "h4", eggs=1_000) == {"eggs": nothing_else}
    assert await refused(hub, "h4", jam=4_000) == {"jam": nothing_else}, "it opens another case"
    assert (await hub.order("h1", jam=8_000, tomme=1_000)).version == 2
    assert (await hub.order("h4", jam=2_000)).version == 1
    assert await refused(hub, "h2", jam=3_000) == {"jam": nothing_else}, "the case is full"
    hub.clock.set(completing.complete_until)
    with pytest.raises(TooLate):
        await hub.order("h2", jam=3_000)
    await hub.tick()
    assert (await hub.cycle()).state == "closed"
    assert await hub.said(ordering.OrderAllocated) == []


async def test_what_is_accepted_beyond_completes_it_too(hub, completing):
    await hub.place("h2", "c48", [Wanted("jam", 2_000, terms=Terms(tolerance=3_000))])
    hub.clock.set(completing.complete_until)
    await hub.tick()
    assert (await hub.cycle()).state == "closed"
    (allocated,) = await hub.said(ordering.OrderAllocated)
    assert allocated.lines[0].quantity_thousandths == 5_000


async def test_what_is_not_completed_is_decided(hub, completing):
    hub.clock.set(completing.complete_until)
    await hub.tick()
    deciding = await hub.cycle()
    assert (deciding.state, deciding.closed_at) == ("deciding", completing.complete_until)


async def test_two_who_fill_the_same_case_at_once_do_not_overfill_it(hub, completing):
    outcomes = await asyncio.gather(hub.order("h3", jam=3_000), hub.order("h4", jam=3_000), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Order", "WrongLines"]


async def test_a_cycle_in_which_no_case_is_open_closes_at_once(hub):
    await hub.open(completion_hours=3)
    await hub.order("h1", tomme=1_000)
    assert (await hub.close()).state == "closed"


async def test_its_plan_changes_no_more(hub, completing):
    with pytest.raises(AlreadyClosed):
        async with hub.database.write() as writer:
            await change_cycle(writer, "c48", hub.plan(), PARIS)


async def test_the_pages_say_what_is_still_possible(hub, completing, client_for):
    member, coordinator = client_for(hub.app, MEMBER), client_for(hub.app, COORDINATOR)
    shop = await member.get("/ordering/shop/c48/h1")
    assert "vous pouvez encore ajouter ce qui complète une caisse entamée" in shop.text
    assert "crates/stream" in shop.text
    typed = {"version": "1", "do": "save", "q-jam": "7", "q-tomme": "3"}
    wrong = await member.submit("/ordering/shop/c48/h1", typed)
    assert wrong.status_code == 409
    assert 'id="field-q-tomme-error"' in wrong.text
    saved = await member.submit("/ordering/shop/c48/h1", typed | {"q-jam": "10", "q-tomme": "1"})
    assert saved.status_code == 303
    for page in ("/ordering/cycles", "/ordering/cycles/c48", "/ordering/home"):
        assert (await coordinator.get(page)).status_code == 200
    assert "À compléter" in (await coordinator.get("/ordering/cycles/c48")).text
    await coordinator.submit("/ordering/cycles/c48/close", {})
    assert (await hub.cycle()).state == "closed"


async def test_the_hours_are_set_with_the_cycle(hub, client_for):
    await hub.open(completion_hours=3)
    coordinator = client_for(hub.app, COORDINATOR)
    page = (await coordinator.get("/ordering/cycles/c48/edit")).text
    assert re.search(r'name="completion_hours"[^>]* value="3"', page)
