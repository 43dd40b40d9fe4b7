"""What the network can do is told to the others: with each change, once, and to nobody while there is no network."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from logistics_week import producer, usual_week
from network_desk import BOX, DOCK, FARM, NETWORK, PICKUP, VAN, add, furnish, tell

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, announced, deliver
from contracts import Role
from contracts.network import NetworkDescribed
from logistics.network.describing import network_told, tell_first


@pytest.fixture
async def desk(app: FastAPI, client_for: ClientFor) -> Browser:
    await tell(app)
    return client_for(app, Grant(Role.COORDINATOR))


async def told(app):
    return [event for event in await announced(app) if isinstance(event, NetworkDescribed)]


async def edit(desk, noun, wanted, version, form):
    return await desk.submit(f"{NETWORK}/{noun}/{wanted}/edit", {"version": str(version), **form})


async def test_nothing_is_told_while_there_is_no_network(app, desk):
    await tell_first(app.state.service.database, 250)
    await desk.get(NETWORK)
    assert await told(app) == []


async def test_each_change_is_told_once_with_all_that_holds(app, desk):
    await furnish(desk)
    every = await told(app)
    assert [event.version for event in every] == list(range(1, len(every) + 1))
    last = every[-1]
    assert (last.binding, last.outside, last.uncooled, last.eggs_metres) == (False, 250, 30, 80_000)
    assert [(farm.producer_id, farm.latitude) for farm in last.farms] == [("pic", 42.9)]
    [pickup] = last.pickups
    assert (pickup.group_id, pickup.name, pickup.rooms, pickup.handling) == ("limoux", "Foyer", (), 5)
    [pickup_of_cycle] = [each for each in usual_week().events()[0].pickups if each.group_id == "limoux"]
    minutes = (pickup_of_cycle.ends_at - pickup_of_cycle.starts_at).total_seconds() / 60
    assert pickup.collected_in == minutes
    assert [(one.coldest, one.warmest) for one in last.compartments] == [(-200, 120)], "the plain floor is none"
    [box] = last.boxes
    assert [(hold.outside, hold.minutes) for hold in box.holds] == [(250, 600), (350, 360)]

    assert (await edit(desk, "sites", "foyer", 1, PICKUP)).status_code == 303
    assert len(await told(app)) == len(every), "the same again is no news"
    fridge = {"room-1-volume": "200", "room-1-coldest": "0", "room-1-warmest": "8"}
    assert (await edit(desk, "sites", "foyer", 2, PICKUP | fridge)).status_code == 303
    news = (await told(app))[len(every) :]
    assert [[(room.coldest, room.warmest) for room in event.pickups[0].rooms] for event in news] == [[(0, 80)]]


async def test_what_is_refused_is_not_told(app, desk):
    await add(desk, "sites", PICKUP, "foyer")
    before = len(await told(app))
    refused = await desk.submit(f"{NETWORK}/sites/new", {"id": "x", **PICKUP, "latitude": "430"})
    assert refused.status_code == 422
    refused = await desk.submit(f"{NETWORK}/sites/new", {"id": "x", **PICKUP})
    assert refused.status_code == 422, "this group has its pickup point"
    assert len(await told(app)) == before


async def test_what_is_retired_is_told_no_more_and_comes_back(app, desk):
    await furnish(desk)
    for noun, wanted, field in (("boxes", "g7", "boxes"), ("sites", "foyer", "pickups"), ("vehicles", "van", None)):
        said = await desk.submit(f"{NETWORK}/{noun}/{wanted}/retire", {"version": "1"})
        assert said.status_code == 303
        assert getattr((await told(app))[-1], field or "compartments") == ()
    await desk.submit(f"{NETWORK}/vehicles/van/retire", {"version": "2", "back": "1"})
    assert len((await told(app))[-1].compartments) == 1


async def test_places_taken_over_are_told_together(app, desk):
    await desk.submit(f"{NETWORK}/known", {})
    [said] = await told(app)
    assert {farm.producer_id for farm in said.farms} == {"pic", "bio"}
    assert {pickup.group_id for pickup in said.pickups} == {"limoux", "quillan", "sigean"}


async def test_a_cycle_that_collects_longer_is_told(app, desk):
    await furnish(desk)
    before = (await told(app))[-1]
    opened = usual_week().events()[0]
    longer = [
        each.model_copy(update={"ends_at": each.starts_at.replace(hour=23)}) if each.group_id == "limoux" else each
        for each in opened.pickups
    ]
    later = {"id": "later", "delivers_on": opened.delivers_on + timedelta(days=7), "pickups": tuple(longer)}
    await deliver(app, opened.model_copy(update=later))
    now = (await told(app))[-1]
    assert (now.version, now.pickups[0].collected_in > before.pickups[0].collected_in) == (before.version + 1, True)
    await deliver(app, producer("pic"))
    assert (await told(app))[-1] == now


async def test_at_start_a_network_of_an_earlier_release_is_told_once(app, desk):
    await furnish(desk)
    database = app.state.service.database
    async with database.write() as writer:
        await writer.execute(network_told.delete())
    before = len(await told(app))
    await tell_first(database, 250)
    await tell_first(database, 250)
    assert len(await told(app)) == before + 1
    await tell_first(database, 300)
    assert [event.outside for event in (await told(app))[before:]] == [250, 300]


async def test_orders_are_held_to_the_network_by_a_decision_that_stays_in_the_books(app, desk, client_for):
    await add(desk, "sites", DOCK, "dock")
    await add(desk, "sites", FARM, "farm")
    page = (await desk.get(NETWORK)).text
    assert "Lier les commandes" in page
    for _twice in range(2):
        said = await desk.submit(f"{NETWORK}/binding", {"on": "1", "last": "0"})
        assert said.status_code == 303
    assert [event.binding for event in await told(app)] == [False, True]
    page = (await desk.get(NETWORK)).text
    assert "Ne plus rien refuser" in page
    assert (await desk.submit(f"{NETWORK}/binding", {"last": "0"})).status_code == 409, "of a page from before"
    assert (await told(app))[-1].binding
    assert (await desk.submit(f"{NETWORK}/binding", {"last": "1"})).status_code == 303
    assert not (await told(app))[-1].binding
    for role in (Role.PRODUCER, Role.DRIVER, Role.REFERENT, Role.OPERATOR, Role.MEMBER):
        other = client_for(app, Grant(role, producer_id="pic", group_id="limoux", household_id="h"))
        assert (await other.submit(f"{NETWORK}/binding", {"on": "1", "last": "2"})).status_code == 403


async def test_a_plain_floor_and_plates_keep_nothing_cold(app, desk):
    await add(desk, "sites", DOCK, "dock")
    await add(desk, "boxes", BOX | {"kind": "plate", "number": "P1"}, "p1", stands_at="dock")
    plain = {name: value for name, value in VAN.items() if not name.startswith("room-1")} | {"certificate": ""}
    await add(desk, "vehicles", plain | {"certified_until": ""}, "van")
    assert [(event.compartments, event.boxes) for event in await told(app)] == []
