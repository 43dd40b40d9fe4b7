"""Probes: a key that is shown once, batches that are taken whole, and silence that is told."""

from datetime import timedelta

import pytest
from cold_desk import cooled_stay, incident, readings
from schedule_desk import publish, week
from sqlalchemy import select

from chassis.identity import Grant
from chassis.tables import timer
from chassis.testing import announced, call_due
from contracts import Role
from contracts.logistics import ProbeFellSilent
from logistics.cold.limit import Followed
from logistics.cold.probe import LISTEN, probe_key
from logistics.facts import silent_probes

PROBES = "/logistics/temperatures/probes"
SEND = "/logistics/probes/p1/readings"


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


@pytest.fixture
async def hub(app, desk, clock):
    followed = Followed.of(await publish(app))
    place, at, _band = cooled_stay(followed)
    clock.set(at)
    form = {"id": "p1", "name": "Sonde du frigo", "place": place.code, "every": "10"}
    assert (await desk.submit(f"{PROBES}/new", form)).status_code == 303
    return followed


@pytest.fixture
async def key(app, desk, hub):
    page = (await desk.submit(f"{PROBES}/p1/keys", {"key": "k1"})).text
    return page.partition('<code class="cold-key">')[2].partition("</code>")[0]


@pytest.fixture
def probe(app, client_for):
    """A machine: no cookie, no session."""
    return client_for(app)


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def batch(*pairs):
    return {"readings": [{"at": at.isoformat(), "celsius": celsius} for at, celsius in pairs]}


async def test_the_key_is_shown_once_and_kept_only_as_a_digest(app, desk, key):
    assert len(key) > 10
    assert key not in (await desk.get(f"{PROBES}/p1")).text
    again = await desk.submit(f"{PROBES}/p1/keys", {"key": "k1"})
    assert again.status_code == 303
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(probe_key))
    assert len(rows) == 1
    assert key not in str(dict(rows[0]))


async def test_readings_are_taken_and_the_same_ones_again_change_nothing(app, hub, key, probe):
    place, at, band = cooled_stay(hub)
    sent = batch((at, 3.54), (at + timedelta(minutes=1), band.highest / 10))
    first = await probe.post(SEND, json=sent, headers=bearer(key))
    assert (first.status_code, first.json()) == (200, {"taken": 2, "known": 0, "beyond_limit": 0})
    second = await probe.post(SEND, json=sent, headers=bearer(key))
    assert second.json() == {"taken": 0, "known": 2, "beyond_limit": 0}
    kept = await readings(app)
    assert [(one.place, one.temperature, one.at) for one in kept] == [
        (place, 35, at),
        (place, band.highest, at + timedelta(minutes=1)),
    ]


async def test_a_batch_beyond_the_limit_is_one_nonconformity(app, hub, key, probe):
    _place, at, band = cooled_stay(hub)
    sent = batch(*((at + timedelta(seconds=30 * n), band.highest / 10 + 1) for n in range(3)))
    said = await probe.post(SEND, json=sent, headers=bearer(key))
    assert said.json() == {"taken": 3, "known": 0, "beyond_limit": 3}
    [one] = await incident(app)
    assert len(one.steps) == 1


async def test_another_value_of_a_known_moment_is_refused_whole(app, hub, key, probe):
    _place, at, _ = cooled_stay(hub)
    await probe.post(SEND, json=batch((at, 3)), headers=bearer(key))
    said = await probe.post(SEND, json=batch((at, 4), (at + timedelta(minutes=1), 4)), headers=bearer(key))
    assert said.status_code == 409
    assert (said.json()["held_tenths"], said.json()["sent_tenths"]) == (30, 40)
    assert [one.temperature for one in await readings(app)] == [30]


async def test_without_its_key_nothing_is_taken(app, desk, hub, key, probe):
    _place, at, _ = cooled_stay(hub)
    sent = batch((at, 3))
    for headers in ({}, bearer("guess"), bearer(""), {"authorization": f"Basic {key}"}, bearer("é" * 50)):
        said = await probe.post(SEND, json=sent, headers={k: v.encode() for k, v in headers.items()})
        assert said.status_code == 403
        assert "error" in said.json()
    assert (await probe.post(SEND.replace("p1", "p2"), json=sent, headers=bearer(key))).status_code == 403
    # A coordinator's session is no key.
    assert (await desk.post(SEND, json=sent, headers={"x-csrf-token": desk.csrf})).status_code == 403
    assert await readings(app) == []


