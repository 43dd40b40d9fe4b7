"""Ways: measured by an engine the operator named, corrected by the coordinator, reckoned where neither says one."""

from zoneinfo import ZoneInfo

import pytest
import road_engine
from network_desk import FARM
from schedule_desk import FRIDAY, week
from sqlalchemy import select

from chassis.identity import Grant
from coldchain.day import Roads
from coldchain.road import DayRoads, Way
from contracts import Role
from logistics.app import create_app
from logistics.network.day_of import day_of
from logistics.network.site import SITES
from logistics.road.engine import OSRM, VALHALLA, Nonsense, read_table
from logistics.road.survey import batches
from logistics.road.way import corrected_way, measured_way, spot, spots_of
from logistics.settings import LogisticsSettings

WAYS = "/logistics/ways"
ONE = f"{WAYS}/farm-pic/dock"
LIMOUX, CARCASSONNE = (43.0531, 2.2174), (43.2130, 2.3491)


@pytest.fixture
def engine():
    with road_engine.running() as one:
        yield one


@pytest.fixture(params=["osrm", "valhalla"])
def protocol(request):
    return request.param


@pytest.fixture
async def hub(started, engine, protocol):
    """A hub whose operator named the engine, before anything is in its network."""
    return await started(
        create_app,
        LogisticsSettings,
        road_engine_url=engine.url,
        road_engine=protocol,
        road_timeout=10,
        road_data="Aude",
    )


@pytest.fixture
async def desk(hub, client_for):
    browser = client_for(hub, Grant(Role.COORDINATOR), name="Nadia")
    await week(hub, browser)
    return browser


async def roads_of(app) -> tuple[DayRoads, Roads]:
    async with app.state.service.database.read() as reader:
        made = await day_of(reader, FRIDAY, 250, ZoneInfo("Europe/Paris"), Roads())
    assert made.day is not None
    return DayRoads(made.day), made.day.roads


async def rows(app, table):
    async with app.state.service.database.read() as reader:
        return await reader.all(select(table))


async def test_what_the_engine_measured_is_what_days_are_planned_with(hub, desk, engine, protocol):
    reckoned = (await roads_of(hub))[0].way("farm-pic", "dock")
    day = await desk.get(f"/logistics/days/{FRIDAY}")
    assert "le moteur de trajets n’en donne aucun" in day.text
    assert (await desk.submit(f"{WAYS}/measure")).status_code == 303
    measured, roads = await roads_of(hub)
    assert measured.way("farm-pic", "dock") != reckoned
    assert len(roads.legs) == 6 * 5, "two farms, three pickup points and a dock, each with each"
    async with hub.state.service.database.read() as reader:
        at = spots_of(await SITES.all(reader))
    spots = (at["farm-pic"], at["dock"])
    a, b = ([float(number) for number in one.split(",")] for one in spots)
    metres, seconds = engine._way(tuple(a), tuple(b))
    assert measured.way("farm-pic", "dock").metres == pytest.approx(metres, abs=2)
    assert measured.way("farm-pic", "dock").seconds == pytest.approx(seconds, abs=2)
    assert "le moteur de trajets" not in (await desk.get(f"/logistics/days/{FRIDAY}")).text
    page = (await desk.get(ONE)).text
    assert {"osrm": "OSRM Aude · 2026-11-01", "valhalla": "Valhalla Aude"}[protocol] in page


