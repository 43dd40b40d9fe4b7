"""What follows when goods change hands: boxes, readings, two at once, links, labels, the coordinator's page."""

import asyncio

import pytest
from handover_desk import COORDINATOR, DRIVER, LIMOUX, PIC, URL, forgery, form_ids, opened, say, stop, with_a_box
from lot_desk import timers
from schedule_desk import FRIDAY
from sqlalchemy import text

from chassis.identity import Grant
from contracts import Role
from logistics.handover import code
from logistics.handover.log import Saying, as_planned, entries_of
from logistics.handover.telling import tell
from logistics.network.box import Move, history

ORDER = {
    "id": "recall-1",
    "reason": "Listeria à l’autocontrôle",
    "action": "discard",
    "contact": "Nadia, 04 68 00 00 10",
    "meant": "on",
}


@pytest.fixture
async def hub(app, client_for, clock):
    return await opened(app, client_for, clock)


async def kept(hub):
    async with hub.app.state.service.database.read() as reader:
        return await entries_of(reader, FRIDAY)


async def register(hub, box="g7"):
    async with hub.app.state.service.database.read() as reader:
        return [(one.move, one.site_id, one.lent_to) for one in reversed(await history(reader, box))]


# --- boxes


async def test_boxes_follow_the_goods_and_one_that_stays_away_is_told(hub):
    load, put = await with_a_box(hub)
    marcel, desk = hub.as_(DRIVER), hub.as_(COORDINATOR)
    assert await register(hub) == [(Move.PUT, "dock", "")]
    assert (await say(marcel, load, "as_planned", "a", at="2026-11-27T09:40")).status_code == 303
    assert (await register(hub))[-1] == (Move.LENT, None, "Marcel")
    assert (await say(marcel, put, "as_planned", "b", at="2026-11-27T11:55")).status_code == 303
    assert (await register(hub))[-1] == (Move.PUT, "pickup-quillan", "")
    page = (await desk.get(URL)).text
    assert "Glacières qui ne sont pas revenues" in page
    assert "G-07" in page
    assert "Quai de Limoux" in page[page.index("Glacières qui ne sont pas revenues") :]


async def test_a_box_stays_where_it_was_when_its_goods_were_not_there(hub):
    load, _put = await with_a_box(hub)
    assert (await say(hub.as_(DRIVER), load, "missing")).status_code == 303
    assert await register(hub) == [(Move.PUT, "dock", "")]


async def test_what_is_typed_from_paper_late_does_not_undo_what_the_register_knows_since(hub):
    load, _put = await with_a_box(hub)
    desk = hub.as_(COORDINATOR)
    moved = await desk.submit(
        "/logistics/network/boxes/g7/move", {"last": "1", "move": "put", "site_id": "farm-pic", "note": "Retrouvée"}
    )
    assert moved.status_code == 303, moved.text
    assert (await say(hub.as_(DRIVER), load, "as_planned", at="2026-11-27T09:40")).status_code == 303
    assert (await register(hub))[-1] == (Move.PUT, "farm-pic", "")


async def test_a_hand_over_that_did_not_happen_gives_the_box_back(hub):
    load, _put = await with_a_box(hub)
    await say(hub.as_(DRIVER), load, "as_planned")
    (entry,) = await kept(hub)
    form = {"form_id": "f2", f"state-{load.step}": "void", "reason": "Trompé de ligne"}
    assert (await hub.as_(DRIVER).submit(f"{URL}/log/{entry.id}", form)).status_code == 303
    assert (await register(hub))[-1] == (Move.PUT, "dock", "")


# --- temperatures


async def test_goods_that_are_too_warm_are_held_and_only_the_coordinator_hands_them_over(hub):
    one = await hub.first_load()
    assert (await say(hub.as_(PIC), one, "as_planned", temperature="12,5")).status_code == 303
    board = await hub.board()
    assert one.thing in board.held
    following = next(each for each in board.expected if each.thing == one.thing and each.step != one.step)
    driver = hub.as_(DRIVER)
    refused = await say(driver, following, "as_planned", "b")
    assert refused.status_code == 422
    assert "Seule la coordination" in refused.text
    whole = await driver.submit(
        stop(following), {"form_id": "c", "carrier": following.carrier_id, "do": "down", "step": following.step}
    )
    assert whole.status_code == 303
    assert following.step not in (await hub.board()).holds
    assert (await say(driver, following, "missing", "d")).status_code == 303, "that it is not there, anybody says"
    assert (await say(hub.as_(COORDINATOR), one, "as_planned", "e")).status_code == 409


