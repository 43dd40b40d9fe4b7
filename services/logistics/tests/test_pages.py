"""Who sees which list, and what is said while a cycle waits."""

import re

import pytest
from fastapi import FastAPI
from logistics_week import producer, usual_week

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, FrozenClock, announced, call_due, deliver
from contracts import Role
from contracts.logistics import PickListIssued, RepublicationRequested
from contracts.ordering import CycleChanged
from logistics.pick_list import list_id

CHEESE, OTHER = list_id("cycle-1", "pic"), list_id("cycle-1", "bio")
CHEESEMAKER = Grant(Role.PRODUCER, producer_id="pic")
COORDINATOR = Grant(Role.COORDINATOR)
STRANGERS = [Grant(role) for role in Role if role not in (Role.COORDINATOR, Role.OPERATOR, Role.PRODUCER)]
ENDINGS = ("", ".pdf", ".xlsx", ".csv")


@pytest.fixture
async def issued(app: FastAPI) -> FastAPI:
    await deliver(app, producer("pic"), producer("bio"), *usual_week().events())
    return app


@pytest.fixture
async def waiting(app: FastAPI) -> FastAPI:
    events = usual_week().events()
    await deliver(app, producer("pic"), producer("bio"), events[0], *events[2:])
    return app


async def test_a_producer_opens_its_own_list_and_no_other(issued: FastAPI, client_for: ClientFor) -> None:
    cheesemaker = client_for(issued, CHEESEMAKER)
    for ending in ENDINGS:
        assert (await cheesemaker.get(f"/logistics/pick-lists/{CHEESE}{ending}")).status_code == 200
        assert (await cheesemaker.get(f"/logistics/pick-lists/{OTHER}{ending}")).status_code == 404
        assert (await cheesemaker.get(f"/logistics/pick-lists/{list_id('x', 'pic')}{ending}")).status_code == 404


async def test_coordinator_and_operator_open_every_list(issued: FastAPI, client_for: ClientFor) -> None:
    for grant in (COORDINATOR, Grant(Role.OPERATOR)):
        person = client_for(issued, grant)
        for one in (CHEESE, OTHER):
            assert (await person.get(f"/logistics/pick-lists/{one}")).status_code == 200


async def test_nobody_else_opens_any(issued: FastAPI, client_for: ClientFor) -> None:
    for grant in STRANGERS:
        person = client_for(issued, grant)
        for ending in ENDINGS:
            assert (await person.get(f"/logistics/pick-lists/{CHEESE}{ending}")).status_code == 403
        assert (await person.get("/logistics/pick-lists")).status_code == 403
        assert (await person.get("/logistics/cycles/cycle-1")).status_code == 403


async def test_a_producer_of_nothing_sees_nothing(issued: FastAPI, client_for: ClientFor) -> None:
    nobody = client_for(issued, Grant(Role.PRODUCER))
    assert (await nobody.get(f"/logistics/pick-lists/{CHEESE}")).status_code == 404
    assert "Pas encore de bon" in (await nobody.get("/logistics/pick-lists")).text


async def test_the_producers_overview_has_its_own_lists_only(issued: FastAPI, client_for: ClientFor) -> None:
    page = (await client_for(issued, CHEESEMAKER).get("/logistics/pick-lists")).text
    assert CHEESE in page
    assert OTHER not in page
    assert "BioEspuña" not in page


async def test_the_coordinators_overview_has_all_and_their_amounts(issued: FastAPI, client_for: ClientFor) -> None:
    page = (await client_for(issued, COORDINATOR).get("/logistics/pick-lists")).text
    assert CHEESE in page
    assert OTHER in page
    total = sum(each.gross_cents for each in usual_week().manifest().producers)
    assert f"{total // 100},{total % 100:02d}" in page


