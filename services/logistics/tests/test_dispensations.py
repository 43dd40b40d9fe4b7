"""Dispensations that producers declared: noted, corrected by another line, never changed; and who reads them."""

import html
import re
from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from logistics_week import DELIVERS, LIMOUX, PELARDON, TOMME, Week, line, producer
from network_desk import FARM, PICKUP, add, furnish_all, tell
from sqlalchemy import func, select

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, announced, deliver
from coldchain.day import Day, Dispensation
from coldchain.day_faults import check_day
from coldchain.dispensation import categories
from contracts import Carriage, Role, Sale
from contracts.network import NetworkDescribed
from logistics.network.carriage import line_of
from logistics.network.dispensation import Corrected, Declaration, dispensation, every, in_force, note, standing

URL = "/logistics/dispensations"
DAIRY = {"producer_id": "pic", "category": "DAIRY", "within_share": "0", "declared_on": "2026-03-02"}


@pytest.fixture
async def desk(app: FastAPI, client_for: ClientFor) -> Browser:
    await tell(app)
    return client_for(app, Grant(Role.COORDINATOR), name="Nadia")


def plain(page):
    text = html.unescape(re.sub(r"<[^>]+>", " ", page.text)).replace("\xa0", " ").replace("\u202f", " ")
    return " ".join(text.split())


def error_at(page: str, field: str) -> str:
    found = re.search(rf'id="field-{field}-error">.*?<span>(.*?)</span>', page, re.DOTALL)
    return html.unescape(found[1]) if found else ""


async def noted(app):
    async with app.state.service.database.read() as reader:
        return await every(reader)


def test_the_caps_are_those_of_the_law():
    caps = {one.code: (one.within_share, one.without, one.unit.value) for one in categories().values()}
    assert caps == {
        "HEATED_MILK": (800_000, 250_000, "litre"),
        "DAIRY": (250_000, 100_000, "kg"),
        "BUTCHERY": (800_000, 250_000, "kg"),
        "MEAT_PRODUCTS": (250_000, 100_000, "kg"),
        "FISH": (250_000, 100_000, "kg"),
        "FISH_PROCESSED": (250_000, 100_000, "kg"),
        "SNAILS": (100_000, 30_000, "kg"),
    }


