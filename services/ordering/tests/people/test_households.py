"""The pages of the households and their people."""

import asyncio
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

from chassis.identity import Grant
from chassis.tables import timer
from chassis.testing import Browser, ClientFor, announced
from contracts import Role
from contracts.ordering import Household, HouseholdChanged, HouseholdRegistered
from ordering import household, person, role

NEW = "00000000-0000-7000-8000-0000000000f1"
NEW_PERSON = "00000000-0000-7000-8000-0000000000f2"
HOME = "00000000-0000-7000-8000-00000000bbb1"


def form_for(group: str, **fields: str) -> dict[str, str]:
    form = {"id": NEW, "person_id": NEW_PERSON, "group_id": group, "name": "Durand", "person_name": "Paul Durand"}
    return form | {"email": "paul@example.org", "phone": "04 68 00 00 00", "language": "en"} | fields


async def said_last(app: FastAPI) -> Household:
    said = (await announced(app))[-1]
    assert isinstance(said, Household)
    return said


async def test_a_household_comes_with_its_first_person(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    answer = await coordinator.submit("/ordering/households/new", form_for(tools.QUILLAN))
    assert answer.headers["location"] == f"/ordering/households/{NEW}"
    said = await said_last(app)
    assert isinstance(said, HouseholdRegistered)
    assert (said.id, said.version, said.group_id, said.name) == (NEW, 1, tools.QUILLAN, "Durand")
    assert [(p.person_id, p.name, p.email, p.language) for p in said.people] == [
        (NEW_PERSON, "Paul Durand", "paul@example.org", "en")
    ]
    assert [p.phone for p in said.people] == ["04 68 00 00 00"], "a recall calls them"
    assert "04 68 00 00 00" in (await coordinator.get(f"/ordering/households/{NEW}")).text


async def test_a_household_on_paper_needs_no_person_and_no_address(
    app: FastAPI, coordinator: Browser, tools: Any
) -> None:
    nobody = {"person_name": "", "email": "", "phone": ""}
    assert (await coordinator.submit("/ordering/households/new", form_for(tools.LIMOUX, **nobody))).status_code == 303
    assert (await said_last(app)).people == ()
    added = {"id": NEW_PERSON, "name": "Émile", "language": "fr"}
    assert (await coordinator.submit(f"/ordering/households/{NEW}/people/new", added)).status_code == 303
    assert [(p.name, p.email) for p in (await said_last(app)).people] == [("Émile", "")]


async def test_two_clicks_make_one_household(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    before = len(await announced(app))
    forms = [coordinator.submit("/ordering/households/new", form_for(tools.LIMOUX)) for _ in range(4)]
    assert [answer.status_code for answer in await asyncio.gather(*forms)] == [303] * 4
    assert len(await announced(app)) == before + 1


async def test_a_name_is_taken_once_in_a_group(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    taken = await coordinator.submit("/ordering/households/new", form_for(tools.LIMOUX, name=" MARTIN "))
    assert taken.status_code == 422
    assert "There is a household of this name in the group already" in taken.text
    assert "paul@example.org" in taken.text
    elsewhere = await coordinator.submit("/ordering/households/new", form_for(tools.QUILLAN, name="Martin"))
    assert elsewhere.status_code == 303


async def test_an_address_belongs_to_one_person(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    answer = await coordinator.submit("/ordering/households/new", form_for(tools.LIMOUX, email="JOSETTE@example.org"))
    assert answer.status_code == 422
    assert "Josette Martin belongs to another household" in answer.text
    async with tools.service_of(app).database.read() as reader:
        assert await household.find(reader, NEW) is None, "all or nothing"


async def test_somebody_known_without_a_household_joins(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    async with tools.service_of(app).database.write() as writer:
        await person.add(writer, writer.ids.new(), person.Details("Marie", "marie@example.org"))
    form = form_for(tools.LIMOUX, email="Marie@example.org", person_name="Marie D.")
    assert (await coordinator.submit("/ordering/households/new", form)).status_code == 303
    assert [(p.name, p.email) for p in (await said_last(app)).people] == [("Marie", "marie@example.org")]


WRONG = [
    ("name", ""),
    ("name", "x" * 101),
    ("group_id", ""),
    ("group_id", NEW),
    ("person_name", ""),
    ("email", "paul@"),
    ("phone", "call me"),
]


async def test_what_is_wrong_is_told_at_its_field(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    for field, typed in WRONG:
        answer = await coordinator.submit("/ordering/households/new", form_for(tools.LIMOUX, **{field: typed}))
        assert answer.status_code == 422, (field, typed)
        assert f'id="field-{field}-error"' in answer.text, (field, typed)
        assert "Durand" in answer.text


async def test_moving_to_another_group_is_announced(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    form = {"group_id": tools.QUILLAN, "name": "Martin", "version": "1", "active": "on"}
    assert (await coordinator.submit(f"/ordering/households/{tools.HOME}", form)).status_code == 303
    said = await said_last(app)
    assert isinstance(said, HouseholdChanged)
    assert (said.version, said.group_id, len(said.people)) == (2, tools.QUILLAN, 1)


async def test_the_second_of_two_browsers_is_told(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    url = f"/ordering/households/{tools.HOME}"
    form = {"group_id": tools.LIMOUX, "name": "Martin-Roux", "version": "1", "active": "on"}
    assert (await coordinator.submit(url, form)).status_code == 303
    told = await coordinator.submit(url, {**form, "name": "Martin Josette"})
    assert told.status_code == 409
    assert "Martin-Roux" in told.text
    assert 'value="Martin Josette"' in told.text
    assert (await coordinator.submit(url, {**form, "name": "X", "version": "abc"})).status_code == 409


async def test_a_household_at_rest_takes_its_people_their_membership(
    app: FastAPI, coordinator: Browser, stranger: Browser, tools: Any
) -> None:
    form = {"group_id": tools.LIMOUX, "name": "Martin", "version": "1"}
    assert (await coordinator.submit(f"/ordering/households/{tools.HOME}", form)).status_code == 303
    assert not (await said_last(app)).active
    await tools.ask_link(stranger, "josette@example.org")
    assert await tools.requests(app) == []


async def test_what_is_said_of_a_person_is_said_of_their_household(
    app: FastAPI, coordinator: Browser, stranger: Browser, tools: Any
) -> None:
    form = {"name": "Josette M.", "email": "jm@example.org", "language": "fr", "version": "1"}
    url = f"/ordering/households/{tools.HOME}/people/{tools.JOSETTE}"
    assert (await coordinator.submit(url, form)).status_code == 303
    assert [(p.name, p.email) for p in (await said_last(app)).people] == [("Josette M.", "jm@example.org")]

    form |= {"name": "Josette", "version": "2"}
    assert (await coordinator.submit(f"/ordering/people/{tools.JOSETTE}", form)).status_code == 303
    assert [p.name for p in (await said_last(app)).people] == ["Josette"]

    await tools.sign_in(app, stranger, "jm@example.org")
    mine = {"name": "Josette Martin", "phone": "", "language": "en", "version": "3", "email": "stolen@example.org"}
    assert (await stranger.submit("/ordering/me", mine)).status_code == 303
    said = await said_last(app)
    assert [(p.name, p.email, p.language) for p in said.people] == [("Josette Martin", "jm@example.org", "en")]
    assert said.version == 4

    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/rest")
    assert (await said_last(app)).people == ()


async def test_two_who_change_one_person_the_second_is_told(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    url = f"/ordering/households/{tools.HOME}/people/{tools.JOSETTE}"
    form = {"name": "Josette A.", "email": "josette@example.org", "language": "fr", "version": "1"}
    assert (await coordinator.submit(url, form)).status_code == 303
    told = await coordinator.submit(url, {**form, "name": "Josette B."})
    assert told.status_code == 409
    assert "Josette A." in told.text
    assert 'value="Josette B."' in told.text


async def test_somebody_is_taken_out_and_joins_elsewhere(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    url = f"/ordering/households/{tools.HOME}/people/{tools.JOSETTE}/leave"
    assert "Take Josette Martin out" in (await coordinator.get(url)).text
    assert (await coordinator.submit(url)).status_code == 303
    assert (await said_last(app)).people == ()
    form = form_for(tools.QUILLAN, email="josette@example.org")
    assert (await coordinator.submit("/ordering/households/new", form)).status_code == 303
    assert [p.person_id for p in (await said_last(app)).people] == [tools.JOSETTE]


async def test_the_list_is_searched_by_name_address_and_group(coordinator: Browser, tools: Any) -> None:
    await coordinator.submit("/ordering/households/new", form_for(tools.QUILLAN, name="Élan", person_name="Zoé"))
    for query, found in (
        ("q=élan", True),
        ("q=ZOÉ", True),
        ("q=paul@", True),
        ("q=martin", False),
        ("q=%25", False),
        (f"group_id={tools.QUILLAN}", True),
        (f"group_id={tools.LIMOUX}", False),
        ("page=abc", True),
    ):
        page = (await coordinator.get(f"/ordering/households?{query}")).text
        assert (f"/ordering/households/{NEW}" in page) is found, query


# --- a referent ---


async def test_a_referent_sees_and_changes_the_households_of_their_group_only(
    app: FastAPI, coordinator: Browser, referent: Browser, tools: Any
) -> None:
    await coordinator.submit("/ordering/households/new", form_for(tools.QUILLAN))
    listed = (await referent.get("/ordering/households")).text
    assert tools.HOME in listed
    assert NEW not in listed
    assert NEW not in (await referent.get(f"/ordering/households?group_id={tools.QUILLAN}")).text
    theirs, other = f"/ordering/households/{tools.HOME}", f"/ordering/households/{NEW}"
    assert (await referent.get(theirs)).status_code == 200
    form = {"group_id": tools.LIMOUX, "name": "Martin", "version": "1", "active": "on"}
    for url in (other, f"{other}/people/new", f"{other}/people/{NEW_PERSON}", f"{other}/people/{NEW_PERSON}/leave"):
        assert (await referent.get(url)).status_code == 404, url
        assert (await referent.submit(url, form)).status_code == 404, url
    assert (await referent.get(f"{theirs}/people/{NEW_PERSON}")).status_code == 404
    assert (await referent.submit(f"{theirs}/people/{NEW_PERSON}", form)).status_code == 404
    assert (await referent.submit(theirs, {**form, "group_id": tools.QUILLAN})).status_code == 422
    assert (
        await referent.submit("/ordering/households/new", form_for(tools.QUILLAN, id=tools.JOSETTE))
    ).status_code == 422
    assert (await referent.submit(theirs, {**form, "name": "Martin J."})).status_code == 303


async def test_a_referent_learns_of_nobody_else_and_takes_no_address_of_somebody_with_a_role(
    app: FastAPI, referent: Browser, tools: Any
) -> None:
    async with tools.service_of(app).database.write() as writer:
        await person.add(writer, writer.ids.new(), person.Details("Anne Secret", "anne@example.org"))
        await role.give(writer, tools.JOSETTE, Role.COORDINATOR, given_by="test")
    answer = await referent.submit("/ordering/households/new", form_for(tools.LIMOUX, email="anne@example.org"))
    assert answer.status_code == 422
    assert "Anne Secret" not in answer.text
    url = f"/ordering/households/{tools.HOME}/people/{tools.JOSETTE}"
    form = {"name": "Josette", "email": "thief@example.org", "language": "fr", "version": "1"}
    assert (await referent.submit(url, form)).status_code == 303
    async with tools.service_of(app).database.read() as reader:
        josette = await person.find(reader, tools.JOSETTE)
    assert josette is not None
    assert (josette["name"], josette["email"]) == ("Josette", "Josette@example.org")


async def test_a_bookkeeper_looks_and_changes_nothing(app: FastAPI, client_for: ClientFor, tools: Any) -> None:
    bookkeeper = client_for(app, Grant(Role.BOOKKEEPER))
    url = f"/ordering/households/{tools.HOME}"
    page = await bookkeeper.get(url)
    assert page.status_code == 200
    assert f'action="{url}"' not in page.text
    assert (await bookkeeper.submit(url, {"name": "X"})).status_code == 403
    both = client_for(app, Grant(Role.BOOKKEEPER), Grant(Role.REFERENT, group_id=tools.QUILLAN))
    assert (await both.get(url)).status_code == 200
    assert (await both.submit(url, {"name": "X"})).status_code == 404


# --- for programs ---


async def test_a_program_registers_many_households(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    headers = {"x-csrf-token": coordinator.csrf}
    body = [
        {"group_id": tools.LIMOUX, "name": f"Home {n}", "people": [{"name": f"P{n}", "email": f"p{n}@example.org"}]}
        for n in range(30)
    ]
    answer = (await coordinator.post("/ordering/api/households", json=body, headers=headers)).json()
    assert len({made["id"] for made in answer}) == 30
    assert all(len(made["people"]) == 1 for made in answer)
    again = (await coordinator.post("/ordering/api/households", json=body, headers=headers)).json()
    assert again == answer
    one = (await coordinator.post("/ordering/api/households", json=body[3], headers=headers)).json()
    assert one == answer[3]
    assert len((await coordinator.get(f"/ordering/api/households?group_id={tools.LIMOUX}")).json()) == 31


async def test_a_program_is_told_which_household_is_wrong_and_none_is_made(
    app: FastAPI, coordinator: Browser, tools: Any
) -> None:
    headers = {"x-csrf-token": coordinator.csrf}
    good = {"group_id": tools.LIMOUX, "name": "Good", "people": []}
    bad = {"group_id": tools.LIMOUX, "name": "Bad", "people": [{"name": "", "email": "x"}]}
    answer = await coordinator.post("/ordering/api/households", json=[good, bad], headers=headers)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"1.people.0.name", "1.people.0.email"}
    for wrong in ({**good, "group_id": "nowhere"}, {**good, "people": "Josette"}, {**good, "name": None}):
        assert (await coordinator.post("/ordering/api/households", json=wrong, headers=headers)).status_code == 422
    listed = (await coordinator.get("/ordering/api/households")).json()
    assert [row["name"] for row in listed] == ["Martin"]
    taken = {**good, "people": [{"name": "J", "email": "josette@example.org"}]}
    answer = await coordinator.post("/ordering/api/households", json=taken, headers=headers)
    assert answer.status_code == 422
    assert "people" in answer.json()["errors"]


async def test_a_household_of_an_earlier_release_is_said_again_with_its_telephones(app: FastAPI) -> None:
    service = app.state.service
    async with service.database.write() as writer:
        before = await household.find(writer, HOME)
        await writer.call_at(household.SAY_AGAIN, HOME, writer.now)
        await writer.call_at(household.SAY_AGAIN, "gone", writer.now)
    async with asyncio.timeout(30):
        while await service.timers.call_one() or await waits(app):
            await asyncio.sleep(0.01)
    said = await said_last(app)
    assert isinstance(said, HouseholdChanged)
    assert before is not None
    assert (said.id, said.version) == (HOME, before["version"] + 1)


async def waits(app: FastAPI) -> bool:
    async with app.state.service.database.read() as reader:
        return await reader.scalar(select(timer.c.key).where(timer.c.name == household.SAY_AGAIN)) is not None
