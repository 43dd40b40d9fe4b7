"""The pages of shop, orders, cycles and home, as members and coordinators meet them."""

import asyncio
import re
import threading
from datetime import timedelta
from urllib.parse import quote

import pytest

from chassis.identity import Grant
from contracts import Role, ordering
from contracts.ordering import manifest_digest
from ordering import late_order, manifest
from ordering.planning import plan_cycle
from ordering.role import give

from .conftest import CLOSES, COORDINATOR, PARIS, product

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
REFERENT = Grant(Role.REFERENT, group_id="limoux")
SHOP = "/ordering/shop/c48/h1"


@pytest.fixture
def member(hub, client_for):
    return client_for(hub.app, MEMBER)


@pytest.fixture
def coordinator(hub, client_for):
    return client_for(hub.app, COORDINATOR, name="Marie", person_id="person-9")


def field(page, name):
    """What a field of the page holds."""
    found = re.search(rf'name="{re.escape(name)}"[^>]*value="([^"]*)"', page.text)
    return found[1] if found else None


async def shop(browser, url=SHOP, **quantities):
    """Send the shop's form: `shop(member, tomme="2", version="1", do="show")`."""
    fields = {(name if name in FIELDS else f"q-{name}"): value for name, value in quantities.items()}
    return await browser.submit(url, {"version": "0", "do": "save", **fields})


FIELDS = {"version", "do", "search", "producer", "label", "without", "chosen"}


# The shop


async def test_the_shop_leads_straight_to_the_only_basket(hub, member):
    await hub.open()
    assert (await member.get("/ordering/shop")).headers["location"] == SHOP


async def test_the_shop_says_what_comes_when_nothing_is_open(hub, member):
    await hub.open(opens_at=hub.clock.now() + timedelta(days=1))
    page = await member.get("/ordering/shop")
    assert "Semaine 48" in page.text
    assert "vendredi 20 novembre 2026" in page.text


async def test_the_shop_shows_price_content_allergens_and_what_is_left(hub, member):
    await hub.open()
    page = (await member.get(SHOP)).text
    for expected in ("Tomme", "22", "2,20", "caisse 10 kg", "Lait", "Reste 10", "dimanche 22 novembre 2026"):
        assert expected in page, expected
    assert "Cherries" not in page, "out of season"


async def test_a_member_saves_an_order_and_reads_what_to_pay_and_where_to_collect(hub, member):
    await hub.open()
    answer = await shop(member, tomme="2", potatoes="1,5", oranges="1")
    assert answer.status_code == 303
    page = (await member.get(answer.headers["location"])).text
    for expected in ("Votre commande est enregistrée", "32,68", "vendredi 27 novembre 2026", "Salle des fêtes"):
        assert expected in page, expected
    (said,) = await hub.said(ordering.OrderPlaced)
    assert (said.gross_cents, said.placed_by) == (3268, "person-1")
    assert field(await member.get(SHOP), "q-potatoes") == "1,5"


@pytest.mark.parametrize("typed", ["abc", "-1", "1e9", "1000000000", "1,5", "1.234,5", "2 kg", "½"])
async def test_what_is_no_number_of_pieces_is_refused_beside_its_field_and_kept(hub, member, typed):
    await hub.open()
    page = await shop(member, tomme=typed, potatoes="1,5")
    assert page.status_code == 422
    assert field(page, "q-tomme") == typed
    assert 'id="field-q-tomme-error"' in page.text
    assert field(page, "q-potatoes") == "1,5"
    assert await hub.said(ordering.OrderPlaced) == []


@pytest.mark.parametrize(("typed", "thousandths"), [("1,5", 1500), ("1.5 kg", 1500), ("0,735", 735), ("1 000", None)])
async def test_kilos_take_a_decimal_comma(hub, member, typed, thousandths):
    await hub.open()
    answer = await shop(member, potatoes=typed)
    assert answer.status_code == 303
    (said,) = await hub.said(ordering.OrderPlaced)
    assert said.lines[0].quantity_thousandths == (thousandths or 1_000_000)