async def test_a_declaration_is_noted_once_with_its_cap(app, desk):
    for _twice in range(2):
        said = await desk.submit(f"{URL}/new", {"id": "d1", **DAIRY})
        assert said.status_code == 303
    [one] = await noted(app)
    assert (one.weekly_cap, one.declared_on, one.noted_by, one.constrained) == (
        100_000,
        date(2026, 3, 2),
        "Nadia",
        False,
    )
    page = plain(await desk.get(URL))
    assert "Produits laitiers" in page
    assert "100 kg (plus de 30 %, ou inconnu)" in page
    assert "80 km" in page
    await desk.submit(f"{URL}/new", {"id": "d2", **DAIRY, "category": "HEATED_MILK", "within_share": "1"})
    assert "800 l (30 % au plus de ce qu’il produit" in plain(await desk.get(URL))


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"producer_id": "nobody"}, "producer_id", "Choisissez"),
        ({"category": "MINCED_MEAT"}, "category", "Choisissez"),
        ({"within_share": ""}, "within_share", "Choisissez"),
        ({"declared_on": ""}, "declared_on", "nécessaire"),
        ({"declared_on": "hier"}, "declared_on", "date"),
        ({"declared_on": "2126-01-01"}, "declared_on", "jusqu’au"),
        ({"ends_on": "2026-03-01"}, "ends_on", "à partir du"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(app, desk, typed, field, said):
    form = {"id": "d1", **DAIRY, "ends_on": "2026-12-31", "constrained": "on", **typed}
    answer = await desk.submit(f"{URL}/new", form)
    assert answer.status_code == 422
    assert said in error_at(answer.text, field), error_at(answer.text, field)
    assert f'value="{form["ends_on"]}"' in answer.text
    assert await noted(app) == []


async def test_the_same_declaration_twice_is_told(app, desk):
    await desk.submit(f"{URL}/new", {"id": "d1", **DAIRY})
    again = await desk.submit(f"{URL}/new", {"id": "d2", **DAIRY, "within_share": "1"})
    assert (again.status_code, "corrigez celle-là" in error_at(again.text, "declared_on")) == (422, True)
    assert len(await noted(app)) == 1


async def test_a_correction_takes_its_place_and_both_stay(app, desk):
    await desk.submit(f"{URL}/new", {"id": "d1", **DAIRY})
    form = await desk.get(f"{URL}/new?corrects=d1")
    assert 'name="corrects" value="d1"' in form.text
    bare = await desk.submit(f"{URL}/new", {"id": "d2", **DAIRY, "corrects": "d1", "within_share": "1"})
    assert (bare.status_code, bool(error_at(bare.text, "reason"))) == (422, True)
    sent = {"id": "d2", **DAIRY, "corrects": "d1", "within_share": "1", "reason": "récépissé relu"}
    for _twice in range(2):
        assert (await desk.submit(f"{URL}/new", sent)).status_code == 303
    first, second = await noted(app)
    assert (first.weekly_cap, second.weekly_cap, second.corrects) == (100_000, 250_000, "d1")
    assert in_force([first, second], date(2026, 11, 27)) == {("pic", "DAIRY"): second}
    page = plain(await desk.get(URL))
    assert page.index("250 kg (30 % au plus") < page.index("récépissé relu") < page.index("Ce qui a été corrigé")
    assert "100 kg, " in page[page.index("Ce qui a été corrigé") :]
    assert (await desk.get(f"{URL}/new?corrects=d1")).status_code == 409
    other = await desk.submit(f"{URL}/new", sent | {"id": "d3"})
    assert other.status_code == 409
    assert (await desk.get(f"{URL}/new?corrects=nothing")).status_code == 404


async def test_what_was_never_declared_counts_no_more(app, desk):
    await desk.submit(f"{URL}/new", {"id": "d1", **DAIRY})
    sent = {"id": "d2", **DAIRY, "corrects": "d1", "void": "on", "reason": "autre producteur"}
    assert (await desk.submit(f"{URL}/new", sent)).status_code == 303
    every_one = await noted(app)
    assert (len(every_one), standing(every_one)) == (2, [])
    page = plain(await desk.get(URL))
    assert "Rien n’est déclaré" in page
    assert "n’a jamais été déclarée – autre producteur" in page
    assert (await desk.submit(f"{URL}/new", {"id": "d3", **DAIRY})).status_code == 303


async def test_two_corrections_at_once_leave_one(app, desk):
    """The key of the table holds it where the page's look does not."""
    await desk.submit(f"{URL}/new", {"id": "d1", **DAIRY})
    one = Declaration("d2", "pic", "DAIRY", True, False, date(2026, 3, 2), corrects="d1", reason="x")
    async with app.state.service.database.write() as writer:
        assert await note(writer, one, "Nadia")
    with pytest.raises(Corrected):
        async with app.state.service.database.write() as writer:
            await note(writer, Declaration(**{**one.__dict__, "id": "d3"}), "Paul")
    async with app.state.service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(dispensation)) == 2


async def test_a_producer_reads_its_own_and_writes_nothing(app, desk, client_for):
    await desk.submit(f"{URL}/new", {"id": "d1", **DAIRY})
    await desk.submit(f"{URL}/new", {"id": "d2", **DAIRY, "producer_id": "bio", "category": "SNAILS"})
    pic = client_for(app, Grant(Role.PRODUCER, producer_id="pic"))
    page = plain(await pic.get(URL))
    assert "100 kg (plus" in page
    assert "Corriger" not in page
    assert "30 kg (plus" not in page
    assert (await pic.get(f"{URL}/new")).status_code == 403
    assert (await pic.submit(f"{URL}/new", {"id": "d9", **DAIRY})).status_code == 403
    assert "/logistics/dispensations" in (await pic.get("/logistics/network")).text
    for role in (Role.MEMBER, Role.DRIVER, Role.OPERATOR):
        other = client_for(app, Grant(role, household_id="h", group_id="limoux"))
        assert (await other.get(URL)).status_code == 403


