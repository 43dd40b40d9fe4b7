"""The pages of the groups."""

from typing import Any

from fastapi import FastAPI

from chassis.testing import Browser, announced
from contracts.ordering import GroupChanged, GroupRegistered
from ordering import group

NEW = "00000000-0000-7000-8000-0000000000f1"
FORM = {
    "id": NEW,
    "name": "Lagrasse",
    "place": "Limoux",
    "weekday": "4",
    "pickup_from": "17:00",
    "pickup_until": "18:30",
}


async def test_a_coordinator_adds_a_group_and_the_others_hear_of_it(
    app: FastAPI, coordinator: Browser, tools: Any
) -> None:
    answer = await coordinator.submit("/ordering/groups/new", {**FORM, "bags": "on", "address": "Salle des fêtes"})
    assert answer.status_code == 303
    said = (await announced(app))[-1]
    assert isinstance(said, GroupRegistered)
    assert (said.id, said.version, said.name, said.bags) == (NEW, 1, "Lagrasse", True)
    assert (said.pickup_weekday, said.pickup_from, said.pickup_until) == (4, "17:00", "18:30")
    page = (await coordinator.get("/ordering/groups")).text
    assert "Lagrasse" in page
    assert "Friday, 17:00 – 18:30" in page


async def test_a_village_of_the_list_brings_its_codes(app: FastAPI, coordinator: Browser) -> None:
    await coordinator.submit("/ordering/groups/new", FORM)
    said = (await announced(app))[-1]
    assert isinstance(said, GroupRegistered)
    place = said.pickup_place
    assert (place.postcode, place.insee, place.latitude, place.longitude) == ("11300", "11206", 43.04473, 2.24774)


async def test_two_clicks_make_one_group(app: FastAPI, coordinator: Browser) -> None:
    before = len(await announced(app))
    assert [(await coordinator.submit("/ordering/groups/new", FORM)).status_code for _ in range(2)] == [303, 303]
    assert len(await announced(app)) == before + 1


async def test_a_form_used_again_for_another_group_is_told(coordinator: Browser) -> None:
    await coordinator.submit("/ordering/groups/new", FORM)
    again = await coordinator.submit("/ordering/groups/new", {**FORM, "name": "Caunes"})
    assert again.status_code == 409
    assert "made “Lagrasse”" in again.text
    assert 'value="Caunes"' in again.text


WRONG = [
    ("name", ""),
    ("name", "x" * 101),
    ("name", "limoux"),
    ("place", "  "),
    ("weekday", "7"),
    ("weekday", "Thursday"),
    ("pickup_from", "25:00"),
    ("pickup_from", ""),
    ("pickup_until", "16:00"),
    ("pickup_until", "abc"),
    ("postcode", "1"),
    ("insee", "12"),
    ("latitude", "91"),
    ("latitude", "abc"),
]


async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(app: FastAPI, coordinator: Browser) -> None:
    before = len(await announced(app))
    for field, typed in WRONG:
        answer = await coordinator.submit("/ordering/groups/new", {**FORM, "address": "Salle des fêtes", field: typed})
        assert answer.status_code == 422, (field, typed)
        assert f'id="field-{field}-error"' in answer.text, (field, typed)
        assert "Salle des fêtes" in answer.text
    assert len(await announced(app)) == before