async def test_zero_leaves_a_product_out_and_nothing_at_all_is_said(hub, member):
    await hub.open()
    assert (await shop(member, tomme="0")).status_code == 422
    await shop(member, tomme="1", potatoes="0")
    answer = await shop(member, tomme="0", version="1")
    assert answer.status_code == 303
    assert [type(e).__name__ for e in await hub.said(ordering.Order)] == ["OrderPlaced", "OrderWithdrawn"]
    page = await member.get(answer.headers["location"])
    assert "annulée" in page.text


async def test_an_offer_of_another_cycle_in_the_form_is_refused(hub, member):
    await hub.open()
    await hub.hear(product("honey", price_cents=900))
    page = await shop(member, tomme="1", honey="1")
    assert page.status_code == 422
    assert "pas proposé dans ce cycle" in page.text.replace("’", "'")


async def test_a_filter_hides_products_and_forgets_nothing(hub, member):
    await hub.open()
    page = await shop(member, do="show", search="ORANGE", tomme="2", potatoes="x")
    assert page.status_code == 200
    shown = re.findall(r'<li class="offer[^"]*"( hidden)? data-search="(\w+)', page.text)
    assert {name: not hidden for hidden, name in shown} == {
        "oranges": True, "tomme": False, "potatoes": True, "eggs": False,
    }, "what is wrong stays in sight"  # fmt: skip
    assert (field(page, "q-tomme"), field(page, "q-potatoes")) == ("2", "x")
    assert await hub.said(ordering.Order) == []


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"producer": "bioespuna"}, {"oranges"}),
        ({"label": "EU_ORGANIC"}, {"tomme"}),
        ({"without": "milk"}, {"oranges", "potatoes", "eggs"}),
        ({"chosen": "on", "eggs": "1"}, {"eggs"}),
        ({"search": "rien de tel"}, set()),
    ],
)
async def test_filters(hub, member, filters, left):
    await hub.open()
    page = await shop(member, do="show", **filters)
    assert set(re.findall(r'<li class="offer[^"]*" data-search="(\w+)', page.text)) == left


async def test_the_second_browser_sees_both_baskets_and_can_save_again(hub, member):
    await hub.open()
    await shop(member, tomme="2")
    await shop(member, tomme="3", version="1")
    page = await shop(member, eggs="4", version="1")
    assert page.status_code == 409
    assert (field(page, "q-eggs"), field(page, "version")) == ("4", "2"), "what was typed stays"
    assert "3 pièces" in page.text.replace("\xa0", " ")
    assert (await shop(member, eggs="4", version="2")).status_code == 303
    assert (await hub.said(ordering.OrderPlaced))[-1].version == 3


async def test_a_basket_typed_before_the_session_ended_is_there_after_signing_in(hub, client_for):
    await hub.open()
    browser = client_for(hub.app)
    browser.headers["referer"] = f"http://hub.test{SHOP}"
    # The token is gone and so is the session: the form goes round, and ends at the sign-in page.
    round_by = await shop(browser, tomme="2", potatoes="1,5", eggs="", version="0")
    assert round_by.status_code == 307
    signed_out = await shop(browser, round_by.headers["location"], tomme="2", potatoes="1,5", eggs="", version="0")
    assert signed_out.headers["location"] == f"/ordering/sign-in?next={quote(SHOP, safe='')}"
    assert f"Path={SHOP};" in signed_out.headers["set-cookie"].replace("path=", "Path=")

    member = client_for(hub.app, MEMBER)
    member.cookies.set("cabas_basket", browser.cookies["cabas_basket"], "hub.test", SHOP)
    page = await member.get(SHOP)
    assert "Pas encore enregistré" in page.text
    assert (field(page, "q-tomme"), field(page, "q-potatoes")) == ("2", "1,5")
    assert not await hub.said(ordering.OrderPlaced)
    assert "cabas_basket" not in member.cookies, "shown once: now it is in the page"
    assert (await shop(member, tomme="2", potatoes="1,5")).status_code == 303


