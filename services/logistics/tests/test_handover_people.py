"""Households that collect, and what billing is told of what they got less of."""

import json

import pytest
import typst
from handover_desk import COORDINATOR, LIMOUX, PIC, URL, form_ids, opened

from chassis.testing import announced
from contracts.logistics import DeliveredLine, DeliveryRecorded
from logistics.press import DOCUMENTS

HALL = f"{URL}/at/pickup-limoux/households"
VIDAL = f"{HALL}/vidal"


@pytest.fixture
async def hub(app, client_for, clock):
    hub = await opened(app, client_for, clock)
    hub.at(16, 30)
    return hub


async def step(hub, household="vidal"):
    """Of the household's collection, as its page names it."""
    page = (await hub.as_(COORDINATOR).get(f"{URL}/at/pickup-limoux/households/{household}")).text
    return page.split('name="state-')[1].split('"')[0]


async def collects(hub, form="f1", **fields):
    key = await step(hub)
    typed = {"form_id": form} | {f"{name.replace('_', '-')}": value for name, value in fields.items()}
    return await hub.as_(LIMOUX).submit(VIDAL, {name.replace("KEY", key): value for name, value in typed.items()})


async def said(hub):
    return [event for event in await announced(hub.app) if isinstance(event, DeliveryRecorded)]


async def confirmed(hub, seen=None):
    desk = hub.as_(COORDINATOR)
    page = (await desk.get(URL)).text
    if seen is None:
        seen = page.split('name="seen" value="')[1].split('"')[0]
    return await desk.submit(f"{URL}/differences", {"seen": seen})


async def test_a_household_is_ticked_with_one_button_and_once(hub):
    referent = hub.as_(LIMOUX)
    page = (await referent.get(HALL)).text
    assert "Foyer Vidal" in page
    assert "Foyer Abadie" not in page, "of another place"
    assert "0 / 1" in page
    form = {"form_id": form_ids(page)[0], "do": "all"}
    for _twice in range(2):
        assert (await referent.submit(VIDAL, form)).status_code == 303
    assert "1 / 1" in (await referent.get(HALL)).text
    assert (await referent.submit(VIDAL, {"form_id": "again", "do": "all"})).status_code == 409
    assert await said(hub) == []
    assert "À transmettre à la facturation" not in (await hub.as_(COORDINATOR).get(URL)).text


async def test_what_is_less_is_told_to_billing_once_the_coordinator_confirms(hub):
    # The goods of the household in loading order: Pélardon (3 pieces), Tomme (0,735 kg), Oranges (2 crates).
    answer = await collects(hub, **{"state-KEY": "less", "came-KEY-0": "2", "came-KEY-2": "1"})
    assert answer.status_code == 303, answer.text
    assert await said(hub) == [], "nothing is told before somebody confirms it"
    assert (await confirmed(hub)).status_code == 303
    events = {event.producer_id: event for event in await said(hub)}
    assert set(events) == {"pic", "bio"}
    assert events["pic"].lines == (DeliveredLine(product_id="pel", quantity_thousandths=2000),)
    assert events["bio"].lines == (DeliveredLine(product_id="ora", quantity_thousandths=1000),)
    for event in events.values():
        assert (event.version, event.cycle_id, event.household_id) == (1, "cycle-1", "vidal")
        assert event.recorded_by == "Josette"
    page = (await hub.as_(COORDINATOR).get(URL)).text
    assert "Transmis à la facturation" in page
    assert "À transmettre" not in page
    assert (await confirmed(hub, "")).status_code == 303
    assert len(await said(hub)) == 2, "confirmed twice, told once"


