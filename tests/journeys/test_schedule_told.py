"""The demo's day of deliveries in a whole hub: everybody is told the first version, and of the second what changed."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cabas.demo.api import Api
from cabas.demo.command import TOKEN_MINUTES
from cabas.demo.crates import Crates
from cabas.demo.network import DAYS, DRIVERS, Deliveries
from cabas.demo.size import SIZES
from cabas.demo.week import AT_ONCE, Week
from cabas.demo.year import MovedClock, hub_here
from cabas.journal import LastWords
from cabas.operator_token import token_for, token_of
from chassis.service import Service

pytestmark = pytest.mark.nats

HELD_BACK = timedelta(seconds=61)
SECONDS = 60


@pytest.fixture
def no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loggers keep for good what they were first configured with, and other tests look at it."""
    monkeypatch.setattr("cabas.hub.open_journal", lambda *_anything: LastWords())


async def test_the_first_version_is_told_whole_and_the_second_only_where_something_changed(tmp_path, no_journal):
    clock, folder = MovedClock(), tmp_path / "data"
    async with hub_here(folder, clock) as hub:
        api = Api(hub.url, lambda: token_for(folder / "keys", "demo", clock.now(), TOKEN_MINUTES), AT_ONCE)
        week = Week(api, replace(SIZES["guide"], orders=5), 1, clock.now())
        week.token_of = lambda person: token_of(folder / "keys" / "token.pem", person, clock.now(), TOKEN_MINUTES)
        await Crates(week).live(lambda _sentence: None)
        deliveries = Deliveries(week)
        await deliveries.publish()
        day = await api.get(f"{DAYS}/{deliveries.on}.json")
        notify = hub.services["notify"]
        first = await mails(notify, clock, 1)
        await deliveries.change()
        second = await mails(notify, clock, 2)
        await api.close()
    assert deliveries.faults == []
    producers = {recipient for recipient, mail in first.items() if mail["facts"]["role"] == "producer"}
    assert producers == {one["producer_id"] for one in day["consignments"]}
    assert {mail["name"] for mail in first.values() if mail["facts"]["role"] == "carrier"} <= set(DRIVERS)
    for recipient, mail in second.items():
        facts, before = mail["facts"], first.get(recipient)
        told = facts["new"].keys() | facts["moved"].keys() | facts["gone"].keys()
        assert told, f"{mail['name']} was told nothing"
        knew = before["facts"]["knows"] if before else {}
        changed = {key for key in knew.keys() | facts["knows"].keys() if knew.get(key) != facts["knows"].get(key)}
        assert told == changed, mail["name"]
        assert facts["whole"] == (before is None)
    # Goods that go as before are of producers who read nothing: a day has more farms than Marcel fetches from.
    assert len(second) < len(first)
    # How early who starts is the planner's: where Marcel began later anyway, nothing changed for him.
    for mail in (*first.values(), *second.values()):
        if mail["facts"]["role"] == "carrier":
            assert re.search(r"/logistics/rounds/open/[\w-]+", mail["text"]) or not mail["facts"]["knows"]


async def mails(notify: Service, clock: MovedClock, version: int) -> dict[str, dict[str, Any]]:
    """What was written because of a version, by recipient, once all of it has left."""
    for _ in range(SECONDS * 5):
        clock.move_to(clock.now() + HELD_BACK)
        notify.timers.wake()
        await asyncio.sleep(0.2)
        async with notify.database.read() as reader:
            heard = await reader.first(text("SELECT version FROM schedule"))
            rows = await reader.all(text("SELECT * FROM message WHERE template = 'schedule' ORDER BY created_at"))
            waiting = await reader.first(text("SELECT 1 FROM timer WHERE name = 'schedule'"))
        mine = [dict(row) for row in rows if row["caused_by"].endswith(f":{version}")]
        if heard and heard["version"] == version and not waiting and all(row["state"] != "waiting" for row in mine):
            break
    else:
        raise AssertionError(f"version {version} was not told within {SECONDS} s")
    assert {row["state"] for row in mine} <= {"sent"}
    return {row["recipient"]: row | {"facts": json.loads(row["facts"])} for row in mine}
