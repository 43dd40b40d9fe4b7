"""What was spoiled is claimed, answered and settled: on the pages of all concerned, in the amounts, in the books."""

import asyncio
import re
from datetime import timedelta

import pytest
from billing_week import DELIVERS, resold
from claim_desk import CLAIMS, answers, coordinator, form, grower, make, member, new, shares
from payment_desk import plain
from sqlalchemy import func, select
from weighed_week import COORDINATOR, SPAIN, WEIGHED, balances, begin, oranges, orders, owed, weigh

from billing.claim.register import claim, history
from billing.ledger.book import entry
from billing.ledger.chart import HUB
from chassis.identity import Grant
from chassis.testing import announced
from contracts import Bearer, Role
from contracts.billing import AmountsDueComputed
from contracts.claim import ClaimChanged

AS_ORDERED = {"Marie": 748, "Paul": 902, "Josette": 550}


@pytest.fixture
async def week(app, clock):
    return await begin(app, clock, orders(oranges(None)))


async def told(app):
    return [event for event in await announced(app) if isinstance(event, ClaimChanged)]


async def test_accepted_the_household_does_not_pay_what_was_spoiled_and_the_producer_bears_it(week, clock, client_for):
    marie, ana = member(client_for, week), grower(client_for, week)
    assert "Quelque chose était abîmé" in (await marie.get("/billing/due")).text
    where = await make(marie, spoiled="0,4")
    assert await owed(week) == AS_ORDERED, "nothing changes before the producer answers"
    assert "Moisies au fond" in (await ana.get(where)).text
    assert (await answers(ana, where, reason="Désolée")).status_code == 303
    assert await owed(week) == AS_ORDERED | {"Marie": 748 - 88}
    found = await balances(week, clock)
    assert found[SPAIN, "household", "h-Marie"] == 660
    assert not [key for key in found if key[0] == HUB]
    text = (await marie.get("/billing/due")).text
    assert "étaient abîmés et ne sont pas comptés" in text
    assert "Désolée" in (await marie.get(where)).text
    async with week.state.service.database.read() as reader:
        rows = await reader.all(select(entry).where(entry.c.household_id == "h-Marie").order_by(entry.c.number))
        past = await reader.all(select(history).order_by(history.c.at, history.c.id))
    assert [bool(row["counters"]) for row in rows] == [False, True, False]
    assert [row["person_id"] for row in rows[1:]] == ["grower", "grower"]
    assert [(row["what"], row["who"]) for row in past] == [("claimed", "Marie"), ("accept", "Ana")]
    states = [(event.version, event.state.value, event.answer) for event in await told(week)]
    assert states == [(1, "open", ""), (2, "accepted", "Désolée")]


async def test_refused_it_costs_what_it_cost(week, clock, client_for):
    where = await make(member(client_for, week))
    ana = grower(client_for, week)
    wordless = await answers(ana, where, "refuse")
    assert (wordless.status_code, 'id="field-reason-error"' in wordless.text) == (422, True)
    assert (await answers(ana, where, "refuse", "Elles étaient belles au départ")).status_code == 303
    assert await owed(week) == AS_ORDERED
    assert "Elles étaient belles au départ" in (await member(client_for, week).get(where)).text
    await balances(week, clock)


async def test_refused_those_who_agreed_share_the_loss_for_what_is_good_with_each(week, clock, client_for):
    """22.00 € less Josette's 5.50 over 2.4 and 4.1 good kilos."""
    where = await make(member(client_for, week), spoiled="1")
    paul, josette = member(client_for, week, "Paul"), member(client_for, week, "Josette")
    assert "Partagez-vous la perte" in (await paul.get(where)).text
    assert (await shares(paul, where, "Paul")).status_code == 303
    assert (await shares(josette, where, "Josette", "no")).status_code == 303
    assert await owed(week) == AS_ORDERED, "it is not settled who bears it"
    await answers(grower(client_for, week), where, "refuse", "Non")
    assert await owed(week) == {"Marie": 609, "Paul": 1041, "Josette": 550}
    await balances(week, clock)
    assert "partagent ce qu’elle a coûté" in (await paul.get("/billing/due")).text
    # Until their time is over they may still say otherwise.
    await shares(josette, where, "Josette")
    after = await owed(week)
    assert (sum(after.values()), after["Josette"]) == (2200, 611)
    await shares(paul, where, "Paul", "no")
    await shares(josette, where, "Josette", "no")
    assert await owed(week) == AS_ORDERED
    await balances(week, clock)
    clock.advance(timedelta(hours=49))
    late = await shares(paul, where, "Paul")
    assert (late.status_code, "Le temps pour répondre est passé" in late.text) == (409, True)


