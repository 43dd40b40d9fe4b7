import io
import zipfile

import pytest
from billing_week import CHEESE, OLIVES, PRODUCERS, Week, closed, household, line, placed

from chassis.identity import Grant
from chassis.schema import drift
from chassis.testing import deliver
from contracts import Role

MARIE = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
JOSETTE = Grant(Role.MEMBER, household_id="h-Josette", group_id="g-Quillan")
GOATS = Grant(Role.PRODUCER, producer_id="p-Chèvrerie")
STAFF = (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)


@pytest.fixture
async def week(app):
    await deliver(app, *Week().events)
    return app


async def test_migrations_make_the_tables_the_code_describes(app):
    service = app.state.service
    assert await drift(service.database.engine, service.metadata) == []


async def test_a_member_reads_one_cheque_for_each_producer(week, client_for):
    page = (await client_for(week, MARIE).get("/billing/due")).text
    assert "Chèque à l’ordre de" in page
    for wanted in (
        "BioEspuña",
        "28,00\u00a0€",
        "Chèvrerie du Roc",
        "17,00\u00a0€",
        "45,00\u00a0€",
        "vendredi 27 novembre 2026",
    ):
        assert wanted in page, wanted
    assert "Régime du remboursement forfaitaire agricole" in page
    assert "Domaine de la Serre" not in page


async def test_a_page_beyond_all_bounds_is_empty(week, client_for):
    assert (await client_for(week, Grant(Role.BOOKKEEPER)).get(f"/billing/cycles?page={'9' * 30}")).status_code == 200


async def test_an_english_member_reads_english(week, client_for):
    page = (await client_for(week, MARIE, language="en").get("/billing/due")).text
    assert "Cheque to the order of" in page
    assert "€45.00" in page


async def test_before_the_closing_the_order_so_far_is_told(app, client_for):
    week = Week()
    await deliver(app, *week.events[:-1])
    page = (await client_for(app, MARIE).get("/billing/due")).text
    assert "Pour l’instant la commande s’élève à 45,00" in page
    assert "Chèque à l’ordre de" not in page


async def test_somebody_who_ordered_nothing_owes_nothing(week, client_for):
    page = (await client_for(week, Grant(Role.MEMBER, household_id="h-Paul")).get("/billing/due")).text
    assert "Vous ne devez rien" in page


async def test_what_another_household_owes_is_not_there(week, client_for):
    assert (await client_for(week, MARIE).get("/billing/households/h-Marie")).status_code == 200
    assert (await client_for(week, MARIE).get("/billing/households/h-Josette")).status_code == 404
    assert (await client_for(week, MARIE).get("/billing/households/h-nobody")).status_code == 404
    for role in STAFF:
        assert (await client_for(week, Grant(role)).get("/billing/households/h-Josette")).status_code == 200


BOOKS = (
    "/billing/cycles",
    "/billing/cycles/week-48",
    "/billing/cycles/week-48/cheques.xlsx",
    "/billing/api/cycles/week-48/totals",
)


@pytest.mark.parametrize("url", BOOKS)
async def test_the_books_are_open_to_those_who_keep_them(week, client_for, url):
    for role in Role:
        status = (await client_for(week, Grant(role, household_id="h-Marie")).get(url)).status_code
        assert status == (200 if role in STAFF else 403), (role, url)
    signed_out = await client_for(week).get(url)
    assert signed_out.status_code == (401 if "/api/" in url else 303)


@pytest.mark.parametrize(
    "url",
    [
        "/billing/cycles/none",
        "/billing/cycles/none/cheques.xlsx",
        "/billing/api/cycles/none/totals",
        "/billing/cycles/week-48?group=g-none",
    ],
)
async def test_what_is_not_there_is_not_found(week, client_for, url):
    assert (await client_for(week, Grant(Role.BOOKKEEPER)).get(url)).status_code == 404


async def test_the_cycle_is_a_table_of_households_and_producers(week, client_for):
    books = client_for(week, Grant(Role.BOOKKEEPER), name="Odile")
    page = (await books.get("/billing/cycles/week-48")).text
    for wanted in ("Marie", "Josette", "28,00\u00a0€", "21,00\u00a0€", "66,00\u00a0€", "5,5", "sans TVA"):
        assert wanted in page, wanted
    limoux = (await books.get("/billing/cycles/week-48?group=g-Limoux")).text
    assert "Josette" not in limoux
    assert "45,00\u00a0€" in limoux
    assert "66,00\u00a0€" not in limoux


async def test_a_waiting_cycle_says_how_many_orders_have_come(app, client_for):
    week = Week()
    await deliver(app, *(event for event in week.events if event != week.orders[0]))
    page = (await client_for(app, Grant(Role.COORDINATOR)).get("/billing/cycles/week-48")).text
    assert "En attente de commandes" in page or "dernier état" in page
    assert (
        await client_for(app, Grant(Role.COORDINATOR)).get("/billing/cycles/week-48/cheques.xlsx")
    ).status_code == 404


def cells_of(xlsx: bytes, sheet: int) -> str:
    with zipfile.ZipFile(io.BytesIO(xlsx)) as archive:
        return archive.read(f"xl/worksheets/sheet{sheet}.xml").decode()


async def test_the_spreadsheet_holds_numbers_and_never_a_formula(app, client_for):
    evil = '=HYPERLINK("http://evil.example","+1")'
    order = placed("Marie", [line(OLIVES), line(CHEESE)])
    order = order.model_copy(update={"household_name": evil})
    await deliver(app, *PRODUCERS, household("Marie"), order, closed([order]))
    answer = await client_for(app, Grant(Role.BOOKKEEPER)).get("/billing/cycles/week-48/cheques.xlsx")
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")
    assert "Semaine%2048.xlsx" in answer.headers["content-disposition"]
    cheques, vat = cells_of(answer.content, 1), cells_of(answer.content, 2)
    assert "<f>" not in cheques + vat
    assert "<hyperlink" not in cheques
    for number in ("<v>22</v>", "<v>8.5</v>", "<v>30.5</v>"):
        assert number in cheques, number
    assert "<v>1.15</v>" in vat
    assert "<v>0.055</v>" in vat


async def test_home_tells_everybody_their_own(week, client_for):
    async def home(*grants):
        answer = await client_for(week, *grants).get("/billing/fragments/home")
        assert answer.status_code == 200
        return answer.text

    assert "66,00" in await home(Grant(Role.COORDINATOR))
    member = await home(MARIE)
    assert "in one cheque" not in member
    assert "en 2 chèques" in member
    assert "66,00" not in member
    goats = await home(GOATS)
    assert "Chèvrerie du Roc" in goats
    assert "en un chèque" in goats
    assert "Domaine" not in goats
    assert (await home(Grant(Role.DRIVER))).strip() == ""
