"""Producers with hours of their own inside a cycle, and a cycle that opens again for one of them."""

import re
from datetime import timedelta

import pytest

from chassis.identity import Grant
from contracts import Role, ordering
from ordering import decision
from ordering.allocation import Choice, Option
from ordering.closing import NotAChoice
from ordering.hours import Hours
from ordering.planning import clone_cycle, set_hours
from ordering.wanted import Wrong, WrongLines

from .conftest import CLOSES, COORDINATOR, PARIS, product

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
URL = "/ordering/cycles/c48/hours"
EARLY = CLOSES - timedelta(days=2)


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("\xa0", " ").replace("\u202f", " ").split())


def typed(moment):
    return moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def coordinator(hub, client_for):
    return client_for(hub.app, COORDINATOR, name="Marie", person_id="person-9")


@pytest.fixture
async def shop(hub):
    await hub.open()
    return hub


async def give(hub, **hours):
    async with hub.database.write() as writer:
        held = await hub.cycle()
        return await set_hours(writer, "c48", hours, held.version)


async def test_a_coordinator_says_until_when_a_producer_can_be_ordered_from(shop, coordinator, client_for):
    assert "BioEspuña" in plain(await coordinator.get(URL))
    version = (await shop.cycle()).version
    outside = {"version": version, "closes-bioespuna": typed(CLOSES + timedelta(hours=1))}
    refused = await coordinator.submit(URL, outside)
    assert refused.status_code == 422
    assert "C’est en dehors des heures du cycle." in plain(refused)
    assert typed(CLOSES + timedelta(hours=1)) in refused.text, "what was typed stays"
    backwards = {"opens-bioespuna": typed(EARLY), "closes-bioespuna": typed(EARLY)}
    assert (await coordinator.submit(URL, {"version": version} | backwards)).status_code == 422
    fields = {"version": version, "closes-bioespuna": typed(EARLY)}
    assert (await coordinator.submit(URL, fields)).status_code == 303
    assert (await shop.cycle()).hours == {"bioespuna": Hours(closes_at=EARLY)}
    assert (await coordinator.submit(URL, fields)).status_code == 409, "somebody changed it meanwhile"
    assert typed(EARLY) in (await coordinator.get(URL)).text
    assert "BioEspuña : jusqu’au" in plain(await coordinator.get("/ordering/cycles/c48"))
    member = client_for(shop.app, MEMBER)
    assert "Peut se commander jusqu’au vendredi 20 novembre" in plain(await member.get("/ordering/shop/c48/h1"))
    assert (await member.get(URL)).status_code == 403


async def test_after_its_hour_a_producers_lines_stay_as_they_are(shop, client_for):
    await give(shop, bioespuna=Hours(closes_at=EARLY))
    await shop.order("h1", oranges=2_000, tomme=1_000)
    shop.clock.set(EARLY)
    await shop.order("h1", oranges=2_000, tomme=3_000)
    with pytest.raises(WrongLines) as refused:
        await shop.order("h1", oranges=3_000, tomme=3_000)
    assert {p: line.wrong for p, line in refused.value.lines.items()} == {"oranges": Wrong.PRODUCER_CLOSED}
    with pytest.raises(WrongLines):
        await shop.order("h1", tomme=3_000)
    with pytest.raises(WrongLines):
        await shop.order("h2", oranges=1_000)

    member = client_for(shop.app, MEMBER)
    page = await member.get("/ordering/shop/c48/h1")
    assert "Commandes closes le vendredi 20 novembre" in plain(page)
    assert re.search(r'name="q-oranges" value="2"[^>]* readonly', page.text)
    version = 2
    sent = {"version": version, "q-oranges": "3", "q-tomme": "3", "do": "save"}
    refused_page = await member.submit("/ordering/shop/c48/h1", sent)
    assert refused_page.status_code == 409
    assert "Trop tard pour ce producteur : ses commandes ont été closes" in plain(refused_page)
    assert (await member.submit("/ordering/shop/c48/h1", sent | {"q-oranges": "2", "q-tomme": "4"})).status_code == 303


async def test_a_producer_can_open_later_than_the_cycle(shop, client_for):
    await give(shop, bioespuna=Hours(opens_at=EARLY))
    with pytest.raises(WrongLines) as refused:
        await shop.order("h1", oranges=2_000)
    assert refused.value.lines["oranges"].wrong is Wrong.PRODUCER_NOT_OPEN
    member = client_for(shop.app, MEMBER)
    page = await member.get("/ordering/shop/c48/h1")
    assert "Peut se commander à partir du vendredi 20 novembre" in plain(page)
    assert 'name="q-oranges"' not in page.text
    shop.clock.set(EARLY)
    await shop.order("h1", oranges=2_000)


async def test_the_entry_screen_says_it_on_the_row(shop, coordinator):
    await give(shop, bioespuna=Hours(closes_at=EARLY))
    shop.clock.set(EARLY)
    fields = {"version": "0", "what-1": "oranges", "quantity-1": "2", "do": "save"}
    answer = await coordinator.submit("/ordering/cycles/c48/entry/h2", fields)
    assert answer.status_code == 409
    assert re.search(r'id="field-quantity-1-error".*Trop tard pour ce producteur', answer.text, re.DOTALL)


async def test_the_closing_counts_what_was_ordered_in_time(shop):
    await give(shop, bioespuna=Hours(closes_at=EARLY))
    await shop.order("h1", oranges=2_000, tomme=1_000)
    shop.clock.set(CLOSES)
    await shop.tick()
    (closed,) = await shop.said(ordering.CycleClosed)
    assert {total.producer_id for total in closed.manifest.producers} == {"bioespuna", "bousole"}


