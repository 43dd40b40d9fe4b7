"""What the hub buys and sells again: costs, what came, bills of suppliers, their payment. Through the pages, walked as
the bookkeeper, on both databases."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from billing_week import CLOSES, closed, household, line, opened, placed, resold
from mandate_papers import CATALOGUE
from paper_week import HUB_PAPERS
from payment_desk import balances, mends, plain
from sqlalchemy import select
from test_resale import FLOUR, JUICE, NAME, ROC

from billing.app import BillingSettings, create_app
from billing.ledger.book import entry
from billing.ledger.bought import Buying, purchase_expected, purchased
from billing.ledger.chart import HUB
from billing.ledger.cover import own_money_on
from billing.ledger.entry import fold
from billing.ledger.proof import proofs
from billing.purchase.register import Cost
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

BOOKS = Grant(Role.BOOKKEEPER)
URL = "/billing/purchases"
CYCLE = URL + "/cycles/week-48"
ROCS = f"{CYCLE}/{ROC}"
MARGINS = URL + "/margins.csv?cycle=week-48"
NEW = f"{URL}/bills/new?supplier={ROC}"
DELIVERED = datetime(2026, 11, 30, 9, tzinfo=UTC)
COSTS = {
    "net-flour": "24,00",
    "per-flour": "12",
    "rate-flour": "550",
    "net-juice": "2,75",
    "per-juice": "1",
    "rate-juice": "550",
}
BILL = {"number": "F 2026-77", "day": "2026-11-30", "due_on": "2026-12-30", "cycle_id": "week-48"}
AS_CAME = BILL | {"net-550": "11,50", "vat-550": "0,63"}


async def a_week(app, clock, country="FR"):
    """Of what the hub bought of the farm Marie got three bags of flour and two bottles of juice: 17,90, 16,97 net."""
    clock.set(CLOSES)
    farm = CATALOGUE[0].model_copy(update={"version": 9, "country": country})
    order = placed("Marie", [resold(line(FLOUR, 3)), resold(line(JUICE, 2))])
    await deliver(app, *CATALOGUE, farm, household("Marie"), opened(), order, closed([order]))
    clock.set(DELIVERED)
    return app


@pytest.fixture
async def week(started, clock):
    return await a_week(await started(create_app, BillingSettings, hub_name=NAME, **HUB_PAPERS), clock)


@pytest.fixture
def books(week, client_for):
    return client_for(week, BOOKS, person_id="anne", name="Anne")


async def sound(app):
    async with app.state.service.database.read() as reader:
        for proof in await proofs(reader):
            assert proof.faults == [], proof
    return await balances(app)


async def typed(browser, said, url=NEW, **changes):
    """The form as it is shown, filled in."""
    page = (await browser.get(url)).text
    return {"id": re.search(r'name="id" value="([^"]+)"', page)[1]} | said | changes


async def booked(books):
    assert (await books.submit(ROCS, COSTS)).status_code == 303
    assert (await books.submit(ROCS + "/book", {})).status_code == 303


async def billed(books, said=AS_CAME, url=NEW):
    answer = await books.submit(url, await typed(books, said, url))
    assert answer.status_code == 303, mends(answer.text)
    return answer.headers["location"]


def test_a_cost_of_a_case_is_of_each_piece_to_the_cent():
    assert Cost(2400, 12_000, 550).of(3000) == 600
    assert Cost(1000, 3_000, 550).of(1000) == 333
    assert Cost(1000, 3_000, 550).of(3000) == 1000
    assert Cost(1234, 1_000, 550).of(457) == 564


@pytest.mark.parametrize("deducts", [True, False])
@pytest.mark.parametrize("reverse", [True, False])
def test_what_was_awaited_and_taken_back_leaves_the_bill_alone(deducts, reverse):
    rates, buying = [(550, 1150, 63), (2000, 500, 100)], Buying(deducts, reverse)
    sums = {side.account.value: more - less for side, (more, less) in fold(purchased("p", rates, buying)).items()}
    assert sums["suppliers"] == -(1650 if reverse else 1813)
    assert sums.get("vat_deductible", 0) == (163 if deducts else 0)
    assert sums.get("vat_reverse", 0) == (-163 if reverse else 0)
    goods = sums.get("purchases", 0) + sums.get("purchases_eu", 0)
    assert goods == 1650 + (0 if deducts else 163)
    awaited = fold(purchase_expected("p", rates, buying))
    assert sum(more - less for more, less in awaited.values()) == 0


async def test_what_came_is_costed_booked_billed_and_paid_out_of_the_hubs_own_money(week, books):
    assert "coûts d’achat manquent" in (await books.get(URL)).text
    answer = await books.submit(ROCS + "/book", {})
    assert answer.status_code == 422
    assert "Dites d’abord" in answer.text
    assert (await books.submit(ROCS, COSTS)).status_code == 303
    page = (await books.get(ROCS)).text
    assert 'value="24,00"' in page
    assert "5,5 % 11,50 € 0,63 € 12,13 €" in plain(page).replace("\u202f", " ")
    for _ in range(2):
        assert (await books.submit(ROCS + "/book", {})).status_code == 303
    held = await sound(week)
    assert (held[HUB, "purchases", ""], held[HUB, "vat_unbilled", ""], held[HUB, "unbilled", ROC]) == (1150, 63, -1213)
    place = await billed(books)
    held = await sound(week)
    assert (held[HUB, "purchases", ""], held[HUB, "vat_deductible", ""], held[HUB, "suppliers", ROC]) == (
        1150,
        63,
        -1213,
    )
    assert not {key for key in held if key[1] in ("unbilled", "vat_unbilled")}
    page = plain((await books.get(URL)).text)
    assert "12,13 € 0,00 € 0,00 € 12,13 €" in page
    for _ in range(2):
        assert (await books.submit(place + "/pay", {"paid_on": "2026-11-30"})).status_code == 303
    held = await sound(week)
    assert (HUB, "suppliers", ROC) not in held
    assert held[HUB, "bank", ""] == -1213
    assert not {key for key in held if key[0] == HUB and key[1] == "bank" and key[2]}, "nobody else's money"
    async with week.state.service.database.read() as reader:
        assert await own_money_on(reader, date(2026, 11, 30)) == -1213


async def test_margins_are_what_was_sold_less_what_it_cost(week, books):
    page = plain((await books.get(CYCLE)).text)
    assert "pas connu" in page or "inconnu" in page
    await books.submit(ROCS, {key: value for key, value in COSTS.items() if "flour" in key})
    await books.submit(ROCS, COSTS)
    page = plain((await books.get(CYCLE)).text)
    assert "16,97 € 11,50 € 5,47 €" in page
    table = (await books.get(MARGINS)).text
    assert "Flour" in table
    assert "6,00" in table


async def test_something_else_came_so_it_is_booked_anew_and_after_the_bill_it_is_told(week, books, client_for):
    await booked(books)
    coordinator = client_for(week, Grant(Role.COORDINATOR))
    url = f"/billing/cycles/week-48/delivery?producer={ROC}"

    async def came(count):
        seen = (await coordinator.get(url)).text.split('name="seen" value="')[1].split('"')[0]
        assert (await coordinator.submit(url, {"seen": seen, "came-h-Marie-flour": count})).status_code == 303

    await came("2")
    assert "repasser en comptabilité" in (await books.get(URL)).text
    await books.submit(ROCS + "/book", {})
    held = await sound(week)
    assert (held[HUB, "purchases", ""], held[HUB, "unbilled", ROC]) == (950, -1002)
    await billed(books, BILL | {"net-550": "9,50", "vat-550": "0,52"})
    await came("3")
    assert "a changé depuis" in (await books.get(ROCS)).text
    answer = await books.submit(ROCS + "/book", {})
    assert answer.status_code == 303 or "déjà facturé" in answer.text
    assert (await sound(week))[HUB, "purchases", ""] == 950


async def test_a_bill_of_another_sum_needs_a_reason_and_keeps_what_was_typed(week, books):
    await booked(books)
    dearer = BILL | {"net-550": "12,50", "vat-550": "0,69"}
    answer = await books.submit(NEW, await typed(books, dearer))
    assert answer.status_code == 422
    assert "dites pourquoi" in mends(answer.text)["reason"]
    assert 'value="12,50"' in answer.text
    assert re.search(r'value="week-48"[^>]*checked', answer.text)
    place = await billed(books, dearer | {"reason": "le prix de la farine a monté"})
    page = plain((await books.get(place)).text).replace("\u202f", " ")
    assert "5,5 % 11,50 € 0,63 € 12,50 € 0,69 € 1,06 €" in page
    assert "le prix de la farine a monté" in page
    assert (await sound(week))[HUB, "suppliers", ROC] == -1319


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": ""}, "number"),
        ({"day": "2027-01-01"}, "day"),
        ({"due_on": "2026-11-01"}, "due_on"),
        ({"vat-550": "6,30"}, "vat-550"),
        ({"net-550": "", "vat-550": ""}, "net-2000"),
        ({"net-550": ""}, "net-550"),
        ({"net-550": "beaucoup"}, "net-550"),
        ({"cycle_id": "week-99"}, "cycle_id"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_booked(week, books, changes, field):
    await booked(books)
    answer = await books.submit(NEW, await typed(books, AS_CAME, **changes))
    assert answer.status_code == 422
    assert field in mends(answer.text), mends(answer.text)
    assert (HUB, "suppliers", ROC) not in await sound(week)


async def test_the_same_number_twice_is_refused_and_the_same_form_twice_is_one_bill(week, books):
    await booked(books)
    form = await typed(books, AS_CAME)
    answers = await asyncio.gather(*(books.submit(NEW, form) for _ in range(2)))
    assert {answer.status_code for answer in answers} == {303}
    assert (await sound(week))[HUB, "suppliers", ROC] == -1213
    again = {name: value for name, value in AS_CAME.items() if name != "cycle_id"}
    answer = await books.submit(NEW, await typed(books, again, number=" F  2026-77 "))
    assert answer.status_code == 422
    assert "numéro" in mends(answer.text)["number"]
    assert (await sound(week))[HUB, "suppliers", ROC] == -1213


async def test_who_sends_a_bill_again_later_is_led_to_it_whatever_is_billed_since(week, books):
    await booked(books)
    form = await typed(books, AS_CAME)
    place = (await books.submit(NEW, form)).headers["location"]
    answer = await books.submit(NEW, form)
    assert (answer.status_code, answer.headers.get("location")) == (303, place), mends(answer.text)
    assert (await sound(week))[HUB, "suppliers", ROC] == -1213
    await books.submit(place + "/take-back", {"back_because": "mauvais cycle"})
    other = await billed(books, AS_CAME | {"number": "F 2026-78"})
    answer = await books.submit(NEW, form)
    assert (answer.status_code, answer.headers.get("location")) == (303, place), mends(answer.text)
    assert other != place
    assert (await sound(week))[HUB, "suppliers", ROC] == -1213


async def test_two_people_who_type_the_same_bill_at_once_keep_one(week, books, client_for):
    await booked(books)
    bruno = client_for(week, BOOKS, person_id="bruno")
    forms = [await typed(books, AS_CAME), await typed(bruno, AS_CAME)]
    answers = await asyncio.gather(books.submit(NEW, forms[0]), bruno.submit(NEW, forms[1]))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert (await sound(week))[HUB, "suppliers", ROC] == -1213


async def test_a_credit_note_lessens_what_is_owed_and_is_paid_back(week, books):
    await booked(books)
    await billed(books)
    note = BILL | {"number": "A 12", "credit_note": "on", "net-550": "2,00", "vat-550": "0,11"}
    del note["cycle_id"]
    place = await billed(books, note)
    held = await sound(week)
    assert (held[HUB, "suppliers", ROC], held[HUB, "purchases", ""], held[HUB, "vat_deductible", ""]) == (
        -1002,
        950,
        52,
    )
    await books.submit(place + "/pay", {"paid_on": "2026-11-30"})
    assert (await sound(week))[HUB, "bank", ""] == 211


async def test_a_bill_typed_in_by_mistake_is_taken_back_and_what_came_is_awaited_again(week, books):
    await booked(books)
    place = await billed(books)
    await books.submit(place + "/pay", {"paid_on": "2026-11-30"})
    assert "back_because" in mends((await books.submit(place + "/take-back", {"back_because": ""})).text)
    for _ in range(2):
        assert (await books.submit(place + "/take-back", {"back_because": "mauvais fournisseur"})).status_code == 303
    held = await sound(week)
    assert (held[HUB, "purchases", ""], held[HUB, "unbilled", ROC]) == (1150, -1213)
    assert not {key for key in held if key[1] in ("suppliers", "bank", "vat_deductible")}
    await billed(books)
    assert (await sound(week))[HUB, "suppliers", ROC] == -1213
    async with week.state.service.database.read() as reader:
        rules = {row["rule"] for row in await reader.all(select(entry.c.rule).where(entry.c.book == HUB))}
    assert {"purchase_expected", "purchase", "supplier_paid"} <= rules


async def test_a_supplier_of_spain_bills_without_vat_and_the_hub_owes_and_deducts_it(started, clock, client_for):
    app = await a_week(await started(create_app, BillingSettings, **HUB_PAPERS), clock, "ES")
    books = client_for(app, BOOKS)
    await booked(books)
    assert "acquisition intracommunautaire" in (await books.get(ROCS)).text
    assert (await sound(app))[HUB, "unbilled", ROC] == -1150
    bill = BILL | {"net-550": "11,50", "vat_number": "ES B58378432"}
    answer = await books.submit(NEW, await typed(books, bill))
    assert "vat_number" in mends(answer.text)
    assert 'value="ES B58378432"' in answer.text
    place = await billed(books, bill | {"vat_number": "ES B58378431"})
    held = await sound(app)
    assert (held[HUB, "suppliers", ROC], held[HUB, "purchases_eu", ""]) == (-1150, 1150)
    assert (held[HUB, "vat_deductible", ""], held[HUB, "vat_reverse", ""]) == (63, -63)
    assert "11,50" in plain((await books.get(place)).text)
    page = plain((await books.get("/billing/vat?since=2026-11-01&until=2026-11-30")).text).replace("\u202f", " ")
    assert "Acheté dans l’Union européenne, taxé ici 5,5 % 11,50 € 0,63 €" in page
    assert "Déductible, sur achats 0,63 €" in page


async def test_a_hub_without_vat_deducts_none(started, clock, client_for):
    app = await started(create_app, BillingSettings, hub_regime="FRANCHISE_293B", **HUB_PAPERS)
    await a_week(app, clock)
    books = client_for(app, BOOKS)
    await booked(books)
    assert (await sound(app))[HUB, "purchases", ""] == 1213
    await billed(books)
    held = await sound(app)
    assert (held[HUB, "purchases", ""], held[HUB, "suppliers", ROC]) == (1213, -1213)
    assert (HUB, "vat_deductible", "") not in held


async def test_purchases_stand_in_the_file_for_the_tax_office_and_in_the_vat_summary(week, books):
    await booked(books)
    await billed(books)
    page = plain((await books.get("/billing/vat?since=2026-11-01&until=2026-11-30")).text)
    assert "Déductible, sur achats 0,63 €" in page
    days = "since=2026-01-01&until=2026-12-31"
    file = (await books.get(f"/billing/ledger/fec.txt?book=hub&siren=732829320&{days}")).text
    assert "607\tAchats de marchandises" in file
    assert "Achat de marchandises" in file
    assert "4011" in file


async def test_before_the_delivery_nothing_is_booked_and_only_who_keeps_the_books_types(week, books, client_for, clock):
    for role in Role:
        who = client_for(week, Grant(role, household_id="h-Marie", producer_id=ROC))
        staff = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        for url in (URL, CYCLE, ROCS, MARGINS):
            assert (await who.get(url)).status_code == (200 if staff else 403), (role, url)
        may = role in (Role.COORDINATOR, Role.BOOKKEEPER)
        assert (await who.submit(ROCS, COSTS)).status_code == (303 if may else 403), role
    clock.set(CLOSES + timedelta(hours=1))
    answer = await books.submit(ROCS + "/book", {})
    assert answer.status_code == 422
    assert (HUB, "purchases", "") not in await sound(week)
    assert (await books.get(f"{URL}/bills/new?supplier=p-nobody")).status_code == 404
    assert (await books.get(f"{CYCLE}/p-nobody")).status_code == 404
