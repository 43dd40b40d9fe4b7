"""What becomes of goods that stood too warm: decided by a person, with a reason, and open again by a new reading."""

import asyncio
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote

import pytest
from cold_desk import PARIS, cooled_stay, incident, typed
from schedule_desk import FRIDAY, publish, week
from sqlalchemy import text

from chassis.identity import Grant
from chassis.testing import announced
from contracts import Role
from contracts.logistics import NonconformityOpened
from logistics.cold import nonconformity
from logistics.cold.held import held, held_lines
from logistics.cold.limit import Followed
from logistics.cold.reading import Measured, Source
from logistics.cold.recording import record
from logistics.facts import undecided_breaches
from logistics.lot.date_mark import Mark
from logistics.lot.lot import Lot, OfList, Told, state
from logistics.pages.cold_words import said_held
from ui.i18n import Translate, translator
from ui.words import Words

DAY = "/logistics/temperatures/2026-11-27"
URL = "/logistics/nonconformities"


class Eyes(NamedTuple):
    """Who reads, as a page knows it."""

    words: Words
    translate: Translate


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


@pytest.fixture
async def hub(app, desk, clock):
    followed = Followed.of(await publish(app))
    clock.set(cooled_stay(followed)[1])
    return followed


async def too_warm(desk, hub, *, more=10, minutes=0):
    """A reading that much above the limit, in tenths."""
    place, at, band = cooled_stay(hub)
    tenths = band.highest + more
    form = typed(at + timedelta(minutes=minutes), f"{tenths // 10},{tenths % 10}", id=f"r-{more}-{minutes}")
    assert (await desk.submit(f"{DAY}/take?place={quote(place.code)}", form)).status_code == 303


def answer(one, decision="discarded", **other):
    lines = [line.line_id for line in one.undecided]
    return {"seen": str(one.seen), "lines": lines, "decision": decision, "why": "Porte restée ouverte", **other}


async def test_the_page_says_what_happened_and_what_to_do(app, desk, hub):
    await too_warm(desk, hub)
    [one] = await incident(app)
    page = (await desk.get(f"{URL}/{one.id}")).text
    for line in one.lines.values():
        assert line.name in page
    assert 'name="why"' in page
    assert f"{URL}/{one.id}" in (await desk.get(URL)).text
    assert f"{URL}?day=2026-11-27" in (await desk.get(DAY)).text


async def test_the_page_names_the_lots_of_the_goods(app, desk, hub, clock):
    await too_warm(desk, hub)
    [one] = await incident(app)
    line_id, line = next(iter(one.lines.items()))
    product_id = hub.scene.lines[line_id].product_id
    said = Lot("L-42", Mark.USE_BY, FRIDAY + timedelta(days=5), "", None, 1000)
    of = OfList(line_id.partition("/")[0], "cycle-1", line.producer_id, FRIDAY)
    async with app.state.service.database.write() as writer:
        await state(writer, of, {product_id: [said]}, seen=0, by="Nadia", told=Told.COORDINATOR)
    page = (await desk.get(f"{URL}/{one.id}")).text
    assert "L-42, DLC mer. 2 déc." in page.replace("\xa0", " ")


async def test_a_decision_needs_goods_and_a_reason(app, desk, hub):
    await too_warm(desk, hub)
    [one] = await incident(app)
    for missing in ({"why": " "}, {"decision": "forgiven"}, {"lines": []}, {"lines": ["moon"]}):
        assert (await desk.submit(f"{URL}/{one.id}", answer(one) | missing)).status_code == 422
    [one] = await incident(app)
    assert one.decided == {}


async def test_what_the_law_limits_is_accepted_only_with_a_core_that_holds(app, desk, hub):
    await too_warm(desk, hub)
    [one] = await incident(app)
    assert all(line.law for line in one.lines.values())
    url, limit = f"{URL}/{one.id}", min(line.highest for line in one.lines.values())
    said = await desk.submit(url, answer(one, "accepted"))
    assert (said.status_code, 'id="field-temperature-error"' in said.text) == (422, True)
    assert "Porte restée ouverte" in said.text
    core = f"{(limit - 5) // 10},{(limit - 5) % 10}"
    said = await desk.submit(url, answer(one, "accepted", temperature=core))
    assert (said.status_code, 'id="field-measured_by-error"' in said.text) == (422, True)
    said = await desk.submit(url, answer(one, "accepted", temperature=f"{limit // 10 + 2}", measured_by="Odile"))
    assert (said.status_code, 'id="field-temperature-error"' in said.text) == (422, True)
    said = await desk.submit(url, answer(one, "accepted", temperature=core, measured_by="Odile"))
    assert said.status_code == 303
    async with app.state.service.database.read() as reader:
        assert await held(reader, FRIDAY) == {}
    assert "Odile" in (await desk.get(url)).text


@pytest.mark.parametrize("decision", ["downgraded", "discarded", "returned"])
async def test_what_was_not_accepted_is_handed_to_no_household(app, desk, hub, client_for, decision):
    await too_warm(desk, hub)
    [one] = await incident(app)
    assert (await desk.submit(f"{URL}/{one.id}", answer(one, decision))).status_code == 303
    async with app.state.service.database.read() as reader:
        lines = await held_lines(reader, FRIDAY)
    assert {why.decision.value for why in lines.values()} == {decision}
    eyes = Words("fr"), translator("logistics", "fr")
    said = {said_held(why, Eyes(*eyes)) for why in lines.values()}
    assert all("mesuré à" in each and "°C" in each for each in said)


