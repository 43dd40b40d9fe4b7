"""A signed-in driver sees and notes the rounds of the carriers that name it, and nothing of the others'."""

from urllib.parse import quote

import pytest
from cold_desk import typed
from handover_desk import COORDINATOR, DRIVER, URL, opened, say, stop
from network_desk import DOCK, NETWORK, add
from schedule_desk import DRIVERS_SAID, FRIDAY, ODETTE

from chassis.testing import deliver
from contracts.ordering import Driver, DriversChanged
from logistics.cold.carried import carried
from logistics.cold.place import Kind
from logistics.cold.recording import Days
from logistics.handover.expected import PartyKind
from logistics.network.carrier import CARRIERS

DAY = f"/logistics/days/{FRIDAY.isoformat()}"
HOME = "/logistics/fragments/home"
TEMPERATURES = f"/logistics/temperatures/{FRIDAY.isoformat()}"


@pytest.fixture
async def hub(app, client_for, clock):
    return await opened(app, client_for, clock)


@pytest.fixture
def odette(hub):
    return hub.client_for(hub.app, DRIVER, name="Odette Marti", person_id="person-odette")


@pytest.fixture
def stranger(hub):
    """Drives for the hub, and no carrier names it."""
    return hub.client_for(hub.app, DRIVER, name="Paul", person_id="person-paul")


async def of_carrier(hub, carrier_id):
    board = await hub.board()
    return next(
        one for one in board.expected if one.carrier_id == carrier_id and one.takes.kind is not PartyKind.HOUSEHOLD
    )


async def test_the_coordinator_says_who_drives_for_a_carrier(hub, client_for):
    desk = client_for(hub.app, COORDINATOR)
    page = (await desk.get(f"{NETWORK}/carriers/odette")).text
    assert "Odette Marti" in page
    form = (await desk.get(f"{NETWORK}/carriers/odette/edit")).text
    assert 'value="person-odette" checked' in form
    refused = await desk.submit(
        f"{NETWORK}/carriers/odette/edit", ODETTE | {"version": "1", "drivers": ["person-1", "nobody"]}
    )
    assert refused.status_code == 422
    assert "field-drivers-error" in refused.text
    assert (
        await desk.submit(f"{NETWORK}/carriers/odette/edit", ODETTE | {"version": "1", "drivers": ["person-odette"]})
    ).status_code == 303
    async with hub.app.state.service.database.read() as reader:
        assert (await CARRIERS.find(reader, "odette")).sheet.driver_ids == ("person-odette",)


async def test_who_drives_no_more_is_offered_no_more(hub, client_for):
    desk = client_for(hub.app, COORDINATOR)
    later = DriversChanged(id="drivers", version=2, people=(Driver(person_id="person-1", name="Josette"),))
    await deliver(hub.app, later, DRIVERS_SAID)
    form = (await desk.get(f"{NETWORK}/carriers/odette/edit")).text
    assert "Josette" in form
    assert "Odette Marti" not in form, "an older word of ordering came later"


async def test_a_driver_reads_its_own_rounds_only(hub, odette, stranger):
    papers = (await odette.get(f"{DAY}/papers")).text
    assert "rounds/odette" in papers
    assert "rounds/marcel" not in papers
    for ending in ("", ".pdf"):
        assert (await odette.get(f"{DAY}/rounds/odette{ending}")).status_code == 200
        assert (await odette.get(f"{DAY}/rounds/marcel{ending}")).status_code == 404
        assert (await stranger.get(f"{DAY}/rounds/odette{ending}")).status_code == 404
    assert (await odette.get(f"{DAY}/rounds.pdf")).status_code == 200
    assert (await stranger.get(f"{DAY}/rounds.pdf")).status_code == 404
    assert "demandez" in (await stranger.get(f"{DAY}/papers")).text
    for path in ("dock", "dock.pdf", "timeline", "packing", "packing.pdf", "packing/pic"):
        assert (await odette.get(f"{DAY}/{path}")).status_code == 403, path


