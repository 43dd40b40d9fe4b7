"""The coordinator changes a plan: each wish makes a draft of its own, in which only what must move moves."""

import html

import pytest
from draft_desk import drafted, planned_page, read
from schedule_desk import week

from chassis.identity import Grant
from coldchain import check
from contracts import Role
from logistics.solver import changes
from logistics.solver.changes import rides_of

DRAFT = "/logistics/drafts/draft-a"


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


async def change(app, desk, what, url=DRAFT, identity="draft-b", **form):
    """The draft that a change makes."""
    said = await desk.submit(f"{url}/{what}", {"id": identity} | form)
    assert said.status_code == 303, said.text
    page = await planned_page(desk, said.headers["location"])
    return await read(app, identity), page


def carrier_of(plan, consignment_id):
    """Of its last way."""
    return rides_of(plan)[consignment_id][-1].carrier_id


async def test_goods_that_are_pinned_go_with_that_carrier_and_nothing_else_moves(app, desk):
    one = await drafted(app)
    goods = next(each.id for each in one.day.consignments if carrier_of(one.plan, each.id) == "marcel")
    new, page = await change(app, desk, "pin", goods=goods, carrier="lola")
    assert carrier_of(new.plan, goods) == "lola"
    assert check(new.day, new.plan) == ()
    assert {each.consignment_id for each in changes(one.plan, new.plan)} == {goods}
    assert "Confié à Lola" in page
    assert "par ce changement" in page
    assert "Annuler : revenir au brouillon 1" in page.replace("\u00a0", " ")
    back, page = await change(app, desk, "pin", "/logistics/drafts/draft-b", "draft-c", goods=goods)
    assert back.day.pins == ()
    assert back.after_id == "draft-b"
    assert (await read(app, "draft-a")).plan == one.plan


async def test_a_pin_still_holds_when_the_day_is_planned_again(app, desk):
    one = await drafted(app)
    goods = next(each.id for each in one.day.consignments if carrier_of(one.plan, each.id) == "marcel")
    await change(app, desk, "pin", goods=goods, carrier="lola")
    asked = {"id": "draft-c", "after": "draft-b", "outside": "26", "seconds": "1", "seed": "1"}
    said = await desk.submit("/logistics/days/2026-11-27/drafts", asked)
    await planned_page(desk, said.headers["location"])
    new = await read(app, "draft-c")
    assert new.day.outside == 260
    assert carrier_of(new.plan, goods) == "lola"


async def test_a_carrier_falls_out_and_comes_back(app, desk):
    one = await drafted(app)
    new, page = await change(app, desk, "without", thing="carrier:marcel")
    assert all(each.carrier_id != "marcel" for each in new.plan.rounds)
    assert {each.id for each in new.day.carriers} == {"odette", "lola"}
    assert "Sans le transporteur Marcel" in page
    moved = {each.consignment_id for each in changes(one.plan, new.plan)}
    assert moved
    assert {each.consignment_id for each in new.plan.left_behind} <= moved
    if new.plan.left_behind:
        assert "Laissés sur place" in page
        assert "On ne peut pas le publier" in page
    assert 'value="carrier:marcel"' in page
    back, _page = await change(
        app, desk, "without", "/logistics/drafts/draft-b", "draft-c", thing="carrier:marcel", back="1"
    )
    assert back.day == one.day
    assert check(back.day, back.plan) == ()


async def test_a_vehicle_falls_out_and_with_it_whoever_has_no_other(app, desk):
    await drafted(app)
    new, page = await change(app, desk, "without", thing="vehicle:freezer")
    assert {each.id for each in new.day.carriers} == {"marcel", "lola"}
    assert "Sans le véhicule Congélateur" in page


async def test_a_place_falls_out_and_its_goods_with_it(app, desk):
    one = await drafted(app)
    gone = {each.id for each in one.day.consignments if each.to_site == "pickup-sigean"}
    assert gone
    new, page = await change(app, desk, "without", thing="site:pickup-sigean")
    assert {each.id for each in one.day.consignments} - {each.id for each in new.day.consignments} == gone
    assert check(new.day, new.plan) == ()
    assert "ses produits ne sont pas transportés" in page
    assert {each.consignment_id for each in changes(one.plan, new.plan)} == gone


async def test_a_locked_round_stays_to_the_minute_whatever_else_changes(app, desk):
    one = await drafted(app)
    mine = [each for each in one.plan.rounds if each.carrier_id == "odette"]
    assert mine
    locked, page = await change(app, desk, "lock", carrier="odette")
    assert locked.plan == one.plan
    assert "Reste telle quelle" in page
    goods = next(each.id for each in one.day.consignments if carrier_of(one.plan, each.id) == "marcel")
    asked = {"goods": goods, "carrier": "lola"}
    new, _page = await change(app, desk, "pin", "/logistics/drafts/draft-b", "draft-c", **asked)
    assert [each for each in new.plan.rounds if each.carrier_id == "odette"] == mine
    assert carrier_of(new.plan, goods) == "lola"
    free, page = await change(app, desk, "lock", "/logistics/drafts/draft-c", "draft-d", carrier="odette", back="1")
    assert free.wishes.locked == ()
    assert "Reste telle quelle" not in page


@pytest.mark.parametrize(
    ("what", "form", "field"),
    [
        ("pin", {"goods": "nothing", "carrier": "lola"}, "goods"),
        ("pin", {"goods": "", "carrier": "lola"}, "goods"),
        ("pin", {"goods": "pic/pickup-limoux/1", "carrier": "paul"}, "carrier"),
        ("without", {"thing": "carrier:paul"}, "thing"),
        ("without", {"thing": ""}, "thing"),
        ("without", {"thing": "carrier:marcel", "back": "1"}, "thing"),
        ("lock", {"carrier": "paul"}, "carrier"),
    ],
)
async def test_what_cannot_be_chosen_is_said_at_its_field_and_makes_no_draft(app, desk, what, form, field):
    await drafted(app)
    answer = await desk.submit(f"{DRAFT}/{what}", {"id": "draft-b"} | form)
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    assert f'href="#field-{field}"' in page
    assert "Choisissez dans la liste" in page
    assert (await desk.get("/logistics/drafts/draft-b")).status_code == 404
    assert (await desk.submit(f"/logistics/drafts/none/{what}", {"id": "draft-b"} | form)).status_code == 404