async def test_a_list_names_households_only_where_bags_are_made(issued: FastAPI, client_for: ClientFor) -> None:
    page = (await client_for(issued, CHEESEMAKER).get(f"/logistics/pick-lists/{CHEESE}")).text
    assert "Foyer Abadie" in page
    assert "Foyer Vidal" not in page
    # Of another producer's goods, and of prices, a producer's list says nothing.
    assert "Oranges" not in page
    assert "3,20" not in page


async def test_an_announced_link_opens_its_list_without_an_account(issued: FastAPI, client_for: ClientFor) -> None:
    anybody = client_for(issued)
    for event in await announced(issued):
        if isinstance(event, PickListIssued):
            for ending in ENDINGS:
                assert (await anybody.get(event.path + ending)).status_code == 200
            page = (await anybody.get(event.path)).text
            assert event.producer_name in page
            assert "/logistics/pick-lists/" + event.id not in page


async def test_an_old_or_forged_link_meets_a_friendly_page(
    issued: FastAPI, client_for: ClientFor, clock: FrozenClock
) -> None:
    anybody = client_for(issued)
    path = next(event.path for event in await announced(issued) if isinstance(event, PickListIssued))
    forged = await anybody.get(path[:-4] + "AAAA")
    assert forged.status_code == 404
    assert "Ce lien ne fonctionne pas" in forged.text
    clock.advance(30 * 24 * 3600)
    for ending in ENDINGS:
        over = await anybody.get(path + ending)
        assert over.status_code == 410
        assert "plus valable" in over.text


async def test_a_waiting_cycle_says_what_it_waits_for(waiting: FastAPI, client_for: ClientFor) -> None:
    coordinator = client_for(waiting, COORDINATOR)
    page = (await coordinator.get("/logistics/cycles/cycle-1")).text
    assert "Attend 1 commande sur 4" in page
    assert "Fromagerie du Pic" in page
    overview = (await coordinator.get("/logistics/pick-lists")).text
    assert "/logistics/cycles/cycle-1" in overview


async def test_the_coordinator_asks_for_the_orders_again(
    waiting: FastAPI, client_for: ClientFor, clock: FrozenClock
) -> None:
    coordinator: Browser = client_for(waiting, COORDINATOR)
    answer = await coordinator.submit("/logistics/cycles/cycle-1/ask-again")
    assert answer.status_code == 303
    await coordinator.submit("/logistics/cycles/cycle-1/ask-again")
    asked = [event for event in await announced(waiting) if isinstance(event, RepublicationRequested)]
    assert [event.version for event in asked] == [1]
    clock.advance(60)
    await coordinator.submit("/logistics/cycles/cycle-1/ask-again")
    asked = [event for event in await announced(waiting) if isinstance(event, RepublicationRequested)]
    assert [event.version for event in asked] == [1, 2]


async def test_only_the_coordinator_asks_and_only_with_a_form_of_ours(waiting: FastAPI, client_for: ClientFor) -> None:
    url = "/logistics/cycles/cycle-1/ask-again"
    assert (await client_for(waiting, CHEESEMAKER).submit(url)).status_code == 403
    assert (await client_for(waiting, COORDINATOR).post(url)).status_code == 403
    assert (await client_for(waiting, COORDINATOR).submit("/logistics/cycles/unknown/ask-again")).status_code == 404


async def test_an_open_cycle_is_not_asked_for(app: FastAPI, client_for: ClientFor) -> None:
    await deliver(app, usual_week().opening())
    coordinator = client_for(app, COORDINATOR)
    assert (await coordinator.submit("/logistics/cycles/cycle-1/ask-again")).status_code == 409
    assert (await coordinator.get("/logistics/cycles/cycle-1")).status_code == 200