async def test_the_home_page_says_who_is_waited_for(week, clock, client_for):
    where = await make(member(client_for, week))
    odile, ana = coordinator(client_for, week), grower(client_for, week)
    home, waits = "/billing/fragments/home", "1 réclamation attend votre réponse"
    assert waits in (await ana.get(home)).text
    assert waits not in (await odile.get(home)).text
    assert waits not in (await grower(client_for, week, "p-Domaine").get(home)).text
    clock.advance(timedelta(hours=73))
    week.state.service.timers.wake()
    await until(week, "to_decide")
    assert waits in (await odile.get(home)).text
    assert waits not in (await ana.get(home)).text
    await answers(odile, where)
    assert waits not in (await odile.get(home)).text


async def test_replaced_nothing_changes_in_the_amounts(week, client_for):
    where = await make(member(client_for, week))
    await answers(grower(client_for, week), where, "replace")
    assert await owed(week) == AS_ORDERED
    assert "remplacée à la prochaine livraison" in (await member(client_for, week).get(CLAIMS)).text


async def until(app, claim_state):
    async with asyncio.timeout(20):
        while True:
            async with app.state.service.database.read() as reader:
                if await reader.scalar(select(claim.c.state)) == claim_state:
                    return
            await asyncio.sleep(0.02)


async def test_without_an_answer_in_time_the_coordinator_decides(week, clock, client_for):
    where = await make(member(client_for, week), spoiled="0,4")
    odile, ana = coordinator(client_for, week), grower(client_for, week)
    assert (await answers(odile, where)).status_code == 409, "the producer's time still runs"
    clock.advance(timedelta(hours=73))
    week.state.service.timers.wake()
    await until(week, "to_decide")
    assert (await answers(ana, where)).status_code == 409, "too late"
    assert (await answers(odile, where)).status_code == 303
    assert (await owed(week))["Marie"] == 660
    await balances(week, clock)
    states = [(event.state.value, event.decided) for event in await told(week)]
    assert states == [("open", False), ("to_decide", False), ("accepted", True)]


async def test_a_form_sent_twice_is_one_claim_and_an_answer_sent_twice_one_answer(week, clock, client_for):
    marie, ana = member(client_for, week), grower(client_for, week)
    fields = await form(marie, spoiled="0,4")
    first, second = await marie.submit(new(), fields), await marie.submit(new(), fields)
    assert first.headers["location"] == second.headers["location"]
    assert (await marie.submit(new(), fields | {"spoiled": "1"})).status_code == 409
    where = first.headers["location"]
    assert [(await answers(ana, where)).status_code for _ in range(2)] == [303, 303]
    assert (await answers(ana, where, "refuse", "Non")).status_code == 409, "it is answered"
    async with week.state.service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(claim)) == 1
    assert (await owed(week))["Marie"] == 660
    await balances(week, clock)


async def test_two_claims_at_once_on_one_line_take_no_more_than_came(week, clock, client_for):
    marie = member(client_for, week)
    forms = [await form(marie, spoiled="2") for _ in range(4)]
    sent = await asyncio.gather(*(marie.submit(new(), each) for each in forms))
    assert sorted(answer.status_code for answer in sent) == [303, 422, 422, 422]
    [refused, *_] = [answer for answer in sent if answer.status_code == 422]
    assert "au plus 1,4\u00a0kg" in refused.text
    assert 'value="2"' in refused.text


async def test_what_is_no_quantity_or_more_than_came_is_told_at_its_field(week, client_for):
    marie = member(client_for, week)
    for typed, field in (
        ({"spoiled": "3,41"}, "spoiled"),
        ({"spoiled": "0"}, "spoiled"),
        ({"spoiled": "un peu"}, "spoiled"),
        ({"spoiled": ""}, "spoiled"),
        ({"reason": ""}, "reason"),
        ({"product": "lemons"}, "product"),
    ):
        answer = await marie.submit(new(), await form(marie, **typed))
        assert (answer.status_code, f'id="field-{field}-error"' in answer.text) == (422, True), typed
    assert await told(week) == []


async def test_it_is_claimed_from_the_delivery_on_and_within_the_days_of_the_mandate(week, clock, client_for):
    clock.advance(timedelta(days=-1))
    marie = member(client_for, week)
    assert "ne sont pas encore distribués" in (await marie.get(new())).text
    fields = {"id": "00000000-0000-7000-8000-00000000abcd", "product": "oranges", "spoiled": "1", "reason": "x"}
    early = await marie.submit(new(), fields)
    assert (early.status_code, "distribués le" in early.text) == (422, True)
    clock.advance(timedelta(days=4))
    late = await marie.submit(new(), fields)
    assert (late.status_code, "Le dernier jour pour le réclamer" in late.text) == (422, True)
    assert "Plus rien ne peut être réclamé" in (await marie.get(new())).text
    assert "Quelque chose était abîmé" not in (await marie.get("/billing/due")).text
    assert DELIVERS.isoformat() == "2026-11-27"


