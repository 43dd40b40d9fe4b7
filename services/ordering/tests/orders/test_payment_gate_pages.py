"""What members and coordinators meet where a group asks to be paid first. On both databases."""

import re

import pytest

from chassis.identity import Grant
from contracts import Role, ordering
from ordering import person, role
from ordering.order import Slip
from ordering.wanted import Wanted

from .conftest import COORDINATOR, JOSETTE
from .test_api import line, order
from .test_entry import REFERENT, rows
from .test_entry import said as plain
from .test_pages import MEMBER, SHOP, field, shop
from .test_payment_gate import ask, balance

GROUP, HOUSEHOLD = "/ordering/groups/limoux/payment", "/ordering/households/h1/payment"
BEHALF = "/ordering/cycles/c48/orders/h1"
OWING = {"left": 2340, "cycles": [("c46", "2026-11-12", 2340)]}


@pytest.fixture
def member(hub, client_for):
    return client_for(hub.app, MEMBER)


@pytest.fixture
def coordinator(hub, client_for):
    return client_for(hub.app, COORDINATOR, name="Marie", person_id="person-9")


@pytest.fixture
async def owing(hub):
    """h1 has 23,40 € to pay for a delivery of 12 November, and its group asks to be paid first."""
    await hub.open()
    await ask(hub, days=0)
    await hub.hear(balance(**OWING))
    async with hub.database.write() as writer:
        details = person.Details("Anne Roux", "anne@example.org", "04 68 11 22 33")
        await person.add(writer, "person-anne", details, None)
    return hub


async def orders(hub):
    return await hub.said(ordering.OrderPlaced)


# What a group asks


async def test_a_coordinator_says_what_the_group_asks_and_reads_it_again(hub, coordinator):
    answer = await coordinator.submit(GROUP, {"days": "7", "limit": "100", "caution": "50,00 €", "seen": ",,"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ordering/groups/limoux")
    page = plain(await coordinator.get("/ordering/groups/limoux"))
    assert "Une livraison doit être payée 7 jours après" in page
    assert "Ce qui est commandé et pas payé ne dépasse pas 100,00 €" in page
    assert "Une caution de 50,00 € est détenue" in page
    form = await coordinator.get(GROUP)
    assert [field(form, name) for name in ("days", "limit", "caution", "seen")] == [
        "7",
        "100,00",
        "50,00",
        "7,10000,5000",
    ]
    await coordinator.submit(GROUP, {"days": "", "limit": "", "caution": "", "seen": "7,10000,5000"})
    assert "Rien n'est à payer avant de commander" in plain(await coordinator.get("/ordering/groups/limoux"))


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"days": "-1"}, "days"),
        ({"days": "demain"}, "days"),
        ({"limit": "cent"}, "limit"),
        ({"caution": "0"}, "caution"),
    ],
)
async def test_what_cannot_be_asked_is_told_at_its_field(hub, coordinator, typed, wrong):
    page = await coordinator.submit(GROUP, {"days": "", "limit": "", "caution": "", "seen": ",,", **typed})
    assert page.status_code == 422
    assert f'id="field-{wrong}-error"' in page.text
    assert field(page, wrong) == typed[wrong]


async def test_of_two_coordinators_the_second_is_told_what_the_first_said(hub, coordinator):
    await coordinator.submit(GROUP, {"days": "7", "limit": "", "caution": "", "seen": ",,"})
    page = await coordinator.submit(GROUP, {"days": "0", "limit": "", "caution": "", "seen": ",,"})
    assert page.status_code == 409
    assert "payée 7 jours après" in plain(page)
    assert field(page, "seen") == "7,,"
    assert (
        await coordinator.submit(GROUP, {"days": "0", "limit": "", "caution": "", "seen": "7,,"})
    ).status_code == 303


@pytest.mark.parametrize("seen", ["", "a,b,c", "1,2", "٣,,", "-1,,"])
async def test_a_forged_form_changes_nothing_unseen(hub, coordinator, seen):
    page = await coordinator.submit(GROUP, {"days": "3", "limit": "", "caution": "", "seen": seen})
    assert page.status_code == 409


async def test_only_coordinators_ask_and_let_through(hub, member, client_for):
    for browser in (member, client_for(hub.app, REFERENT)):
        for url in (GROUP, HOUSEHOLD):
            assert (await browser.get(url)).status_code == 403
            assert (await browser.submit(url, {"days": "3"})).status_code == 403


