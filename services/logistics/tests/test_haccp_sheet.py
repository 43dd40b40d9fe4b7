"""The daily HACCP sheet, and how long what stands on it is kept."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
import typst
from cold_desk import PARIS, cooled_stay, incident, typed
from schedule_desk import publish, week
from sqlalchemy import func, select

from chassis.identity import Grant
from chassis.tables import timer
from chassis.testing import call_due
from contracts import Role
from logistics.cold.limit import Followed
from logistics.cold.place import Kind
from logistics.cold.reading import Measured, Source, temperature_reading
from logistics.cold.recording import record
from logistics.cold.retention import CLEAR
from logistics.press import DOCUMENTS, Press

DAY = "/logistics/temperatures/2026-11-27"


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


class Reading(Press):
    """The press, and what was handed to it."""

    data = ""

    async def paper(self, document, data):
        self.data = data
        return await super().paper(document, data)


async def text_of(app, desk):
    """What stands on the sheet where a figure or a word is printed."""
    app.state.press.close()
    app.state.press = press = Reading()
    try:
        said = await desk.get(f"{DAY}/sheet.pdf")
    finally:
        press.close()
    assert said.status_code == 200, said.text
    assert said.content.startswith(b"%PDF-")
    file = DOCUMENTS / "haccp_sheet.typ"
    compiler = typst.Compiler(str(file), root=str(DOCUMENTS), ignore_system_fonts=True, sys_inputs={"data": press.data})
    found = json.loads(compiler.query("<printed>", field="value"))
    return " ".join(str(each) for each in found).replace("\xa0", " ").replace("−", "-")


async def test_the_sheet_has_what_was_measured_decided_and_is_to_be_signed(app, desk, hub):
    place, at, band = cooled_stay(hub)
    tenths = band.highest + 17
    form = typed(at, f"{tenths // 10},{tenths % 10}", clean="no", note="Fond du frigo sale")
    assert (await desk.submit(f"{DAY}/take?place={quote(place.code)}", form)).status_code == 303
    goods = hub.delicate()[0]
    url = f"{DAY}/take?place={quote(f'{Kind.GOODS}|{goods.id}|')}"
    measured = typed(at, "-19" if band.highest < 0 else "1,5", id="g", stage="drop-off", line=goods.lines[0].id)
    if goods.lines[0].temperature_class == "FROZEN":
        measured["temperature"] = "-19,5"
    assert (await desk.submit(url, measured)).status_code == 303
    [one] = [each for each in await incident(app) if each.place == place]
    decision = {"seen": "1", "lines": list(one.lines), "decision": "discarded", "why": "Trop longtemps au chaud"}
    assert (await desk.submit(f"/logistics/nonconformities/{one.id}", decision)).status_code == 303
    text = await text_of(app, desk)
    for part in (
        f"{tenths // 10},{tenths % 10} °C",
        measured["temperature"],
        "Fond du frigo sale",
        "Trop longtemps au chaud",
        "Nadia",
        goods.lines[0].name,
    ):
        assert part in text, part


async def test_a_sheet_of_a_day_without_readings_is_one_to_fill_in(app, desk, hub):
    text = await text_of(app, desk)
    for one in hub.delicate():
        assert one.lines[0].name in text
    assert (await desk.get("/logistics/temperatures/2026-11-20/sheet.pdf")).status_code == 404


async def kept(app):
    async with app.state.service.database.read() as reader:
        return await reader.scalar(select(func.count()).select_from(temperature_reading))


async def cleared(app):
    await call_due(app)


async def test_nothing_is_deleted_before_its_time(app, hub, clock):
    place, at, band = cooled_stay(hub)
    async with app.state.service.database.write() as writer:
        every = [
            Measured("hand", at, place, 30, Source.HAND, "hand:hand", "Odile"),
            Measured("probe", at, place, 30, Source.PROBE, "probe:p", "p"),
            Measured("bad", at + timedelta(seconds=1), place, band.highest + 9, Source.PROBE, "probe:p", "p"),
        ]
        await record(writer, every, PARIS)
    clock.set(at + timedelta(days=366 + 30))
    await cleared(app)
    assert await kept(app) == 3
    clock.set(at + timedelta(days=366 + 32))
    await cleared(app)
    assert await kept(app) == 2, "a probe's reading that broke nothing may go after a year and a month"
    clock.set(at + timedelta(days=5 * 365 + 1))
    await cleared(app)
    assert await kept(app) == 2
    clock.set(at + timedelta(days=5 * 366 + 2))
    await cleared(app)
    assert await kept(app) == 0
    async with app.state.service.database.read() as reader:
        due = await reader.scalar(select(timer.c.due_at).where(timer.c.name == CLEAR))
    assert due > clock.now()