async def test_a_revoked_key_and_a_retired_probe_open_nothing(app, desk, hub, key, probe):
    _place, at, _ = cooled_stay(hub)
    assert (await desk.submit(f"{PROBES}/p1/keys/k1/revoke")).status_code == 303
    assert (await probe.post(SEND, json=batch((at, 3)), headers=bearer(key))).status_code == 403
    page = (await desk.submit(f"{PROBES}/p1/keys", {"key": "k2"})).text
    other = page.partition('<code class="cold-key">')[2].partition("</code>")[0]
    assert (await probe.post(SEND, json=batch((at, 3)), headers=bearer(other))).status_code == 200
    assert (await desk.submit(f"{PROBES}/p1/retire", {"version": "1"})).status_code == 303
    assert (await probe.post(SEND, json=batch((at, 4)), headers=bearer(other))).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"", 400, ""),
        (b"{", 400, ""),
        (b"\xff\xfe", 400, ""),
        (b"[" * 5000, 400, ""),
        (b"[]", 422, ""),
        (b'{"readings": []}', 422, "readings"),
        (b'{"readings": [{"at": "2026-11-27T06:30:00Z"}]}', 422, "readings[0].celsius"),
        (b'{"readings": [{"at": "2026-11-27T06:30:00", "celsius": 3}]}', 422, "readings[0].at"),
        (b'{"readings": [{"at": "2026-11-27T06:30:00Z", "celsius": 999}]}', 422, "readings[0].celsius"),
        (b'{"readings": [{"at": "2026-11-27T06:30:00Z", "celsius": 1e999}]}', 422, "readings[0].celsius"),
        (b'{"readings": [{"at": "2026-11-27T06:30:00Z", "celsius": NaN}]}', 422, "readings[0].celsius"),
        (b'{"readings": [{"at": "2027-11-27T06:30:00Z", "celsius": 3}]}', 422, "readings[0].at"),
        (b'{"readings": [{"at": "2020-11-27T06:30:00Z", "celsius": 3}]}', 422, "readings[0].at"),
        (b'{"readings": [{"at": "2026-11-27T06:30:00Z", "fahrenheit": 39}]}', 422, "readings[0].celsius"),
        (b" " * 70_000, 413, ""),
    ],
)
async def test_what_cannot_be_read_is_said_in_json_at_its_place(app, hub, key, probe, body, status, where):
    said = await probe.post(SEND, content=body, headers=bearer(key) | {"content-type": "application/json"})
    assert said.status_code == status, said.text
    assert "error" in said.json()
    if where:
        assert where in [fault["at"] for fault in said.json()["faults"]]
    assert await readings(app) == []


async def test_who_asks_too_often_is_told_to_wait(app, hub, key, probe, clock):
    _place, at, _ = cooled_stay(hub)
    answers = [(await probe.post(SEND, json=batch((at, 3)), headers=bearer(key))).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    clock.advance(61)
    assert (await probe.post(SEND, json=batch((at, 3)), headers=bearer(key))).status_code == 200


async def called(app):
    await call_due(app)


async def silences(app):
    return [each for each in await announced(app) if isinstance(each, ProbeFellSilent)]


async def test_a_probe_that_falls_silent_while_goods_are_there_is_told_once(app, hub, key, probe, clock):
    _place, at, _ = cooled_stay(hub)
    await probe.post(SEND, json=batch((at, 3)), headers=bearer(key))
    clock.advance(timedelta(minutes=19))
    await called(app)
    assert await silences(app) == []
    for _ in range(2):
        clock.advance(timedelta(minutes=2))
        await called(app)
    async with app.state.service.database.read() as reader:
        assert await silent_probes(reader) == 1
    [told] = await silences(app)
    assert (told.name, told.last_at, told.every_minutes) == ("Sonde du frigo", at, 10)


async def test_a_probe_that_speaks_again_and_falls_silent_again_is_told_again(app, hub, key, probe, clock):
    place, at, _ = cooled_stay(hub)
    stay = hub.whole_day(place)
    if stay.ends - at < timedelta(minutes=50):
        pytest.fail("the planned stay is too short for this test")
    await probe.post(SEND, json=batch((at, 3)), headers=bearer(key))
    clock.advance(timedelta(minutes=21))
    await called(app)
    await probe.post(SEND, json=batch((clock.now(), 3)), headers=bearer(key))
    async with app.state.service.database.read() as reader:
        assert await silent_probes(reader) == 0, "it spoke"
    clock.advance(timedelta(minutes=21))
    await called(app)
    assert [each.version for each in await silences(app)] == [1, 2]


async def test_silence_where_no_goods_are_is_nobodys_affair(app, hub, key, clock):
    place, _at, _ = cooled_stay(hub)
    clock.set(hub.whole_day(place).ends + timedelta(hours=12))
    await called(app)
    assert await silences(app) == []
    async with app.state.service.database.read() as reader:
        waiting = await reader.all(select(timer.c.due_at).where(timer.c.name == LISTEN))
    assert [row["due_at"] > clock.now() for row in waiting] == [True]


async def test_the_pages_say_what_is_wrong_with_a_probe(desk, hub):
    for form, field in (({"name": ""}, "name"), ({"every": "0"}, "every"), ({"place": "moon"}, "place")):
        new = {"id": "p9", "name": "Neuve", "place": cooled_stay(hub)[0].code, "every": "15"} | form
        said = await desk.submit(f"{PROBES}/new", new)
        assert said.status_code == 422
        assert f'id="field-{field}-error"' in said.text
    twice = {"id": "p8", "name": "sonde du Frigo", "place": cooled_stay(hub)[0].code, "every": "15"}
    assert (await desk.submit(f"{PROBES}/new", twice)).status_code == 422
    assert "Sonde du frigo" in (await desk.get(PROBES)).text
    edited = {"version": "1", "name": "Sonde", "place": cooled_stay(hub)[0].code, "every": "5"}
    assert (await desk.submit(f"{PROBES}/p1/edit", edited)).status_code == 303
    assert (await desk.submit(f"{PROBES}/p1/edit", edited)).status_code == 409