async def test_totals_for_programs(issued: FastAPI, client_for: ClientFor) -> None:
    coordinator = client_for(issued, COORDINATOR)
    manifest = usual_week().manifest()
    totals = (await coordinator.get("/logistics/api/cycles/cycle-1/totals")).json()
    assert totals["state"] == "issued"
    assert (totals["orders_held"], totals["orders_expected"], totals["producers"]) == (4, 4, 2)
    assert (totals["lines"], totals["gross_cents"], totals["quantity_thousandths"]) == (
        manifest.lines,
        manifest.gross_cents,
        manifest.quantity_thousandths,
    )
    assert [(one["id"], one["producer_name"], one["lines"]) for one in totals["pick_lists"]] == [
        (OTHER, "BioEspuña", 3),
        (CHEESE, "Fromagerie du Pic", 4),
    ]
    unknown = await coordinator.get("/logistics/api/cycles/unknown/totals")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/json")
    assert (await client_for(issued, CHEESEMAKER).get("/logistics/api/cycles/cycle-1/totals")).status_code == 403
    assert (await client_for(issued).get("/logistics/api/cycles/cycle-1/totals")).status_code == 401


async def test_totals_of_a_waiting_cycle(waiting: FastAPI, client_for: ClientFor) -> None:
    totals = (await client_for(waiting, COORDINATOR).get("/logistics/api/cycles/cycle-1/totals")).json()
    assert totals["state"] == "waiting"
    assert (totals["orders_held"], totals["orders_expected"]) == (3, 4)
    assert totals["pick_lists"] == []


async def test_home_shows_each_role_its_own(issued: FastAPI, client_for: ClientFor) -> None:
    url = "/logistics/fragments/home"
    assert "BioEspuña" in (await client_for(issued, COORDINATOR).get(url)).text
    mine = (await client_for(issued, CHEESEMAKER).get(url)).text
    assert CHEESE in mine
    assert "pièce de 90 g" in mine, "two sizes of one cheese are told apart"
    assert "BioEspuña" not in mine
    assert (await client_for(issued, Grant(Role.MEMBER, household_id="vidal")).get(url)).text == ""


async def test_home_alarms_about_a_waiting_cycle(waiting: FastAPI, client_for: ClientFor, clock: FrozenClock) -> None:
    coordinator = client_for(waiting, COORDINATOR)
    assert "notice warning" in (await coordinator.get("/logistics/fragments/home")).text
    clock.advance(121)
    await call_due(waiting)
    assert "notice error" in (await coordinator.get("/logistics/fragments/home")).text


async def test_pages_speak_english_to_who_reads_it(issued: FastAPI, client_for: ClientFor) -> None:
    page = (await client_for(issued, CHEESEMAKER, language="en").get(f"/logistics/pick-lists/{CHEESE}")).text
    assert "To bring in all" in page
    assert "8\u00a0°C at most" in page


async def test_no_page_needs_what_the_policy_forbids(issued: FastAPI, client_for: ClientFor) -> None:
    coordinator = client_for(issued, COORDINATOR)
    for url in ("/logistics/pick-lists", f"/logistics/pick-lists/{CHEESE}", "/logistics/cycles/cycle-1"):
        page = (await coordinator.get(url)).text
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)", page)
    assert (await coordinator.get("/logistics/static/pick_list.css")).status_code == 200


async def test_the_page_of_a_cycle_says_that_orders_ended_and_why_it_was_revised(
    app: FastAPI, client_for: ClientFor
) -> None:
    week, coordinator = usual_week(), client_for(app, COORDINATOR)
    ended = CycleChanged(**week.opening().model_dump(exclude={"version"}), version=2, phase="deciding")
    await deliver(app, week.opening(), ended)
    assert "Les commandes sont terminées." in (await coordinator.get("/logistics/cycles/cycle-1")).text
    assert "Les commandes de" in (await coordinator.get("/logistics/fragments/home")).text
    await deliver(app, *week.events()[1:-1], week.closing().model_copy(update={"version": 3}))
    assert "Pourquoi la clôture" not in (await coordinator.get("/logistics/cycles/cycle-1")).text
    await deliver(app, week.allocate("vidal", pel=1000), week.revising().model_copy(update={"version": 4}))
    page = (await coordinator.get("/logistics/cycles/cycle-1")).text
    assert "Pourquoi la clôture a été révisée" in page
    assert "Le producteur ne peut pas tout apporter." in page
