"""What the hub buys and sells again, beside what it sells in producers' names, in one basket. On both databases."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from bank_desk import PAID, UNKNOWN, account, kept, only
from bank_papers import camt
from billing_week import CLOSES, allocated, closed, given, household, line, opened, placed, resold, revised
from mandate_papers import CATALOGUE, signed
from payment_desk import balances, form, mends, noted, plain, send

from billing.app import BillingSettings, create_app
from billing.ledger.chart import HUB
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

ROC = "p-roc"
TOMME = ("tomme", "roc", "FOOD", 850)
FLOUR = ("flour", "roc", "FOOD", 330)
JUICE = ("juice", "roc", "FOOD", 400)
MARIE = "/billing/households/h-Marie"
BOOKS = Grant(Role.BOOKKEEPER)
MEMBER = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
NAME = "Panier de l’Aude"


def bottled(ordered, cents):
    """With a deposit on each bottle."""
    article = ordered.article.model_copy(update={"deposit_cents": cents})
    count = ordered.quantity_thousandths // 1000
    return ordered.model_copy(update={"article": article, "deposit_cents": count * cents})


async def a_week(app, clock, client_for):
    """Of one farm that charges no VAT Marie orders two cheeses under its mandate, 17,00, and of what the hub bought of
    it three bags of flour, 9,90, and two bottles of juice, 8,00 and 1,00 of deposit."""
    clock.set(CLOSES)
    await deliver(app, *CATALOGUE)
    await signed(app, client_for, starts_on="2026-11-22", ends_on="2027-11-21")
    farm = CATALOGUE[0].model_copy(update={"version": 9, "seller_regime": "FARMER_FLAT_RATE"})
    bought = [resold(line(FLOUR, 3)), resold(bottled(line(JUICE, 2), 50))]
    order = placed("Marie", [line(TOMME, 2), *bought])
    await deliver(app, farm, household("Marie"), opened(), order, closed([order]))
    return app


@pytest.fixture
async def week(started, clock, client_for):
    return await a_week(await started(create_app, BillingSettings, hub_name=NAME), clock, client_for)


async def test_one_basket_is_one_cheque_to_the_farm_and_one_to_the_hub_each_with_its_vat(week, client_for):
    page = plain((await client_for(week, MEMBER).get("/billing/due")).text)
    assert f"Chèvrerie du Roc 17,00 € {NAME} 18,90 €" in page
    assert "Total, 2 chèques 35,90 €" in page
    assert "Flour Chèvrerie du Roc 3 pièces 5,5 % 9,90 €" in page, "who made it stands by what another sells"
    assert "Tomme Chèvrerie" not in page
    assert "TVA 5,5 % : 0,93 € dans 17,90 €" in page
    assert page.count("remboursement forfaitaire") == 1, "what the hub sells follows the hub's regime"
    held = await balances(week)
    assert held[HUB, "household", "h-Marie"] == 1890
    # Beside the VAT of its sale that of its commission, 2,13 on the cheeses alone.
    assert (held[HUB, "resales", ""], held[HUB, "vat", ""]) == (-1697, -93 - 43)
    assert held[HUB, "containers", "h-Marie"] == -100
    assert (held[ROC, "household", "h-Marie"], held[ROC, "sales", ""]) == (1700, -1700)
    assert (ROC, "containers", "h-Marie") not in held
    table = plain((await client_for(week, BOOKS).get("/billing/cycles/week-48")).text)
    assert f"{NAME} 5,5 % 17,90 € 0,93 € 16,97 €" in table
    journal = (await client_for(week, BOOKS).get("/billing/ledger/journal?book=hub")).text
    assert "Vente de marchandises" in journal


async def test_a_hub_below_the_threshold_sells_without_vat_and_says_why(started, clock, client_for):
    app = await started(create_app, BillingSettings, hub_name=NAME, hub_regime="FRANCHISE_293B")
    await a_week(app, clock, client_for)
    assert (HUB, "vat", "") not in await balances(app)
    page = plain((await client_for(app, MEMBER).get("/billing/due")).text)
    assert "TVA non applicable, article 293 B du CGI" in page


def test_a_regime_that_nobody_knows_is_refused_when_the_hub_starts():
    with pytest.raises(ValueError, match="FRANCHISE_293B"):
        BillingSettings(hub_regime="MARGIN")


async def test_one_cheque_to_the_hub_pays_the_hubs_own_goods_and_the_farms_and_each_keeps_its_own(week, client_for):
    books = client_for(week, BOOKS)
    cheque = {"kind": "cheque", "payee": HUB, "amount": "35,90", "cheque_number": "77", "bank": "La Nef"}
    proposal = await send(books, cheque, MARIE + "/payments/new")
    assert proposal.status_code == 200
    assert re.search(r'name="share-hub"[^>]* value="18,90"', proposal.text)
    assert re.search(rf'name="share-{ROC}"[^>]* value="17,00"', proposal.text)
    shares = {"share-hub": "18,90", f"share-{ROC}": "17"}
    wrong = await send(books, cheque | shares, MARIE + "/payments/new", **{"share-hub": "18"})
    assert "share-hub" in mends(wrong.text) or f"share-{ROC}" in mends(wrong.text)
    filled = await form(books, cheque | shares, MARIE + "/payments/new")
    for _ in range(2):
        assert (await books.submit(MARIE + "/payments/new", filled)).status_code == 303
    held = await balances(week)
    assert (held[HUB, "cheques", ""], held[HUB, "cheques", ROC]) == (1890, 1700)
    assert (HUB, "household", "h-Marie") not in held
    assert (ROC, "household", "h-Marie") not in held
    assert held[HUB, "third_party", ROC] < 0
    [one] = await noted(week)
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "deposit"})
    held = await balances(week)
    assert (held[HUB, "bank", ""], held[HUB, "bank", ROC]) == (1890, 1700)
    money = (await books.get("/billing/ledger")).text
    assert f"book={ROC}" in money
    assert "book=hub" not in money, "what is the hub's own is held for nobody"
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "bounce", "reason": "sans provision"})
    held = await balances(week)
    assert held[HUB, "household", "h-Marie"] == 1890
    assert held[ROC, "household", "h-Marie"] == 1700
    assert not [key for key in held if key[1] in ("bank", "cheques")]
    page = plain((await books.get(MARIE)).text)
    assert f"{NAME} Semaine 48 18,90 € 0,00 € 18,90 €" in page


async def test_programs_read_what_the_books_come_to(week, client_for):
    answer = await client_for(week, BOOKS).get("/billing/api/ledger")
    sums = {
        (row["book"], row["account"]): row["debit_cents"] - row["credit_cents"] for row in answer.json()["accounts"]
    }
    assert (sums[HUB, "household"], sums[HUB, "resales"], sums[ROC, "household"]) == (1890, -1697, 1700)
    held = {row["producer_id"]: (row["held_cents"], row["owed_cents"]) for row in answer.json()["held"]}
    assert held[ROC] == (0, -256), "its commission with VAT, before anything was collected"
    assert (await client_for(week, MEMBER).get("/billing/api/ledger")).status_code == 403


async def test_what_the_hub_sells_needs_no_mandate_to_be_paid(started, clock, client_for):
    app = await started(create_app, BillingSettings, hub_name=NAME)
    clock.set(CLOSES)
    order = placed("Marie", [resold(line(FLOUR, 3))])
    await deliver(app, *CATALOGUE, household("Marie"), opened(), order, closed([order]))
    books = client_for(app, BOOKS)
    page = (await books.get(MARIE + "/payments/new?producer_id=hub")).text
    assert 'value="9,90"' in page
    cash = {"kind": "cash", "payee": HUB, "amount": "9,90"}
    assert (await send(books, cash, MARIE + "/payments/new")).status_code == 303
    held = await balances(app)
    assert held[HUB, "cash", ""] == 990
    assert (HUB, "household", "h-Marie") not in held


async def test_a_revision_takes_the_hubs_sale_back_and_books_it_again(week, client_for):
    mine = [
        given(TOMME, 2, 2),
        resold(given(FLOUR, 1, 3)),
        resold(given(JUICE, 0, 2)),
    ]
    order = allocated("Marie", mine)
    await deliver(week, order, revised([order]))
    held = await balances(week)
    assert held[HUB, "household", "h-Marie"] == 330
    assert held[HUB, "resales", ""] == -313
    assert (HUB, "containers", "h-Marie") not in held
    assert held[ROC, "household", "h-Marie"] == 1700


async def test_what_came_of_the_hubs_goods_changes_the_hubs_cheque_alone(week, clock, client_for):
    clock.set(CLOSES + timedelta(days=5))
    coordinator = client_for(week, Grant(Role.COORDINATOR))
    url = f"/billing/cycles/week-48/delivery?producer={ROC}"
    page = (await coordinator.get(url)).text
    assert {"Tomme", "Flour", "Juice"} <= set(plain(page).split()), "the farm brings it all, whoever sells it"
    seen = page.split('name="seen" value="')[1].split('"')[0]
    came = {"seen": seen, "came-h-Marie-flour": "2", "came-h-Marie-juice": "1"}
    assert (await coordinator.submit(url, came)).status_code == 303
    held = await balances(week)
    assert held[HUB, "household", "h-Marie"] == 2 * 330 + 400 + 50
    assert held[HUB, "containers", "h-Marie"] == -50
    assert held[ROC, "household", "h-Marie"] == 1700
    page = plain((await client_for(week, MEMBER).get("/billing/due")).text)
    assert "Il en est venu moins ; étaient attendus : 3 pièces pour 9,90 €" in page


async def test_what_came_is_typed_also_of_who_sells_all_to_the_hub(started, clock, client_for):
    app = await started(create_app, BillingSettings, hub_name=NAME)
    clock.set(CLOSES)
    order = placed("Marie", [resold(line(FLOUR, 3))])
    await deliver(app, *CATALOGUE, household("Marie"), opened(), order, closed([order]))
    coordinator = client_for(app, Grant(Role.COORDINATOR))
    url = "/billing/cycles/week-48/delivery"
    page = (await coordinator.get(url)).text
    assert "Chèvrerie du Roc" in page
    seen = page.split('name="seen" value="')[1].split('"')[0]
    came = {"seen": seen, "came-h-Marie-flour": "0"}
    assert (await coordinator.submit(f"{url}?producer={ROC}", came)).status_code == 303
    assert (HUB, "household", "h-Marie") not in await balances(app)
    assert (await coordinator.get(f"{url}?producer=hub")).status_code == 404


async def test_a_line_of_the_bank_pays_the_hubs_own_goods_too_and_by_hand_the_hub_is_named(week, client_for):
    books = client_for(week, BOOKS)
    where = await account(books)
    await kept(books, where, camt([replace(PAID, cents=20_00), replace(UNKNOWN, cents=20_00)]))
    held = await balances(week)
    assert held[HUB, "bank", ""] + held[HUB, "bank", ROC] == 2000, "by its reference, the oldest first"
    assert held.get((HUB, "household", "h-Marie"), 0) + held.get((ROC, "household", "h-Marie"), 0) == 1590
    line_ = await only(week, where)
    looked = await books.submit(line_ + "/transfer", {"household-1": "h-Marie"})
    assert NAME in plain(looked.text[looked.text.index('name="share-1-hub"') - 500 :])
    shares = {"household-1": "h-Marie", "share-1-hub": "20"}
    answer = await books.submit(line_ + "/transfer", shares)
    assert answer.status_code == 303
    after = plain((await books.get(answer.headers["location"])).text)
    assert f"4,10 € de plus que dû à {NAME}" in after
    assert (await balances(week))[HUB, "household", "h-Marie"] < 0