async def test_a_change_is_announced_with_the_next_version(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    page = (await coordinator.get(f"/ordering/groups/{tools.LIMOUX}")).text
    form = {**FORM, "name": "Limoux", "version": tools.field(page, "version"), "active": "on"}
    assert (await coordinator.submit(f"/ordering/groups/{tools.LIMOUX}", form)).status_code == 303
    said = (await announced(app))[-1]
    assert isinstance(said, GroupChanged)
    assert (said.id, said.version, said.pickup_weekday) == (tools.LIMOUX, 2, 4)


async def test_a_form_sent_unchanged_announces_nothing(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    before = len(await announced(app))
    form = {**FORM, "name": "Limoux", "weekday": "3", "version": "1", "active": "on", "postcode": "", "insee": ""}
    async with tools.service_of(app).database.write() as writer:
        details = group.Details("Limoux", "Bugarach au bout", 3, "17:00", "18:30")
        await group.change(writer, tools.LIMOUX, 1, details)
    form |= {"version": "2", "place": "Bugarach au bout"}
    assert (await coordinator.submit(f"/ordering/groups/{tools.LIMOUX}", form)).status_code == 303
    assert len(await announced(app)) == before + 1


async def test_the_second_of_two_browsers_is_told_and_loses_nothing(
    app: FastAPI, coordinator: Browser, tools: Any
) -> None:
    url = f"/ordering/groups/{tools.LIMOUX}"
    first = {**FORM, "name": "Limoux", "version": "1", "active": "on", "address": "Halle"}
    assert (await coordinator.submit(url, first)).status_code == 303
    second = {**first, "address": "Mairie", "pickup_until": "19:00"}
    told = await coordinator.submit(url, second)
    assert told.status_code == 409
    assert "Somebody else changed this" in told.text
    assert "Halle" in told.text
    assert "Mairie" in told.text
    assert tools.field(told.text, "version") == "2"
    assert (await coordinator.submit(url, {**second, "version": "2"})).status_code == 303
    said = (await announced(app))[-1]
    assert isinstance(said, GroupChanged)
    assert (said.version, said.pickup_address) == (3, "Mairie")


async def test_a_group_cannot_take_the_name_of_another(coordinator: Browser, tools: Any) -> None:
    form = {**FORM, "name": "QUILLAN", "version": "1", "active": "on"}
    answer = await coordinator.submit(f"/ordering/groups/{tools.LIMOUX}", form)
    assert answer.status_code == 422
    assert "There is a group of this name already" in answer.text


async def test_a_forged_form_changes_nothing(app: FastAPI, coordinator: Browser) -> None:
    before = len(await announced(app))
    assert (await coordinator.post("/ordering/groups/new", data=FORM)).status_code == 403
    assert (await coordinator.post("/ordering/groups/new", data={**FORM, "csrf_token": "x"})).status_code == 403
    assert len(await announced(app)) == before


async def test_a_group_that_is_not_there(coordinator: Browser) -> None:
    assert (await coordinator.get(f"/ordering/groups/{NEW}")).status_code == 404
    assert (await coordinator.submit(f"/ordering/groups/{NEW}", FORM)).status_code == 404


# --- for programs ---


async def test_a_program_registers_groups(app: FastAPI, coordinator: Browser) -> None:
    headers = {"x-csrf-token": coordinator.csrf}
    place = {"name": "Sigean", "postcode": "11130", "insee": "11379", "latitude": 43.03, "longitude": 2.98}
    body = {"name": "Sigean", "place": place, "weekday": 2, "from": "18:00", "until": "19:00", "bags": True}
    answer = await coordinator.post("/ordering/api/groups", json=body, headers=headers)
    assert answer.status_code == 200
    said = (await announced(app))[-1]
    assert isinstance(said, GroupRegistered)
    assert answer.json() == {"id": said.id}
    assert (said.pickup_place.latitude, said.pickup_place.insee, said.bags) == (43.03, "11379", True)
    again = await coordinator.post("/ordering/api/groups", json=[body], headers=headers)
    assert again.json() == [{"id": said.id}]
    listed = (await coordinator.get("/ordering/api/groups")).json()
    assert {"id": said.id, "name": "Sigean", "active": True} in listed


async def test_a_program_is_told_what_is_wrong(coordinator: Browser) -> None:
    headers = {"x-csrf-token": coordinator.csrf, "content-type": "application/json"}
    for body in ("", "[1]", "null", "{", '{"name": "X"}', '[{"name": ["a"]}]', "[" * 100_000):
        answer = await coordinator.post("/ordering/api/groups", content=body, headers=headers)
        assert answer.status_code == 422, body[:20]
        assert answer.json()["detail"]