async def test_a_kept_basket_of_a_cycle_that_closed_meanwhile_is_read_out(hub, client_for, member):
    await hub.open()
    browser = client_for(hub.app)
    browser.headers["referer"] = f"http://hub.test{SHOP}"
    await shop(browser, f"/ordering/session?next={SHOP}", tomme="2")
    await hub.close()
    member.cookies.set("cabas_basket", browser.cookies["cabas_basket"], "hub.test", SHOP)
    page = await member.get(SHOP)
    assert page.status_code == 409
    assert "Ce que vous vouliez commander" in page.text


@pytest.mark.parametrize("kept", ["", "x", "eNqrVkpUslJQMlSqBQAPNgLE", "eNqLNlSIBQAC7QE6", "%00", "A" * 4000])
async def test_a_kept_basket_that_cannot_be_read_is_no_basket(hub, member, kept):
    await hub.open()
    member.cookies.set("cabas_basket", kept, "hub.test", SHOP)
    page = await member.get(SHOP)
    assert page.status_code == 200
    assert "Pas encore enregistré" not in page.text


@pytest.mark.parametrize(
    ("referer", "kind"),
    [
        ("http://elsewhere.test" + SHOP, "application/x-www-form-urlencoded"),
        ("http://hub.test/ordering/me", "application/x-www-form-urlencoded"),
        ("http://hub.test" + SHOP, "application/json"),
    ],
)
async def test_only_a_basket_from_its_own_page_is_kept(hub, client_for, referer, kind):
    browser = client_for(hub.app)
    headers = {"referer": referer, "content-type": kind}
    answer = await browser.post(f"/ordering/session?next={SHOP}", content="q-tomme=2", headers=headers)
    assert answer.status_code == 303
    assert "cabas_basket" not in str(answer.headers)


async def test_a_basket_of_an_earlier_session_is_shown_again_and_not_saved(hub, member):
    await hub.open()
    stale = {"version": "0", "do": "save", "q-tomme": "2", "csrf_token": "of the session before"}
    page = await member.post(SHOP, data=stale)
    assert (page.status_code, field(page, "q-tomme")) == (403, "2")
    assert "Pas encore enregistré" in page.text
    assert field(page, "csrf_token") == member.csrf
    assert not await hub.said(ordering.OrderPlaced)
    forged = await member.post(SHOP, data=stale, headers={"sec-fetch-site": "cross-site"})
    assert (forged.status_code, field(forged, "q-tomme")) == (403, None)


async def test_a_basket_of_a_group_that_is_not_in_the_cycle_cannot_be_begun(hub, coordinator):
    await hub.open(group_ids=("limoux",))
    page = await coordinator.get("/ordering/cycles/c48/orders/h4")
    assert "Le groupe Quillan ne participe pas à ce cycle" in page.text
    assert 'name="q-tomme"' not in page.text


async def test_a_basket_of_a_draft_cannot_be_begun(hub, coordinator):
    async with hub.database.write() as writer:
        await plan_cycle(writer, "c48", hub.plan(), PARIS, draft=True)
    page = await coordinator.get("/ordering/cycles/c48/orders/h1")
    assert "Ce cycle est en préparation" in page.text


async def test_a_double_click_is_one_order(hub, member):
    await hub.open()
    first, second = await shop(member, tomme="2"), await shop(member, tomme="2")
    assert first.headers["location"] == second.headers["location"]
    assert len(await hub.said(ordering.OrderPlaced)) == 1


async def test_what_ran_out_meanwhile_is_said_beside_the_field(hub, member):
    await hub.open()
    await hub.order("h2", eggs=8000)
    page = await shop(member, eggs="3", tomme="1")
    assert page.status_code == 409
    assert "Il ne vous en reste que 2" in page.text
    assert field(page, "q-tomme") == "1"


