"""Recalls: finding who got of a lot, calling it back once, who was spoken to, and that it was an error."""

import asyncio
import re

import pytest
from fastapi import FastAPI
from logistics_week import DELIVERS
from lot_desk import CHEESES, SAIN, followed, household, one, sent

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, FrozenClock, announced, deliver
from contracts import Role
from contracts.logistics import LotRecalled, LotRecallUndone, RecallAction
from logistics.lot import recall as recalling
from logistics.lot import recalled
from logistics.lot.finding import Wanted

COORDINATOR = Grant(Role.COORDINATOR)
URL = "/logistics/recalls"
ORDER = {
    "id": "recall-1",
    "number": "l 41",
    "producer_id": "pic",
    "product_id": "",
    "reason": "Listeria à l’autocontrôle",
    "action": "discard",
    "contact": "Nadia, 04 68 00 00 10",
    "meant": "on",
}


@pytest.fixture
async def hub(app: FastAPI, client_for: ClientFor) -> FastAPI:
    """One lot of fresh cheese; the ripened cheese in two lots that were mixed."""
    await followed(app)
    maker = client_for(app, Grant(Role.PRODUCER, producer_id="pic"))
    mixed = (one("pel", "P1", SAIN, quantity="4"), one("pel", "P2", SAIN, 2, quantity="1"))
    assert (await sent(maker, CHEESES, one("fai", "L-41", SAIN), *mixed)).status_code == 303
    return app


@pytest.fixture
def desk(hub: FastAPI, client_for: ClientFor) -> Browser:
    return client_for(hub, COORDINATOR, name="Nadia")


async def said(app: FastAPI) -> list[LotRecalled]:
    return [event for event in await announced(app) if isinstance(event, LotRecalled)]


async def test_a_lot_number_is_enough_to_find_every_household_and_how_to_reach_it(desk) -> None:
    page = (await desk.get(f"{URL}?number=L41")).text
    for wanted in ("1 foyer", "Foyer Abadie", "04 68 00 00 01", "Faisselle de chèvre", "2\u00a0pièces", "Rappeler"):
        assert wanted in page, wanted
    assert "Foyer Vidal" not in page
    file = (await desk.get(f"{URL}.csv?number=L41&producer_id=pic")).content.decode("utf-8-sig")
    assert "2026-11-27;Groupe de Quillan;Foyer Abadie;Léa Abadie;04 68 00 00 01;abadie@example.org" in file


async def test_a_product_and_a_producer_with_days_are_found_without_lots(desk) -> None:
    page = (await desk.get(f"{URL}?producer_id=bio&product_id=ora")).text
    for wanted in ("2 foyers", "Foyer Vidal", "Foyer Zaragoza", "5\u00a0pièces"):
        assert wanted in page, wanted
    page = (await desk.get(f"{URL}?producer_id=bio&first=2026-11-27&last=2026-11-27")).text
    assert "4 foyers" in page
    assert "Personne n’en a reçu" in (await desk.get(f"{URL}?producer_id=bio&first=2026-11-28")).text


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("number=inconnu", "number", "Personne n’a indiqué"),
        ("first=2026-11-27", "producer_id", "Choisissez"),
        ("producer_id=bio", "first", "premier jour"),
        ("producer_id=bio&first=2026-02-30", "first", "date"),
        ("producer_id=bio&first=2026-11-27&last=2026-11-20", "last", "avant"),
        ("producer_id=nobody", "producer_id", "liste"),
        ("producer_id=bio&product_id=pel", "product_id", "liste"),
        ("number=" + "x" * 60, "number", "40"),
    ],
)
async def test_a_search_that_says_too_little_or_wrong_things_is_told_so_at_the_field(
    desk, query, field, sentence
) -> None:
    page = (await desk.get(f"{URL}?{query}")).text
    summary = page[page.index("notice error summary") :]
    assert f'href="#field-{field}"' in summary
    assert sentence in summary
    assert 'name="reason"' not in page


async def test_of_mixed_lots_whoever_may_have_got_it_is_called_and_it_is_said(desk) -> None:
    page = (await desk.get(f"{URL}?number=P2")).text
    assert "2 foyers" in page
    assert "plusieurs lots" in page
    assert "au plus 1\u00a0pièce" in page


