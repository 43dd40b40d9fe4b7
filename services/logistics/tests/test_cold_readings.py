"""Temperatures typed on a phone: judged by what stands there then, doubted where nobody measures such a thing."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cold_desk import cooled_stay, frozen_stay, incident, readings, typed
from schedule_desk import FRIDAY, publish, week

from chassis.identity import Grant
from chassis.testing import announced
from contracts import Role
from contracts.logistics import NonconformityOpened
from logistics.cold import reading
from logistics.cold.held import held, held_lines
from logistics.cold.limit import Followed
from logistics.cold.place import Kind

DAY = "/logistics/temperatures/2026-11-27"


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


@pytest.fixture
async def hub(app, desk, clock):
    """Published, and the clock at the time when chilled goods stand in a room."""
    followed = Followed.of(await publish(app))
    clock.set(cooled_stay(followed)[1])
    return followed


async def test_a_reading_within_the_limit_is_kept_and_breaks_nothing(app, desk, hub):
    place, at, band = cooled_stay(hub)
    assert band.highest is not None
    said = await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(at, "3,5"))
    assert said.status_code == 303, said.text
    [kept] = await readings(app)
    assert (kept.temperature, kept.at, kept.place, kept.broke, kept.by) == (35, at, place, False, "Nadia")
    assert kept.highest == band.highest
    assert "3,5 °C" in (await desk.get(DAY)).text.replace("\xa0", " ")
    assert await incident(app) == []


async def test_a_reading_above_the_limit_holds_the_goods_and_tells_the_coordinator(app, desk, hub):
    place, at, band = cooled_stay(hub)
    too_warm = band.highest + 1
    await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(at, f"{too_warm // 10},{too_warm % 10}"))
    [one] = await incident(app)
    assert one.place == place
    assert one.since == at
    expected = {line.id for each, _ in hub.there(place, at) for line in each.lines}
    assert set(one.lines) <= expected
    assert one.lines
    async with app.state.service.database.read() as reader:
        lines, kept = await held_lines(reader, FRIDAY), await held(reader, FRIDAY)
    assert set(lines) == set(one.lines)
    assert set(kept) == {line.consignment_id for line in one.lines.values()}
    [event] = [each for each in await announced(app) if isinstance(each, NonconformityOpened)]
    assert {goods.name for goods in event.goods} == {line.name for line in one.lines.values()}
    assert event.warmest == too_warm


async def test_several_readings_of_one_breach_are_one_nonconformity_and_one_announcement(app, desk, hub):
    place, at, band = cooled_stay(hub)
    for minutes, more in ((0, 10), (1, 20), (2, 5)):
        tenths = band.highest + more
        form = typed(at + timedelta(minutes=minutes), f"{tenths // 10},{tenths % 10}", id=f"r{minutes}")
        await desk.submit(f"{DAY}/take?place={quote(place.code)}", form)
    [one] = await incident(app)
    assert len(one.steps) == 3
    assert one.warmest == band.highest + 20
    assert one.last == at + timedelta(minutes=2)
    assert len([each for each in await announced(app) if isinstance(each, NonconformityOpened)]) == 1


async def test_a_form_sent_twice_is_kept_once(app, desk, hub):
    place, at, band = cooled_stay(hub)
    form = typed(at, f"{band.highest // 10 + 2}", id="once")
    for _ in range(2):
        assert (await desk.submit(f"{DAY}/take?place={quote(place.code)}", form)).status_code == 303
    assert len(await readings(app)) == 1
    [one] = await incident(app)
    assert len(one.steps) == 1


@pytest.mark.parametrize("text", ["999", "-300", "abc", "", "3,55", "120", "12/3"])
async def test_what_no_thermometer_shows_is_told_at_the_field_and_kept_in_it(app, desk, hub, text):
    place, at, _ = cooled_stay(hub)
    said = await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(at, text))
    assert said.status_code == 422
    assert 'id="field-temperature-error"' in said.text
    assert f'value="{text}"' in said.text
    assert await readings(app) == []


async def test_fahrenheit_is_asked_about_and_never_silently_kept(app, desk, hub):
    place, at, _ = cooled_stay(hub)
    url = f"{DAY}/take?place={quote(place.code)}"
    said = await desk.submit(url, typed(at, "39,2"))
    assert said.status_code == 422
    assert "Fahrenheit" in said.text
    assert 'value="39,2"' in said.text
    assert await readings(app) == []
    assert (await desk.submit(url, typed(at, "39,2", sure="392:40"))).status_code == 303
    assert [one.temperature for one in await readings(app)] == [40]


async def test_a_doubt_that_was_answered_for_another_value_is_asked_again(app, desk, hub):
    place, at, _ = cooled_stay(hub)
    said = await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(at, "41,0", sure="392:40"))
    assert said.status_code == 422
    assert await readings(app) == []


async def test_who_insists_is_believed(app, desk, hub):
    place, at, _ = cooled_stay(hub)
    form = typed(at, "39,2", sure="392:392")
    assert (await desk.submit(f"{DAY}/take?place={quote(place.code)}", form)).status_code == 303
    assert [one.temperature for one in await readings(app)] == [392]
    assert len(await incident(app)) == 1


async def test_a_forgotten_sign_is_asked_about(app, desk, hub, clock):
    place, at, _ = frozen_stay(hub)
    clock.set(at)
    said = await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(at, "18"))
    assert said.status_code == 422
    assert "-18" in said.text or "−18" in said.text
    assert await readings(app) == []


async def test_a_moment_to_come_or_long_past_is_refused(app, desk, hub):
    place, at, _ = cooled_stay(hub)
    for when in (at + timedelta(hours=3), at - timedelta(days=4)):
        said = await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(when, "3"))
        assert said.status_code == 422
        assert 'id="field-at-error"' in said.text
    assert await readings(app) == []


async def test_a_referent_measures_at_its_own_point_only(app, desk, hub, client_for):
    place, at, _ = cooled_stay(hub, at_pickup=True)
    group = place.id.removeprefix("pickup-")
    other = client_for(app, Grant(Role.REFERENT, group_id="elsewhere"), name="Paul", person_id="p2")
    url = f"{DAY}/take?place={quote(place.code)}"
    assert (await other.get(url)).status_code == 404
    assert (await other.submit(url, typed(at, "3"))).status_code == 404
    own = client_for(app, Grant(Role.REFERENT, group_id=group), name="Odile", person_id="p3")
    assert (await own.get(url)).status_code == 200
    page = (await own.get(DAY)).text
    assert quote(place.code, safe="") in page
    assert "vehicle%7C" not in page


async def test_a_place_that_is_none_of_the_day_is_not_found(desk, hub):
    for code in ("site|moon|", "box|none|", "nonsense", "goods|x|y", "vehicle|van|9"):
        assert (await desk.get(f"{DAY}/take?place={quote(code)}")).status_code == 404
    assert (await desk.get("/logistics/temperatures/2026-13-01")).status_code == 404
    assert (await desk.get("/logistics/temperatures/2026-11-28")).status_code == 404


async def test_goods_themselves_are_measured_at_a_stage(app, desk, hub, clock):
    one = next(each for each in hub.delicate() if each.lines[0].temperature_class == "FROZEN")
    clock.set(datetime(2026, 11, 27, 12, tzinfo=UTC))
    url = f"{DAY}/take?place={quote(f'{Kind.GOODS}|{one.id}|')}"
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert (await desk.submit(url, typed(at, "-16"))).status_code == 422
    line = one.lines[0].id
    loading = typed(at, "-16", stage="loading", line=line, id="a")
    assert (await desk.submit(url, loading)).status_code == 303
    assert await incident(app) == []
    collected = typed(at, "-16", stage="pick-up", line=line, id="b")
    assert (await desk.submit(url, collected)).status_code == 303
    [found] = await incident(app)
    assert set(found.lines) == {line}


async def test_a_chart_shows_the_limit_the_readings_and_what_broke_it(app, desk, hub):
    place, at, band = cooled_stay(hub)
    url = f"{DAY}/take?place={quote(place.code)}"
    for minutes, tenths in ((0, 30), (1, 31), (2, band.highest + 9)):
        form = typed(at + timedelta(minutes=minutes), f"{tenths // 10},{tenths % 10}", id=f"c{minutes}")
        assert (await desk.submit(url, form)).status_code == 303
    page = (await desk.get(f"{DAY}/place?place={quote(place.code)}")).text
    assert page.count('class="breach"') == 3  # one on each drawing, and the legend
    assert page.count('class="dot"') == 2 * 3 + 1
    assert 'class="limit"' in page
    assert "3,1 °C" in page.replace("\xa0", " ")


async def test_a_correction_is_a_new_reading_that_names_the_first(app, desk, hub, client_for):
    place, at, _ = cooled_stay(hub)
    await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(at, "3", id="first"))
    url = f"{DAY}/correct?reading=first"
    assert (await desk.get(url)).status_code == 200
    for form, field in (
        ({"why": ""}, "why"),
        ({"temperature": "3"}, "temperature"),
        ({"temperature": "x"}, "temperature"),
    ):
        said = await desk.submit(url, {"id": "second", "temperature": "3,8", "why": "Faute de frappe"} | form)
        assert (said.status_code, f'id="field-{field}-error"' in said.text) == (422, True)
    driver = client_for(app, Grant(Role.DRIVER), name="Marcel", person_id="p9")
    assert (await driver.get(url)).status_code == 404
    typed_right = {"id": "second", "temperature": "3,8", "why": "Faute de frappe"}
    assert (await desk.submit(url, typed_right)).status_code == 303
    [standing] = await readings(app)
    assert (standing.temperature, standing.corrects, standing.note, standing.at) == (38, "first", "Faute de frappe", at)
    async with app.state.service.database.read() as reader:
        first = await reading.find(reader, "first")
    assert first is not None
    assert first.temperature == 30
    assert (await desk.get(url)).status_code == 404
    assert "au lieu de 3 °C" in (await desk.get(f"{DAY}/place?place={quote(place.code)}")).text.replace("\xa0", " ")


async def test_a_correction_sent_twice_is_kept_once_and_a_second_one_is_told(app, desk, hub):
    place, at, _ = cooled_stay(hub)
    await desk.submit(f"{DAY}/take?place={quote(place.code)}", typed(at, "3", id="first"))
    url = f"{DAY}/correct?reading=first"
    form = {"id": "second", "temperature": "3,8", "why": "Faute de frappe"}
    for _time in range(2):
        assert (await desk.submit(url, form)).status_code == 303
    other = await desk.submit(url, form | {"id": "third", "temperature": "4,1"})
    assert other.status_code == 409
    assert [one.id for one in await readings(app)] == ["second"]


async def test_the_archive_has_each_day_with_its_sheet(desk, hub):
    page = (await desk.get("/logistics/temperatures")).text
    assert f"{DAY}/sheet.pdf" in page
    assert f"{DAY}/sheet.pdf" not in (await desk.get("/logistics/temperatures?before=2026-11-27")).text
    assert (await desk.get("/logistics/temperatures?before=yesterday")).status_code == 404
