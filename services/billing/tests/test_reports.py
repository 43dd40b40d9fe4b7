"""The aged balance and the summary of VAT, from the books, through their pages. On both databases."""

import csv
import io
from datetime import date, timedelta

import pytest
from billing_week import (
    CHEESE,
    CLOSES,
    OLIVES,
    Week,
    allocated,
    closed,
    given,
    household,
    line,
    opened,
    placed,
    resold,
    revised,
)
from mandate_papers import CATALOGUE
from payment_desk import GOATS, TRANSFER, plain, send

from billing.app import BillingSettings, create_app
from billing.payment.aging import place_of
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

BOOKS = Grant(Role.BOOKKEEPER)
AGED, VAT = "/billing/payments/aged", "/billing/vat"
NAME = "Panier de l’Aude"


@pytest.fixture
async def week(started, clock):
    app = await started(create_app, BillingSettings, hub_name=NAME)
    clock.set(CLOSES)
    await deliver(app, *CATALOGUE, *Week().events)
    return app


def table(answer):
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_a_debt_grows_old_on_the_day():
    today = date(2026, 12, 31)
    ages = {-1: 0, 0: 1, 30: 1, 31: 2, 60: 2, 61: 3, 400: 3}
    assert {days: place_of(today - timedelta(days=days), today) for days in ages} == ages


async def test_who_has_owed_longest_comes_first_and_who_paid_is_not_there(week, clock, client_for):
    books = client_for(week, BOOKS)
    page = plain((await books.get(AGED)).text)
    assert "Marie Limoux 45,00 € 45,00 €" in page, "delivered on Friday"
    clock.set(CLOSES + timedelta(days=5 + 40))
    later = [placed("Josette", [line(CHEESE)], group="Quillan", cycle="week-53")]
    told = closed(later, "week-53").model_copy(update={"delivers_on": date(2027, 1, 15), "name": "Semaine 53"})
    await deliver(week, opened("week-53"), *later, told)
    await send(books, TRANSFER)
    rows = table(await books.get(AGED + ".csv"))
    assert rows[0][2:6] == ["Pas encore livré", "Depuis 30 jours au plus", "De 31 à 60 jours", "Plus ancien"]
    assert rows[1:] == [
        ["Josette", "Quillan", "8,50", "0,00", "21,00", "0,00", "29,50", "0,00"],
        ["Marie", "Limoux", "0,00", "0,00", "28,00", "0,00", "28,00", "0,00"],
    ]
    clock.set(CLOSES + timedelta(days=100))
    page = plain((await books.get(AGED)).text)
    assert "Josette Quillan 8,50 € 21,00 € 29,50 €" in page
    assert "2 foyers 0,00 € 0,00 € 8,50 € 49,00 € 57,50 €" in page
    await send(books, TRANSFER | {"payee": "p-BioEspuña", "amount": "28"})
    await send(books, TRANSFER, amount="5")
    page = plain((await books.get(AGED)).text)
    assert "Marie" not in page, "credit with one producer is no debt to another"


async def test_a_name_that_is_a_formula_is_written_as_a_name(week, client_for):
    await deliver(week, household("Marie", version=2).model_copy(update={"name": "=1+1"}))
    rows = table(await client_for(week, BOOKS).get(AGED + ".csv"))
    assert "'=1+1" in [row[0] for row in rows]


async def test_vat_is_summed_by_taxable_person_and_rate(week, clock, client_for):
    again = [placed("Josette", [resold(line(OLIVES))], group="Quillan", cycle="week-49")]
    await deliver(week, opened("week-49"), *again, closed(again, "week-49"))
    books = client_for(week, BOOKS)
    rows = table(await books.get(f"{VAT}/table.csv?since=2026-11-01&until=2026-11-30"))
    assert rows[1:] == [
        [NAME, "Acheté et revendu", "5,5 %", "20,85", "1,15"],
        ["BioEspuña", "Vendu en son nom", "5,5 %", "20,85", "1,15"],
        ["BioEspuña", "Vendu en son nom", "20 %", "5,00", "1,00"],
        ["Chèvrerie du Roc", "Vendu en son nom", "0 %", "17,00", "0,00"],
        ["Domaine de la Serre", "Vendu en son nom", "20 %", "17,50", "3,50"],
    ]
    assert len(table(await books.get(f"{VAT}/table.csv?since=2026-10-01&until=2026-10-31"))) == 1
    page = plain((await books.get(f"{VAT}?since=2026-11-01&until=2026-11-30")).text)
    assert "Domaine de la Serre Vendu en son nom 20 % 17,50 € 3,50 €" in page
    mine = client_for(week, Grant(Role.PRODUCER, producer_id=GOATS))
    page = plain((await mine.get(f"{VAT}?since=2026-11-01&until=2026-11-30")).text)
    assert "Chèvrerie du Roc Vendu en son nom sans TVA 17,00 €" in page
    assert "BioEspuña" not in page
    wrong = await books.get(f"{VAT}?since=2026-11-30&until=2026-11-01")
    assert wrong.status_code == 422
    assert "field-until-error" in wrong.text
    assert (await books.get(f"{VAT}/table.csv?since=hier")).status_code == 404
    accounts = plain((await books.get("/billing/accounts?since=2026-11-01&until=2026-11-30")).text)
    assert "autre chose que des commissions" not in accounts, "the VAT of its own goods is another matter"


async def test_a_closing_that_was_revised_lessens_what_is_taxed(week, client_for):
    orders = [
        allocated("Marie", [given(OLIVES, 0), given(CHEESE, 2, 2)], version=4),
        placed("Josette", [line(("wine", "Domaine de la Serre", "ALCOHOL", 700), 3)], group="Quillan"),
    ]
    await deliver(week, orders[0], revised(orders))
    rows = table(await client_for(week, BOOKS).get(f"{VAT}/table.csv?since=2026-11-01&until=2026-11-30"))
    assert not [row for row in rows if row[0] == "BioEspuña"]