async def test_what_is_not_there_is_not_found(hub, coordinator):
    for url in ("/ordering/groups/none/payment", "/ordering/households/none/payment"):
        assert (await coordinator.get(url)).status_code == 404
    assert (await coordinator.submit(HOUSEHOLD + "/none/end", {})).status_code == 404


# A member


async def test_a_member_sees_before_ordering_what_is_to_be_paid_first(owing, member):
    page = plain(await member.get(SHOP))
    assert "Il reste 23,40 € à payer pour la livraison du jeudi 12 novembre 2026" in page
    assert 'href="/billing/due"' in page
    assert "despite" not in page


async def test_a_refused_order_keeps_the_basket_and_says_what_to_do(owing, member):
    page = await shop(member, tomme="2", potatoes="1,5")
    assert page.status_code == 409
    assert "Il reste 23,40 € à payer pour la livraison du jeudi 12 novembre 2026. Réglez-les" in plain(page)
    assert "Rien n'est enregistré" in plain(page)
    assert (field(page, "q-tomme"), field(page, "q-potatoes")) == ("2", "1,5")
    assert await orders(owing) == []
    await owing.hear(balance(0, version=2))
    assert (await shop(member, tomme="2", potatoes="1,5")).status_code == 303


async def test_whom_to_call_is_said_with_the_telephone(owing, member, coordinator):
    async with owing.database.write() as writer:
        await role.give(writer, "person-anne", Role.COORDINATOR, given_by="Marie")
    assert "Ou appelez Anne Roux (04 68 11 22 33)" in plain(await member.get(SHOP))


async def test_a_member_cannot_let_itself_through(owing, member):
    assert (
        await member.submit(SHOP, {"version": "0", "do": "save", "q-tomme": "2", "despite": "on"})
    ).status_code == 409
    assert await orders(owing) == []


async def test_a_member_sees_how_much_may_still_be_ordered_and_why(hub, member):
    await hub.open()
    await hub.open("c49")
    await ask(hub, limit_cents=10_000)
    await hub.order(cycle_id="c49", base=0, tomme=4000)
    await hub.hear(balance(**OWING))
    page = plain(await member.get(SHOP))
    assert "Cette commande peut aller jusqu'à 62,60 €" in page
    assert "il reste 23,40 € à payer, et 14,00 € sont commandés dans d'autres cycles" in page
    refused = await shop(member, tomme="18")
    assert refused.status_code == 409
    assert "Cette commande fait 63,00 € ; elle peut aller jusqu'à 62,60 €" in plain(refused)
    assert (await shop(member, tomme="17")).status_code == 303


async def test_a_missing_caution_is_said(hub, member):
    await hub.open()
    await ask(hub, caution_cents=5000)
    await hub.hear(balance(caution=2000))
    assert "une caution de 50,00 €, et la plateforme détient 20,00 €" in plain(await member.get(SHOP))
    await hub.hear(balance(caution=5000, version=2))
    assert "caution" not in plain(await member.get(SHOP))


async def test_a_member_lessens_and_takes_back_whatever_there_is_to_pay(hub, member):
    await hub.open()
    await hub.order(tomme=4000)
    await ask(hub, days=0)
    await hub.hear(balance(**OWING))
    assert (await shop(member, tomme="5", version="1")).status_code == 409
    assert (await shop(member, tomme="3", version="1")).status_code == 303
    assert (await shop(member, tomme="0", version="2")).status_code == 303


async def test_the_last_order_again_fills_the_fields_and_is_asked_for_like_any(owing, member):
    await owing.open("c47")
    before = Slip("c47", "h1", [Wanted("tomme", 2000)], JOSETTE, despite_gate=True)
    await owing.app.state.desk.place(before)
    page = await shop(member, do="again")
    assert (page.status_code, field(page, "q-tomme")) == (200, "2")
    assert "Il reste 23,40 € à payer" in plain(page)
    assert (await shop(member, tomme="2")).status_code == 409
    assert len(await orders(owing)) == 1


