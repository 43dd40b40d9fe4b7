"""Hand-overs: what the plan expects, said through the pages, kept once, corrected by new rows."""

import re
from itertools import pairwise

import pytest
from handover_desk import COORDINATOR, DRIVER, LIMOUX, PIC, URL, form_id, opened, say, stop
from schedule_desk import FRIDAY

from chassis.identity import Grant
from contracts import Role
from logistics.handover.expected import PartyKind, expected
from logistics.handover.log import State, entries_of, standing


@pytest.fixture
async def hub(app, client_for, clock):
    return await opened(app, client_for, clock)


async def log(hub):
    async with hub.app.state.service.database.read() as reader:
        return await entries_of(reader, FRIDAY)


async def test_every_loading_and_unloading_is_expected_once(hub):
    board = await hub.board()
    plan = board.published.plan
    acts = sum(len(stop.loads) + len(stop.unloads) for one in plan.rounds for stop in one.stops)
    assert len(board.expected) == acts == len({one.step for one in board.expected}) > 0
    for consignment in board.published.day.consignments:
        chain = [one for one in board.expected if one.thing == consignment.id]
        assert chain[0].gives.kind is PartyKind.PRODUCER
        assert chain[0].gives.id == consignment.producer_id
        assert chain[-1].takes.kind is PartyKind.PLACE
        assert chain[-1].takes.id == consignment.to_site
        for before, after in pairwise(chain):
            assert before.takes == after.gives, "what somebody took, the same one gives on"
            assert before.until <= after.until
    again = expected(board.published.day, plan, {})
    assert [one.step for one in again] == [one.step for one in board.expected]


async def test_a_whole_stop_is_noted_with_one_button_and_once(hub):
    one = await hub.first_load()
    marcel = hub.as_(DRIVER)
    form = {"form_id": await form_id(marcel, stop(one)), "carrier": one.carrier_id, "do": "on", "step": one.step}
    mine = [e for e in (await hub.board()).expected if (e.site_id, e.carrier_id) == (one.site_id, one.carrier_id)]
    for _twice in range(2):
        said = await marcel.submit(stop(one), form)
        assert said.status_code == 303, said.text
    kept = await log(hub)
    assert {each.step for each in kept} == {e.step for e in mine} == {one.step}
    assert len(kept) == len(mine)
    assert all(each.state is State.AS_PLANNED and each.took.id == one.carrier_id for each in kept)
    page = (await marcel.get(stop(one))).text
    assert "Comme prévu" in page
    assert "corriger" in page


async def test_what_differs_is_typed_line_by_line_and_kept_as_evidence(hub):
    one = await hub.first_load()
    said = await say(hub.as_(PIC), one, "less", came="1", temperature="3,4", note="Une cagette oubliée")
    assert said.status_code == 303, said.text
    (entry,) = await log(hub)
    assert entry.state is State.LESS
    assert entry.temperature == 34
    assert entry.lines[0].came == 1000 < entry.lines[0].expected
    page = (await hub.as_(COORDINATOR).get(stop(one))).text
    assert "Une cagette oubliée" in page
    assert "3,4" in page


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ({"state": "less"}, "Indiquez la quantité de ce qui est en moins."),
        ({"state": "less", "came": "9999"}, "C’est plus que prévu"),
        ({"state": "refused"}, "Dites pourquoi c’est refusé."),
        ({"state": "damaged"}, "Dites ce qui est abîmé"),
        ({"state": "as_planned", "came": "1"}, "Pour que cette quantité compte"),
        ({"state": "", "note": "Bonjour"}, "Choisissez"),
        ({"state": ""}, "Rien n’est encore choisi"),
        ({"state": "as_planned", "temperature": "999"}, "Aucun thermomètre"),
        ({"state": "as_planned", "temperature": "froid"}, "degrés Celsius"),
        ({"state": "as_planned", "temperature": "39,2"}, "Fahrenheit"),
        ({"state": "as_planned", "temperature": "60"}, "Peut-être 6"),
        ({"state": "as_planned", "at": "2026-11-27T23:00"}, "Cette heure n’est pas encore venue"),
        ({"state": "as_planned", "at": "2026-11-20T08:00"}, "à plus de deux jours"),
    ],
)
async def test_what_cannot_be_is_asked_again_and_what_was_typed_stays(hub, typed, wanted):
    one = await hub.first_load()
    said = await say(hub.as_(PIC), one, **typed)
    assert said.status_code == 422
    assert wanted in said.text
    for value in typed.values():
        assert f'value="{value}"' in said.text
    assert await log(hub) == []


async def test_a_doubtful_temperature_is_taken_once_somebody_looked_again(hub):
    one = await hub.first_load()
    assert (await say(hub.as_(PIC), one, "as_planned", temperature="39,2")).status_code == 422
    assert (await say(hub.as_(PIC), one, "as_planned", temperature="39,2", sure="on")).status_code == 303
    assert (await log(hub))[0].temperature == 392


async def test_too_warm_is_no_slip_and_is_written_down(hub):
    one = await hub.first_load()
    assert (await say(hub.as_(PIC), one, "as_planned", temperature="9,5")).status_code == 303
    assert (await log(hub))[0].temperature == 95