async def test_a_recall_is_said_once_to_all_with_what_is_handed_out_and_held_back(
    hub, desk, clock: FrozenClock
) -> None:
    """On Friday at six in the evening, Limoux and Quillan have collected; Sigean does on Saturday."""
    clock.advance(86400 * 8 + 3600 * 9)
    order = ORDER | {"number": "", "producer_id": "bio", "product_id": "ora"}
    for _time in range(2):
        answer = await desk.submit(URL, order)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{URL}/recall-1")
    (event,) = await said(hub)
    assert (event.id, event.version, event.producer_name) == ("recall-1", 1, "BioEspuña")
    assert event.action is RecallAction.DISCARD
    assert {each.household_id: each.held_back for each in event.households} == {"vidal": False, "zaragoza": True}
    assert {each.household_id: each.goods[0].quantity_thousandths for each in event.households} == {
        "vidal": 2000,
        "zaragoza": 3000,
    }
    page = (await desk.get(f"{URL}/recall-1")).text
    for wanted in ("0 / 2", "tel:0468000001", "Groupe de Sigean", "retenu", "Listeria", "Jeter"):
        assert wanted in page, wanted
    async with hub.state.service.database.read() as reader:
        assert await recalled.held_back(reader, DELIVERS) == {("cycle-1", "ora"): ORDER["reason"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"reason": ""}, "reason"), ({"action": "eat"}, "action"), ({"contact": ""}, "contact"), ({"meant": ""}, "meant")],
)
async def test_a_recall_that_is_not_whole_keeps_what_was_typed_and_tells_nobody(hub, desk, change, field) -> None:
    answer = await desk.submit(URL, ORDER | {"note": "Lavez le réfrigérateur"} | change)
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert "Lavez le réfrigérateur" in answer.text
    assert "Foyer Abadie" in answer.text
    assert await said(hub) == []
    assert (await desk.get(f"{URL}/recall-1")).status_code == 404


async def test_who_dies_before_the_end_has_recalled_nothing_and_told_nobody(hub, desk, monkeypatch) -> None:
    def dies(*_all):
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(recalling, "_households", dies)
        assert (await desk.submit(URL, ORDER)).status_code == 500
    assert await said(hub) == []
    assert (await desk.get(f"{URL}/recall-1")).status_code == 404
    assert (await desk.submit(URL, ORDER)).status_code == 303
    assert len(await said(hub)) == 1


async def test_who_was_spoken_to_is_noted_and_can_be_taken_back(desk) -> None:
    await desk.submit(URL, ORDER)
    tick = {"household_id": "abadie", "seen": "0", "reached": "yes", "note": "jetée"}
    assert (await desk.submit(f"{URL}/recall-1/reached", tick)).status_code == 303
    page = (await desk.get(f"{URL}/recall-1")).text
    assert "1 / 1" in page
    assert "jetée" in page
    # Sent again from the page before, it notes nothing.
    await desk.submit(f"{URL}/recall-1/reached", tick | {"reached": "no"})
    assert "1 / 1" in (await desk.get(f"{URL}/recall-1")).text
    await desk.submit(f"{URL}/recall-1/reached", tick | {"seen": "1", "reached": "no"})
    assert "0 / 1" in (await desk.get(f"{URL}/recall-1")).text
    assert (await desk.submit(f"{URL}/recall-1/reached", tick | {"household_id": "vidal"})).status_code == 404


async def test_a_lot_that_is_corrected_later_shows_that_the_recall_reaches_further(hub, desk) -> None:
    await desk.submit(URL, ORDER)
    rows = (one("fai", "L-42", SAIN), one("gla", "L-41", "2027-11-01"))
    assert (await sent(desk, CHEESES, *rows, why="échangées")).status_code == 303
    page = (await desk.get(f"{URL}/recall-1")).text
    assert "2 livraisons" in page
    for _time in range(2):
        assert (await desk.submit(f"{URL}/recall-1/more", {})).status_code == 303
    first, second = await said(hub)
    assert (second.id, second.version) == ("recall-1", 2)
    assert {each.household_id for each in first.households} == {"abadie"}
    assert {each.household_id for each in second.households} == {"éboué", "zaragoza"}
    page = (await desk.get(f"{URL}/recall-1")).text
    assert "va plus loin" not in page
    assert "Foyer Abadie" in page, "whom it reached stays"


async def test_a_recall_undone_says_so_to_all_who_were_told(hub, desk) -> None:
    await desk.submit(URL, ORDER)
    assert (await desk.submit(f"{URL}/recall-1/undo", {"because": ""})).status_code == 422
    for _time in range(2):
        assert (await desk.submit(f"{URL}/recall-1/undo", {"because": "Autre lot"})).status_code == 303
    undone = [event for event in await announced(hub) if isinstance(event, LotRecallUndone)]
    assert [(each.version, each.household_ids, each.because) for each in undone] == [(2, ("abadie",), "Autre lot")]
    page = (await desk.get(f"{URL}/recall-1")).text
    assert "Autre lot" in page
    assert "/reached" not in page
    assert (await desk.submit(f"{URL}/recall-1/more", {})).status_code == 409
    async with hub.state.service.database.read() as reader:
        assert await recalled.held_back(reader, DELIVERS) == {}


async def test_of_many_households_there_are_several_events(hub, desk, monkeypatch) -> None:
    monkeypatch.setattr(recalling, "HOUSEHOLDS_EACH", 2)
    await desk.submit(URL, ORDER | {"number": "", "producer_id": "pic", "product_id": "", "first": "2026-11-27"})
    events = await said(hub)
    assert [each.version for each in events] == [1, 2]
    reached = [one.household_id for each in events for one in each.households]
    assert sorted(reached) == ["abadie", "vidal", "zaragoza", "éboué"]


