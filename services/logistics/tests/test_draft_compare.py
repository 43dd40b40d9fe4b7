"""Two plans beside each other: what differs for each carrier, producer and place, and nothing else."""

import html

import pytest
from draft_desk import drafted, read
from schedule_desk import publish, week

from chassis.identity import Grant
from contracts import Role
from logistics.schedule.comparing import Side, compare
from logistics.solver.changes import rides_of

DRAFT = "/logistics/drafts/draft-a"


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


async def page(desk, url):
    answer = await desk.get(url)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text).replace("\u00a0", " ")


async def test_a_draft_is_compared_with_the_one_it_was_changed_from(app, desk):
    one = await drafted(app)
    goods = next(k for k, ways in rides_of(one.plan).items() if ways[-1].carrier_id == "marcel")
    await desk.submit(f"{DRAFT}/goods", {"id": "draft-b", "moved": goods, "round": "lola-1"})
    new = await read(app, "draft-b")
    found = compare(Side(one.day, one.plan), Side(new.day, new.plan))
    assert {pair.name for pair in found.carriers} == {"Marcel", "Lola"}
    to = next(each for each in one.day.sites if each.id == goods.split("/")[1])
    assert to.name in {pair.name for pair in found.brought}
    assert not found.same
    told = await page(desk, "/logistics/drafts/draft-b/compare")
    assert "Lola" in told
    assert "Brouillon 1" in told
    assert "Apporté à" in told
    assert 'href="/logistics/drafts/draft-b/compare"' in await page(desk, "/logistics/drafts/draft-b")


async def test_only_what_a_change_breaks_is_told_as_broken_by_it(app, desk):
    await drafted(app)
    await desk.submit(f"{DRAFT}/departure", {"id": "draft-b", "round": "lola-1", "departs-lola-1": "19:45"})
    told = await page(desk, "/logistics/drafts/draft-b/compare?with=draft-a")
    assert "Seul le brouillon enfreint ceci" in told
    assert "Seul l’autre enfreint ceci" not in told
    back = await page(desk, f"{DRAFT}/compare?with=draft-b")
    assert "Seul l’autre enfreint ceci" in back
    assert "Seul le brouillon enfreint ceci" not in back


async def test_a_draft_that_is_the_same_as_what_is_published_says_so(app, desk):
    await drafted(app)
    assert "Il n’y a encore rien à comparer" in await page(desk, f"{DRAFT}/compare")
    await publish(app)
    told = await page(desk, f"{DRAFT}/compare?with=published")
    assert "Les deux sont identiques" in told
    assert "Version 1, publiée" in told


async def test_a_day_without_a_carrier_is_compared_with_the_whole_one(app, desk):
    one = await drafted(app)
    less = one.day.model_copy(update={"carriers": tuple(each for each in one.day.carriers if each.id != "odette")})
    plan = one.plan.model_copy(update={"rounds": tuple(e for e in one.plan.rounds if e.carrier_id != "odette")})
    found = compare(Side(one.day, one.plan), Side(less, plan))
    [gone] = found.carriers
    assert (gone.name, gone.after) == ("Odette", None)
    assert gone.before.metres > 0
    assert found.broken


async def test_nothing_is_compared_with_what_is_not_there(app, desk, client_for):
    await drafted(app)
    assert (await desk.get(f"{DRAFT}/compare?with=draft-z")).status_code == 404
    assert (await desk.get(f"{DRAFT}/compare?with=published")).status_code == 404
    other = client_for(app, Grant(Role.DRIVER))
    assert (await other.get(f"{DRAFT}/compare")).status_code == 403
