"""Rhythms through their pages and their timer: cycles that come by themselves, the plan, weeks, calendars."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio
from icalendar import Calendar

from chassis.identity import Grant
from contracts import Role, ordering
from ordering import cycle, household, rhythm_book
from ordering.cycle import State
from ordering.hours import Hours
from ordering.offer import Choice, Kind
from ordering.plan import Plan
from ordering.planning import change_cycle
from ordering.role import give

from .conftest import COORDINATOR, PARIS, product

URL = "/ordering/rhythms"
RHYTHM = "00000000-0000-4000-8000-000000000001"
WEEKLY = {
    "id": RHYTHM,
    "version": "0",
    "name": "Limoux",
    "groups": "limoux",
    "every": "weeks",
    "first": "2026-11-27",
    "until": "",
    "weeks": "1",
    "months": "1",
    "nth": "3",
    "weekday": "5",
    "dates": "",
    "opens_days": "12",
    "opens_at": "08:00",
    "closes_days": "5",
    "closes_at": "20:00",
    "on_holiday": "before",
    "hours_on_holiday": "keep",
    "offers": "season",
    "ahead_weeks": "2",
    "active": "on",
    "do": "save",
}


EGGS = Choice(Kind.PRODUCTS, product_ids=("eggs",))


@pytest_asyncio.fixture
async def coordinator(hub: Any, client_for: Any) -> Any:
    """Person 3, who coordinates also by the book."""
    async with hub.database.write() as writer:
        await give(writer, "person-3", Role.COORDINATOR, given_by="person-3")
    return client_for(hub.app, COORDINATOR, name="Marie", person_id="person-3")


async def write(browser: Any, **changes: str) -> Any:
    fields = {**WEEKLY, **changes}
    answer = await browser.submit(f"{URL}/new" if fields["version"] == "0" else f"{URL}/{RHYTHM}", fields)
    assert answer.status_code == 303, answer.text
    return answer


async def cycles(hub: Any) -> dict[str, tuple[str, str]]:
    """Day of delivery -> name and state."""
    async with hub.database.read() as reader:
        found = await cycle.in_state(reader, *State)
    return {of.delivers_on.isoformat(): (of.name, of.state.value) for of in found}


def said(page: Any) -> str:
    return str(page.text).replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'").replace("&#39;", "'")


async def test_a_rhythm_makes_its_cycles_some_weeks_ahead_and_each_once(hub: Any, coordinator: Any) -> None:
    await write(coordinator)
    await hub.tick()
    assert await cycles(hub) == {
        "2026-11-27": ("Limoux 27/11/2026", "open"),
        "2026-12-04": ("Limoux 04/12/2026", "planned"),
        "2026-12-11": ("Limoux 11/12/2026", "planned"),
    }
    async with hub.database.write() as writer:
        await writer.call_at(rhythm_book.MAKE, RHYTHM, writer.now)
    await hub.tick()
    assert len(await cycles(hub)) == 3
    await hub.sleep(timedelta(days=7))
    await hub.tick()
    now = await cycles(hub)
    assert (now["2026-12-04"][1], now["2026-12-18"][1]) == ("open", "planned")
    assert len(await hub.said(ordering.CycleOpened)) == 2


async def test_a_timer_that_dies_in_the_middle_makes_nothing_twice(
    hub: Any, coordinator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, made = rhythm_book.make, []

    async def dies(*args: Any, **more: Any) -> Any:
        if len(made) == 2:
            raise RuntimeError("killed")
        made.append(await whole(*args, **more))
        return made[-1]

    monkeypatch.setattr(rhythm_book, "make", dies)
    await write(coordinator)
    await hub.tick()
    assert len(made) == 2
    assert await cycles(hub) == {}, "all or nothing"
    monkeypatch.undo()
    await hub.sleep(timedelta(minutes=30))
    await hub.tick()
    assert len(await cycles(hub)) == 3


async def test_a_cycle_that_was_dropped_stays_dropped_until_it_is_wanted_again(hub: Any, coordinator: Any) -> None:
    await write(coordinator)
    await hub.tick()
    made = f"{RHYTHM}-20261211"
    assert (await coordinator.submit(f"/ordering/cycles/{made}/drop")).status_code == 303
    await hub.sleep(timedelta(days=1))
    await hub.tick()
    assert "2026-12-11" not in await cycles(hub)
    assert "retiré" in (await coordinator.get(URL)).text
    await coordinator.submit(f"{URL}/{RHYTHM}/turns/2026-12-11", {"do": "keep"})
    await hub.tick()
    assert (await cycles(hub))["2026-12-11"][1] == "planned"


async def test_a_turn_is_moved_and_skipped_with_the_cycle_that_was_made_of_it(hub: Any, coordinator: Any) -> None:
    await write(coordinator)
    await hub.tick()
    turn = f"{URL}/{RHYTHM}/turns"
    await coordinator.submit(f"{turn}/2026-12-11", {"do": "move", "to": "2026-12-10"})
    await coordinator.submit(f"{turn}/2026-12-04", {"do": "skip"})
    await coordinator.submit(f"{turn}/2026-12-18", {"do": "skip"})
    await hub.sleep(timedelta(days=14))
    await hub.tick()
    assert sorted(await cycles(hub)) == ["2026-11-27", "2026-12-10", "2026-12-24"]
    assert (await cycles(hub))["2026-12-24"][0] == "Limoux 24/12/2026", "moved off Christmas"
    for wrong in ({"do": "move", "to": "x"}, {"do": "move", "to": "2027-11-11"}, {"do": "move"}):
        assert (await coordinator.submit(f"{turn}/2026-12-11", wrong)).status_code == 409
    assert (await coordinator.submit(f"{turn}/2026-11-27", {"do": "skip"})).status_code == 409, "it is closed"
    assert (await coordinator.submit(f"{turn}/2026-11-28", {"do": "skip"})).status_code == 404


async def test_what_lacks_offers_is_said_and_made_when_there_are_some(hub: Any, coordinator: Any) -> None:
    await hub.hear(product("kaki", producer_id="mas", producer_name="Mas", season={"from_month": 9, "to_month": 10}))
    await write(coordinator, offers="producers", producers="mas")
    await hub.tick()
    assert await cycles(hub) == {}
    assert "rien à proposer" in (await coordinator.get(URL)).text
    await hub.open()
    stuck = "ne peut pas créer son cycle du vendredi 27 novembre 2026"
    assert stuck in said(await coordinator.get("/ordering/home"))
    await hub.hear(product("figs", producer_id="mas", producer_name="Mas", price_cents=500))
    await hub.sleep(timedelta(days=1))
    await hub.tick()
    assert "2026-12-04" in await cycles(hub)
    assert "ne peut pas créer" not in (await coordinator.get("/ordering/home")).text


async def test_many_turns_are_made_some_at_a_time(hub: Any, coordinator: Any) -> None:
    await write(coordinator, ahead_weeks="8")
    await hub.tick()
    assert len(await cycles(hub)) == 9


async def test_what_was_changed_by_hand_stays_when_a_turn_is_moved(hub: Any, coordinator: Any) -> None:
    await write(coordinator)
    await hub.tick()
    made = f"{RHYTHM}-20261211"
    async with hub.database.write() as writer:
        held = await cycle.by_id(writer, made)
        plan = Plan("A la main", held.opens_at, held.closes_at, held.delivers_on, ("limoux", "quillan"), EGGS)
        await change_cycle(writer, made, plan, PARIS)
    await coordinator.submit(f"{URL}/{RHYTHM}/turns/2026-12-11", {"do": "move", "to": "2026-12-10"})
    moved = await hub.cycle(made)
    assert (moved.choice, moved.group_ids) == (EGGS, {"limoux", "quillan"})
    assert moved.closes_at.astimezone(PARIS).isoformat() == "2026-12-05T20:00:00+01:00"


async def test_hours_typed_for_one_turn_stay_so_many_days_before_its_delivery(hub: Any, coordinator: Any) -> None:
    await write(coordinator)
    await hub.tick()
    made = f"{RHYTHM}-20261211"
    held = await hub.cycle(made)
    earlier = held.closes_at.replace(hour=10)
    async with hub.database.write() as writer:
        own = {"bousole": Hours(closes_at=earlier - timedelta(days=1))}
        days = {"limoux": date(2026, 12, 12)}
        plan = Plan(held.name, held.opens_at, earlier, held.delivers_on, ("limoux",), Choice(), days, 5, own)
        await change_cycle(writer, made, plan, PARIS)
    page = said(await coordinator.get(URL))
    assert page.count("Il n'est pas comme son rythme le prévoit") == 1
    answer = await coordinator.submit(f"{URL}/{RHYTHM}/turns/2026-12-11", {"do": "move", "to": "2026-12-09"})
    back = said(await coordinator.get(answer.headers["location"]))
    assert "« Limoux 09/12/2026 » ouvre le vendredi 27 novembre 2026 à 8 h et ferme le vendredi 4 décembre" in back
    moved = await hub.cycle(made)
    assert moved.closes_at == earlier - timedelta(days=2)
    assert moved.hours == {"bousole": Hours(closes_at=earlier - timedelta(days=3))}
    assert moved.completion_hours == 5
    assert moved.pickup_of("limoux").starts_at.astimezone(PARIS).date() == date(2026, 12, 10)
    assert moved.opens_at.astimezone(PARIS).isoformat() == "2026-11-27T08:00:00+01:00", "as the rhythm says"
    await coordinator.submit(f"{URL}/{RHYTHM}/turns/2026-12-11", {"do": "keep"})
    back = await hub.cycle(made)
    assert (back.closes_at, back.hours, back.name) == (earlier, own, "Limoux 11/12/2026")


async def test_the_plan_says_what_becomes_of_hours_on_a_holiday(hub: Any, coordinator: Any) -> None:
    mondays = {"first": "2027-01-04", "closes_days": "3", "opens_days": "9", "ahead_weeks": "0"}
    await write(coordinator, **mondays)
    assert "Ferme un jour férié : Jour de l'an." in said(await coordinator.get(URL))
    await write(coordinator, **mondays, version="1", hours_on_holiday="earlier")
    page = said(await coordinator.get(URL))
    assert "Ferme plus tôt : ven. 1er janv. est férié, Jour de l'an." in page
    assert "ferme jeu. 31 déc., 20 h" in page
    await write(coordinator, **mondays, version="2", hours_on_holiday="skip")
    assert "Sauté : il ouvrirait ou fermerait un jour férié : Jour de l'an." in said(await coordinator.get(URL))
    form = await coordinator.get(f"{URL}/{RHYTHM}")
    assert '<option value="skip" selected>' in form.text.split('name="hours_on_holiday"')[1].split("</select>")[0]
    shown = await coordinator.submit(f"{URL}/{RHYTHM}", {**WEEKLY, **mondays, "version": "3", "do": "show"})
    assert "Ferme un jour férié : Jour de l'an." in said(shown)
    wrong = await coordinator.submit(f"{URL}/{RHYTHM}", {**WEEKLY, "version": "3", "hours_on_holiday": "never"})
    assert wrong.status_code == 422


async def test_the_plan_shows_a_year_with_holidays_moves_and_clashes(hub: Any, coordinator: Any) -> None:
    await write(coordinator)
    await write(coordinator, id=RHYTHM[:-1] + "2", name="Pain", weeks="2")
    page = said(await coordinator.get(URL))
    for told in (
        "vendredi 27 novembre 2026",
        "Limoux 04/12/2026",
        "Déplacé du ven. 25 déc., jour férié : Noël.",
        "Un groupe aurait un autre retrait le même jour : Pain 27/11/2026.",
        "chaque vendredi",
        "vendredi, toutes les 2 semaines",
        "novembre 2026",
        "octobre 2027",
    ):
        assert told in page, told


async def test_a_form_that_makes_no_sense_says_where_and_keeps_what_was_typed(hub: Any, coordinator: Any) -> None:
    wrong = {
        **WEEKLY, "name": "", "groups": "", "weeks": "0", "opens_days": "5", "opens_at": "21:00", "offers": "producers",
    }  # fmt: skip
    page = await coordinator.submit(f"{URL}/new", wrong)
    assert page.status_code == 422
    for name in ("name", "weeks", "closes_days"):
        assert f'id="field-{name}-error"' in page.text, name
    assert "Cochez au moins un producteur" in page.text
    assert 'value="21:00"' in page.text
    page = await coordinator.submit(f"{URL}/new", {**WEEKLY, "every": "dates", "dates": "1/12/2026\nbientôt"})
    assert "« bientôt » n'est pas une date" in said(page)
    page = await coordinator.submit(f"{URL}/new", {**WEEKLY, "do": "show"})
    assert (page.status_code, "jeudi 24 décembre 2026" in said(page)) == (200, True)
    assert await cycles(hub) == {}


async def test_two_coordinators_do_not_overwrite_each_other(hub: Any, coordinator: Any) -> None:
    await write(coordinator)
    await write(coordinator, version="1", name="Premier")
    page = await coordinator.submit(f"{URL}/{RHYTHM}", {**WEEKLY, "version": "1", "name": "Second"})
    assert (page.status_code, 'value="Second"' in page.text) == (409, True)
    await write(coordinator, version="2", name="Second")


# The week of all groups


async def test_a_week_is_looked_at_and_then_opened_in_one_go(hub: Any, coordinator: Any) -> None:
    await write(coordinator, first="2027-01-08")
    await write(coordinator, id=RHYTHM[:-1] + "2", name="Quillan", groups="quillan", first="2027-01-09")
    await hub.tick()
    week = f"{URL}/week?monday=2027-01-06"
    page = said(await coordinator.get(week))
    assert "2 cycles seraient créés" in page
    assert await cycles(hub) == {}, "nothing is done by looking"
    await coordinator.submit(f"{URL}/week", {"monday": "2027-01-06"})
    assert {state for _, state in (await cycles(hub)).values()} == {"planned"}
    page = said(await coordinator.get(week))
    assert "2 sont déjà prévus" in page
    answer = await coordinator.submit(f"{URL}/week", {"monday": "2027-01-06", "at_once": "on"})
    assert answer.status_code == 303
    assert await cycles(hub) == {
        "2027-01-08": ("Limoux 08/01/2027", "open"),
        "2027-01-09": ("Quillan 09/01/2027", "open"),
    }
    await coordinator.submit(f"{URL}/week", {"monday": "2027-01-06", "at_once": "on"})
    assert len(await hub.said(ordering.CycleOpened)) == 2, "a second click opens nothing twice"


@pytest.mark.parametrize(
    ("grants", "url", "status"),
    [
        ((COORDINATOR,), URL, 200),
        ((Grant(Role.REFERENT, group_id="limoux"),), URL, 200),
        ((Grant(Role.REFERENT, group_id="limoux"),), f"{URL}/new", 403),
        ((Grant(Role.MEMBER, household_id="h1", group_id="limoux"),), URL, 403),
        ((Grant(Role.MEMBER, household_id="h1", group_id="limoux"),), "/ordering/calendars", 200),
        ((COORDINATOR,), f"{URL}/nothing", 404),
    ],
)
async def test_who_may(hub: Any, client_for: Any, grants: Any, url: str, status: int) -> None:
    assert (await client_for(hub.app, *grants).get(url)).status_code == status


async def test_a_referent_sees_the_plan_of_their_group_only(hub: Any, coordinator: Any, client_for: Any) -> None:
    await write(coordinator, name="Rythme limouxin")
    referent = client_for(hub.app, Grant(Role.REFERENT, group_id="quillan"))
    assert "Rythme limouxin" not in (await referent.get(URL)).text


# Calendars


async def subscribed(browser: Any, of: str) -> str:
    page = await browser.submit("/ordering/calendars", {"of": of})
    assert page.status_code == 200
    found = re.search(r'value="http://[^/]+(/ordering/calendar/[^"]+\.ics)"', page.text)
    assert found
    return found[1]


async def events(browser: Any, path: str) -> dict[str, Any]:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len({str(event["uid"]) for event in found}) == len(found)
    return {str(event["uid"]).partition("@")[0]: event for event in found}


async def test_a_date_keeps_its_name_from_the_plan_to_the_closing_and_is_cancelled_when_dropped(
    hub: Any, coordinator: Any, client_for: Any
) -> None:
    await write(coordinator, ahead_weeks="0")
    member = client_for(hub.app, Grant(Role.MEMBER, household_id="h1", group_id="limoux"))
    path = await subscribed(member, "household:h1")
    stranger = client_for(hub.app)
    pickup = f"{RHYTHM}-20261204-limoux"
    seen = [(await events(stranger, path))[pickup]]
    assert (seen[0]["status"], seen[0]["location"]) == ("TENTATIVE", "Limoux, Salle des fêtes")
    assert seen[0].decoded("dtstart").astimezone(PARIS).isoformat() == "2026-12-04T17:00:00+01:00"
    await coordinator.submit(f"{URL}/week", {"monday": "2026-11-30"})
    seen.append((await events(stranger, path))[pickup])
    assert seen[1]["status"] == "CONFIRMED"
    await coordinator.submit(f"{URL}/{RHYTHM}/turns/2026-12-04", {"do": "move", "to": "2026-12-03"})
    seen.append((await events(stranger, path))[pickup])
    await coordinator.submit(f"{URL}/{RHYTHM}/turns/2026-12-04", {"do": "skip"})
    seen.append((await events(stranger, path))[pickup])
    assert seen[3]["status"] == "CANCELLED"
    await coordinator.submit(f"{URL}/{RHYTHM}/turns/2026-12-04", {"do": "keep"})
    seen.append((await events(stranger, path))[pickup])
    assert seen[4]["status"] == "TENTATIVE"
    await coordinator.submit(f"{URL}/week", {"monday": "2026-11-30"})
    seen.append((await events(stranger, path))[pickup])
    numbers = [int(event["sequence"]) for event in seen]
    assert numbers == sorted(set(numbers)), "each change has a number of its own, and they grow"


async def test_a_cycle_made_by_hand_and_dropped_is_cancelled_too(hub: Any, coordinator: Any) -> None:
    path = await subscribed(coordinator, "group:limoux")
    await hub.open(opens_at=hub.clock.now() + timedelta(days=1))
    assert (await events(coordinator, path))["c48-limoux"]["status"] == "CONFIRMED"
    await coordinator.submit("/ordering/cycles/c48/drop")
    assert (await events(coordinator, path))["c48-limoux"]["status"] == "CANCELLED"


async def test_a_producer_sees_when_to_deliver_where_its_goods_are_on_offer(hub: Any, coordinator: Any) -> None:
    await write(coordinator, offers="producers", producers="bousole")
    await hub.hear(*_registered("bousole", "bioespuna"))
    mine = await events(coordinator, await subscribed(coordinator, "producer:bousole"))
    others = await events(coordinator, await subscribed(coordinator, "producer:bioespuna"))
    assert mine[f"{RHYTHM}-20261127-delivery"].decoded("dtstart") == date(2026, 11, 27)
    assert others == {}
    await hub.open()
    assert "c48-delivery" in await events(coordinator, await subscribed(coordinator, "producer:bioespuna"))


def _registered(*producer_ids: str) -> list[Any]:
    from contracts import catalog
    from contracts.goods import Place

    return [
        catalog.ProducerRegistered(id=one, version=1, name=one.capitalize(), place=Place(name="Limoux"))
        for one in producer_ids
    ]


async def test_a_link_is_revoked_and_cannot_be_guessed(hub: Any, coordinator: Any, client_for: Any) -> None:
    path = await subscribed(coordinator, "group:limoux")
    page = await coordinator.get("/ordering/calendars")
    assert path not in page.text, "it is shown once"
    feed = re.search(r"/ordering/calendars/([^/]+)/end", page.text)
    assert feed
    stranger = client_for(hub.app, COORDINATOR, person_id="somebody-else")
    await stranger.submit(f"/ordering/calendars/{feed[1]}/end")
    assert (await stranger.get(path)).status_code == 200, "only who made it ends it"
    await coordinator.submit(f"/ordering/calendars/{feed[1]}/end")
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get("/ordering/calendar/guess.ics")).status_code == 404


async def test_a_link_ends_when_who_made_it_leaves(hub: Any, coordinator: Any, client_for: Any) -> None:
    member = client_for(hub.app, Grant(Role.MEMBER, household_id="h1", group_id="limoux"))
    path = await subscribed(member, "household:h1")
    assert (await member.get(path)).status_code == 200
    async with hub.database.write() as writer:
        await household.leave(writer, "person-1", "h1")
    assert (await member.get(path)).status_code == 404


async def test_nobody_subscribes_to_what_is_not_theirs(hub: Any, client_for: Any) -> None:
    member = client_for(hub.app, Grant(Role.MEMBER, household_id="h1", group_id="limoux"))
    for of in ("household:h2", "group:limoux", "producer:bousole", "nothing"):
        assert (await member.submit("/ordering/calendars", {"of": of})).status_code == 404