async def test_a_late_order_is_refused_with_the_hour_whom_to_call_and_a_note_for_the_coordinator(
    hub, member, coordinator
):
    await hub.open()
    async with hub.database.write() as writer:
        await give(writer, "person-3", Role.COORDINATOR, given_by="person-3")
    hub.clock.set(CLOSES + timedelta(minutes=3))
    page = await shop(member, tomme="2")
    assert page.status_code == 409
    for expected in ("dimanche 22 novembre 2026 à 20", "Personne 3", "p3@example.org", "Tomme"):
        assert expected in page.text, expected
    async with hub.database.read() as reader:
        (late,) = await late_order.of_cycle(reader, "c48")
    assert (late.household_name, late.gross_cents) == ("Foyer 1", 700)
    assert "Foyer 1" in (await coordinator.get("/ordering/cycles/c48")).text
    await hub.tick()
    assert "Trop tard" in (await member.get(SHOP)).text


async def test_whoever_still_fills_a_basket_after_the_closing_is_told_at_once(hub, member):
    await hub.open()
    hub.clock.set(CLOSES + timedelta(minutes=3))
    for fields in ({"tomme": "two"}, {"tomme": "2", "do": "show"}):
        page = await shop(member, **fields)
        assert page.status_code == 409
        assert "Trop tard" in page.text
        assert "Enregistrer" not in page.text
        assert "retardataires" not in page.text, "nothing was kept for the coordinator, so nothing says so"
    async with hub.database.read() as reader:
        assert await late_order.of_cycle(reader, "c48") == []


async def test_a_shop_of_two_thousand_products_can_be_saved(hub, member):
    await hub.open()
    fields = {f"p{n}": "" for n in range(2000)} | {"tomme": "2"}
    assert (await shop(member, **fields)).status_code == 303


# Whose basket


@pytest.mark.parametrize(
    ("grants", "url", "status"),
    [
        ((MEMBER,), SHOP, 200),
        ((MEMBER,), "/ordering/shop/c48/h2", 404),
        ((MEMBER,), "/ordering/shop/c48/h4", 404),
        ((MEMBER,), "/ordering/cycles/c48/orders/h2", 404),
        ((MEMBER,), "/ordering/shop/nothing/h1", 404),
        ((REFERENT,), "/ordering/cycles/c48/orders/h2", 200),
        ((REFERENT,), "/ordering/cycles/c48/orders/h4", 404),
        ((COORDINATOR,), "/ordering/cycles/c48/orders/h4", 200),
        ((COORDINATOR,), "/ordering/cycles/c48/orders/nobody", 404),
        ((COORDINATOR,), SHOP, 403),
        ((Grant(Role.PRODUCER, producer_id="bousole"),), "/ordering/cycles/c48/orders/h1", 403),
    ],
)
async def test_a_basket_is_open_to_its_household_and_to_those_who_look_after_it(hub, client_for, grants, url, status):
    await hub.open()
    browser = client_for(hub.app, *grants)
    assert (await browser.get(url)).status_code == status
    sent = await shop(browser, url, tomme="1")
    assert sent.status_code == (303 if status == 200 else status)


@pytest.mark.parametrize(
    ("grants", "status"),
    [
        ((MEMBER,), 200),
        ((Grant(Role.MEMBER, group_id="limoux", household_id="h2"),), 404),
        ((REFERENT,), 200),
        ((Grant(Role.REFERENT, group_id="quillan"),), 404),
        ((COORDINATOR,), 200),
        ((Grant(Role.DRIVER),), 403),
    ],
)
async def test_an_order_is_read_by_its_household_and_those_who_look_after_it(hub, client_for, grants, status):
    await hub.open()
    order = await hub.order(tomme=1000)
    assert (await client_for(hub.app, *grants).get(f"/ordering/orders/{order.id}")).status_code == status


async def test_an_order_taken_by_telephone_says_who_entered_it(hub, coordinator, member):
    await hub.open()
    answer = await shop(coordinator, "/ordering/cycles/c48/orders/h1", tomme="1")
    page = (await member.get(answer.headers["location"])).text
    assert "Marie" in page
    assert "Saisie pour le foyer" in page