async def test_each_sees_its_own_and_a_producer_no_household(week, client_for):
    """T17."""
    where = await make(member(client_for, week))
    ana, paul = grower(client_for, week), member(client_for, week, "Paul")
    for browser in (ana, paul):
        for page in (where, CLAIMS):
            text = (await browser.get(page)).text
            assert "Oranges" in text
            assert "Marie" not in text, page
            assert "Josette" not in text, page
    for stranger in (
        grower(client_for, week, "p-Domaine"),
        client_for(week, Grant(Role.MEMBER, household_id="h-else", group_id="g-Limoux")),
    ):
        assert (await stranger.get(where)).status_code == 404
        assert "Oranges" not in (await stranger.get(CLAIMS)).text
        assert (await stranger.get(new())).status_code in (403, 404)
        assert (await answers(stranger, where)).status_code in (403, 404)
        assert (await shares(stranger, where, "Paul")).status_code in (403, 404)
    assert (await answers(paul, where)).status_code == 403
    assert (await shares(paul, where, "Josette")).status_code == 404, "for another household"
    assert (await paul.submit(where + "/withdraw")).status_code == 404
    assert (await paul.submit(new(), await form(paul, "Paul"))).status_code == 404, "for Marie"
    clerk = client_for(week, Grant(Role.BOOKKEEPER))
    assert "Marie" in (await clerk.get(where)).text
    assert (await answers(clerk, where)).status_code == 403


async def test_withdrawn_it_is_as_if_it_had_not_been(week, client_for):
    marie = member(client_for, week)
    where = await make(marie, spoiled="3,4")
    assert (await marie.submit(where + "/withdraw")).status_code == 303
    assert (await answers(grower(client_for, week), where)).status_code == 409
    assert (await owed(week)) == AS_ORDERED
    await make(marie, spoiled="3,4")


async def test_all_of_it_spoiled_costs_nothing_and_what_is_weighed_later_is_taken_into_account(week, clock, client_for):
    where = await make(member(client_for, week), spoiled="3,4")
    await answers(grower(client_for, week), where)
    assert (await owed(week))["Marie"] == 0
    await balances(week, clock)
    await weigh(client_for(week, COORDINATOR), WEIGHED)
    assert await owed(week) == {"Marie": 11, "Paul": 891, "Josette": 532}, "0.05 kg of what was weighed is good"
    await balances(week, clock)


async def cheques_of(browser):
    """How many households write one, as the page of the cycle says."""
    return int(re.search(r"Chèques ([0-9]+)", plain((await browser.get("/billing/cycles/week-48")).text))[1])


async def test_a_cheque_of_which_everything_was_spoiled_is_not_counted_and_nobody_is_asked_for_it(
    week, clock, client_for
):
    marie, odile = member(client_for, week), coordinator(client_for, week)
    assert await cheques_of(odile) == 3
    await answers(grower(client_for, week), await make(marie, spoiled="3,4"))
    assert await cheques_of(odile) == 2
    said = [event for event in await announced(week) if isinstance(event, AmountsDueComputed)][-1]
    assert (said.household_id, said.producers, said.gross_cents, said.asked_cents) == ("h-Marie", (), 0, 0)
    text = plain((await marie.get("/billing/due")).text)
    assert "étaient abîmés et ne sont pas comptés" in text, "it says why there is nothing to pay"
    assert "en 2 chèques" in plain((await grower(client_for, week).get("/billing/fragments/home")).text)
    await weigh(client_for(week, COORDINATOR), WEIGHED)
    assert await cheques_of(odile) == 3, "of what was weighed later 11 cents are owed"
    await balances(week, clock)


async def test_of_a_bill_that_is_shared_the_claim_credits_the_households_part(app, clock, client_for):
    await begin(app, clock, orders(oranges(Bearer.BUYERS)))
    await weigh(client_for(app, COORDINATOR), WEIGHED)
    where = await make(member(client_for, app), spoiled="1,725")
    await answers(grower(client_for, app), where)
    assert await owed(app) == {"Marie": 765 - 383, "Paul": 898, "Josette": 537}, "half of her part"
    await balances(app, clock)


async def test_what_the_hub_sells_itself_the_coordinator_decides_at_once(app, clock, client_for):
    made = [each.model_copy(update={"lines": tuple(map(resold, each.lines))}) for each in orders(oranges(None))]
    await begin(app, clock, made)
    where = await make(coordinator(client_for, app), spoiled="0,4")
    assert (await answers(coordinator(client_for, app), where)).status_code == 303
    assert (await owed(app))["Marie"] == 660
    await balances(app, clock)
