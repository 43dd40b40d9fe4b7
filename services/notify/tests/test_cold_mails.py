"""Those who coordinate are told at once that goods are held, or that nobody knows how cold they are. On both
databases."""

from datetime import UTC, date, timedelta

import pytest
from notify_week import START, person, round_of, written

from chassis.testing import deliver
from contracts.logistics import BrokenGoods, NonconformityOpened, ProbeFellSilent
from contracts.ordering import CoordinatorsChanged

NADIA, MOIRA = person("Nadia"), person("Moira", language="en")
OPENED = NonconformityOpened(
    id="n1",
    version=1,
    delivers_on=date(2026, 11, 27),
    place="Foyer, Frigo",
    opened_at=START.astimezone(UTC),
    since=START.astimezone(UTC),
    coldest=76,
    warmest=90,
    goods=(BrokenGoods(name="Faisselle", producer_id="pic", consignment_id="pic/limoux/1", highest=60),),
    path="/logistics/nonconformities/n1",
)
SILENT = ProbeFellSilent(
    id="p1",
    version=1,
    name="Sonde du frigo",
    place="Foyer, Frigo",
    every_minutes=10,
    last_at=START.astimezone(UTC) - timedelta(minutes=21),
    told_at=START.astimezone(UTC),
    path="/logistics/temperatures/probes/p1",
)


@pytest.fixture
async def hub(app):
    await deliver(app, CoordinatorsChanged(id="coordinators", version=1, people=(NADIA, MOIRA)))
    return app


async def sent(app, template):
    await round_of(app)
    return {mail["name"]: mail for mail in await written(app, template=template) if mail["state"] == "sent"}


async def test_each_coordinator_reads_what_is_held_and_why_in_their_language(hub):
    for _time in range(2):
        await deliver(hub, OPENED)
    mails = await sent(hub, "nonconformity")
    assert set(mails) == {"Nadia", "Moira"}
    french = mails["Nadia"]["text"].replace("\xa0", " ")
    assert "Foyer, Frigo" in mails["Nadia"]["subject"]
    for part in ("de 7,6 °C à 9 °C", "Faisselle", "au plus 6 °C", "/logistics/nonconformities/n1"):
        assert part in french
    assert "at most 6\xa0°C" in mails["Moira"]["text"]


async def test_what_is_open_again_is_told_again(hub):
    await deliver(hub, OPENED)
    await round_of(hub)
    await deliver(hub, OPENED.model_copy(update={"version": 3, "again": True}))
    await round_of(hub)
    mails = [mail for mail in await written(hub, template="nonconformity") if mail["name"] == "Nadia"]
    assert len(mails) == 2
    assert mails[0]["subject"] != mails[1]["subject"]


async def test_a_silent_probe_is_told_with_since_when(hub):
    await deliver(hub, SILENT)
    mails = await sent(hub, "probe_silent")
    assert "Sonde du frigo" in mails["Nadia"]["text"]
    assert "10 minutes" in mails["Nadia"]["text"]
    await deliver(hub, SILENT.model_copy(update={"id": "p2", "last_at": None}))
    await round_of(hub)
    assert len(await written(hub, template="probe_silent")) == 4


async def test_of_history_and_without_coordinators_nobody_is_written_to(app):
    await deliver(app, OPENED, SILENT)
    assert await written(app) == []
    await deliver(app, CoordinatorsChanged(id="coordinators", version=1, people=(NADIA,)))
    old = START.astimezone(UTC) - timedelta(days=30)
    await deliver(app, OPENED.model_copy(update={"opened_at": old}), SILENT.model_copy(update={"told_at": old}))
    assert await written(app) == []