async def test_all_route_sheets_of_a_driver_are_its_own(hub, odette, monkeypatch):
    asked = []

    async def note(document, data):
        asked.append(data)
        return b"%PDF"

    monkeypatch.setattr(hub.app.state.press, "paper", note)
    await odette.get(f"{DAY}/rounds.pdf")
    assert "Odette" in asked[0]
    assert "Marcel" not in asked[0]


async def test_home_shows_a_driver_its_own_rounds(hub, odette, stranger):
    home = (await odette.get(HOME)).text
    links = hub.app.state.round_links
    assert links.path(FRIDAY, "odette") in home
    assert links.path(FRIDAY, "marcel") not in home
    assert "tournées/" not in (await stranger.get(HOME)).text
    assert links.path(FRIDAY, "odette") not in (await stranger.get(HOME)).text


async def test_a_driver_notes_the_hand_overs_of_its_carriers_only(hub, odette, stranger):
    own, other = await of_carrier(hub, "odette"), await of_carrier(hub, "marcel")
    assert (await odette.get(stop(own))).status_code == 200
    refused = await say(odette, other, "as_planned")
    assert refused.status_code in (404, 422)
    assert (await say(stranger, own, "as_planned")).status_code == 404
    assert list((await hub.board()).log) == []
    assert (await say(odette, own, "as_planned")).status_code == 303
    [entry] = (await hub.board()).log
    assert entry.step == own.step
    # Another driver does not even correct it.
    assert (await stranger.get(f"{URL}/log/{entry.id}")).status_code == 404
    assert (await odette.get(f"{URL}/log/{entry.id}")).status_code == 200


async def test_a_driver_measures_what_its_carriers_carry(hub, odette, stranger):
    async with hub.app.state.service.database.read() as reader:
        followed = await Days(reader, hub.zone).of_date(FRIDAY)
    mine, theirs = (
        next(one for one in sorted(carried(followed, {who}), key=lambda each: each.code) if one.kind is Kind.VEHICLE)
        for who in ("odette", "marcel")
    )
    stay = followed.whole_day(mine)
    form = typed(stay.begins if stay else followed.published.plan.rounds[0].stops[0].arrives_at, "-20")
    assert (await odette.submit(f"{TEMPERATURES}/take?place={quote(mine.code)}", form)).status_code in (303, 422)
    for person, place in ((odette, theirs), (stranger, mine), (stranger, theirs)):
        take = f"{TEMPERATURES}/take?place={quote(place.code)}"
        assert (await person.get(take)).status_code == 404
        assert (await person.submit(take, form)).status_code == 404
    assert (await odette.get(f"{TEMPERATURES}/take?place={quote(mine.code)}")).status_code == 200
    assert (await stranger.get(TEMPERATURES)).status_code == 200
    assert "take?place=" not in (await stranger.get(TEMPERATURES)).text
    assert "take?place=" in (await odette.get(TEMPERATURES)).text


async def test_the_link_goes_on_working_for_who_has_no_account(hub):
    page = await hub.as_().get(hub.app.state.round_links.path(FRIDAY, "odette"))
    assert page.status_code == 200
    assert "Odette" in page.text


async def test_where_a_carrier_lives_is_for_who_drives_from_there(hub, client_for, odette, stranger):
    desk = client_for(hub.app, COORDINATOR)
    await add(desk, "sites", DOCK | {"kind": "home", "name": "Chez Odette"}, "home")
    changed = ODETTE | {"version": "1", "starts_at": "home", "drivers": ["person-odette"]}
    assert (await desk.submit(f"{NETWORK}/carriers/odette/edit", changed)).status_code == 303
    for person, sees in ((desk, True), (odette, True), (stranger, False)):
        assert ("Chez Odette" in (await person.get(NETWORK)).text) == sees
        assert (await person.get(f"{NETWORK}/sites/home")).status_code == (200 if sees else 404)
