"""The papers of a published Friday: on screen and on paper, for each who may see them, and for nobody else."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from logistics_week import producer, usual_week
from network_desk import DOCK, MARCEL, NETWORK
from schedule_desk import FRIDAY, planned, publish, week

from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role
from logistics.schedule import published
from logistics.schedule.round_link import OPEN
from ui.i18n import COOKIE as LANGUAGE

COORDINATOR = Grant(Role.COORDINATOR)
DAY = f"/logistics/days/{FRIDAY.isoformat()}"


@pytest.fixture
async def hub(app, client_for):
    await week(app, client_for(app, COORDINATOR))
    return app


@pytest.fixture
async def friday(hub):
    return await publish(hub)


def text_of(page: str) -> str:
    """What is read, in one line."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


async def test_nothing_is_shown_before_the_schedule_is_published(hub, client_for):
    desk = client_for(hub, COORDINATOR)
    for path in ("papers", "rounds.pdf", "rounds/marcel"):
        answer = await desk.get(f"{DAY}/{path}")
        assert answer.status_code == 404
        assert "Pas encore publié" in answer.text
    assert (await desk.get("/logistics/days/yesterday/papers")).status_code == 404
    by_link = await client_for(hub).get(hub.state.round_links.path(FRIDAY, "marcel"))
    assert by_link.status_code == 404
    assert "Pas encore publié" in by_link.text


async def test_the_page_of_the_day_leads_to_every_carriers_rounds(hub, friday, client_for):
    desk = client_for(hub, COORDINATOR)
    page = (await desk.get(f"{DAY}/papers")).text
    for name in ("Lola", "Marcel", "Odette"):
        assert name in page
    links = re.findall(r'class="share-link" href="[^"]*?(/logistics/[^"]+)"', page)
    # By when they start.
    assert links == [hub.state.round_links.path(FRIDAY, name) for name in ("marcel", "odette", "lola")]
    # A driver finds the same page, without the links of the others.
    driver = client_for(hub, Grant(Role.DRIVER))
    assert f"{DAY}/papers" in (await driver.get("/logistics/rounds")).text
    seen = (await driver.get(f"{DAY}/papers")).text
    assert "Marcel" in seen
    assert OPEN not in seen


async def test_a_round_says_where_to_go_with_what_at_which_temperature(hub, friday, client_for):
    page = await client_for(hub, Grant(Role.DRIVER)).get(f"{DAY}/rounds/marcel")
    assert page.status_code == 200
    said = text_of(page.text)
    # Loaded and put down once on each of his ways.
    carried = [
        load for one in friday.plan.rounds if one.carrier_id == "marcel" for stop in one.stops for load in stop.loads
    ]
    assert page.text.count('class="piece"') == 2 * len(carried)
    for words in (
        "3 pièces Pélardon affiné, pièce de 90 g",
        "0,735 kg Tomme de brebis",
        "2 pièces Oranges",
        "Froid 4 °C",
    ):
        assert words in said
    assert "Plancher sans froid" in said
    assert "8 h 23" in said
    assert "version 1, publiée" in said
    assert not re.search(r"%\(\w+\)s", said)


async def test_the_link_opens_the_rounds_without_an_account_until_a_week_after(hub, friday, client_for, monkeypatch):
    nobody = client_for(hub)
    link = hub.state.round_links.path(FRIDAY, "marcel")
    page = await nobody.get(link)
    assert page.status_code == 200
    assert "Marcel" in page.text
    assert "Odette" not in page.text
    assert f"{DAY}/papers" not in page.text
    token = link.removeprefix(OPEN)
    for path in (f"handovers/open/{token}", f"handovers/open/{token}/farm-pic", f"temperatures/open/{token}"):
        assert f'href="/logistics/{path}"' in page.text
    assert (await nobody.get(link + ".pdf")).content.startswith(b"%PDF")
    # Without it, nobody is let in; what is changed in it opens nothing.
    assert (await nobody.get(f"{DAY}/rounds/marcel")).status_code in (303, 401, 403)
    for wrong in (link[:-4], link.replace(OPEN, OPEN + "A"), OPEN + "x"):
        assert (await nobody.get(wrong)).status_code == 404
    later = datetime(2026, 12, 5, 0, 0, tzinfo=UTC)
    monkeypatch.setattr(hub.state.service.clock, "now", lambda: later)
    over = await nobody.get(link)
    assert over.status_code == 410
    monkeypatch.setattr(hub.state.service.clock, "now", lambda: later - timedelta(seconds=1))
    assert (await nobody.get(link)).status_code == 200


async def test_the_link_always_opens_the_version_that_holds(hub, friday, client_for):
    nobody, link = client_for(hub), hub.state.round_links.path(FRIDAY, "odette")
    assert "Odette" in (await nobody.get(link)).text
    without = friday.plan.model_copy(
        update={"rounds": tuple(one for one in friday.plan.rounds if one.carrier_id != "odette")}
    )
    frozen = [one for one in friday.day.consignments if one.lines[0].temperature_class == "FROZEN"]
    kept = tuple(one for one in friday.day.consignments if one not in frozen)
    async with hub.state.service.database.write() as writer:
        await published.publish(
            writer, friday.day.model_copy(update={"consignments": kept}), without, by="Nadia", after=1
        )
    page = await nobody.get(link + "?version=1")
    assert page.status_code == 200
    assert "pas de tournée" in page.text
    desk = client_for(hub, COORDINATOR)
    assert (await desk.get(f"{DAY}/rounds/odette")).status_code == 404
    older = await desk.get(f"{DAY}/rounds/odette?version=1")
    assert "Ce planning n’est plus valable" in text_of(older.text)
    assert f"{DAY}/rounds/odette.pdf?version=1" in older.text
    assert (await desk.get(f"{DAY}/rounds/odette?version=7")).status_code == 404