async def test_a_correction_is_told_again_as_the_next_version(hub):
    await collects(hub, **{"state-KEY": "less", "came-KEY-0": "2"})
    await confirmed(hub)
    key = await step_of_entry(hub)
    form = {"form_id": "f2", f"state-{key[1]}": "as_planned", "reason": "Il était dans l’autre sac"}
    assert (await hub.as_(LIMOUX).submit(f"{URL}/log/{key[0]}", form)).status_code == 303
    await confirmed(hub)
    first, second = await said(hub)
    assert first.id == second.id
    assert second.version == 2
    assert second.lines == (), "what no line names came as it was ordered"


async def step_of_entry(hub):
    board = await hub.board()
    entry = next(one for one in board.log if one.thing == "vidal")
    return entry.id, entry.step


async def test_what_was_noted_since_the_page_was_opened_is_shown_before_it_is_told(hub):
    await collects(hub, **{"state-KEY": "less", "came-KEY-0": "2"})
    page = (await hub.as_(COORDINATOR).get(URL)).text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    entry, key = await step_of_entry(hub)
    form = {"form_id": "f2", f"state-{key}": "less", f"came-{key}-0": "1", "reason": "Recompté"}
    assert (await hub.as_(LIMOUX).submit(f"{URL}/log/{entry}", form)).status_code == 303
    answer = await confirmed(hub, seen)
    assert answer.status_code == 409
    assert "Autre chose a été noté" in answer.text
    assert await said(hub) == []
    await confirmed(hub)
    assert [event.lines[0].quantity_thousandths for event in await said(hub)] == [1000]


async def test_that_nobody_came_is_told_to_the_coordinator_and_not_to_billing(hub):
    assert (await collects(hub, **{"state-KEY": "missing"})).status_code == 303
    page = (await hub.as_(COORDINATOR).get(URL)).text
    assert "Personne n’est venu" in page
    assert "À transmettre" not in page


async def test_who_did_not_collect_in_time_is_told(hub):
    desk = hub.as_(COORDINATOR)
    assert "Retrait noté par personne" not in (await desk.get(URL)).text
    hub.at(18)
    late = (await desk.get(URL)).text
    assert "Foyer Vidal" in late[late.index("Retrait noté par personne") :]


async def test_only_the_coordinator_confirms_and_a_producer_sees_no_household(hub):
    for grant in (LIMOUX, PIC):
        assert (await hub.as_(grant).submit(f"{URL}/differences", {"seen": ""})).status_code == 403
    assert (await hub.as_(PIC).get(HALL)).status_code == 403
    text = (await hub.as_(PIC).get(f"{URL}/at")).text
    assert "Foyer Vidal" not in text


async def test_the_paper_to_tick_has_what_each_may_see(hub, monkeypatch):
    press, printed = hub.app.state.press, []
    make = press.paper

    async def kept(document, data):
        printed.append(data)
        return await make(document, data)

    monkeypatch.setattr(press, "paper", kept)
    for grant, wanted, hidden in (
        (COORDINATOR, ("Foyer Vidal", "Foyer Abadie", "Fromagerie du Pic"), ()),
        (LIMOUX, ("Foyer Vidal", "Marcel"), ("Foyer Abadie",)),
        (PIC, ("Fromagerie du Pic", "Pélardon"), ("Foyer Vidal", "BioEspuña")),
    ):
        file = await hub.as_(grant).get(f"{URL}.pdf")
        assert file.content.startswith(b"%PDF")
        data = printed.pop()
        assert all(name in data for name in wanted)
        assert not any(name in data for name in hidden)
        rows = typst.query(str(DOCUMENTS / "handover.typ"), "<handover>", field="value", sys_inputs={"data": data})
        assert len(json.loads(rows)) == data.count('"step"') > 0, "every one is on the paper"


async def test_what_is_on_the_paper_is_typed_in_with_its_hour(hub):
    hub.at(20)
    await collects(hub, **{"state-KEY": "as_planned", "at": "2026-11-27T17:20"})
    entry = next(one for one in (await hub.board()).log if one.thing == "vidal")
    assert entry.at.isoformat() == "2026-11-27T16:20:00+00:00"
    assert entry.said_at.hour == 20