async def test_a_member_types_it_as_a_list_under_the_same_rule(owing, member):
    page = await member.submit("/ordering/cycles/c48/entry/h1", rows(("tomme", "2")))
    assert page.status_code == 409
    assert "Il reste 23,40 € à payer" in plain(page)
    assert field(page, "quantity-1") == "2"
    assert await orders(owing) == []


# Who orders for others


async def test_a_coordinator_is_told_and_can_order_all_the_same(owing, coordinator):
    page = await shop(coordinator, BEHALF, tomme="2")
    assert page.status_code == 409
    assert "Il reste 23,40 € à payer" in plain(page)
    assert 'name="despite"' in page.text
    assert await orders(owing) == []
    answer = await coordinator.submit(BEHALF, {"version": "0", "do": "save", "q-tomme": "2", "despite": "on"})
    assert answer.status_code == 303
    [said] = await orders(owing)
    assert said.gross_cents == 700


async def test_so_can_it_from_paper(owing, coordinator):
    entry = "/ordering/cycles/c48/entry/h1"
    assert 'name="despite"' in (await coordinator.get(entry)).text
    assert (await coordinator.submit(entry, rows(("tomme", "2")))).status_code == 409
    assert (await coordinator.submit(entry, rows(("tomme", "2"), despite="on"))).status_code == 303


async def test_a_coordinator_has_no_way_round_for_its_own_household(owing, client_for):
    grants = (COORDINATOR, Grant(Role.MEMBER, group_id="limoux", household_id="h1"))
    own = client_for(owing.app, *grants)
    fields = {"version": "0", "do": "save", "q-tomme": "2", "despite": "on"}
    assert (await own.submit(SHOP, fields)).status_code == 409
    assert (await own.submit("/ordering/cycles/c48/entry/h1", rows(("tomme", "2"), despite="on"))).status_code == 409


async def test_a_referent_is_told_and_has_no_way_round(owing, client_for):
    referent = client_for(owing.app, REFERENT)
    page = await referent.submit(BEHALF, {"version": "0", "do": "save", "q-tomme": "2", "despite": "on"})
    assert page.status_code == 409
    assert 'name="despite"' not in page.text


async def test_a_program_is_told_and_must_say_that_it_orders_all_the_same(owing, client_for):
    program = client_for(owing.app, COORDINATOR, name="Marie")
    program.headers["x-csrf-token"] = program.csrf
    refused = await order(program, "c48", [line("tomme", 1000)])
    assert refused.status_code == 409
    assert "23,40" in refused.json()["detail"] or "23.40" in refused.json()["detail"]
    assert (await order(program, "c48", [line("tomme", 1000)], despite_payment="yes")).status_code == 422
    assert (await order(program, "c48", [line("tomme", 1000)], despite_payment=True)).status_code == 200


async def test_a_household_is_let_through_until_a_day_for_a_reason_that_it_does_not_read(owing, member, coordinator):
    page = await coordinator.get(HOUSEHOLD)
    assert "Le foyer ne peut pas commander lui-même actuellement" in plain(page)
    assert "c46 jeudi 12 novembre 2026 23,40 €" in " ".join(re.sub("<[^>]+>", " ", plain(page)).split())
    form = {"id": field(page, "id"), "reason": "Chômage", "until": "2026-11-30"}
    for wrong, name in (({"reason": ""}, "reason"), ({"until": ""}, "until"), ({"until": "2020-01-01"}, "until")):
        told = await coordinator.submit(HOUSEHOLD, {**form, **wrong})
        assert told.status_code == 422
        assert f'id="field-{name}-error"' in told.text
    for _ in range(2):
        assert (await coordinator.submit(HOUSEHOLD, form)).status_code == 303
    assert (await coordinator.submit(HOUSEHOLD, {**form, "until": "2026-12-30"})).status_code == 409
    shown = plain(await member.get(SHOP))
    assert "Le foyer peut commander jusqu'au lundi 30 novembre 2026" in shown
    assert "Chômage" not in shown
    assert (await shop(member, tomme="1")).status_code == 303
    held = await coordinator.get(HOUSEHOLD)
    assert plain(held).count("Chômage") == 1, "sent twice, it is there once"
    [end] = re.findall(r'action="(/ordering/households/h1/payment/[^"]+/end)"', held.text)
    assert (await coordinator.submit(end, {})).status_code == 303
    assert (await shop(member, tomme="2", version="1")).status_code == 409