async def test_a_clone_has_the_hours_of_its_own_week(shop):
    await give(shop, bioespuna=Hours(closes_at=EARLY))
    async with shop.database.write() as writer:
        copy = await clone_cycle(writer, "c48", "Semaine 49")
    assert copy.hours == {"bioespuna": Hours(closes_at=EARLY + (copy.closes_at - CLOSES))}


async def test_a_rhythm_gives_its_cycles_the_hours_of_producers_and_the_hours_for_filling_cases(hub, coordinator):
    form = {
        "id": "00000000-0000-4000-8000-000000000001",
        "version": "0",
        "name": "Limoux",
        "groups": "limoux",
        "every": "weeks",
        "first": "2026-11-27",
        "weeks": "1",
        "opens_days": "12",
        "opens_at": "08:00",
        "closes_days": "5",
        "closes_at": "20:00",
        "completion_hours": "3",
        "on_holiday": "before",
        "hours_on_holiday": "keep",
        "offers": "season",
        "ahead_weeks": "3",
        "active": "on",
        "do": "save",
    }
    outside = form | {"closes-bioespuna_days": "4", "closes-bioespuna_at": "20:00"}
    assert (await coordinator.submit("/ordering/rhythms/new", outside)).status_code == 422
    half = form | {"closes-bioespuna_days": "7"}
    assert (await coordinator.submit("/ordering/rhythms/new", half)).status_code == 422
    mine = form | {"closes-bioespuna_days": "7", "closes-bioespuna_at": "20:00"}
    assert (await coordinator.submit("/ordering/rhythms/new", mine)).status_code == 303
    page = (await coordinator.get(f"/ordering/rhythms/{form['id']}")).text
    assert re.search(r'name="closes-bioespuna_days"[^>]*value="7"', page)
    assert re.search(r'name="completion_hours"[^>]*value="3"', page)
    await hub.tick()
    made = await hub.cycle(f"{form['id']}-20261127")
    assert made.completion_hours == 3
    assert made.hours == {"bioespuna": Hours(closes_at=EARLY)}


# Open again for one producer


@pytest.fixture
async def deciding(hub):
    """Cases of jam (Bousole) and of flour (the mill) are not full."""
    mill = product("flour", producer_id="mill", producer_name="Le Moulin", case_thousandths=5_000)
    await hub.hear(product("jam", case_thousandths=12_000), mill)
    await hub.open()
    await hub.order("h1", jam=7_000, flour=3_000)
    await hub.order("h2", jam=2_000)
    await hub.close()
    return hub


async def extend(hub, hours=3, producer_id=""):
    until = hub.clock.now() + timedelta(hours=hours)
    async with hub.database.write() as writer:
        await hub.app.state.closing.extend(writer, "c48", until, until + timedelta(days=1), producer_id)
    return until


async def test_only_one_producer_is_extended_and_what_was_decided_about_others_stays(deciding, coordinator, client_for):
    async with deciding.database.write() as writer:
        await deciding.app.state.closing.choose(writer, "c48", "case:jam", Choice(Option.CANCEL), "Marie")
    with pytest.raises(NotAChoice):
        await extend(deciding, producer_id="bioespuna")
    later = typed(deciding.clock.now() + timedelta(hours=3))
    fields = {"closes_at": later, "producer": "mill"}
    assert (await coordinator.submit("/ordering/cycles/c48/decisions/extend", fields)).status_code == 303
    assert "rouvertes pour Le Moulin seulement" in plain(await coordinator.get("/ordering/cycles/c48"))
    member = client_for(deciding.app, MEMBER)
    assert "rouvertes pour Le Moulin seulement" in plain(await member.get("/ordering/shop/c48/h1"))
    with pytest.raises(WrongLines) as refused:
        await deciding.order("h2", jam=3_000, flour=1_000)
    assert {p: line.wrong for p, line in refused.value.lines.items()} == {"jam": Wrong.NOT_EXTENDED}
    await deciding.order("h2", jam=2_000, flour=2_000)
    deciding.clock.advance(timedelta(hours=3))
    await deciding.tick()
    closed = await deciding.cycle()
    assert (closed.state, closed.extended_for) == ("closed", ""), "nothing is left to decide"
    (said,) = await deciding.said(ordering.CycleClosed)
    assert [(total.producer_id, total.quantity_thousandths) for total in said.manifest.producers] == [("mill", 5_000)]


async def test_who_was_to_take_the_rest_and_withdrew_takes_none(deciding):
    fourth = await _joined(deciding)
    async with deciding.database.write() as writer:
        top_up = Choice(Option.TOP_UP, fourth.id, "jam", 3_000)
        await deciding.app.state.closing.choose(writer, "c48", "case:jam", top_up, "Marie")
    until = await extend(deciding, producer_id="mill")
    await deciding.order("h4", base=fourth.version)
    deciding.clock.set(until)
    await deciding.tick()
    assert (await deciding.cycle()).state == "deciding"
    async with deciding.database.read() as reader:
        made = {one.subject: one.choice for one in await decision.of_cycle(reader, "c48")}
    assert made["case:jam"] is None


async def _joined(hub):
    """h4 orders flour alone, in a cycle open again for all."""
    until = await extend(hub)
    made = await hub.order("h4", flour=1_000)
    hub.clock.set(until)
    await hub.tick()
    return made


async def test_open_again_for_all_forgets_that_it_was_for_one(deciding):
    until = await extend(deciding, producer_id="mill")
    deciding.clock.set(until)
    await deciding.tick()
    await extend(deciding)
    await deciding.order("h2", jam=5_000)
