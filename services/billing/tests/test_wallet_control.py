"""Wallets held against the books: what is changed past the hub is found, with the first entry that says otherwise.
Through the page and the metric, on both databases."""

import re

import pytest
from billing_week import CLOSES
from mandate_papers import hidden
from payment_desk import mends, plain
from payout_week import BOOKS, HUB_ACCOUNT, collecting
from sqlalchemy import text
from test_wallets import MARIE, fill, proven, send

from billing.app import BillingSettings, create_app
from billing.facts import FACTS
from billing.ledger.chart import WALLETS
from billing.payment.wallet_control import control
from chassis.identity import Grant
from contracts import Role

URL = "/billing/wallets/control"
EXPENSES = "/billing/expenses"


@pytest.fixture
async def hub(started, clock, client_for, monkeypatch):
    app = await started(create_app, BillingSettings, **HUB_ACCOUNT, km_rate_millis=529)
    return await collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def marie(hub, client_for):
    member = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
    return client_for(hub, member, person_id="marie", name="Marie")


@pytest.fixture
async def lived(hub, anne, marie):
    """Marie paid 200,00 and 40,00 in, the second a cheque; used 60,00 of it, had 30,00 back, and 12,30 of an expense
    put in."""
    await fill(anne, "200")
    await fill(anne, "40", "cheque", cheque_number="7", bank="Crédit Agricole")
    await send(marie, "use", amount="60")
    await send(anne, "out", how="transfer", amount="30", reason="")
    fields = hidden((await marie.get(EXPENSES + "/new")).text, "id")
    said = {"kind": "other", "amount": "12,30", "day": str(CLOSES.date()), "why": "Glacières"}
    claim = (await marie.submit(EXPENSES + "/new", fields | said)).headers["location"]
    assert (await anne.submit(claim + "/accept")).status_code == 303
    answer = await anne.submit(claim + "/pay", {"means": "wallet"})
    assert answer.status_code == 303, mends(answer.text)
    await proven(hub)
    return hub


async def changed(app, *statements):
    """Past the hub, as somebody at the database would. What refuses changes of the books is taken away first."""
    async with app.state.service.database.write() as writer:
        for each in statements:
            await writer.execute(text(each))


async def shown(browser):
    return plain((await browser.get(URL)).text).replace("\u202f", " ")


async def metric(app):
    async with app.state.service.database.read() as reader:
        (fact,) = [each for each in FACTS if each.name == "wallets_differ_cents"]
        return await fact.read(reader)


async def test_what_was_lived_through_agrees_to_the_cent(lived, anne):
    page = await shown(anne)
    assert "Elles concordent au centime près" in page
    assert "162,30 € 162,30 € Concorde" in page
    assert "/billing/wallets/control" in (await anne.get("/billing/wallets")).text
    assert await metric(lived) == 0
    async with lived.state.service.database.read() as reader:
        found = await control(reader)
    assert (found.noted_cents, found.booked_cents, found.held_cents) == (16230, 16230, 16230)


@pytest.mark.parametrize(
    ("statement", "cents", "rule"),
    [
        ("UPDATE wallet_out SET cents = cents + 700", 700, "wallet_refunded"),
        ("UPDATE payment SET cents = cents - 100 WHERE kind = 'wallet'", 100, "wallet_used"),
        ("UPDATE payment_share SET cents = 20001 WHERE producer_id = '{of}' AND cents = 20000", 1, "wallet_filled"),
        ("UPDATE expense_claim SET stage = 'accepted'", 1230, "expense_paid"),
    ],
)
async def test_what_is_changed_in_a_register_is_found_with_the_first_entry_that_says_otherwise(
    lived, anne, statement, cents, rule
):
    await changed(lived, statement.format(of=WALLETS))
    answer = await anne.get(URL)
    page = plain(answer.text)
    assert "Elles ne concordent pas" in page
    where = re.search(r'href="(/billing/ledger/entries/hub/(\d+))"', answer.text)
    assert where is not None, page
    async with lived.state.service.database.read() as reader:
        found = await reader.scalar(text(f"SELECT rule FROM entry WHERE book = 'hub' AND number = {int(where[2])}"))
    assert found == rule
    assert await metric(lived) == cents


async def test_what_was_noted_and_never_booked_and_a_wrong_balance_are_told_apart(lived, anne):
    async with lived.state.service.database.read() as reader:
        row = await reader.first(text("SELECT * FROM wallet_out"))
    names = ", ".join(row)
    values = ", ".join(":" + name for name in row)
    async with lived.state.service.database.write() as writer:
        await writer.execute(text(f"INSERT INTO wallet_out ({names}) VALUES ({values})"), [dict(row) | {"id": "other"}])
    assert "1 chose notée n’est dans aucune écriture" in await shown(anne)
    assert await metric(lived) == 3000
    await changed(
        lived,
        "DELETE FROM wallet_out WHERE id = 'other'",
        "UPDATE balance SET credit_cents = credit_cents + 5 WHERE account = 'wallet' AND party = 'h-Marie'",
    )
    assert "son solde n’est pas la somme de ses écritures" in await shown(anne)
    assert await metric(lived) == 10, "of the household, and of the money that lies apart"


async def test_money_that_lies_apart_and_is_another_is_told(lived, anne):
    await changed(
        lived, f"UPDATE balance SET debit_cents = debit_cents - 900 WHERE account = 'bank' AND party = '{WALLETS}'"
    )
    page = await shown(anne)
    assert "Elles ne concordent pas" in page
    assert "153,30 €" in page
    assert await metric(lived) == 900


async def test_who_may_see_it(lived, anne, marie, client_for):
    assert (await marie.get(URL)).status_code == 403
    assert (await client_for(lived, Grant(Role.OPERATOR)).get(URL)).status_code == 200
    assert MARIE in (await anne.get(URL)).text
