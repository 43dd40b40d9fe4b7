"""Places and means, through their pages: typed, refused, changed by two at once, retired; who sees what."""

import asyncio
import html
import re

import pytest
from fastapi import FastAPI
from network_desk import BOX, DOCK, FARM, NETWORK, PICKUP, VAN, add, furnish, tell

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, FrozenClock
from contracts import Role
from logistics.network.box import BOXES
from logistics.network.carrier import CARRIERS
from logistics.network.kept import Taken
from logistics.network.site import SITES
from logistics.network.vehicle import VEHICLES


@pytest.fixture
async def desk(app: FastAPI, client_for: ClientFor) -> Browser:
    await tell(app)
    return client_for(app, Grant(Role.COORDINATOR))


async def kept(app, register, wanted):
    async with app.state.service.database.read() as reader:
        return await register.find(reader, wanted)


def error_at(page: str, field: str) -> str:
    found = re.search(rf'id="field-{field}-error">.*?<span>(.*?)</span>', page, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def value_of(page: str, field: str) -> str:
    found = re.search(rf'<input[^>]*name="{field}"[^>]*?value="([^"]*)"', page, re.DOTALL)
    return html.unescape(found[1]) if found else ""


async def test_what_was_typed_is_kept_in_whole_units(app, desk):
    await furnish(desk)
    van = (await kept(app, VEHICLES, "van")).sheet
    assert [(room.number, room.volume, room.coldest, room.warmest) for room in van.rooms] == [
        (1, 1_500_000, -200, 120),
        (2, 1_200_000, None, None),
    ]
    assert (van.payload, van.cents_per_km, van.co2_grams_per_km) == (600_000, 35, 160)
    farm = (await kept(app, SITES, "farm")).sheet
    assert (farm.latitude, farm.longitude, farm.handling) == (42.9, 2.2, 5)
    assert [(hold.outside, hold.minutes) for hold in (await kept(app, BOXES, "g7")).sheet.holds] == [
        (250, 600),
        (350, 360),
    ]
    marcel = (await kept(app, CARRIERS, "marcel")).sheet
    assert (marcel.ends_at, marcel.round, marcel.vehicle_ids) == ("dock", ("foyer",), ("van",))
    assert [(span.weekday, span.opens, span.closes) for span in marcel.hours] == [(4, 480, 1110)]
    for noun, one in (("sites", "farm"), ("vehicles", "van"), ("boxes", "g7"), ("carriers", "marcel")):
        assert (await desk.get(f"{NETWORK}/{noun}")).status_code == 200
        assert (await desk.get(f"{NETWORK}/{noun}/{one}")).status_code == 200
        # The form shows what is kept, and saving it as it is changes nothing.
        form = (await desk.get(f"{NETWORK}/{noun}/{one}/edit")).text
        assert value_of(form, "version") == "1"
    assert value_of((await desk.get(f"{NETWORK}/vehicles/van/edit")).text, "room-1-coldest") == "-20"
    assert value_of((await desk.get(f"{NETWORK}/carriers/marcel/edit")).text, "hours-4") == "08:00-18:30"


@pytest.mark.parametrize(
    ("noun", "form", "typed", "field", "said"),
    [
        ("sites", FARM, {"latitude": "430"}, "latitude", "90"),
        ("sites", FARM, {"latitude": ""}, "latitude", "deux coordonnées"),
        ("sites", FARM, {"latitude": "0", "longitude": "0"}, "latitude", "mer"),
        ("sites", FARM, {"producer_id": ""}, "producer_id", "Choisissez"),
        ("sites", DOCK, {"hours-0": "18:00-08:00"}, "hours-0", "finissent avant"),
        ("sites", DOCK, {"hours-0": "08:00-12:00, 11:00-18:00"}, "hours-0", "finissent avant"),
        ("sites", DOCK, {"hours-2": "le matin"}, "hours-2", "08:00-12:00"),
        ("sites", DOCK, {"hours-2": "08:61-12:00"}, "hours-2", "08:00-12:00"),
        ("sites", DOCK, {"room-1-volume": "-3"}, "room-1-volume", "zéro"),
        ("sites", DOCK, {"room-1-volume": "9", "room-1-coldest": "2"}, "room-1-warmest", "deux températures"),
        ("sites", DOCK, {"floor": "-1"}, "floor", "0"),
        ("vehicles", VAN, {"room-1-volume": "-1"}, "room-1-volume", "zéro"),
        ("vehicles", VAN, {"room-1-coldest": "20"}, "room-1-coldest", "plus chaude"),
        ("vehicles", VAN, {"certified_until": ""}, "certified_until", "nécessaire"),
        ("vehicles", VAN, {"payload": "lourd"}, "payload", "chiffres"),
        ("boxes", BOX, {"stands_at": "nowhere"}, "stands_at", "Choisissez"),
        ("boxes", BOX, {"coldest": "400"}, "coldest", "100"),
        ("boxes", BOX, {"hold-1-minutes": "", "hold-2-outside": "", "hold-2-minutes": ""}, "hold-1-minutes", "garde"),
        ("carriers", {"name": "Ana", "kind": "producer"}, {"starts_at": "dock"}, "producer_id", "Choisissez"),
    ],
)
async def test_bad_input_is_told_at_its_field_and_what_was_typed_is_kept(app, desk, noun, form, typed, field, said):
    await add(desk, "sites", DOCK, "dock")
    form = {"stands_at": "dock"} | form if noun == "boxes" else form
    refused = await desk.submit(f"{NETWORK}/{noun}/new", {"id": "new", **form, **typed})
    assert refused.status_code == 422
    assert said in error_at(refused.text, field), error_at(refused.text, field)
    for name, value in ({**form, **typed}).items():
        if name not in ("kind", "producer_id", "group_id", "certificate", "stands_at", "starts_at"):
            assert value_of(refused.text, name) == value
    async with app.state.service.database.read() as reader:
        for register in (SITES, VEHICLES, BOXES, CARRIERS):
            assert [one.id for one in await register.all(reader)] == (["dock"] if register is SITES else [])


async def test_a_vehicle_without_compartment_is_refused(desk):
    bare = {name: value for name, value in VAN.items() if not name.startswith("room-")}
    refused = await desk.submit(f"{NETWORK}/vehicles/new", {"id": "van", **bare})
    assert "compartiment" in error_at(refused.text, "room-1-volume")


async def test_a_form_sent_twice_keeps_one(app, desk):
    await add(desk, "sites", DOCK, "dock")
    await add(desk, "sites", DOCK, "dock")
    await add(desk, "boxes", BOX, "g7", stands_at="dock")
    await add(desk, "boxes", BOX, "g7", stands_at="dock")
    assert (await kept(app, SITES, "dock")).version == 1
    assert (await desk.get(f"{NETWORK}/boxes/g7")).text.count("<time") == 1


async def test_what_only_one_may_have_is_told_with_who_has_it(desk):
    await furnish(desk)
    again = await desk.submit(f"{NETWORK}/boxes/new", {"id": "g8", **BOX, "number": "g-07", "stands_at": "dock"})
    assert again.status_code == 422
    assert "ce numéro" in error_at(again.text, "number")
    assert f'href="{NETWORK}/boxes/g7"' in again.text
    farm = await desk.submit(f"{NETWORK}/sites/new", {"id": "farm2", **FARM})
    assert "déjà" in error_at(farm.text, "kind")
    plate = await desk.submit(f"{NETWORK}/vehicles/new", {"id": "van2", **VAN, "plate": "ab 123 cd"})
    assert "immatriculation" in error_at(plate.text, "plate")
    # A change cannot take it either.
    await add(desk, "boxes", BOX | {"number": "G-08"}, "g8", stands_at="dock")
    taken = await desk.submit(f"{NETWORK}/boxes/g8/edit", {"version": "1", **BOX})
    assert "ce numéro" in error_at(taken.text, "number")


async def test_a_certificate_that_expired_is_told_and_saved(app, desk, clock: FrozenClock):
    day = f"{clock.now().year - 1}-01-31"
    await add(desk, "vehicles", VAN | {"certified_until": day}, "van")
    assert (await kept(app, VEHICLES, "van")).sheet.certified_until.isoformat() == day
    assert "a expiré" in (await desk.get(f"{NETWORK}/vehicles/van")).text
    assert "expiré le" in (await desk.get(f"{NETWORK}/vehicles")).text


async def test_of_two_who_change_a_site_the_second_is_told_and_loses_nothing(app, desk):
    await add(desk, "sites", DOCK, "dock")
    first = await desk.submit(f"{NETWORK}/sites/dock/edit", {"version": "1", **DOCK, "name": "Quai nord"})
    assert first.status_code == 303
    second = await desk.submit(f"{NETWORK}/sites/dock/edit", {"version": "1", **DOCK, "name": "Quai sud"})
    assert second.status_code == 409
    assert value_of(second.text, "name") == "Quai sud"
    assert (await kept(app, SITES, "dock")).sheet.name == "Quai nord"
    again = {"version": value_of(second.text, "version"), **DOCK, "name": "Quai sud"}
    assert (await desk.submit(f"{NETWORK}/sites/dock/edit", again)).status_code == 303
    assert (await kept(app, SITES, "dock")).sheet.name == "Quai sud"


async def test_what_is_retired_leaves_the_list_and_its_place_and_can_come_back(app, desk):
    await furnish(desk)
    await desk.submit(f"{NETWORK}/boxes/g7/retire", {"version": "1"})
    assert "G-07" not in (await desk.get(f"{NETWORK}/boxes")).text
    assert "G-07" in (await desk.get(f"{NETWORK}/boxes?retired=1")).text
    await add(desk, "boxes", BOX, "g9", stands_at="dock")
    refused = await desk.submit(f"{NETWORK}/boxes/g7/retire", {"version": "2", "back": "1"})
    assert refused.status_code == 409
    assert "ce numéro" in html.unescape(refused.text)
    await desk.submit(f"{NETWORK}/boxes/g9/retire", {"version": "1"})
    assert (await desk.submit(f"{NETWORK}/boxes/g7/retire", {"version": "2", "back": "1"})).status_code == 303
    assert (await kept(app, BOXES, "g7")).retired_at is None
    assert (await desk.submit(f"{NETWORK}/boxes/g7/retire", {"version": "2"})).status_code == 409


async def test_the_register_says_where_a_box_is_and_was(desk):
    await furnish(desk)
    move = f"{NETWORK}/boxes/g7/move"
    assert (await desk.submit(move, {"last": "1", "move": "lent"})).status_code == 422
    lent = {"last": "1", "move": "lent", "lent_to": "Josette", "note": "pour samedi"}
    assert (await desk.submit(move, lent)).status_code == 303
    assert "Josette" in (await desk.get(f"{NETWORK}/boxes")).text
    stale = await desk.submit(move, {"last": "1", "move": "put", "site_id": "dock"})
    assert stale.status_code == 409
    assert "mouvement" in error_at(stale.text, "move")
    assert (await desk.submit(move, {"last": "2", "move": "put", "site_id": "foyer"})).status_code == 303
    page = html.unescape((await desk.get(f"{NETWORK}/boxes/g7")).text)
    # The newest first.
    assert page.index("Foyer") < page.index("Josette") < page.index("Quai de Limoux")


async def test_farms_and_pickup_points_that_were_told_are_added_at_once(app, desk):
    page = html.unescape((await desk.get(NETWORK)).text)
    assert "Fromagerie du Pic" in page
    assert "Groupe de Limoux" in page
    form = (await desk.get(f"{NETWORK}/sites/new?known=pickup-limoux")).text
    # The village is known, with its coordinates.
    assert value_of(form, "latitude") == "43,04473"
    await desk.submit(f"{NETWORK}/known")
    await desk.submit(f"{NETWORK}/known")
    async with app.state.service.database.read() as reader:
        sites = await SITES.all(reader)
    assert [one.id for one in sites] == ["farm-bio", "farm-pic", "pickup-limoux", "pickup-quillan", "pickup-sigean"]
    # The farm's village is not told: it stays without coordinates, and says so.
    assert "coordonnées" in (await desk.get(f"{NETWORK}/sites/farm-pic")).text


async def test_two_who_add_all_at_once_add_each_place_once(app, desk):
    said = await asyncio.gather(*(desk.submit(f"{NETWORK}/known") for _ in range(3)))
    assert [one.status_code for one in said] == [303, 303, 303]
    async with app.state.service.database.read() as reader:
        assert len(await SITES.all(reader)) == 5


async def test_who_sees_and_who_writes(app, desk, client_for):
    await furnish(desk)
    for role in (Role.DRIVER, Role.REFERENT, Role.OPERATOR):
        reader = client_for(app, Grant(role))
        for path in ("", "/sites", "/vehicles", "/carriers", "/boxes", "/sites/dock", "/boxes/g7", "/vehicles/van"):
            page = await reader.get(NETWORK + path)
            assert page.status_code == 200
            assert "0,35" not in page.text  # what it costs is the coordinator's
        for path in ("/sites/new", "/sites/dock/edit"):
            assert (await reader.get(NETWORK + path)).status_code == 403
        for path in ("/sites/new", "/sites/dock/edit", "/sites/dock/retire", "/boxes/g7/move", "/known"):
            assert (await reader.submit(NETWORK + path, {"id": "x", **DOCK})).status_code == 403
    assert "0,35" in (await desk.get(f"{NETWORK}/vehicles/van")).text
    for role in (Role.MEMBER, Role.BOOKKEEPER):
        assert (await client_for(app, Grant(role)).get(NETWORK)).status_code == 403


async def test_where_a_carrier_lives_is_for_those_who_plan_and_drive_from_there(desk, app, client_for):
    await add(desk, "sites", DOCK | {"kind": "home", "name": "Chez Marcel"}, "home")
    for role in (Role.COORDINATOR, Role.DRIVER, Role.REFERENT, Role.OPERATOR):
        person, sees = client_for(app, Grant(role)), role is Role.COORDINATOR
        assert ("Chez Marcel" in (await person.get(NETWORK)).text) == sees
        assert (await person.get(f"{NETWORK}/sites/home")).status_code == (200 if sees else 404)


async def test_a_producer_sees_its_own_farm_and_nothing_else(app, desk, client_for):
    await furnish(desk)
    cheese = client_for(app, Grant(Role.PRODUCER, producer_id="pic"))
    oranges = client_for(app, Grant(Role.PRODUCER, producer_id="bio"))
    assert "Fromagerie du Pic" in (await cheese.get(NETWORK)).text
    assert "Quai de Limoux" not in (await cheese.get(NETWORK)).text
    assert (await cheese.get(f"{NETWORK}/sites/farm")).status_code == 200
    for path in ("/sites/dock", "/sites/foyer", "/vehicles/van", "/boxes/g7", "/carriers/marcel"):
        assert (await cheese.get(NETWORK + path)).status_code == 404
    assert (await oranges.get(f"{NETWORK}/sites/farm")).status_code == 404
    assert (await cheese.get(f"{NETWORK}/vehicles")).status_code == 403
    assert (await cheese.submit(f"{NETWORK}/sites/farm/edit", {"version": "1", **FARM})).status_code == 403


async def test_what_is_not_there_is_not_found(desk):
    await add(desk, "sites", PICKUP, "foyer")
    for path in ("/lorries", "/lorries/new", "/sites/none", "/sites/none/edit"):
        assert (await desk.get(NETWORK + path)).status_code == 404
    for path in ("/sites/none/retire", "/boxes/none/move", "/lorries/new"):
        form = {"version": "1", "last": "1", "move": "lost", "id": "x"}
        assert (await desk.submit(NETWORK + path, form)).status_code == 404


async def test_of_those_who_write_in_the_same_moment_one_is_taken_and_the_others_are_told(app, desk):
    await add(desk, "sites", DOCK, "dock")
    change = [
        desk.submit(f"{NETWORK}/sites/dock/edit", {"version": "1", **DOCK, "name": f"Quai {n}"}) for n in range(5)
    ]
    assert sorted(said.status_code for said in await asyncio.gather(*change)) == [303, 409, 409, 409, 409]
    boxes = [desk.submit(f"{NETWORK}/boxes/new", {"id": f"g{n}", **BOX, "stands_at": "dock"}) for n in range(5)]
    assert sorted(said.status_code for said in await asyncio.gather(*boxes)) == [303, 422, 422, 422, 422]
    async with app.state.service.database.read() as reader:
        (box,) = await BOXES.all(reader)
    lend = {"last": "1", "move": "lent", "lent_to": "Josette"}
    moves = [desk.submit(f"{NETWORK}/boxes/{box.id}/move", lend) for _ in range(5)]
    assert sorted(said.status_code for said in await asyncio.gather(*moves)) == [303, 409, 409, 409, 409]


async def test_of_two_who_take_the_same_number_in_the_same_moment_one_is_told(app, desk):
    await add(desk, "sites", DOCK, "dock")
    for n in range(4):
        await add(desk, "boxes", BOX | {"number": f"G-1{n}"}, f"g{n}", stands_at="dock")
    take = [desk.submit(f"{NETWORK}/boxes/g{n}/edit", {"version": "1", **BOX, "number": "G-99"}) for n in range(4)]
    assert sorted(said.status_code for said in await asyncio.gather(*take)) == [303, 422, 422, 422]


async def test_a_number_that_is_taken_between_the_look_and_the_write_is_told(app, desk):
    await add(desk, "sites", DOCK, "dock")
    for n in range(2):
        await add(desk, "boxes", BOX | {"number": f"G-1{n}"}, f"g{n}", stands_at="dock")
    database = app.state.service.database
    sheet = (await kept(app, BOXES, "g0")).sheet.model_copy(update={"number": "G-99"})

    async def second() -> None:
        async with database.write() as writer:
            await BOXES.change(writer, "g1", 1, sheet, "Marcel")

    async with database.write() as writer:
        await BOXES.change(writer, "g0", 1, sheet, "Josette")
        waiting = asyncio.create_task(second())
        # Long enough for the second to have looked (PostgreSQL), or to wait for its turn (SQLite).
        await asyncio.sleep(0.5)
    with pytest.raises(Taken):
        await waiting
    assert (await kept(app, BOXES, "g1")).version == 1