async def test_the_telephone_list_is_printed_and_kept_as_a_file(desk) -> None:
    await desk.submit(URL, ORDER)
    printed = await desk.get(f"{URL}/recall-1/calls.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    file = (await desk.get(f"{URL}/recall-1/calls.csv")).content.decode("utf-8-sig")
    assert "Foyer Abadie;Léa Abadie;04 68 00 00 01" in file


async def test_whose_recalls_are(hub, desk, client_for: ClientFor) -> None:
    await desk.submit(URL, ORDER)
    for role in (Role.MEMBER, Role.PRODUCER, Role.OPERATOR, Role.DRIVER, Role.BOOKKEEPER):
        other = client_for(hub, Grant(role, group_id="quillan", household_id="abadie", producer_id="pic"))
        assert (await other.get(URL)).status_code == 403
        assert (await other.get(f"{URL}/recall-1")).status_code == 403
        assert (await other.submit(URL, ORDER | {"id": "r2"})).status_code == 403
    here = client_for(hub, Grant(Role.REFERENT, group_id="quillan"), name="Jean")
    page = (await here.get(f"{URL}/recall-1")).text
    assert "Foyer Abadie" in page
    assert "/undo" not in page
    tick = {"household_id": "abadie", "seen": "0", "reached": "yes"}
    assert (await here.submit(f"{URL}/recall-1/reached", tick)).status_code == 303
    elsewhere = client_for(hub, Grant(Role.REFERENT, group_id="limoux"))
    assert (await elsewhere.get(f"{URL}/recall-1")).status_code == 404
    assert (await elsewhere.submit(f"{URL}/recall-1/reached", tick)).status_code == 404
    assert (await here.submit(f"{URL}/recall-1/undo", {"because": "x"})).status_code == 403


async def test_a_household_that_nobody_told_of_is_on_the_list_too(hub, desk) -> None:
    await deliver(hub, household("abadie", 2, phone="").model_copy(update={"people": ()}))
    await desk.submit(URL, ORDER)
    page = (await desk.get(f"{URL}/recall-1")).text
    assert "Foyer Abadie" in page
    assert re.search("allez-y", page)


async def test_of_two_who_recall_at_once_with_one_form_one_does(hub, database_url) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    meet = asyncio.Barrier(2)

    async def begin(by: str) -> bool:
        async with hub.state.service.database.write() as writer:
            await meet.wait()
            order = recalling.Order(Wanted("pic", "L-41"), "x", RecallAction.RETURN, "", "y")
            return await recalling.begin(writer, "recall-1", order, by)

    assert sorted(await asyncio.gather(begin("Nadia"), begin("Paul"))) == [False, True]
    assert len(await said(hub)) == 1


async def test_a_household_sees_the_lots_and_dates_of_its_own_and_what_is_called_back(
    hub, desk, client_for: ClientFor
) -> None:
    abadie = client_for(hub, Grant(Role.MEMBER, household_id="abadie"))
    page = (await abadie.get("/logistics/received")).text
    for wanted in ("Faisselle de chèvre", "L-41", "2\u00a0pièces", "DLC mar. 15 déc. 2026", "Vendredi 27 novembre"):
        assert wanted in page, wanted
    assert "Pélardon" not in page
    assert "ne pas consommer" not in page
    await desk.submit(URL, ORDER)
    page = (await abadie.get("/logistics/received")).text
    assert "ne pas consommer" in page
    assert "Listeria" in page
    vidal = (await client_for(hub, Grant(Role.MEMBER, household_id="vidal")).get("/logistics/received")).text
    assert "l’un de ceux-ci" in vidal
    assert "P1" in vidal
    assert "P2" in vidal
    assert "Listeria" not in vidal
    assert (
        await client_for(hub, Grant(Role.PRODUCER, producer_id="pic")).get("/logistics/received")
    ).status_code == 403


async def test_what_the_declaration_asks_is_on_one_sheet(desk, clock: FrozenClock) -> None:
    clock.advance(86400 * 8 + 3600 * 9)
    await desk.submit(URL, ORDER)
    page = (await desk.get(f"{URL}/recall-1/declaration")).text
    for wanted in (
        "Faisselle de chèvre, pot de 500 g",
        "L-41, Date limite de consommation (DLC) mardi 15 décembre 2026",
        "Rappel\u00a0: le produit a été remis",
        "Groupe de Quillan (Foyer municipal, Quillan)",
        "Listeria",
        "Jeter",
    ):
        assert wanted in page, wanted
    held = ORDER | {"id": "recall-2", "number": "", "producer_id": "pic", "product_id": "gla"}
    await desk.submit(URL, held)
    assert "Rappel\u00a0: le produit" in (await desk.get(f"{URL}/recall-2/declaration")).text


async def test_goods_of_which_nothing_was_handed_out_are_withdrawn(desk) -> None:
    await desk.submit(URL, ORDER)
    assert "Retrait\u00a0: rien n’a été remis" in (await desk.get(f"{URL}/recall-1/declaration")).text