async def test_goods_within_their_limit_are_not_held(hub):
    one = await hub.first_load()
    assert (await say(hub.as_(PIC), one, "as_planned", temperature="3,5")).status_code == 303
    assert (await hub.board()).held == {}


async def test_what_is_called_back_waits_for_the_coordinators_word(hub):
    one = await hub.first_load("bio", "pickup-sigean")
    other = await hub.first_load()
    await timers(hub.app)
    recall = ORDER | {"number": "", "producer_id": "bio", "product_id": "ora"}
    assert (await hub.as_(COORDINATOR).submit("/logistics/recalls", recall)).status_code == 303
    refused = await say(hub.as_(DRIVER), one, "as_planned")
    assert refused.status_code == 422
    assert "Rappelé" in refused.text
    assert "Listeria à l’autocontrôle" in refused.text
    assert (await say(hub.as_(DRIVER), other, "as_planned", "b")).status_code == 303, "what is not called back"
    assert (await say(hub.as_(COORDINATOR), one, "as_planned", "c")).status_code == 303
    hub.at(16, 30)
    bag = f"{URL}/at/pickup-limoux/households/vidal"
    assert (await hub.as_(LIMOUX).submit(bag, {"form_id": "d", "do": "all"})).status_code == 422
    assert "Rappelé" in (await hub.as_(LIMOUX).get(bag)).text


# --- two at once