ROUTES = (
    ("/ordering/cycles", "get"),
    ("/ordering/cycles/new", "get"),
    ("/ordering/cycles/new", "post"),
    ("/ordering/cycles/c48", "get"),
    ("/ordering/cycles/c48/live", "get"),
    ("/ordering/cycles/c48/edit", "get"),
    ("/ordering/cycles/c48/close", "get"),
    ("/ordering/cycles/c48/clone", "post"),
    ("/ordering/cycles/c48/drop", "post"),
    ("/ordering/api/cycles", "get"),
    ("/ordering/api/cycles/c48/totals", "get"),
    ("/ordering/api/cycles/c48/close", "post"),
)
FOR_REFERENTS = {"/ordering/cycles", "/ordering/cycles/c48", "/ordering/cycles/c48/live"}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PRODUCER, Role.DRIVER, Role.REFERENT])
async def test_only_those_who_run_cycles_reach_their_pages(hub, client_for, role):
    await hub.open()
    grant = {Role.MEMBER: MEMBER, Role.REFERENT: REFERENT}.get(role, Grant(role, producer_id="bousole"))
    browser = client_for(hub.app, grant)
    for url, method in ROUTES:
        answer = await (browser.get(url) if method == "get" else browser.submit(url))
        expected = 200 if role is Role.REFERENT and url in FOR_REFERENTS else 403
        assert answer.status_code == expected, (url, method)
    assert (await hub.cycle()).state == "open"


async def test_a_referent_sees_only_the_households_of_the_group(hub, client_for):
    await hub.open()
    await hub.order("h4", tomme=1000)
    page = (await client_for(hub.app, REFERENT).get("/ordering/cycles/c48")).text
    assert "Foyer 2" in page
    assert "Foyer 4" not in page
    assert "La Ferme de Bousole" not in page, "totals of producers are over all groups"
    other = client_for(hub.app, Grant(Role.REFERENT, group_id="quillan"))
    await hub.open("c49", group_ids=("limoux",))
    assert (await other.get("/ordering/cycles/c49")).status_code == 404


# Running cycles

PLAN = {
    "id": "0192f3a4-7c10-7030-8a5b-3f1e9c2d0099",
    "name": "Semaine 48",
    "opens_at": "2026-11-19T09:00",
    "closes_at": "2026-11-22T20:00",
    "delivers_on": "2026-11-27",
    "groups": ["limoux", "quillan"],
    "offers": "season",
    "do": "plan",
}


async def test_a_coordinator_plans_opens_changes_and_closes_a_cycle(hub, coordinator, member):
    for url in ("/ordering/cycles", "/ordering/cycles/new"):
        assert (await coordinator.get(url)).status_code == 200
    made = await coordinator.submit("/ordering/cycles/new", PLAN | {"available-tomme": "3", "available-eggs": "10"})
    assert made.status_code == 303
    url = made.headers["location"]
    assert "Ouvert" in (await coordinator.get(url)).text
    (opened,) = await hub.said(ordering.CycleOpened)
    assert {o.product_id: o.available_thousandths for o in opened.offers}["tomme"] == 3000
    assert opened.closes_at == CLOSES
    edit = await coordinator.get(f"{url}/edit")
    changed = PLAN | {
        "version": field(edit, "version"),
        "closes_at": "2026-11-22T21:00",
        "pickup_on-limoux": "2026-11-28",
        "pickup_on-quillan": field(edit, "pickup_on-quillan"),
    }
    assert (await coordinator.submit(f"{url}/edit", changed)).status_code == 303
    (said,) = await hub.said(ordering.CycleChanged)
    assert {p.group_id: p.starts_at.day for p in said.pickups} == {"limoux": 28, "quillan": 28}
    stale = await coordinator.submit(f"{url}/edit", changed | {"name": "Noël"})
    assert stale.status_code == 409
    assert field(stale, "name") == "Noël"
    cycle_id = url.rpartition("/")[2]
    await shop(member, f"/ordering/shop/{cycle_id}/h1", tomme="2")
    assert "1 commande, " in (await coordinator.get(f"{url}/close")).text
    assert (await coordinator.submit(f"{url}/close")).status_code == 303
    assert (await coordinator.submit(f"{url}/close")).status_code == 303, "a second click is no mistake"
    (closed,) = await hub.said(ordering.CycleClosed)
    assert closed.manifest.gross_cents == 700
    assert (await coordinator.get(f"{url}/edit")).status_code == 409
    copy = await coordinator.submit(f"{url}/clone")
    assert "copie" in (await coordinator.get(copy.headers["location"])).text