async def test_what_is_known_is_not_asked_for_again_until_it_is_old_or_the_data_is_new(hub, desk, engine, clock):
    await desk.submit(f"{WAYS}/measure")
    asked = len(engine.asked)
    await desk.submit(f"{WAYS}/measure")
    assert len(engine.asked) == asked
    clock.advance(86400 * 181)
    await desk.submit(f"{WAYS}/measure")
    assert len(engine.asked) > asked
    hub.state.surveyor._data, asked = "Occitanie", len(engine.asked)
    await desk.submit(f"{WAYS}/measure")
    assert len(engine.asked) > asked
    assert {row["data"].split(" · ")[0] for row in await rows(hub, measured_way)} == {"Occitanie"}


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("refuses", "il refuse (503)"),
        ("nonsense", "il répond ce qui ne peut pas être"),
        ("hangs", "il ne répond pas à temps"),
        ("endless", "il répond ce qui ne peut pas être (too long)"),
        ("moves", "il refuse (302)"),
    ],
)
async def test_while_the_engine_fails_ways_are_reckoned_and_the_page_says_since_when(
    hub, desk, engine, clock, mood, said
):
    before = (await roads_of(hub))[1]
    engine.mood = mood
    if mood == "hangs":
        hub.state.surveyor.engine._timeout = 0.2
    assert (await desk.submit(f"{WAYS}/measure")).status_code == 303
    clock.advance(3600)
    await desk.submit(f"{WAYS}/measure")
    page = (await desk.get(WAYS)).text
    assert said in page
    assert "depuis le jeudi 19 novembre 2026" in page
    assert "Fromagerie du Pic → Quai de Limoux" in page, "which ways"
    assert said in (await desk.get(f"/logistics/days/{FRIDAY}")).text
    assert (await roads_of(hub))[1] == before
    assert engine.elsewhere == 0, "it is not followed to where it points"
    engine.mood, hub.state.surveyor.engine._timeout = "well", 10
    await desk.submit(f"{WAYS}/measure")
    assert said not in (await desk.get(WAYS)).text


async def test_an_engine_that_is_not_there_is_told(hub, desk, engine):
    hub.state.surveyor.engine._url = "http://127.0.0.1:9"
    await desk.submit(f"{WAYS}/measure")
    assert "il est injoignable" in (await desk.get(WAYS)).text


async def test_a_place_no_road_leads_to_is_reckoned_and_not_asked_for_again(hub, desk, engine):
    engine.no_road = LIMOUX
    async with hub.state.service.database.read() as reader:
        assert spots_of(await SITES.all(reader))["dock"] == spot(*LIMOUX)
    await desk.submit(f"{WAYS}/measure")
    asked = len(engine.asked)
    await desk.submit(f"{WAYS}/measure")
    assert len(engine.asked) == asked
    assert len((await roads_of(hub))[1].legs) == 5 * 4
    assert "ne connaît pas de route" in (await desk.get(ONE)).text
    assert "le moteur de trajets n’en donne aucun" in (await desk.get(f"/logistics/days/{FRIDAY}")).text


async def test_the_word_of_a_person_prevails_and_is_kept_with_who_and_why(hub, desk):
    await desk.submit(f"{WAYS}/measure")
    form = {"id": "c1", "seen": "0", "km": "31,5", "minutes": "55", "why": "Pont fermé", "both_ways": "on"}
    for _twice in range(2):
        assert (await desk.submit(ONE, form)).status_code == 303
    known = (await roads_of(hub))[0]
    assert known.way("farm-pic", "dock") == known.way("dock", "farm-pic") == Way(31_500, 3_300)
    assert len(await rows(hub, corrected_way)) == 2, "one each way, however often the form is sent"
    page = (await desk.get(ONE)).text
    assert "Pont fermé" in page
    assert "Nadia" in page
    late = await desk.submit(ONE, form | {"id": "c2", "km": "40"})
    assert late.status_code == 409
    assert 'value="40"' in late.text
    assert (await desk.submit(ONE, {"id": "c3", "seen": "1", "take_back": "on", "why": "Rouvert"})).status_code == 303
    known = (await roads_of(hub))[0]
    assert known.way("farm-pic", "dock") != Way(31_500, 3_300) == known.way("dock", "farm-pic")


