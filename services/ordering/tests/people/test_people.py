"""The coordinators' pages of people and roles, and the access that producers get from the catalog."""

import asyncio
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, select

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, announced, deliver
from contracts import Place, Role
from contracts.catalog import ProducerChanged, ProducerRegistered
from contracts.ordering import CoordinatorsChanged, DriversChanged, ReferentsChanged
from ordering import person, producer, role

NEW = "00000000-0000-7000-8000-0000000000f1"
FORM = {"id": NEW, "name": "Anne", "email": "anne@example.org", "phone": "", "language": "fr"}


async def grants(app: FastAPI, email: str) -> set[Grant]:
    async with app.state.service.database.read() as reader:
        somebody = await person.with_email(reader, email)
        assert somebody is not None, f"nobody has {email}"
        return set(await role.grants_of(reader, somebody))


async def held(app: FastAPI, person_id: str, name: Role) -> str:
    """The id of a role of somebody."""
    async with app.state.service.database.read() as reader:
        found: str = next(row["id"] for row in await role.given_to(reader, person_id) if row["role"] == name)
        return found


async def test_a_coordinator_adds_somebody_and_gives_roles(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    answer = await coordinator.submit("/ordering/people/new", FORM)
    assert answer.headers["location"] == f"/ordering/people/{NEW}"
    url = f"/ordering/people/{NEW}/roles"
    assert (await coordinator.submit(url, {"role": "bookkeeper"})).status_code == 303
    assert (await coordinator.submit(url, {"role": "bookkeeper"})).status_code == 303
    assert (await coordinator.submit(url, {"role": "referent", "group_id": tools.LIMOUX})).status_code == 303
    assert await grants(app, "anne@example.org") == {
        Grant(Role.BOOKKEEPER),
        Grant(Role.REFERENT, group_id=tools.LIMOUX),
    }
    page = (await coordinator.get(f"/ordering/people/{NEW}")).text
    assert "Referent: Limoux" in page
    await coordinator.submit(f"{url}/{await held(app, NEW, Role.BOOKKEEPER)}/take")
    assert await grants(app, "anne@example.org") == {Grant(Role.REFERENT, group_id=tools.LIMOUX)}


async def test_a_referent_looks_after_a_group_or_after_the_goods_of_a_producer(
    app: FastAPI, coordinator: Browser, tools: Any
) -> None:
    await deliver(app, ProducerRegistered(id="mill", version=1, name="Le Moulin", place={"name": "Limoux"}))
    await coordinator.submit("/ordering/people/new", FORM)
    url = f"/ordering/people/{NEW}/roles"
    neither = await coordinator.submit(url, {"role": "referent"})
    assert neither.status_code == 422
    assert "Choose a group, or a producer" in neither.text
    both = {"role": "referent", "group_id": tools.LIMOUX, "producer_id": "mill"}
    assert (await coordinator.submit(url, both)).status_code == 422
    assert (await coordinator.submit(url, {"role": "referent", "producer_id": "mill"})).status_code == 303
    assert await grants(app, "anne@example.org") == {Grant(Role.REFERENT, producer_id="mill")}
    assert "Referent: Le Moulin" in (await coordinator.get(f"/ordering/people/{NEW}")).text


async def test_somebody_with_several_roles_has_all_of_them(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/roles", {"role": "driver"})
    assert await grants(app, "josette@example.org") == {
        Grant(Role.DRIVER),
        Grant(Role.MEMBER, group_id=tools.LIMOUX, household_id=tools.HOME),
    }


async def test_a_role_that_cannot_be_given_is_told(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    for form in (
        {"role": ""},
        {"role": "king"},
        {"role": "member"},
        {"role": "referent", "group_id": "nowhere"},
        {"role": "referent", "producer_id": "unknown"},
        {"role": "producer"},
        {"role": "producer", "producer_id": "unknown"},
    ):
        answer = await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/roles", form)
        assert answer.status_code == 422, form
        assert "Choose one of the list." in answer.text, form
    assert {grant.role for grant in await grants(app, "josette@example.org")} == {Role.MEMBER}


async def test_two_clicks_add_one_person(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    forms = [coordinator.submit("/ordering/people/new", FORM) for _ in range(3)]
    assert [answer.status_code for answer in await asyncio.gather(*forms)] == [303] * 3
    async with tools.service_of(app).database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(person.person)) == 2


async def test_an_address_is_taken_whatever_its_case(coordinator: Browser) -> None:
    answer = await coordinator.submit("/ordering/people/new", {**FORM, "email": "JOSETTE@EXAMPLE.ORG"})
    assert answer.status_code == 422
    assert "This address belongs to Josette Martin." in answer.text


async def test_the_last_coordinator_stays(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    await coordinator.submit("/ordering/people/new", FORM)
    await coordinator.submit(f"/ordering/people/{NEW}/roles", {"role": "coordinator"})
    mine = f"/ordering/people/{NEW}"
    take = f"{mine}/roles/{await held(app, NEW, Role.COORDINATOR)}/take"
    for url in (take, f"{mine}/rest"):
        answer = await coordinator.submit(url)
        assert answer.status_code == 409
        assert "This is the last coordinator" in answer.text
    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/roles", {"role": "coordinator"})
    assert (await coordinator.submit(f"{mine}/rest")).status_code == 303
    # Josette is the last one now: somebody shut out does not count.
    take = f"/ordering/people/{tools.JOSETTE}/roles/{await held(app, tools.JOSETTE, Role.COORDINATOR)}/take"
    assert (await coordinator.submit(take)).status_code == 409


async def test_two_coordinators_who_remove_each_other_leave_one(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    await coordinator.submit("/ordering/people/new", FORM)
    for person_id in (NEW, tools.JOSETTE):
        await coordinator.submit(f"/ordering/people/{person_id}/roles", {"role": "coordinator"})
    database = tools.service_of(app).database

    async def take(person_id: str) -> bool:
        role_id = await held(app, person_id, Role.COORDINATOR)
        try:
            async with database.write() as writer:
                await role.take(writer, person_id, role_id)
        except role.LastCoordinator:
            return False
        return True

    assert sorted(await asyncio.gather(take(NEW), take(tools.JOSETTE))) == [False, True]


async def test_shutting_out_ends_sessions_and_letting_in_gives_roles_back(
    app: FastAPI, coordinator: Browser, stranger: Browser, tools: Any
) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/rest")
    assert "sign-in" in (await stranger.get("/ordering/session")).headers["location"]
    assert await grants(app, "josette@example.org") == set()
    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/return")
    assert {grant.role for grant in await grants(app, "josette@example.org")} == {Role.MEMBER}


async def test_a_coordinator_ends_all_sessions_of_somebody(
    app: FastAPI, coordinator: Browser, stranger: Browser, tools: Any
) -> None:
    await tools.sign_in(app, stranger, "josette@example.org")
    assert "Signed in on 1 device." in (await coordinator.get(f"/ordering/people/{tools.JOSETTE}")).text
    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/sessions/end")
    assert "sign-in" in (await stranger.get("/ordering/session")).headers["location"]


async def test_people_are_found_by_name_address_and_role(coordinator: Browser, tools: Any) -> None:
    await coordinator.submit("/ordering/people/new", FORM)
    await coordinator.submit(f"/ordering/people/{NEW}/roles", {"role": "driver"})
    for query, found in (
        ("", True),
        ("q=ANN", True),
        ("q=josette", False),
        ("kind=driver", True),
        ("kind=member", False),
    ):
        assert (NEW in (await coordinator.get(f"/ordering/people?{query}")).text) is found, query


async def test_a_person_that_is_not_there(coordinator: Browser) -> None:
    assert (await coordinator.get(f"/ordering/people/{NEW}")).status_code == 404
    for url in ("", "/roles", "/rest", "/return"):
        form = {**FORM, "version": "1", "role": "driver"}
        assert (await coordinator.submit(f"/ordering/people/{NEW}{url}", form)).status_code == 404


# --- producers ---


def marie(version: int = 1, **said: Any) -> ProducerChanged:
    values = {"name": "Ferme du Soula", "place": Place(name="Sigean"), "contact_name": "Marie", **said}
    return ProducerChanged(id="p1", version=version, **values)


async def test_a_producer_with_an_address_can_sign_in(app: FastAPI, stranger: Browser, tools: Any) -> None:
    registered = ProducerRegistered.model_validate(marie(email="marie@example.org").model_dump())
    await deliver(app, registered)
    assert await grants(app, "marie@example.org") == {Grant(Role.PRODUCER, producer_id="p1")}
    await tools.ask_link(stranger, "marie@example.org")
    assert [request.name for request in await tools.requests(app)] == ["Marie"]


async def test_a_member_who_also_produces_has_both_roles(app: FastAPI, tools: Any) -> None:
    await deliver(app, marie(email="JOSETTE@example.org"), marie(email="JOSETTE@example.org"))
    assert {grant.role for grant in await grants(app, "josette@example.org")} == {Role.MEMBER, Role.PRODUCER}


async def test_another_address_ends_the_access_of_the_old_one(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    await deliver(app, marie(1, email="old@example.org"))
    await coordinator.submit(f"/ordering/people/{tools.JOSETTE}/roles", {"role": "producer", "producer_id": "p1"})
    await deliver(app, marie(3, email="new@example.org"), marie(2, email="older@example.org"))
    assert await grants(app, "old@example.org") == set()
    assert await grants(app, "new@example.org") == {Grant(Role.PRODUCER, producer_id="p1")}
    assert Grant(Role.PRODUCER, producer_id="p1") in await grants(app, "josette@example.org"), "given by hand"
    await deliver(app, marie(4))
    assert await grants(app, "new@example.org") == set()


async def test_access_that_was_taken_away_does_not_come_back_by_itself(
    app: FastAPI, coordinator: Browser, tools: Any
) -> None:
    await deliver(app, marie(1, email="marie@example.org"))
    async with tools.service_of(app).database.read() as reader:
        somebody = await person.with_email(reader, "marie@example.org")
    assert somebody is not None
    role_id = await held(app, somebody["id"], Role.PRODUCER)
    await coordinator.submit(f"/ordering/people/{somebody['id']}/roles/{role_id}/take")
    await deliver(app, marie(2, email="Marie@example.org", phone="04 68 00 00 00"))
    assert await grants(app, "marie@example.org") == set()


async def test_a_producer_without_an_address_is_known_by_name(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    await deliver(app, marie())
    async with tools.service_of(app).database.read() as reader:
        assert [row["name"] for row in await producer.all_producers(reader)] == ["Ferme du Soula"]
    assert "Ferme du Soula" in (await coordinator.get(f"/ordering/people/{tools.JOSETTE}")).text


# --- who may see what ---

COORDINATORS = {Role.COORDINATOR}
LOOKERS = COORDINATORS | {Role.BOOKKEEPER, Role.OPERATOR}
SERVED = {
    "/ordering/me": set(Role),
    "/ordering/groups": LOOKERS,
    "/ordering/groups/new": COORDINATORS,
    "/ordering/groups/{group}": COORDINATORS,
    "/ordering/households": LOOKERS | {Role.REFERENT},
    "/ordering/households/new": COORDINATORS | {Role.REFERENT},
    "/ordering/households/{home}": LOOKERS | {Role.REFERENT},
    "/ordering/households/{home}/people/new": COORDINATORS | {Role.REFERENT},
    "/ordering/households/{home}/people/{josette}": COORDINATORS | {Role.REFERENT},
    "/ordering/people": COORDINATORS,
    "/ordering/people/new": COORDINATORS,
    "/ordering/people/{josette}": COORDINATORS,
    "/ordering/api/groups": LOOKERS,
    "/ordering/api/households": LOOKERS,
}


async def test_every_page_serves_the_roles_it_should_in_both_languages(
    app: FastAPI, client_for: ClientFor, tools: Any
) -> None:
    for name in Role:
        grant = Grant(name, group_id=tools.LIMOUX, household_id=tools.HOME, producer_id="p1")
        browser = client_for(app, grant, person_id=tools.JOSETTE, language="fr" if name == "member" else "en")
        for url, roles in SERVED.items():
            url = url.format(group=tools.LIMOUX, home=tools.HOME, josette=tools.JOSETTE)
            assert (await browser.get(url)).status_code == (200 if name in roles else 403), (name, url)


async def test_nobody_sees_anything_without_signing_in(app: FastAPI, stranger: Browser, tools: Any) -> None:
    before = len(await announced(app))
    for url in SERVED:
        url = url.format(group=tools.LIMOUX, home=tools.HOME, josette=tools.JOSETTE)
        assert (await stranger.get(url)).status_code == (401 if "/api/" in url else 303), url
        assert (await stranger.post(url, data={})).status_code in (307, 401, 405), url
    assert len(await announced(app)) == before


async def said_to_coordinate(app: FastAPI) -> list[tuple[int, list[str]]]:
    """What was said of those who coordinate: version, addresses."""
    said = [event for event in await announced(app) if isinstance(event, CoordinatorsChanged)]
    return [(event.version, [who.email for who in event.people]) for event in said]


async def test_the_others_are_told_who_coordinates_and_how_to_write_to_them(
    app: FastAPI, coordinator: Browser, tools: Any
) -> None:
    await coordinator.submit("/ordering/people/new", FORM)
    url, hers = f"/ordering/people/{NEW}", f"/ordering/people/{tools.JOSETTE}"
    for _time in range(2):
        await coordinator.submit(f"{url}/roles", {"role": "coordinator"})
    await coordinator.submit(f"{url}/roles", {"role": "driver"})
    assert await said_to_coordinate(app) == [(1, ["anne@example.org"])]
    await coordinator.submit(f"{hers}/roles", {"role": "coordinator"})
    await coordinator.submit(f"{hers}/rest")
    await coordinator.submit(f"{hers}/return")
    page = (await coordinator.get(url)).text
    changed = {"version": tools.field(page, "version"), "name": "Anne", "email": "anne@limoux.example"}
    assert (await coordinator.submit(url, {**changed, "phone": "", "language": "fr"})).status_code == 303
    await coordinator.submit(f"{url}/roles/{await held(app, NEW, Role.COORDINATOR)}/take")
    both = {"anne@example.org", "Josette@example.org"}
    told = await said_to_coordinate(app)
    assert [version for version, _ in told] == [1, 2, 3, 4, 5, 6]
    assert [set(addresses) for _, addresses in told[1:]] == [
        both,
        {"anne@example.org"},
        both,
        {"anne@limoux.example", "Josette@example.org"},
        {"Josette@example.org"},
    ]


async def test_a_hub_where_nobody_was_told_yet_tells_it_at_its_start(app: FastAPI, tools: Any) -> None:
    database = tools.service_of(app).database
    await role.say_first(database)
    assert await said_to_coordinate(app) == [], "nobody coordinates"
    async with database.write() as writer:
        await role.give(writer, tools.JOSETTE, Role.COORDINATOR, given_by=tools.JOSETTE)
        await writer.execute(role.coordinators_said.delete())
    for _time in range(2):
        await role.say_first(database)
    assert [version for version, _ in await said_to_coordinate(app)] == [1, 1]


async def said_to_refer(app: FastAPI) -> list[tuple[int, dict[str, list[str]]]]:
    """What was said of those who look after groups: version, addresses by group."""
    said = [event for event in await announced(app) if isinstance(event, ReferentsChanged)]
    return [(each.version, {one.group_id: [who.email for who in one.people] for one in each.groups}) for each in said]


async def test_the_others_are_told_who_looks_after_which_group(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    await deliver(app, ProducerRegistered(id="mill", version=1, name="Le Moulin", place={"name": "Limoux"}))
    await coordinator.submit("/ordering/people/new", FORM)
    url, hers = f"/ordering/people/{NEW}", f"/ordering/people/{tools.JOSETTE}"
    await coordinator.submit(f"{url}/roles", {"role": "referent", "producer_id": "mill"})
    assert await said_to_refer(app) == [], "who looks after a producer's goods receives none"
    for _time in range(2):
        await coordinator.submit(f"{hers}/roles", {"role": "referent", "group_id": tools.LIMOUX})
    await coordinator.submit(f"{url}/roles", {"role": "referent", "group_id": tools.LIMOUX})
    await coordinator.submit(f"{hers}/rest")
    await coordinator.submit(f"{hers}/roles/{await held(app, tools.JOSETTE, Role.REFERENT)}/take")
    anne, josette = "anne@example.org", "Josette@example.org"
    told = await said_to_refer(app)
    assert [version for version, _ in told] == [1, 2, 3, 4]
    assert [{group: set(people) for group, people in groups.items()} for _, groups in told] == [
        {tools.LIMOUX: {josette}},
        {tools.LIMOUX: {anne, josette}},
        {tools.LIMOUX: {anne}},
        {tools.LIMOUX: {anne}},
    ]


async def test_a_hub_that_never_told_who_looks_after_groups_tells_it_at_its_start(app: FastAPI, tools: Any) -> None:
    database = tools.service_of(app).database
    async with database.write() as writer:
        await role.give(writer, tools.JOSETTE, Role.COORDINATOR, given_by=tools.JOSETTE)
        await role.give(writer, tools.JOSETTE, Role.REFERENT, group_id=tools.LIMOUX, given_by=tools.JOSETTE)
        await writer.execute(role.coordinators_said.delete().where(role.coordinators_said.c.id == role.REFERENTS))
    for _time in range(2):
        await role.say_first(database)
    assert [version for version, _ in await said_to_refer(app)] == [1, 1]
    assert [version for version, _ in await said_to_coordinate(app)] == [1]


async def test_the_others_are_told_who_drives(app: FastAPI, coordinator: Browser, tools: Any) -> None:
    hers = f"/ordering/people/{tools.JOSETTE}"
    for _time in range(2):
        await coordinator.submit(f"{hers}/roles", {"role": "driver"})
    await coordinator.submit(f"{hers}/rest")
    await coordinator.submit(f"{hers}/return")
    await coordinator.submit(f"{hers}/roles/{await held(app, tools.JOSETTE, Role.DRIVER)}/take")
    said = [event for event in await announced(app) if isinstance(event, DriversChanged)]
    names = [(each.version, [one.name for one in each.people]) for each in said]
    assert names == [(1, ["Josette Martin"]), (2, []), (3, ["Josette Martin"]), (4, [])]
    assert said[0].people[0].person_id == tools.JOSETTE