async def test_of_two_who_tick_at_once_the_second_waits_and_is_told(hub, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    assert await _second_of_two(hub) == 409
    assert len(await kept(hub)) == 1


async def test_without_the_lock_both_would_write_and_one_would_break(hub, database_url, monkeypatch):
    """The control: nobody waits at the day any more, and the second one runs into the table's own rule."""
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")

    async def nobody(writer, on):
        pass

    monkeypatch.setattr("logistics.handover.telling.lock_day", nobody)
    assert await _second_of_two(hub) == 500


async def _second_of_two(hub):
    """Status of the form that comes while another's transaction is still open."""
    one = await hub.first_load()
    database, browser = hub.app.state.service.database, hub.as_(DRIVER)
    async with database.write() as writer:
        said = Saying(FRIDAY, 1, "first", writer.now, "Fromagerie du Pic")
        await tell(writer, [as_planned(one)], said, hub.zone)
        second = asyncio.create_task(say(browser, one, "as_planned", "second"))
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        async with database.engine.connect() as other, asyncio.timeout(30):
            while not (await other.execute(text(waiting))).scalar():
                await other.rollback()
                await asyncio.sleep(0.01)
    return (await second).status_code


# --- a newer version


async def test_what_was_handed_over_stays_when_a_newer_version_expects_otherwise(hub):
    one = await hub.first_load()
    await say(hub.as_(PIC), one, "as_planned")
    await hub.publish_again()
    board = await hub.board()
    assert board.published.version == 2
    assert board.holds[one.step].version == 1
    assert one.step in {each.step for each in board.expected}
    assert await kept(hub) == list(board.log)


# --- links and labels


async def test_a_carriers_link_opens_its_stops_and_nobody_elses(hub):
    one = await hub.first_load()
    token = hub.app.state.round_links.token(FRIDAY, one.carrier_id)
    base = f"/logistics/handovers/open/{token}"
    phone = hub.as_()
    page = await phone.get(base)
    assert page.status_code == 200, page.text
    assert "Fromagerie du Pic" in page.text
    assert "Foyer Vidal" not in page.text
    text = (await phone.get(f"{base}/{one.site_id}")).text
    phone.csrf = forgery(text)
    assert "Odette" not in text
    form = {"form_id": form_ids(text)[0], "carrier": one.carrier_id, "do": "on", "step": one.step}
    assert (await phone.submit(f"{base}/{one.site_id}", form)).status_code == 303
    (entry,) = await kept(hub)
    assert (entry.by_link, entry.said_by) == (True, "Marcel")
    other = next(each for each in (await hub.board()).expected if each.carrier_id == "odette")
    form = {"form_id": "x", "carrier": "odette", "do": "on"}
    assert (await phone.submit(f"{base}/{other.site_id}", form)).status_code == 404
    assert (await phone.get(f"{base}/pickup-limoux/households")).status_code == 404
    fixed = {"form_id": "y", f"state-{one.step}": "missing", "reason": "Oublié"}
    assert (await phone.submit(f"{base}/log/{entry.id}", fixed)).status_code == 303
    assert (await phone.get(base[:-4] + "AAAA")).status_code == 404
    hub.at(12, day=30)
    hub.clock.advance(60 * 60 * 24 * 9)
    assert (await phone.get(base)).status_code == 410


async def test_a_label_leads_to_the_next_hand_over_of_just_that_thing(hub):
    load, _put = await with_a_box(hub)
    marcel = hub.as_(DRIVER)
    for scanned in (code.of_box("g7"), code.of_consignment(FRIDAY, load.thing)):
        first = next(each for each in (await hub.board()).expected if each.thing == load.thing)
        wanted = load if scanned.startswith(code.BOX) else first
        found = await marcel.get(code.address(scanned))
        assert found.status_code == 303
        assert found.headers["location"] == f"{URL}/at/{wanted.site_id}#h-{wanted.step}"
    bag = code.address(code.of_household(FRIDAY, "vidal"))
    assert (await marcel.get(bag)).status_code == 404, "who drives sees no households"
    assert (await hub.as_(LIMOUX).get(bag)).headers["location"] == f"{URL}/at/pickup-limoux/households/vidal"
    assert (await marcel.get(code.address("cnothing"))).status_code == 404
    nobody = hub.as_()
    assert (await nobody.get(code.address(code.of_box("g7")))).status_code in (303, 401)
    token = hub.app.state.round_links.token(FRIDAY, "marcel")
    await nobody.get(f"/logistics/handovers/open/{token}")
    found = await nobody.get(code.address(code.of_box("g7")))
    assert found.headers["location"] == f"/logistics/handovers/open/{token}/{load.site_id}#h-{load.step}"


def test_a_code_names_nobody_and_differs_by_day():
    assert code.of_household(FRIDAY, "vidal") != code.of_household(FRIDAY.replace(day=26), "vidal")
    assert "vidal" not in code.of_household(FRIDAY, "vidal")
    assert len({code.of_box("x"), code.of_consignment(FRIDAY, "x"), code.of_household(FRIDAY, "x")}) == 3


# --- the coordinator's page


async def test_the_page_of_the_day_says_what_is_late_and_who_had_it_last(hub):
    desk = hub.as_(COORDINATOR)
    hub.at(6)
    early = (await desk.get(URL)).text
    assert "dont l’heure est passée" not in early
    hub.at(11)
    one = await hub.first_load()
    await say(hub.as_(PIC), one, "as_planned", at="2026-11-27T08:25")
    page = (await desk.get(URL)).text
    assert "dont l’heure est passée" in page
    late = page[page.index("dont l’heure est passée") : page.index("Où est chaque chose")]
    following = next(e for e in (await hub.board()).expected if e.thing == one.thing and e.step != one.step)
    assert f"{URL}/at/{following.site_id}#h-{following.step}" in late
    assert one.step not in late
    assert "Marcel" in late


async def test_the_log_is_a_file_with_every_row_of_it(hub):
    one = await hub.first_load()
    await say(hub.as_(PIC), one, "less", came="1", note="=1+1")
    (entry,) = await kept(hub)
    form = {"form_id": "f2", f"state-{one.step}": "as_planned", "reason": "Retrouvé"}
    await hub.as_(PIC).submit(f"{URL}/log/{entry.id}", form)
    file = await hub.as_(COORDINATOR).get(f"{URL}.csv")
    assert file.status_code == 200
    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "'=1+1" in lines[1]
    assert "Retrouvé" in lines[2]
    assert entry.id in lines[2]
    for grant in (PIC, DRIVER, LIMOUX, Grant(Role.MEMBER, household_id="vidal")):
        assert (await hub.as_(grant).get(f"{URL}.csv")).status_code == 403


async def test_who_does_not_coordinate_is_led_to_what_they_tick(hub):
    assert (await hub.as_(DRIVER).get(URL)).headers["location"] == f"{URL}/at"
    page = (await hub.as_(DRIVER).get("/logistics/handovers")).text
    assert f"{URL}/at" in page
    assert (await hub.as_(DRIVER).get("/logistics/handovers/2026-11-20")).status_code == 404
    assert (await hub.as_(DRIVER).get("/logistics/handovers/friday/at")).status_code == 404