async def test_members_producers_and_referents_do_not_see_the_rounds(hub, friday, client_for):
    for grant in (
        Grant(Role.MEMBER, household_id="vidal"),
        Grant(Role.PRODUCER, producer_id="pic"),
        Grant(Role.REFERENT, group_id="limoux"),
    ):
        for path in ("papers", "rounds.pdf", "rounds/marcel", "rounds/marcel.pdf"):
            assert (await client_for(hub, grant).get(f"{DAY}/{path}")).status_code == 403


async def test_a_list_that_is_revised_afterwards_changes_nothing_on_the_papers(hub, friday, client_for):
    """The lines of a revised list have other numbers: what was published was made from the one before."""
    driver = client_for(hub, Grant(Role.DRIVER))
    before = [text_of((await driver.get(f"{DAY}/rounds/{name}")).text) for name in ("lola", "marcel", "odette")]
    assert "0,735 kg Tomme de brebis" in before[1]
    later = usual_week()
    allocated = later.allocate("abadie", fai=0)
    await deliver(hub, allocated, later.revising())
    producer = client_for(hub, Grant(Role.PRODUCER, producer_id="pic"))
    assert "Faisselle" in (await producer.get(f"{DAY}/packing/pic")).text
    after = [text_of((await driver.get(f"{DAY}/rounds/{name}")).text) for name in ("lola", "marcel", "odette")]
    assert after == before


async def test_the_papers_are_read_in_english_too(hub, friday, client_for):
    driver = client_for(hub, COORDINATOR)
    driver.cookies.set(LANGUAGE, "en")
    for path, words in (
        ("rounds/marcel", "Take on, in this order"),
        ("dock", "Who arrives"),
        ("timeline", "Timeline of the day"),
        ("packing/bio", "Brought by the producer"),
        ("papers", "All route sheets"),
    ):
        said = text_of((await driver.get(f"{DAY}/{path}")).text)
        assert words in said
        assert "%(" not in said
        assert "à même le sol" not in said
    assert (await driver.get(f"{DAY}/rounds.pdf")).content.startswith(b"%PDF")


async def test_names_are_read_as_names_wherever_they_stand(hub, client_for):
    day, made = await planned(hub)
    hostile = 'Halle <script>alert("1")</script> & #set text'
    sites = tuple(one.model_copy(update={"name": hostile}) if one.id == "pickup-quillan" else one for one in day.sites)
    async with hub.state.service.database.write() as writer:
        await published.publish(writer, day.model_copy(update={"sites": sites}), made, by="Nadia")
    desk = client_for(hub, COORDINATOR)
    for path in ("papers", "rounds/marcel", "rounds/lola", "dock", "timeline", "packing/pic", "labels"):
        assert "<script>alert" not in (await desk.get(f"{DAY}/{path}")).text
    for path in ("rounds.pdf", "dock.pdf", "packing.pdf", "labels/crates.pdf", "labels/bags.pdf?first=99"):
        assert (await desk.get(f"{DAY}/{path}")).content.startswith(b"%PDF"), path


async def test_phones_and_keys_are_those_of_now_and_can_be_dialled(hub, friday, client_for):
    """Somebody changes his number after the schedule is published: the plan stays, whom to call does not."""
    desk, link = client_for(hub, COORDINATOR), hub.state.round_links.path(FRIDAY, "marcel")
    assert "tel:" not in (await client_for(hub).get(link)).text
    opening = {"contact": "Paul", "phone": "04 68 31 00 00", "access": "Portail vert", "key": "Chez Mme Roux"}
    for noun, one, form in (
        ("sites", "dock", DOCK | opening),
        ("carriers", "marcel", MARCEL | {"phone": "+33 6 12 34 56 78"}),
    ):
        said = await desk.submit(f"{NETWORK}/{noun}/{one}/edit", {"version": "1", **form})
        assert said.status_code == 303, said.text
    await deliver(hub, producer("pic", version=2).model_copy(update={"phone": "06.01.02.03.04 / Ana"}))
    page = (await client_for(hub).get(link)).text
    said = text_of(page)
    assert 'href="tel:0468310000"' in page
    assert "Paul 04 68 31 00 00" in said
    assert "Accès Portail vert" in said
    assert "Clé Chez Mme Roux" in said
    # What is no number is said, and not dialled.
    assert "06.01.02.03.04 / Ana" in said
    assert "Ana" not in "".join(re.findall(r'href="tel:[^"]*"', page))
    producers = client_for(hub, Grant(Role.PRODUCER, producer_id="pic"))
    assert 'href="tel:+33612345678"' in (await producers.get(f"{DAY}/packing/pic")).text
    assert 'href="tel:+33612345678"' in (await desk.get(f"{DAY}/papers")).text
