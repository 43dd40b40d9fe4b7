"""The yearly membership fee, through the pages. On both databases."""

import pytest
from billing_week import CLOSES, Week
from payment_desk import BOOKS, CHEQUE, MARIE, MEMBER, balances, form, mends, noted, plain, send
from test_household_balance import told

from billing.ledger.chart import HUB
from chassis.testing import deliver

NEW = MARIE + "/membership/new"
FEE = {"kind": "transfer", "amount": "20,00", "year": "2026"}


@pytest.fixture
async def week(app, clock):
    clock.set(CLOSES)
    await deliver(app, *Week().events)
    return app


async def hubs(app):
    return {key[1:]: cents for key, cents in (await balances(app)).items() if key[0] == HUB}


async def test_a_fee_is_income_of_the_hub_and_pays_nothing_else(week, client_for):
    books = client_for(week, BOOKS)
    answer = await send(books, FEE, NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, MARIE)
    assert await hubs(week) == {("bank", ""): 2000, ("membership", ""): -2000}
    assert [each.left_cents for each in await told(week)] == [4500]
    assert "Cotisation 2026 : payée, 20,00 €" in plain((await books.get(MARIE)).text)
    assert "Cotisation 2026 : payée, 20,00 €" in plain((await client_for(week, MEMBER).get("/billing/due")).text)
    [one] = await noted(week)
    assert "Cotisation 2026" in plain((await books.get(f"/billing/payments/{one.id}")).text)
    journal = plain((await books.get("/billing/ledger/journal?book=hub")).text)
    assert "7561 Cotisations" in journal
    assert "La plateforme détient 0,00 €" in plain((await books.get("/billing/ledger")).text)


async def test_a_year_is_paid_once_and_a_form_sent_twice_books_once(week, client_for):
    books = client_for(week, BOOKS)
    fields = await form(books, FEE, NEW)
    for _ in range(2):
        assert (await books.submit(NEW, fields)).status_code == 303
    again = await send(books, FEE, NEW)
    assert (again.status_code, list(mends(again.text))) == (422, ["year"])
    assert (await send(books, FEE, NEW, year="2027")).status_code == 303
    assert (await hubs(week))["membership", ""] == -4000


async def test_a_cheque_goes_to_the_bank_and_is_taken_back_as_any(week, client_for):
    books = client_for(week, BOOKS)
    cheque = {name: CHEQUE[name] for name in ("kind", "cheque_number", "bank")}
    await send(books, {**FEE, **cheque}, NEW)
    assert await hubs(week) == {("cheques", ""): 2000, ("membership", ""): -2000}
    [one] = await noted(week)
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "deposit"})
    assert await hubs(week) == {("bank", ""): 2000, ("membership", ""): -2000}
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "take_back", "reason": "erreur"})
    assert await hubs(week) == {}
    assert "Cotisation 2026 : payée" not in plain((await books.get(MARIE)).text)
    assert (await send(books, FEE, NEW)).status_code == 303, "noted anew"


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"year": "1900"}, "year"), ({"year": ""}, "year"), ({"year": "2029"}, "year"), ({"amount": "0"}, "amount")],
)
async def test_bad_input_is_told_at_its_field(week, client_for, typed, field):
    answer = await send(client_for(week, BOOKS), FEE, NEW, **typed)
    assert (answer.status_code, list(mends(answer.text))) == (422, [field])
    assert await hubs(week) == {}


async def test_only_who_keeps_the_books_notes_it(week, client_for):
    assert (await client_for(week, MEMBER).get(NEW)).status_code == 403
    assert (await client_for(week, MEMBER).submit(NEW, FEE)).status_code == 403
