"""Cash from the till to the bank, through the pages. On both databases."""

import asyncio
import re

import payout_week
import pytest
from mandate_papers import hidden
from payout_week import BOOKS, HUB_ACCOUNT, balances, form, know, mends, pay, plain

from billing.app import BillingSettings, create_app
from billing.ledger.chart import HUB
from chassis.identity import Grant
from contracts import Role

TILL = "/billing/payments/till"


@pytest.fixture
async def hub(started, clock, client_for, monkeypatch):
    app = await started(create_app, BillingSettings, **HUB_ACCOUNT)
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
async def anne(hub, client_for):
    """90,00 lie in the till: 60,00 for one producer, 30,00 for another."""
    anne = client_for(hub, BOOKS, person_id="anne", name="Anne")
    await pay(anne, "90", "60", "30", kind="cash")
    return anne


async def sent(browser, **typed):
    page = (await browser.get(TILL)).text
    fields = hidden(page, "id") | dict(re.findall(r'name="(amount)"[^>]* value="([^"]*)"', page))
    return {**fields, **typed}


async def test_what_is_brought_to_the_bank_can_be_sent(hub, anne):
    await know(anne)
    assert "pay-p-roc" not in await form(anne)
    whole = await sent(anne)
    assert whole["amount"] == "90,00"
    assert (await anne.submit(f"{TILL}/bring", whole)).status_code == 303
    held = await balances(hub)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (6000, 3000)
    assert not [key for key in held if key[:2] == (HUB, "cash")]
    assert (await form(anne))["pay-p-roc"] == "45,00", "less the commission"
    page = plain((await anne.get(TILL)).text)
    assert "90,00 € 90,00 € 0,00 €" in page, "came in, went out, at the end of the day"


async def test_of_a_part_each_has_its_share_to_the_cent(hub, anne):
    assert (await anne.submit(f"{TILL}/bring", await sent(anne, amount="50"))).status_code == 303
    held = await balances(hub)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (3333, 1667)
    assert (held[HUB, "cash", "p-roc"], held[HUB, "cash", "p-oven"]) == (2667, 1333)


@pytest.mark.parametrize("amount", ["90,01", "0", "-5", "tout", ""])
async def test_more_than_there_is_or_nothing_is_refused(hub, anne, amount):
    before = await balances(hub)
    answer = await anne.submit(f"{TILL}/bring", await sent(anne, amount=amount))
    assert answer.status_code == 422
    assert "amount" in mends(answer.text)
    assert await balances(hub) == before


async def test_brought_twice_and_by_two_at_once_it_is_booked_once(hub, anne, client_for):
    bruno = client_for(hub, BOOKS, person_id="bruno")
    mine, theirs = await sent(anne), await sent(bruno)
    answers = await asyncio.gather(
        *(anne.submit(f"{TILL}/bring", mine) for _ in range(2)), bruno.submit(f"{TILL}/bring", theirs)
    )
    assert sorted(answer.status_code for answer in answers) in ([303, 303, 422], [303, 422, 422])
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert "Il n’y a que 0,00 €" in plain(mends(refused.text)["amount"])
    assert (await balances(hub))[HUB, "bank", "p-roc"] == 6000


async def test_what_was_noted_by_mistake_lies_in_the_till_again(hub, anne):
    before = await balances(hub)
    fields = await sent(anne)
    await anne.submit(f"{TILL}/bring", fields)
    assert (await anne.submit(f"{TILL}/bring", {**fields, "amount": "1"})).status_code == 409
    for _ in range(2):
        assert (await anne.submit(f"{TILL}/back", {"id": fields["id"]})).status_code == 303
    assert await balances(hub) == before
    assert "90,00 € Annulé" in plain((await anne.get(TILL)).text)
    other = {"id": "00000000-0000-7000-8000-00000000abcd"}
    assert (await anne.submit(f"{TILL}/back", other)).status_code == 404
    assert (await anne.submit(f"{TILL}/back", {"id": "x"})).status_code == 404


async def test_cash_is_brought_by_those_who_keep_the_books(hub, anne, client_for):
    fields = await sent(anne)
    for role in set(Role) - {Role.COORDINATOR, Role.BOOKKEEPER}:
        browser = client_for(hub, Grant(role, household_id="h-Marie", producer_id="p-roc"))
        for url in (f"{TILL}/bring", f"{TILL}/back"):
            assert (await browser.submit(url, fields)).status_code == 403, role
    assert (await anne.submit(f"{TILL}/bring", {**fields, "csrf_token": "other"})).status_code == 403
