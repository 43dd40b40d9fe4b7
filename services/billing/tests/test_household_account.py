"""The statement of a household over some days, as a page and as PDF. On both databases."""

from datetime import date

import pytest
from payment_desk import plain, send
from test_delivery import Page, week

from billing.household_account import household_account
from chassis.identity import Grant
from contracts import Role

__all__ = ["week"]
URL = "/billing/households/h-Marie/statement"
NOVEMBER = "?since=2026-11-01&until=2026-11-30"
DECEMBER = "?since=2026-12-01&until=2026-12-31"
MARIE = Grant(Role.MEMBER, household_id="h-Marie")
BOOKS = Grant(Role.BOOKKEEPER)


@pytest.fixture
async def paid(week, client_for):
    """Marie ordered for 67.48 with 2.00 of deposits; less cheese came, and she paid 10.00 of it."""
    answer = await Page(client_for(week, Grant(Role.COORDINATOR)), "p-Chèvrerie").send(Marie_tomme="2")
    assert answer.status_code == 303, plain(answer.text)
    note = "/billing/households/h-Marie/payments/new"
    sent = await send(
        client_for(week, BOOKS), {"kind": "cash", "payee": "p-Chèvrerie", "amount": "10"}, note, day="2026-11-27"
    )
    assert sent.status_code == 303, plain(sent.text)
    return week


async def test_the_household_reads_what_was_expected_what_came_why_and_what_it_paid(paid, client_for):
    page = plain((await client_for(paid, MARIE).get(URL + NOVEMBER)).text)
    assert "Tomme Chèvrerie du Roc 4,8 kg 2 kg pèse ou mesure moins 20,00 €" in page
    assert "Consignes des contenants BioEspuña 2,00 €" in page
    assert "Réglé au vendeur Chèvrerie du Roc -10,00 €" in page
    assert "Correction de ce qui a été facturé Chèvrerie du Roc Semaine 48 -28,00 €" in page
    assert "demandez à l’exploitant" not in page


async def test_the_balance_is_that_of_the_books_and_goes_on_in_the_next_month(paid):
    async with paid.state.service.database.read() as reader:
        one = await household_account(reader, "h-Marie", date(2026, 11, 1), date(2026, 11, 30), "Cabas")
        later = await household_account(reader, "h-Marie", date(2026, 12, 1), date(2026, 12, 31), "Cabas")
    assert one.adds_up
    assert one.opening_cents == 0
    assert one.closing_cents == one.billed_cents - one.lessened_cents == later.opening_cents == later.closing_cents
    statement = one.statements[0]
    assert one.closing_cents == statement.to_pay_cents - 1000
    assert (later.booked, later.statements) == ([], [])


async def test_days_that_cannot_be_are_told_and_kept(paid, client_for):
    answer = await client_for(paid, MARIE).get(f"{URL}?since=2026-12-01&until=2026-11-01")
    assert answer.status_code == 422
    assert 'value="2026-11-01"' in answer.text
    assert (await client_for(paid, MARIE).get(f"{URL}.pdf?since=2026-12-01&until=2026-11-01")).status_code == 404


async def test_each_reads_what_is_theirs(paid, client_for):
    for role in Role:
        browser = client_for(paid, Grant(role, household_id="h-Paul", group_id="g-Limoux", producer_id="p-x"))
        staff = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        for url in (URL, URL + ".pdf"):
            status = (await browser.get(url)).status_code
            assert status == 200 if staff else status in (403, 404), (role, url)
    answer = await client_for(paid, MARIE).get(URL + ".pdf" + NOVEMBER)
    assert answer.content.startswith(b"%PDF")
    assert (await client_for(paid, BOOKS).get("/billing/households/h-nobody/statement")).status_code == 404


async def test_both_home_pages_lead_to_it(paid, client_for):
    assert URL in (await client_for(paid, MARIE).get("/billing/due")).text
    assert URL in (await client_for(paid, BOOKS).get("/billing/households/h-Marie")).text
