"""A day is planned from its page: the planner runs beside the hub, can be stopped, and whoever dies leaves a draft that
says so."""

import asyncio
import os
import signal
from datetime import timedelta

import pytest
from draft_desk import ASKED, DAY, ask, planned_page, read
from schedule_desk import FRIDAY, publish, week

from chassis.identity import Grant
from coldchain import check
from contracts import Role
from logistics.facts import failed_plans
from logistics.schedule import draft, planners
from logistics.schedule.draft import State


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


async def worker_of(app, draft_id):
    """The process that plans a draft, once it runs."""
    async with asyncio.timeout(60):
        while (shift := app.state.planners.at_work.get(draft_id)) is None or shift.process is None:
            await asyncio.sleep(0.01)
    return shift.process


async def test_a_day_is_planned_from_its_page_to_a_plan_that_holds(app, desk):
    page = (await desk.get(DAY)).text
    assert "Planifier cette journée" in page
    page = await planned_page(desk, await ask(desk))
    one = await read(app, "draft-a")
    assert one.state is State.PLANNED
    assert check(one.day, one.plan) == ()
    assert one.made_by == "Nadia"
    assert "Le plan tient." in page
    for carrier in {tour.carrier_id for tour in one.plan.rounds}:
        assert {"marcel": "Marcel", "odette": "Odette", "lola": "Lola"}[carrier] in page
    assert "Faisselle" in page
    listed = (await desk.get(DAY)).text
    assert "Brouillon 1" in listed


async def test_a_form_sent_twice_is_one_draft_and_two_people_have_two(app, desk, client_for):
    first, again = await asyncio.gather(ask(desk), ask(desk))
    assert first == again
    paul = client_for(app, Grant(Role.COORDINATOR), name="Paul")
    other = await ask(paul, "draft-b")
    assert set(app.state.planners.at_work) <= {"draft-a", "draft-b"}
    await planned_page(desk, first)
    await planned_page(paul, other)
    async with app.state.service.database.read() as reader:
        heads = await draft.drafts_of(reader, FRIDAY)
    assert [(head.number, head.made_by) for head in heads] == [(2, "Paul"), (1, "Nadia")]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("seconds", "", "Ce champ est nécessaire."),
        ("seconds", "0", "supérieur à zéro"),
        ("seconds", "301", "au plus 300"),
        ("seconds", "vite", "nombre"),
        ("seed", "-1", "au moins 0"),
        ("outside", "99", "au plus 55"),
        ("after", "draft-of-nowhere", "Choisissez dans la liste"),
    ],
)
async def test_what_cannot_be_planned_is_said_at_its_field_and_kept(app, desk, field, typed, said):
    answer = await desk.submit(f"{DAY}/drafts", ASKED | {"id": "draft-a", field: typed})
    assert answer.status_code == 422
    assert said in answer.text, answer.text
    if field != "after":
        assert f'value="{typed}"' in answer.text
    async with app.state.service.database.read() as reader:
        assert await draft.drafts_of(reader, FRIDAY) == []


async def test_the_search_is_stopped_with_the_best_plan_so_far(app, desk):
    url = await ask(desk, seconds="300")
    page = (await desk.get(url)).text
    assert 'http-equiv="refresh"' in page
    assert "Arrêter" in page
    assert (await desk.submit(f"{url}/stop")).status_code == 303
    assert "Le plan tient." in await planned_page(desk, url)
    one = await read(app, "draft-a")
    assert check(one.day, one.plan) == ()


async def test_a_worker_that_is_killed_leaves_a_draft_that_says_so_and_is_started_once_more(app, desk):
    url = await ask(desk, seconds="300")
    process = await worker_of(app, "draft-a")
    os.kill(process.pid, signal.SIGKILL)
    page = await planned_page(desk, url)
    assert "La planification a échoué" in page
    one = await read(app, "draft-a")
    assert one.state is State.FAILED
    assert "status -9" in one.fault
    async with app.state.service.database.read() as reader:
        assert await failed_plans(reader) == 1, "whoever runs the hub is told"
    said = await desk.submit(f"{url}/again", {"id": "draft-b"})
    assert said.headers["location"].endswith("draft-b")
    await desk.submit("/logistics/drafts/draft-b/stop")
    assert "Le plan tient." in await planned_page(desk, "/logistics/drafts/draft-b")


async def test_a_hub_that_stops_breaks_its_planners_off(app, desk):
    await ask(desk, seconds="300")
    process = await worker_of(app, "draft-a")
    await app.state.planners.close()
    assert (await read(app, "draft-a")).state is State.BROKEN
    assert process.returncode is not None
    page = (await desk.get("/logistics/drafts/draft-a")).text
    assert "interrompue" in page


async def test_of_a_hub_that_was_killed_nothing_is_heard_and_its_draft_is_started_again(app, desk, clock):
    """Its planners die with it (below); here its row is left as a killed hub leaves it."""
    await ask(desk, seconds="300")
    await app.state.planners.close()
    async with app.state.service.database.write() as writer:
        left = draft.schedule_draft.update().values(state=State.PLANNING)
        await writer.execute(left)
    assert (await read(app, "draft-a")).state is State.PLANNING
    clock.advance(draft.LEASE + timedelta(seconds=1))
    assert (await read(app, "draft-a")).state is State.BROKEN
    assert "interrompue" in (await desk.get("/logistics/drafts/draft-a")).text
    said = await desk.submit("/logistics/drafts/draft-a/again", {"id": "draft-b"})
    await desk.submit(said.headers["location"] + "/stop")
    assert "Le plan tient." in await planned_page(desk, said.headers["location"])
    assert (await read(app, "draft-a")).state is State.BROKEN


async def test_a_worker_ends_when_nobody_is_there_to_listen(app, desk):
    await ask(desk, seconds="300")
    process = await worker_of(app, "draft-a")
    process.stdin.close()
    async with asyncio.timeout(30):
        assert await process.wait() == 0
    assert "La planification a échoué" in await planned_page(desk, "/logistics/drafts/draft-a")


async def test_a_planner_that_lives_keeps_its_draft_from_being_given_up(app, desk, clock, monkeypatch):
    monkeypatch.setattr(planners, "BEAT", 0.01)
    await ask(desk, seconds="300")
    await worker_of(app, "draft-a")
    for _ in range(4):
        clock.advance(timedelta(seconds=10))
        await asyncio.sleep(0.2)
        assert (await read(app, "draft-a")).state is State.PLANNING
    await app.state.planners.close()


async def test_a_plan_starts_from_what_is_published_and_changes_nothing_of_it(app, desk):
    held = await publish(app)
    page = await planned_page(desk, await ask(desk, after="published"))
    assert "version 1" in page
    one = await read(app, "draft-a")
    assert one.plan == held.plan


async def test_only_a_coordinator_plans(app, desk, client_for):
    url = await ask(desk)
    await planned_page(desk, url)
    for role in (Role.DRIVER, Role.REFERENT, Role.OPERATOR):
        other = client_for(app, Grant(role, group_id="limoux"))
        assert (await other.get(url)).status_code == 403
        assert (await other.submit(f"{DAY}/drafts", ASKED | {"id": "x"})).status_code == 403
    assert (await desk.get("/logistics/drafts/nothing")).status_code == 404
    assert (await desk.submit(f"{DAY}/drafts", ASKED | {"id": "../x"})).status_code == 404
