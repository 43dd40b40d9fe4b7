"""Decisions as the coordinator makes them, and what a household reads of it."""

import re
from datetime import timedelta

import pytest

from chassis.identity import Grant
from contracts import Role, ordering
from contracts.goods import Unit
from ordering import decision, preview

from .conftest import COORDINATOR, PARIS, product

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
URL = "/ordering/cycles/c48/decisions"


@pytest.fixture
async def deciding(hub):
    """A case of 12 of which 9 are asked."""
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    await hub.open()
    made = await hub.order("h1", jam=7_000, tomme=1_000)
    await hub.order("h2", jam=2_000)
    await hub.close()
    return made


@pytest.fixture
def coordinator(hub, client_for):
    return client_for(hub.app, COORDINATOR, name="Marie", person_id="person-9")


def typed(moment):
    return moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


def plain(page):
    """What one reads, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("\xa0", " ").replace("\u202f", " ").split())


async def test_the_coordinator_sees_facts_options_and_who_gets_what(hub, coordinator, deciding):
    assert "« Semaine 48 » : 1 décision à prendre." in plain(await coordinator.get("/ordering/home"))
    assert "À décider" in plain(await coordinator.get("/ordering/cycles"))
    assert "Il y a quelque chose à décider" in plain(await coordinator.get("/ordering/cycles/c48"))
    read = plain(await coordinator.get(URL))
    assert "Demandé : 9 pièces ; une caisse contient 12 pièces, il en manque 3 pièces." in read
    assert "aucune ne l’est : personne n’en reçoit" in read
    assert "Foyer 1 Jam 7 pièces rien 7 pièces 28,00 € rien rien" in read
    assert "Qui prendra le reste Jam – – 3 pièces 12,00 € – –" in read


async def test_a_choice_is_made_taken_back_and_made_again(hub, coordinator, deciding):
    top_up = {"subject": "case:jam", "do": "choose", "option": "top_up", "rest": "jam"}
    wrong = await coordinator.submit(URL, top_up)
    assert wrong.status_code == 422
    assert "Dites qui prend le reste." in wrong.text
    assert (await coordinator.submit(URL + "/settle", {})).status_code == 409
    await coordinator.submit(URL, top_up | {"order": deciding.id})
    read = plain(await coordinator.get(URL))
    assert "Foyer 1 prend 3 pièces de Jam en plus Marie" in read
    await coordinator.submit(URL, {"subject": "case:jam", "do": "undo"})
    assert "1 décision reste à prendre." in plain(await coordinator.get(URL))
    await coordinator.submit(URL, {"subject": "case:jam", "do": "choose", "option": "cancel"})
    assert "« Semaine 48 » : tout est décidé" in plain(await coordinator.get("/ordering/home"))
    await coordinator.submit(URL + "/settle", {})
    assert (await hub.cycle()).state == "closed"
    assert "Annuler et prévenir tout le monde" in plain(await coordinator.get(URL)), "it can be read afterwards"


async def test_a_choice_that_is_none_changes_nothing(hub, coordinator, deciding):
    nowhere = {"subject": "case:nothing", "do": "choose", "option": "cancel"}
    assert (await coordinator.submit(URL, nowhere)).status_code == 409
    assert (await coordinator.submit(URL, nowhere | {"option": "burn"})).status_code == 422
    assert (await coordinator.submit("/ordering/cycles/c99/decisions", nowhere)).status_code == 404
    assert (await coordinator.get("/ordering/cycles/c99/decisions")).status_code == 404


async def test_a_household_reads_what_it_asked_what_it_gets_and_why(hub, coordinator, client_for, deciding):
    member = client_for(hub.app, MEMBER)
    assert "en cours de décision" in plain(await member.get(f"/ordering/orders/{deciding.id}"))
    assert (await member.get(URL)).status_code == 403
    await coordinator.submit(URL, {"subject": "case:jam", "do": "choose", "option": "cancel"})
    await coordinator.submit(URL + "/settle", {})
    read = plain(await member.get(f"/ordering/orders/{deciding.id}"))
    assert "Vous ne recevez pas tout à fait ce que vous avez demandé" in read
    assert "0 pièce Jam 0,00 € demandé : 7 pièces Rien cette fois : la caisse n’était pas complète" in read
    assert "Montant de la commande 3,50 € Ce qui est payé, et ce qui reste à payer" in read
    assert "À payer" not in read, "perhaps it is paid: billing knows"


async def test_the_cycle_stays_open_longer(hub, coordinator, deciding):
    url = URL + "/extend"
    early = await coordinator.submit(url, {"closes_at": "2026-11-01T10:00"})
    assert early.status_code == 422
    assert "avant le jour de livraison" in early.text
    later = (hub.clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert (await coordinator.submit(url, {"closes_at": later})).status_code == 303
    assert (await hub.cycle()).state == "open"
    assert (await hub.order("h2", jam=5_000)).version == 2
    assert [said.phase for said in await hub.said(ordering.CycleChanged)] == ["deciding", "open"]


async def test_what_goes_with_a_quantity_is_typed_kept_and_judged_at_its_field(hub, client_for):
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    await hub.open()
    member = client_for(hub.app, MEMBER)
    shop = "/ordering/shop/c48/h1"
    assert 'name="t-jam"' in (await member.get(shop)).text
    assert 'name="t-tomme"' not in (await member.get(shop)).text, "it comes in any quantity"
    typed = {"version": "0", "do": "save", "q-jam": "7", "t-jam": "2", "m-jam": "8", "s-jam": "on"}
    wrong = await member.submit(shop, typed)
    assert wrong.status_code == 422
    assert 'id="field-m-jam-error"' in wrong.text
    saved = await member.submit(shop, typed | {"m-jam": "3"})
    assert saved.status_code == 303
    (said,) = await hub.said(ordering.OrderPlaced)
    line = said.lines[0]
    assert (line.tolerance_thousandths, line.least_thousandths, line.substitute) == (2_000, 3_000, True)
    page = (await member.get(shop)).text
    assert re.search(r'name="t-jam" value="2"', page)
    assert re.search(r'name="s-jam" value="on" checked', page)


async def test_what_is_put_off_is_in_the_next_basket_and_not_ordered_yet(hub, coordinator, client_for, deciding):
    member, shop = client_for(hub.app, MEMBER), "/ordering/shop/c49/h1"
    await coordinator.submit(URL, {"subject": "case:jam", "do": "choose", "option": "next_cycle"})
    await coordinator.submit(URL + "/settle", {})
    read = plain(await member.get(f"/ordering/orders/{deciding.id}"))
    assert "Cela vous est proposé à nouveau au prochain cycle." in read
    hub.clock.advance(timedelta(hours=1))
    await hub.open("c49")
    page = await member.get(shop)
    assert "Ce n’est pas encore commandé" in plain(page)
    assert re.search(r'name="q-jam" value="7"', page.text)
    assert re.search(r'name="q-tomme" value=""', page.text), "that was given"
    await hub.order("h1", cycle_id="c49", tomme=1_000)
    assert re.search(r'name="q-jam" value=""', (await member.get(shop)).text), "what was saved counts"
    await hub.close("c49")
    hub.clock.advance(timedelta(hours=1))
    await hub.open("c50")
    page = await member.get("/ordering/shop/c50/h1")
    assert re.search(r'name="q-jam" value=""', page.text), "it was for one cycle"


async def test_programs_decide_too(hub, client_for, deciding):
    coordinator = client_for(hub.app, COORDINATOR)
    coordinator.headers["x-csrf-token"] = coordinator.csrf
    url = "/ordering/api/cycles/c48/decisions"
    told = (await coordinator.get(url)).json()
    (one,) = told["decisions"]
    assert (told["state"], one["subject"], one["missing"], one["choice"]) == ("deciding", "case:jam", 3_000, None)
    assert one["options"] == ["as_it_is", "top_up", "next_cycle", "cancel"]
    top_up = {"subject": "case:jam", "option": "top_up", "order_id": deciding.id}
    assert (await coordinator.post(url, json=top_up)).status_code == 409, "it does not say what is taken"
    made = (await coordinator.post(url, json=top_up | {"product_id": "jam"})).json()
    assert made["decisions"][0]["choice"]["order_id"] == deciding.id
    assert (await coordinator.post(url, json={"subject": "case:jam", "option": "burn"})).status_code == 422
    assert (await coordinator.post(url, json=[])).status_code == 422
    for _ in range(2):
        closed = await coordinator.post(url + "/settle", json={})
        assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert (await coordinator.get("/ordering/api/cycles/c48/totals")).json()["gross_cents"] == 12 * 400 + 350


async def test_of_many_lines_one_decision_is_previewed_at_a_time(hub, coordinator, deciding, monkeypatch):
    monkeypatch.setattr(preview, "MOST_PREVIEWED", 0)
    page = await coordinator.get(URL)
    assert "Foyer 1 Jam" not in plain(page)
    assert "/decisions?show=case%3Ajam#decision-1" in page.text
    shown = await coordinator.get(URL + "?show=case%3Ajam")
    assert "Foyer 1 Jam 7 pièces" in plain(shown)
    assert re.search(r'value="as_it_is" checked', shown.text), "the default is still ticked"


# The referent of a producer


MILL = product("flour", producer_id="mill", producer_name="Le Moulin", unit=Unit.KG, case_thousandths=5_000)


@pytest.fixture
async def two_decisions(hub):
    """A case of jam and one of flour are not full; only Foyer 1 and Foyer 4 ordered flour."""
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000), MILL)
    await hub.open()
    jam = await hub.order("h2", jam=7_000)
    flour = await hub.order("h1", flour=3_000)
    await hub.order("h4", flour=1_000)
    await hub.close()
    return {"jam": jam.id, "flour": flour.id}


def referent(hub, client_for, producer_id):
    return client_for(hub.app, Grant(Role.REFERENT, producer_id=producer_id), name="Ruben", person_id="person-8")


async def test_the_referent_of_a_producer_decides_about_its_goods_and_sees_no_others(hub, client_for, two_decisions):
    ruben = referent(hub, client_for, "mill")
    assert "« Semaine 48 » : 1 décision à prendre." in plain(await ruben.get("/ordering/home"))
    read = plain(await ruben.get(URL))
    assert "Flour" in read
    assert "Foyer 4" in read
    assert "Jam" not in read
    assert "Foyer 2" not in read, "who ordered none of the goods is no business of the referent"
    assert "c’est le coordinateur qui clôt le cycle" in read, "of jam others decide"
    assert "Clore maintenant" not in read
    api = (await ruben.get("/ordering/api/cycles/c48/decisions")).json()
    assert [one["subject"] for one in api["decisions"]] == ["case:flour"]
    top_up = {"subject": "case:flour", "do": "choose", "option": "top_up", "rest": "flour"}
    assert (await ruben.submit(URL, top_up | {"order": two_decisions["jam"]})).status_code == 422
    assert (await ruben.submit(URL, top_up | {"order": two_decisions["flour"]})).status_code == 303
    assert "Foyer 1 prend 1 kg de Flour en plus Ruben" in plain(await ruben.get(URL))
    assert "à prendre" not in plain(await ruben.get("/ordering/home"))
    others = {"subject": "case:jam", "do": "choose", "option": "cancel"}
    assert (await ruben.submit(URL, others)).status_code == 409
    body = {"subject": "case:jam", "option": "cancel"}
    refused = await ruben.post("/ordering/api/cycles/c48/decisions", json=body, headers={"x-csrf-token": ruben.csrf})
    assert refused.status_code == 409
    assert (await ruben.submit(URL + "/settle", {})).status_code == 409
    later = typed(hub.clock.now() + timedelta(hours=3))
    for producer in ("bousole", "", "nobody"):
        answer = await ruben.submit(URL + "/extend", {"closes_at": later, "producer": producer})
        assert answer.status_code == 422
        assert "dont vous êtes le référent" in plain(answer)
        assert f'value="{later}"' in answer.text, "what was typed stays"
    assert (await hub.cycle()).state == "deciding"


async def test_the_referent_opens_again_for_its_producer_alone_and_closes_that_part(hub, client_for, two_decisions):
    ruben = referent(hub, client_for, "mill")
    assert "Toutes" not in plain(await ruben.get(URL))
    later = typed(hub.clock.now() + timedelta(hours=3))
    answer = await ruben.submit(URL + "/extend", {"closes_at": later, "producer": "mill"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ordering/home")
    held = await hub.cycle()
    assert (held.state, held.extended_for) == ("open", "mill")
    assert "« Semaine 48 » est rouverte pour vos produits jusqu’au" in plain(await ruben.get("/ordering/home"))
    page = plain(await ruben.get(URL))
    assert "rouvertes pour Le Moulin jusqu’au" in page
    assert "Jam" not in page
    others = referent(hub, client_for, "bousole")
    assert (await others.submit(URL + "/end", {})).status_code == 303, "jam is theirs to decide, not to close"
    assert (await hub.cycle()).state == "open"
    await hub.order("h1", base=1, flour=4_000)
    assert (await ruben.submit(URL + "/end", {})).status_code == 303
    async with hub.database.read() as reader:
        left = {one.subject: one.choice for one in await decision.of_cycle(reader, "c48")}
    assert left == {"case:jam": None}, "the case of flour is full"
    assert (await ruben.get(URL)).status_code == 404, "nothing of the mill is to be decided any more"
    assert (await ruben.submit(URL + "/end", {})).status_code == 404


async def test_the_referent_closes_the_cycle_where_nothing_else_is_to_be_decided(hub, client_for):
    await hub.hear(MILL)
    await hub.open()
    await hub.order("h1", flour=3_000)
    await hub.close()
    ruben = referent(hub, client_for, "mill")
    assert "1 décision reste à prendre" in plain(await ruben.get(URL))
    assert (await ruben.submit(URL + "/settle", {})).status_code == 409
    await ruben.submit(URL, {"subject": "case:flour", "do": "choose", "option": "cancel"})
    assert "Clore maintenant" in plain(await ruben.get(URL))
    assert (await ruben.submit(URL + "/settle", {})).status_code == 303
    assert (await hub.cycle()).state == "closed"
    assert "Ce qui a été décidé" in plain(await ruben.get(URL))


async def test_a_referent_without_a_decision_finds_no_page(hub, client_for, two_decisions):
    ruben = referent(hub, client_for, "bioespuna")
    assert (await ruben.get(URL)).status_code == 404
    assert (await ruben.get("/ordering/api/cycles/c48/decisions")).status_code == 404
    assert "à prendre" not in plain(await ruben.get("/ordering/home"))
    of_a_group = client_for(hub.app, Grant(Role.REFERENT, group_id="limoux"))
    assert (await of_a_group.get(URL)).status_code == 404
    others = {"subject": "case:jam", "do": "choose", "option": "cancel"}
    assert (await of_a_group.submit(URL, others)).status_code == 409
    cycles = await ruben.get("/ordering/cycles")
    assert "Semaine 48" not in cycles.text
    assert "Foyer" not in (await ruben.get("/ordering/households")).text.replace("Foyers", "")