async def test_a_correction_is_a_new_row_that_names_the_old_one(hub):
    one = await hub.first_load()
    await say(hub.as_(PIC), one, "as_planned")
    (first,) = await log(hub)
    url = f"{URL}/log/{first.id}"
    desk = hub.as_(DRIVER)
    form = {"form_id": "f2", f"state-{one.step}": "missing", "reason": ""}
    assert (await desk.submit(url, form)).status_code == 422
    form["reason"] = "Pas dans le camion"
    for _twice in range(2):
        assert (await desk.submit(url, form)).status_code == 303
    before, after = await log(hub)
    assert before == first
    assert after.corrects == first.id
    assert after.state is State.MISSING
    assert after.reason == "Pas dans le camion"
    late = await desk.submit(url, form | {"form_id": "f3", "reason": "Encore"})
    assert late.status_code == 409
    assert len(await log(hub)) == 2


async def test_what_never_happened_is_open_again(hub):
    one = await hub.first_load()
    await say(hub.as_(PIC), one, "as_planned")
    (first,) = await log(hub)
    form = {"form_id": "f2", f"state-{one.step}": "void", "reason": "Mauvaise ligne"}
    assert (await hub.as_(PIC).submit(f"{URL}/log/{first.id}", form)).status_code == 303
    assert standing(await log(hub)) == {}
    assert (await say(hub.as_(PIC), one, "as_planned", form="f3")).status_code == 303
    assert [each.number for each in await log(hub)] == [1, 2, 3]


async def test_each_sees_and_says_only_what_is_theirs(hub):
    one = await hub.first_load()
    other = await hub.first_load("bio", "pickup-quillan")
    pic = hub.as_(PIC)
    assert (await pic.get(stop(one))).status_code == 200
    assert (await pic.get(stop(other))).status_code == 404
    assert (await say(pic, other, "as_planned")).status_code == 404
    referent = hub.as_(LIMOUX)
    places = (await referent.get(f"{URL}/at")).text
    assert "Foyer" in places
    assert "Fromagerie du Pic" not in places
    assert (await referent.get(f"{URL}/at/pickup-quillan/households")).status_code == 404
    assert (await hub.as_(DRIVER).get(f"{URL}/at/pickup-quillan/households")).status_code in (403, 404)
    assert (await hub.as_(Grant(Role.MEMBER, household_id="vidal")).get(f"{URL}/at")).status_code == 403
    assert await log(hub) == []


async def test_two_who_tick_the_same_the_second_is_told_who_said_it(hub):
    one = await hub.first_load()
    assert (await say(hub.as_(PIC), one, "as_planned", form="a")).status_code == 303
    said = await say(hub.as_(DRIVER), one, "missing", form="b", note="Rien vu")
    assert said.status_code == 409
    assert "l’a déjà dit" in said.text
    assert len(await log(hub)) == 1


async def test_one_button_notes_what_was_on_the_page_and_nothing_that_a_newer_version_brings(hub):
    one = await hub.first_load("bio", "pickup-limoux")
    marcel = hub.as_(DRIVER)
    page = (await marcel.get(stop(one))).text
    section = page[page.index('id="c-marcel"') :]
    shown = re.findall(r'name="step" value="([^"]+)"', section)
    assert len(shown) > 2
    form = {"form_id": "f", "carrier": "marcel", "do": "on", "step": shown[:2]}
    assert (await marcel.submit(stop(one), form)).status_code == 303
    assert {each.step for each in await log(hub)} == set(shown[:2])
    for other in ({"step": [shown[2], "0" * 20]}, {"do": "", f"state-{'0' * 20}": "as_planned"}):
        gone = await marcel.submit(stop(one), form | {"form_id": "g"} | other)
        assert gone.status_code == 422
        assert "Le planning a changé" in gone.text
    assert len(await log(hub)) == 2


@pytest.mark.parametrize("day", [19, 26, 28, 30])
async def test_who_notes_on_another_day_is_asked_when_it_happened(hub, day):
    one, pic = await hub.first_load(), hub.as_(PIC)
    hub.at(12, day=day)
    asked = await say(pic, one, "less", came="1", note="Un seul carton")
    assert asked.status_code == 422
    assert 'id="field-at-error"' in asked.text
    assert "pas aujourd’hui" in asked.text
    assert "Un seul carton" in asked.text
    whole = {"form_id": "w", "carrier": one.carrier_id, "do": "on", "step": one.step}
    assert (await pic.submit(stop(one), whole)).status_code == 422
    assert list(await log(hub)) == []
    far = await say(pic, one, "less", came="1", at="2026-11-19T08:00")
    assert "à plus de deux jours" in far.text
    ahead = await say(pic, one, "less", came="1", at="2026-11-30T18:00")
    assert "pas encore venue" in ahead.text
    assert list(await log(hub)) == []
    if day > 27:
        assert (await say(pic, one, "less", came="1", at="2026-11-27T09:00")).status_code == 303
        assert [entry.at.day for entry in await log(hub)] == [27]


async def test_after_midnight_it_is_still_the_night_of_the_day(hub):
    one = await hub.first_load()
    hub.at(1, day=28)
    assert (await say(hub.as_(PIC), one, "as_planned")).status_code == 303