async def test_pages_are_answered_while_the_orders_of_a_closing_are_reckoned(hub, member, monkeypatch):
    await hub.open()
    await hub.order(tomme=1000)
    begun, answered = threading.Event(), threading.Event()

    def patient(orders):
        begun.set()
        assert answered.wait(30), "no page was answered meanwhile"
        return manifest_digest(orders)

    monkeypatch.setattr(manifest, "manifest_digest", patient)
    closing = asyncio.create_task(hub.close())
    while not begun.is_set():
        await asyncio.sleep(0.01)
    assert (await member.get(SHOP)).status_code == 200
    answered.set()
    await closing


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"closes_at": "2026-11-19T08:00"}, "field-closes_at-error"),
        ({"delivers_on": "2026-11-20"}, "field-delivers_on-error"),
        ({"groups": []}, "Cochez au moins un groupe"),
        ({"offers": "products"}, "Rien ne serait proposé"),
        ({"name": ""}, "field-name-error"),
        ({"closes_at": "demain"}, "field-closes_at-error"),
        ({"available-tomme": "1,5"}, "field-available-tomme"),
        ({"available-tomme": "1,5"}, "Tomme\u00a0:"),
        ({"pickup_on-limoux": "2026-11-26"}, "viendrait chercher"),
    ],
)
async def test_a_plan_that_cannot_be_is_shown_again_with_what_to_mend(hub, coordinator, changes, where):
    page = await coordinator.submit("/ordering/cycles/new", {**PLAN, **changes})
    assert page.status_code == 422
    assert where in page.text
    assert await hub.said(ordering.Cycle) == []


async def test_a_draft_can_be_kept_opened_later_and_removed(hub, coordinator):
    kept = await coordinator.submit("/ordering/cycles/new", PLAN | {"do": "draft"})
    url = kept.headers["location"]
    assert "Brouillon" in (await coordinator.get(url)).text
    assert (await coordinator.submit(f"{url}/drop")).status_code == 303
    assert (await coordinator.get(url)).status_code == 404


# Home


async def test_home_by_role(hub, client_for, member, coordinator):
    nobody = await client_for(hub.app).get("/ordering/home")
    assert "/ordering/sign-in" in nobody.text
    fresh = (await coordinator.get("/ordering/home")).text
    assert "Pour commencer" in fresh
    await hub.open()
    assert "Vous pouvez commander" in (await member.get("/ordering/home")).text
    await hub.order(tomme=2000)
    page = (await member.get("/ordering/home")).text
    assert "Prochain retrait" in page
    assert "/billing/fragments/home" in page
    running = (await coordinator.get("/ordering/home")).text
    assert "Semaine 48" in running
    assert "1 produit n’a pas de prix" in running
    producer = (await client_for(hub.app, Grant(Role.PRODUCER, producer_id="bousole")).get("/ordering/home")).text
    assert "/logistics/fragments/home" in producer
    hub.clock.set(CLOSES)
    await hub.tick()
    assert "Aucun cycle n’est ouvert" in (await coordinator.get("/ordering/home")).text


async def test_my_orders_shows_what_is_to_come_and_what_is_past(hub, member):
    assert "Pas encore de commande" in (await member.get("/ordering/orders")).text
    await hub.open()
    assert "pas encore commandé" in (await member.get("/ordering/orders")).text
    await hub.order(tomme=2000)
    assert "7,00" in (await member.get("/ordering/orders")).text
    hub.clock.set(CLOSES + timedelta(days=30))
    assert "Commandes passées" in (await member.get("/ordering/orders")).text


async def test_every_page_speaks_english_too(hub, client_for):
    await hub.open()
    browser = client_for(hub.app, MEMBER, COORDINATOR, language="en")
    for url in ("/ordering/home", SHOP, "/ordering/cycles/c48", "/ordering/cycles/new"):
        page = await browser.get(url)
        assert page.status_code == 200
        assert '<html lang="en">' in page.text