async def test_in_a_zone_of_constraints_goods_may_go_farther_and_the_others_hear_it(app, desk):
    await add(desk, "sites", FARM, "farm")
    await add(desk, "sites", PICKUP, "foyer")
    await desk.submit(f"{URL}/new", {"id": "d1", **DAIRY})
    await desk.submit(f"{URL}/new", {"id": "d2", **DAIRY, "category": "FISH", "constrained": "on"})
    told = [event for event in await announced(app) if isinstance(event, NetworkDescribed)]
    assert [event.farms[0].dispensation_metres for event in told] == [None, None, 200_000]
    assert "200 km (zone soumise" in plain(await desk.get(URL))


RESOLD = TOMME.model_copy(update={"sale": Sale.RESALE, "carriage": Carriage(dispensation="DAIRY")})
BY_THE_PIECE = PELARDON.model_copy(
    update={"sale": Sale.RESALE, "carriage": Carriage(dispensation="DAIRY", weight=90), "temperature_class": "EGGS"}
)


async def ordered(app, cycle_id, kilos, delivers_on=DELIVERS):
    """A closed cycle of one household in Limoux."""
    week = Week(cycle_id)
    week.order("vidal", LIMOUX, line(RESOLD, kilos))
    said = [
        event.model_copy(update={"delivers_on": delivers_on}) if hasattr(event, "delivers_on") else event
        for event in week.events()
    ]
    await deliver(app, *said)


async def friday(desk):
    said = await desk.get("/logistics/days/2026-11-27.json")
    assert said.status_code == 200, said.text
    return Day.model_validate_json(said.content)


@pytest.fixture
async def planning(app, client_for):
    """A hub that resells 60 kg of cheese in Limoux on the Friday, and 30 kg on the Tuesday of the same week."""
    desk = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await deliver(app, producer("pic"), producer("bio"))
    await ordered(app, "friday", 60_000)
    await ordered(app, "tuesday", 30_000, DELIVERS - timedelta(days=3))
    await ordered(app, "week-before", 90_000, DELIVERS - timedelta(days=5))
    await furnish_all(desk)
    return desk


async def test_goods_under_a_dispensation_that_nobody_declared_are_told(planning):
    page = await planning.get("/logistics/days/2026-11-27")
    assert "qui n’est pas déclarée" in plain(page)
    assert 'href="/logistics/dispensations"' in page.text
    assert (await friday(planning)).dispensations == (), "the day is made all the same"
    await planning.submit(f"{URL}/new", {"id": "d1", **DAIRY, "category": "SNAILS"})
    assert "qui n’est pas déclarée" in plain(await planning.get("/logistics/days/2026-11-27"))


async def test_the_day_has_the_cap_and_what_the_other_days_of_its_week_take(planning):
    await planning.submit(f"{URL}/new", {"id": "d1", **DAIRY, "constrained": "on"})
    day = await friday(planning)
    assert day.dispensations == (
        Dispensation(producer_id="pic", category="DAIRY", weekly_cap=100_000, used=30_000, metres=200_000),
    )
    check_day(day)
    assert "plus que le plafond" not in plain(await planning.get("/logistics/days/2026-11-27"))


async def test_more_than_the_weekly_cap_is_told(app, planning):
    await planning.submit(f"{URL}/new", {"id": "d1", **DAIRY})
    await ordered(app, "wednesday", 10_001, DELIVERS - timedelta(days=2))
    assert "plus que le plafond" in plain(await planning.get("/logistics/days/2026-11-27"))
    sent = {"id": "d2", **DAIRY, "within_share": "1", "corrects": "d1", "reason": "30 % tenus"}
    assert (await planning.submit(f"{URL}/new", sent)).status_code == 303
    assert "plus que le plafond" not in plain(await planning.get("/logistics/days/2026-11-27"))


async def test_a_declaration_that_is_over_holds_no_day(planning):
    await planning.submit(f"{URL}/new", {"id": "d1", **DAIRY, "ends_on": "2026-11-26"})
    assert (await friday(planning)).dispensations == ()
    assert "qui n’est pas déclarée" in plain(await planning.get("/logistics/days/2026-11-27"))


def test_pieces_count_by_what_they_weigh():
    assert line_of(BY_THE_PIECE, 10_000, "l", "n").against_cap == 900
    assert line_of(RESOLD, 735, "l", "n").against_cap == 735
    direct = RESOLD.model_copy(update={"sale": Sale.DIRECT})
    assert (line_of(direct, 735, "l", "n").counted, line_of(direct, 735, "l", "n").dispensation) == (None, "")