async def test_a_correction_ends_when_a_place_is_moved(hub, desk):
    await desk.submit(ONE, {"id": "c1", "seen": "0", "km": "31,5", "minutes": "55", "why": "Pont fermé"})
    moved = FARM | {"latitude": "42,95", "version": "1"}
    assert (await desk.submit("/logistics/network/sites/farm-pic/edit", moved)).status_code == 303
    assert (await roads_of(hub))[0].way("farm-pic", "dock") != Way(31_500, 3_300)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"km": "3"}, "Aucune route n’est plus courte qu’à vol d’oiseau"),
        ({"minutes": "2"}, "Personne ne va si loin en si peu de temps"),
        ({"km": "loin"}, "loin"),
        ({"why": ""}, "why"),
        ({"minutes": "0"}, "minutes"),
    ],
)
async def test_a_correction_that_cannot_be_is_told_at_its_field_and_what_was_typed_stays(hub, desk, typed, said):
    form = {"id": "c1", "seen": "0", "km": "31,5", "minutes": "55", "why": "Pont fermé"} | typed
    answer = await desk.submit(ONE, form)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{form["km"]}"' in answer.text
    assert await rows(hub, corrected_way) == []


async def test_only_the_coordinator_measures_and_corrects(hub, desk, client_for):
    for role in set(Role) - {Role.COORDINATOR}:
        browser = client_for(hub, Grant(role, group_id="g", household_id="h", producer_id="pic"))
        assert (await browser.get(WAYS)).status_code == 403
        assert (await browser.submit(f"{WAYS}/measure")).status_code == 403
        assert (await browser.submit(ONE, {"km": "31,5"})).status_code == 403
    assert (await desk.get(f"{WAYS}/farm-pic/nowhere")).status_code == 404


async def test_without_an_engine_nobody_is_asked_and_corrections_hold(app, client_for):
    desk = client_for(app, Grant(Role.COORDINATOR))
    await week(app, desk)
    assert (await desk.submit(f"{WAYS}/measure")).status_code >= 400
    assert "personne au-dehors n’est interrogé" in (await desk.get(WAYS)).text
    await desk.submit(ONE, {"id": "c1", "seen": "0", "km": "31,5", "minutes": "55", "why": "Pont fermé"})
    assert (await roads_of(app))[0].way("farm-pic", "dock") == Way(31_500, 3_300)
    assert "Pont fermé" in (await desk.get(WAYS, params={"site": "dock"})).text
    assert "moteur de trajets" not in (await desk.get(f"/logistics/days/{FRIDAY}")).text


async def test_what_was_answered_before_it_failed_is_kept(hub, desk, engine, monkeypatch):
    engine.fails_after = 1
    monkeypatch.setattr("logistics.road.survey.batches", lambda missing, _most: batches(missing, 2))
    await desk.submit(f"{WAYS}/measure")
    assert 0 < len(await rows(hub, measured_way)) < 30
    page = (await desk.get(f"/logistics/days/{FRIDAY}")).text
    assert "il refuse (503)" in page


@pytest.mark.parametrize("dialect", [OSRM, VALHALLA])
def test_a_hundred_and_twenty_places_are_asked_for_in_what_the_engine_takes(dialect):
    spots = [spot(43 + number / 1000, 2) for number in range(120)]
    missing = [(a, b) for a in spots for b in spots if a != b]
    asked = list(batches(missing, dialect.at_most))
    assert {(a, b) for sources, targets in asked for a in sources for b in targets} >= set(missing)
    assert all(len(sources) <= dialect.at_most >= len(targets) for sources, targets in asked)


def test_a_new_place_does_not_have_everything_measured_again():
    spots = [spot(43 + number / 1000, 2) for number in range(120)]
    missing = [(a, b) for a in spots for b in spots if a != b and spots[0] in (a, b)]
    assert sum(len(sources) * len(targets) for sources, targets in batches(missing, 50)) < 120 * 120


@pytest.mark.parametrize(
    ("metres", "seconds"),
    [(float("nan"), 100), (float("inf"), 100), ("12", 100), (True, 100), (5_000, 800), (30_000, 60), (9e9, 1e9)],
)
def test_numbers_that_cannot_be_are_not_believed(metres, seconds):
    with pytest.raises(Nonsense):
        read_table(OSRM, {"code": "Ok", "distances": [[metres]], "durations": [[seconds]]}, [LIMOUX], [CARCASSONNE])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x", "http://", "router", "http://x/?to=y"])
def test_only_an_address_of_a_server_is_a_road_engine(url):
    with pytest.raises(ValueError, match="must be an address"):
        LogisticsSettings(road_engine_url=url)