async def test_discarded_goods_stay_held_and_a_new_reading_does_not_ask_again(app, desk, hub):
    await too_warm(desk, hub)
    [one] = await incident(app)
    await desk.submit(f"{URL}/{one.id}", answer(one))
    await too_warm(desk, hub, more=30, minutes=2)
    [one] = await incident(app)
    assert one.undecided == []
    async with app.state.service.database.read() as reader:
        assert await undecided_breaches(reader) == 0
    async with app.state.service.database.read() as reader:
        lines = await held_lines(reader, FRIDAY)
    assert set(lines) == set(one.lines)
    assert {why.decision for why in lines.values()} == {nonconformity.Decision.DISCARDED}


async def test_accepted_goods_are_held_again_by_a_later_reading(app, desk, hub):
    await too_warm(desk, hub)
    [one] = await incident(app)
    core = min(line.highest for line in one.lines.values()) - 5
    form = answer(one, "accepted", temperature=f"{core // 10},{core % 10}", measured_by="Odile")
    assert (await desk.submit(f"{URL}/{one.id}", form)).status_code == 303
    await too_warm(desk, hub, minutes=2)
    [again] = await incident(app)
    assert again.id == one.id
    assert len(again.undecided) == len(one.lines)
    told = [each for each in await announced(app) if isinstance(each, NonconformityOpened)]
    assert [each.again for each in told] == [False, True]
    assert told[1].version > told[0].version


async def test_a_decision_on_what_has_changed_since_is_not_taken(app, desk, hub):
    await too_warm(desk, hub)
    [one] = await incident(app)
    await too_warm(desk, hub, more=40, minutes=1)
    said = await desk.submit(f"{URL}/{one.id}", answer(one))
    assert said.status_code == 409
    assert "Porte restée ouverte" in said.text
    [now] = await incident(app)
    assert now.decided == {}
    assert (await desk.submit(f"{URL}/{one.id}", answer(now))).status_code == 303


async def test_a_decision_sent_twice_is_kept_once(app, desk, hub):
    await too_warm(desk, hub)
    [one] = await incident(app)
    for _ in range(2):
        assert (await desk.submit(f"{URL}/{one.id}", answer(one))).status_code == 303
    [one] = await incident(app)
    assert len(one.steps) == 2


async def someone_waits(app):
    """Return when a transaction waits for a lock of another one."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while True:
            async with app.state.service.database.read() as reader:
                if await reader.scalar(waiting):
                    return
            await asyncio.sleep(0.02)


async def at_once(app, hub, *minutes):
    """Two readings, the second while the first one's transaction is still open; the ids of what each told."""
    place, at, band = cooled_stay(hub)
    begun, done = asyncio.Event(), asyncio.Event()

    async def one(number, minute):
        what = Measured(
            f"m{number}",
            at + timedelta(minutes=minute),
            place,
            band.highest + 20,
            Source.HAND,
            f"hand:m{number}",
            "Odile",
        )
        async with app.state.service.database.write() as writer:
            if number == 1:
                recorded = await record(writer, [what], PARIS)
                begun.set()
                await done.wait()
                return recorded.told
            await begun.wait()
            return (await record(writer, [what], PARIS)).told

    async def let_go():
        await begun.wait()
        await someone_waits(app)
        done.set()

    first, second, _ = await asyncio.gather(one(1, minutes[0]), one(2, minutes[1]), let_go())
    return first, second


async def test_two_readings_at_once_open_one(app, desk, hub, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    first, second = await at_once(app, hub, 0, 0)
    [found] = await incident(app)
    assert (first, second) == ([found.id], [])
    assert [step.number for step in found.steps] == [1, 2]


async def test_a_decision_waits_for_the_reading_that_comes_with_it_and_is_not_taken(app, desk, hub, database_url):
    """Without the lock of its row the decision would be written as the same step as the reading, and fail."""
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    await too_warm(desk, hub)
    [open_] = await incident(app)
    place, at, band = cooled_stay(hub)
    begun, done = asyncio.Event(), asyncio.Event()

    async def measure():
        later = at + timedelta(minutes=1)
        what = Measured("m1", later, place, band.highest + 20, Source.HAND, "hand:m1", "Odile")
        async with app.state.service.database.write() as writer:
            await record(writer, [what], PARIS)
            begun.set()
            await done.wait()

    async def decide():
        await begun.wait()
        return await desk.submit(f"{URL}/{open_.id}", answer(open_))

    async def let_go():
        await begun.wait()
        await someone_waits(app)
        done.set()

    _, said, _ = await asyncio.gather(measure(), decide(), let_go())
    assert said.status_code == 409
    [found] = await incident(app)
    assert [step.number for step in found.steps] == [1, 2]
    assert found.decided == {}


async def test_nobody_else_decides(app, desk, hub, client_for):
    await too_warm(desk, hub)
    [one] = await incident(app)
    driver = client_for(app, Grant(Role.DRIVER), name="Marcel", person_id="p9")
    assert (await driver.submit(f"{URL}/{one.id}", answer(one))).status_code == 403
    assert (await driver.get(f"{URL}/{one.id}")).status_code == 403
    assert (await desk.get(f"{URL}/unknown")).status_code == 404
